//! Commands that are printed for somebody to paste into a shell.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where the program was when it named a file relative to it.
static START: OnceLock<PathBuf> = OnceLock::new();

/// The file that a relative path names now, wherever the program goes afterwards.
pub(crate) fn anchored(path: PathBuf) -> PathBuf {
    if path.is_absolute() {
        return path;
    }
    // A directory that was removed is nothing to hold on to.
    let Ok(directory) = std::env::current_dir() else {
        return path;
    };
    let path = directory.join(path);
    START.get_or_init(|| directory);
    path
}

/// A path for a person, whose shell is still where the program was started: as it was named there.
pub(crate) fn shown(path: &Path) -> &Path {
    START
        .get()
        .and_then(|start| path.strip_prefix(start).ok())
        .filter(|rest| !rest.as_os_str().is_empty())
        .unwrap_or(path)
}

/// A path as one word of a shell command that nothing in it can break out of.
///
/// Control characters, and bytes that are no text, are written as `$'\n'`, which bash, zsh, ksh and
/// POSIX of 2024 read: a message stays on its line, and no terminal takes orders from a file's name.
pub(crate) fn quote(path: &Path) -> String {
    let path = shown(path);
    // The program would take it for an option, quoted or not.
    let prefix = if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        "./"
    } else {
        ""
    };
    match path.to_str() {
        Some(text) if !text.chars().any(char::is_control) => {
            let text = format!("{prefix}{text}");
            shlex::try_quote(&text).map_or_else(|_| escaped(text.as_bytes()), Into::into)
        }
        _ => escaped(&[prefix.as_bytes(), path.as_os_str().as_encoded_bytes()].concat()),
    }
}

/// The command that makes `output` of the logs at `logs`: a log, or a directory and one run in it.
pub(crate) fn merge_command(logs: &Path, run: Option<&str>, output: &Path, compress: bool) -> String {
    let run = run.map_or_else(String::new, |run| format!(" --run {}", quote(Path::new(run))));
    format!(
        "scope-profiler-pproc merge {}{run} -o {}{}",
        quote(logs),
        quote(output),
        compress_option(compress)
    )
}

/// What follows a command that merges logs.
pub(crate) fn compress_option(compress: bool) -> &'static str {
    if compress { " --compress" } else { "" }
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::from("$'");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() => {
                    let mut utf8 = [0; 4];
                    out.extend(
                        c.encode_utf8(&mut utf8)
                            .bytes()
                            .map(|byte| format!("\\{byte:03o}")),
                    );
                }
                c => out.push(c),
            }
        }
        out.extend(chunk.invalid().iter().map(|byte| format!("\\{byte:03o}")));
    }
    out.push('\'');
    out
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    const NAMES: &[&[u8]] = &[
        b"run.h5",
        b"two words.h5",
        b"it's \"mine\".h5",
        b"$HOME/`id`;#*?~!.h5",
        b"a\nb\tc\x1b[31m.h5",
        b"-o.h5",
        b"\xff\xfe \\'.h5",
        "größer 1\u{85}2.h5".as_bytes(),
    ];

    #[test]
    fn a_shell_reads_back_every_path() {
        for name in NAMES {
            let path = Path::new(OsStr::from_bytes(name));
            let command = format!("printf %s {}", quote(path));
            let output = Command::new("bash").args(["-c", &command]).output();
            let Ok(output) = output else { return };
            let read = output.stdout.strip_prefix(b"./").unwrap_or(&output.stdout);
            assert_eq!(read, *name, "{command}");
        }
    }

    #[test]
    fn a_plain_path_stays_as_it_is_and_no_other_takes_a_second_line() {
        let command = |compress| {
            let (logs, output) = (Path::new("out/run.h5.d"), Path::new("out/run.h5"));
            merge_command(logs, Some("8f3a"), output, compress)
        };
        let plain = "scope-profiler-pproc merge out/run.h5.d --run 8f3a -o out/run.h5";
        assert_eq!(command(false), plain);
        assert_eq!(command(true), format!("{plain} --compress"));
        for name in NAMES {
            let quoted = quote(Path::new(OsStr::from_bytes(name)));
            assert!(!quoted.chars().any(char::is_control), "{quoted:?}");
        }
    }
}
