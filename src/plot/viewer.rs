//! Opening a page in the reader's browser, or saying how to get there.

use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What became of a page that was to be shown. Its [`Display`](fmt::Display) is what to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A browser was started; it may take a moment to appear.
    Opened {
        /// The page.
        path: PathBuf,
    },
    /// There is no screen here, or no browser: how to view the page instead.
    Instructions(String),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown::Opened { path } => write!(f, "Opened {}", path.display()),
            Shown::Instructions(text) => f.write_str(text),
        }
    }
}

/// Opens `path` with `$BROWSER`, or with the system's own opener (`xdg-open`, `open`).
///
/// Returns at once; the browser outlives the program and what it prints is thrown away. Over ssh
/// and on Linux without a display nothing is started, and the result says how to view the page.
///
/// # Errors
///
/// The file is not there.
pub fn open_in_browser(path: impl AsRef<Path>) -> Result<Shown> {
    let path = path.as_ref();
    let path = path
        .canonicalize()
        .map_err(|error| Error::io(path, "cannot open the page", error))?;
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let commands = match plan(variable) {
        Plan::Remote => return Ok(Shown::Instructions(over_ssh(&path, variable))),
        Plan::Start(commands) => commands,
    };
    for command in commands {
        if start(&command, &path) {
            return Ok(Shown::Opened { path });
        }
    }
    Ok(Shown::Instructions(over_ssh(&path, variable)))
}

#[derive(Debug, PartialEq)]
enum Plan {
    /// The commands to try, in order.
    Start(Vec<OsString>),
    Remote,
}

fn plan(variable: impl Fn(&str) -> Option<OsString>) -> Plan {
    let is_set = |name| variable(name).is_some();
    // A browser started over ssh would appear on nobody's screen, or crawl through X forwarding.
    if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
        return Plan::Remote;
    }
    // By convention several commands, separated as in PATH.
    let mut commands: Vec<OsString> = variable("BROWSER").map_or_else(Vec::new, |list| {
        std::env::split_paths(&list).map(Into::into).collect()
    });
    commands.retain(|command| !command.is_empty());
    if cfg!(target_os = "macos") {
        commands.push("open".into());
    } else if cfg!(windows) {
        commands.push("explorer".into());
    } else if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        commands.push("xdg-open".into());
    } else if commands.is_empty() {
        return Plan::Remote;
    }
    Plan::Start(commands)
}

/// Whether the command could be started. `%s` in it stands for the page, as is the convention.
fn start(command: &OsStr, path: &Path) -> bool {
    let mut words: Vec<OsString> = match command.to_str() {
        // A path with spaces in it is a program; anything else is split into words.
        Some(text) if !Path::new(text).is_file() => text.split_whitespace().map(OsString::from).collect(),
        _ => vec![command.to_owned()],
    };
    match words.iter_mut().find(|word| *word == "%s") {
        Some(word) => *word = path.into(),
        None => words.push(path.into()),
    }
    let mut words = words.into_iter();
    let Some(program) = words.next() else {
        return false;
    };
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Ctrl-C in the terminal is not meant for the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().is_ok()
}

fn over_ssh(path: &Path, variable: impl Fn(&str) -> Option<OsString>) -> String {
    let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
    // SSH_CONNECTION is "client port server port": the third is where this machine was reached.
    let reached =
        text("SSH_CONNECTION").and_then(|connection| connection.split(' ').nth(2).map(str::to_owned));
    let host = reached.or_else(hostname).unwrap_or_else(|| "HOST".into());
    let user = text("USER").map_or_else(String::new, |user| format!("{user}@"));
    // scp needs brackets around an IPv6 address, ssh takes it bare.
    let scp_host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    // To serve it from here would show it, and what lies beside it, to everybody on this machine.
    format!(
        "There is no display here to show {path}\n\
         On your own machine, fetch it and open {file} in a browser:\n  \
           scp {source} .",
        path = path.display(),
        source = quote(&format!("{user}{scp_host}:{}", path.display())),
    )
}

fn hostname() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// One word for a POSIX shell.
fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + Copy + 'a {
        |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn nothing_is_started_over_ssh_even_with_a_forwarded_display() {
        let ssh = [
            ("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22"),
            ("DISPLAY", ":10"),
            ("BROWSER", "firefox"),
        ];
        assert_eq!(plan(environment(&ssh)), Plan::Remote);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_a_display_or_an_explicit_browser_is_needed() {
        assert_eq!(plan(environment(&[])), Plan::Remote);
        assert_eq!(
            plan(environment(&[("WAYLAND_DISPLAY", "wayland-0")])),
            Plan::Start(vec!["xdg-open".into()])
        );
        assert_eq!(
            plan(environment(&[("BROWSER", "firefox:w3m"), ("DISPLAY", ":0")])),
            Plan::Start(vec!["firefox".into(), "w3m".into(), "xdg-open".into()])
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_is_not_there_is_not_a_browser() {
        assert!(!start(
            "no-such-browser-anywhere %s".as_ref(),
            Path::new("/page.html")
        ));
        assert!(start("true --new-window %s".as_ref(), Path::new("/page.html")));
    }

    #[test]
    fn instructions_can_be_pasted_whatever_the_path() {
        let ssh = [("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22"), ("USER", "ada")];
        let text = over_ssh(Path::new("/data/my runs/gantt's.html"), environment(&ssh));
        assert!(
            text.contains(r"scp 'ada@10.0.0.2:/data/my runs/gantt'\''s.html' ."),
            "{text}"
        );
        assert!(!text.contains("http") && !text.contains("serve"), "{text}");
    }

    #[test]
    fn a_page_that_is_not_there_is_an_error_with_its_path() {
        let error = open_in_browser("no/such/page.html").unwrap_err();
        assert!(error.is_io());
        assert!(error.to_string().starts_with("no/such/page.html: "));
    }
}
