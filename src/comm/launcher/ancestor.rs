//! The process that launched this one, where no environment variable names the launch.

use crate::sys;

/// A name for the launch, from the nearest ancestor without the variable `rank_key`: the same for all processes that
/// it launched, and different for each launch. None where the launch has processes on other nodes, and the
/// ancestor has nothing that is the same there.
pub(super) fn launch(rank_key: &str, is_on_one_node: bool) -> Option<String> {
    const ANCESTORS: usize = 16;
    let Some(mut process) = Process::of("self") else {
        return is_on_one_node.then(parent).flatten();
    };
    for _ in 0..ANCESTORS {
        process = Process::of(&process.parent)?;
        if process.has_variable(rank_key) {
            continue;
        }
        return if is_on_one_node {
            Some(format!("{} {} {}", sys::host_name(), process.id, process.began))
        } else {
            // Hydra starts a proxy on each node, and all have the same control port.
            process.argument_after("--control-port")
        };
    }
    None
}

/// The parent process, where there is no `/proc`.
fn parent() -> Option<String> {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        Some(format!("{} {parent}", sys::host_name()))
    }
    #[cfg(not(unix))]
    None
}

#[derive(Debug)]
struct Process {
    id: String,
    parent: String,
    /// Ticks since the machine was started.
    began: String,
}

impl Process {
    fn of(id: &str) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // id (name) state parent ...; the 22nd field is the time when it began
        let (before, rest) = stat.rsplit_once(") ")?;
        let mut rest = rest.split(' ');
        Some(Self {
            id: before.split(' ').next()?.to_owned(),
            parent: rest.nth(1)?.to_owned(),
            began: rest.nth(17)?.to_owned(),
        })
    }

    /// Looks at the environment that the process was started with. That of another user's process cannot be read and
    /// counts as empty.
    fn has_variable(&self, key: &str) -> bool {
        let environment = std::fs::read(format!("/proc/{}/environ", self.id)).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| {
            variable
                .strip_prefix(key.as_bytes())
                .is_some_and(|rest| rest.starts_with(b"="))
        })
    }

    fn argument_after(&self, option: &str) -> Option<String> {
        let arguments = std::fs::read(format!("/proc/{}/cmdline", self.id)).ok()?;
        let mut arguments = arguments.split(|&byte| byte == 0);
        arguments.find(|argument| *argument == option.as_bytes())?;
        let value = String::from_utf8_lossy(arguments.next()?).into_owned();
        (!value.is_empty()).then_some(value)
    }
}
