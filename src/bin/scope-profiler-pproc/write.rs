//! Writing a set of files: all of them made first, then each put in place whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

/// Creates the directory, with those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| {
        cannot(
            directory,
            "cannot be created as a directory for the output",
            &error,
        )
    })
}

/// Writes a file under a temporary name and renames it, so that nobody sees half of it and what was
/// there before stays when writing fails.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> Result<(), String> {
    let temporary = temporary_beside(path);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.flush()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // Best effort: the error that matters is the one being reported.
        let _ = fs::remove_file(&temporary);
        cannot(path, "cannot be written", &error)
    })
}

fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", process::id()))
}

fn cannot(path: &Path, what: &str, error: &std::io::Error) -> String {
    format!("{} {what}: {error}", path.display())
}
