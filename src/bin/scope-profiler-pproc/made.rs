//! Directories that this run has made.

use std::fs;
use std::path::{Path, PathBuf};

/// The directory for the output and those above it, as far as they were made for it. Those in which
/// nothing was written are gone in the end.
#[derive(Debug)]
pub(crate) struct Made(Vec<PathBuf>);

impl Made {
    /// Makes `directory` where it is not there.
    pub(crate) fn directory(directory: &Path) -> Result<Self, String> {
        let missing = directory.ancestors().take_while(|above| {
            let is_path = !above.as_os_str().is_empty();
            is_path && fs::symlink_metadata(above).is_err()
        });
        let made = Self(missing.map(Path::to_owned).collect());
        if directory.is_file() {
            return Err(format!(
                "{}: is a file; --output takes a directory for several files",
                directory.display()
            ));
        }
        fs::create_dir_all(directory).map_err(|error| {
            format!(
                "{}: cannot be created as a directory for the output: {error}",
                directory.display()
            )
        })?;
        Ok(made)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // One in which there is something stays, and so do those above it.
        for directory in &self.0 {
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }
}
