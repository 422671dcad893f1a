//! Opening a page in the reader's browser, or saying how to get there.

use crate::error::{Error, Result};
use crate::shell;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
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

/// Opens a file with `$BROWSER`, or with the system's own opener.
///
/// Returns at once; the browser outlives the program, and what it prints is thrown away. Over ssh
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
    let opened = start_any(&address(&path), path.as_os_str());
    Ok(if opened {
        Shown::Opened { path }
    } else {
        Shown::Instructions(over_ssh(&path, variable))
    })
}

/// Opens an address of this machine with `$BROWSER`, or with the system's own opener. Whether anything was started:
/// as in [`open_in_browser`], nothing is without a display.
#[must_use]
pub fn open_address(address: &str) -> bool {
    start_any(address.as_ref(), address.as_ref())
}

/// Over ssh, the command that makes a port of this machine one of the reader's own.
///
/// ```
/// if let Some(command) = scope_profiler::page::viewer::port_forwarding(8080) {
///     assert!(command.starts_with("ssh -N -L 8080:127.0.0.1:8080 "));
/// }
/// ```
#[must_use]
pub fn port_forwarding(port: u16) -> Option<String> {
    forwarding(port, variable)
}

fn forwarding(port: u16, variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    variable("SSH_CONNECTION")?;
    let (user, host) = user_and_host(variable);
    let target = shell::quote(Path::new(&format!("{user}{host}")));
    Some(format!("ssh -N -L {port}:127.0.0.1:{port} {target}"))
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether something could be started that shows an address, which the system's opener may know by another name.
fn start_any(address: &OsStr, of_system: &OsStr) -> bool {
    let here = Here::new(variable);
    here.browsers.iter().any(|browser| start(browser, address))
        || (here.has_screen && open::that_detached(of_system).is_ok())
}

/// What there is to show a page with.
#[derive(Debug, PartialEq)]
struct Here {
    /// The commands of `$BROWSER`, to be tried in order.
    browsers: Vec<OsString>,
    /// Whether the system may try its own opener.
    has_screen: bool,
}

impl Here {
    fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let is_set = |name| variable(name).is_some();
        // A browser started over ssh would appear on nobody's screen, or crawl through X forwarding.
        if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
            return Here {
                browsers: Vec::new(),
                has_screen: false,
            };
        }
        // By convention several commands, separated as in PATH.
        let mut browsers: Vec<OsString> = variable("BROWSER").map_or_else(Vec::new, |list| {
            std::env::split_paths(&list).map(Into::into).collect()
        });
        browsers.retain(|command| !command.is_empty());
        let is_desktop = cfg!(any(target_os = "macos", windows));
        Here {
            browsers,
            has_screen: is_desktop || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"),
        }
    }
}

/// Whether the command could be started. `%s` in it stands for the page, as is the convention.
fn start(command: &OsStr, address: &OsStr) -> bool {
    let words = match command.to_str() {
        // A path with spaces in it is a program; anything else is split into words.
        Some(text) if !Path::new(text).is_file() => shlex::split(text),
        _ => None,
    };
    let mut words: Vec<OsString> = match words {
        Some(words) => words.into_iter().map(Into::into).collect(),
        None => vec![command.to_owned()],
    };
    match words.iter_mut().find(|word| *word == "%s") {
        Some(word) => *word = address.to_owned(),
        None => words.push(address.to_owned()),
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

/// The page as a `file` URL, in which no character of the path has another meaning.
fn address(page: &Path) -> OsString {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    if cfg!(windows) {
        return page.into();
    }
    format!(
        "file://{}",
        percent_encode(page.as_os_str().as_encoded_bytes(), ESCAPED)
    )
    .into()
}

fn over_ssh(path: &Path, variable: impl Fn(&str) -> Option<OsString>) -> String {
    let (user, host) = user_and_host(variable);
    // scp needs brackets around an IPv6 address, ssh takes it bare.
    let scp_host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let source = format!("{user}{scp_host}:{}", path.display());
    format!(
        "There is no display here to show {path}\n\
         On your own machine, fetch it and open {file} in a browser:\n  \
           scp {source} .",
        path = path.display(),
        source = shell::quote(Path::new(&source)),
    )
}

/// How ssh names who is here and this machine: `ada@` and the address by which it was reached.
fn user_and_host(variable: impl Fn(&str) -> Option<OsString>) -> (String, String) {
    let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
    // SSH_CONNECTION is "client port server port": the third is where this machine was reached.
    let reached =
        text("SSH_CONNECTION").and_then(|connection| connection.split(' ').nth(2).map(str::to_owned));
    let host = reached.or_else(hostname).unwrap_or_else(|| "HOST".into());
    let user = text("USER").map_or_else(String::new, |user| format!("{user}@"));
    (user, host)
}

fn hostname() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
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
        assert_eq!(
            Here::new(environment(&ssh)),
            Here {
                browsers: vec![],
                has_screen: false
            }
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_a_display_or_an_explicit_browser_is_needed() {
        assert!(!Here::new(environment(&[])).has_screen);
        assert!(Here::new(environment(&[("WAYLAND_DISPLAY", "wayland-0")])).has_screen);
        assert_eq!(
            Here::new(environment(&[("BROWSER", "firefox:w3m"), ("DISPLAY", ":0")])),
            Here {
                browsers: vec!["firefox".into(), "w3m".into()],
                has_screen: true
            }
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_is_not_there_is_not_a_browser() {
        assert!(!start(
            "no-such-browser-anywhere %s".as_ref(),
            "file:///page.html".as_ref()
        ));
        assert!(start(
            "true --new-window %s".as_ref(),
            "file:///page.html".as_ref()
        ));
    }

    #[cfg(unix)]
    #[test]
    fn no_character_of_a_path_is_taken_for_another_part_of_the_address() {
        let page = Path::new("/my runs/50% #1?/größe.html");
        assert_eq!(
            address(page),
            "file:///my%20runs/50%25%20%231%3F/gr%C3%B6%C3%9Fe.html"
        );
    }

    #[test]
    fn instructions_can_be_pasted_whatever_the_path() {
        let ssh = [("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22"), ("USER", "ada")];
        let text = over_ssh(Path::new("/data/my runs/gantt's.html"), environment(&ssh));
        assert!(
            text.contains(r#"scp "ada@10.0.0.2:/data/my runs/gantt's.html" ."#),
            "{text}"
        );
        assert!(!text.contains("http") && !text.contains("serve"), "{text}");
    }

    #[test]
    fn a_port_is_forwarded_from_where_this_machine_was_reached() {
        let ssh = [("SSH_CONNECTION", "10.0.0.1 5 2001:db8::2 22"), ("USER", "ada")];
        assert_eq!(
            forwarding(8080, environment(&ssh)).as_deref(),
            Some("ssh -N -L 8080:127.0.0.1:8080 ada@2001:db8::2")
        );
        assert_eq!(forwarding(8080, environment(&ssh[1..])), None);
    }

    #[test]
    fn a_page_that_is_not_there_is_an_error_with_its_path() {
        let error = open_in_browser("no/such/page.html").unwrap_err();
        assert!(error.is_io());
        assert!(error.to_string().starts_with("no/such/page.html: "));
    }
}
