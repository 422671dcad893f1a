//! What standard output and standard error can show.

use super::table::TableOptions;
use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr, stdout};

impl TableOptions {
    /// Width, characters and colours as standard output can show them: on a terminal its width and
    /// colours, elsewhere any width and no colour. Unicode where the locale's characters are UTF-8.
    ///
    /// `NO_COLOR` and `TERM=dumb` switch colours off, `CLICOLOR_FORCE=1` switches them on wherever the
    /// output goes. A launcher of parallel programs may give its processes a terminal of their own
    /// and write what they print to a file: with the variables of a launcher or of a batch job in the
    /// environment no terminal is taken for one.
    #[must_use]
    pub fn for_stdout() -> Self {
        Self::for_stream(&stdout())
    }

    /// The same for standard error, where `finalize` prints its summary.
    #[must_use]
    pub fn for_stderr() -> Self {
        Self::for_stream(&stderr())
    }

    #[cfg(unix)]
    fn for_stream(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Self {
        Self::new_for(stream.is_terminal(), || terminal_size::terminal_size_of(stream))
    }

    #[cfg(not(unix))]
    fn for_stream(stream: &impl IsTerminal) -> Self {
        Self::new_for(stream.is_terminal(), terminal_size::terminal_size)
    }

    fn new_for(
        terminal: bool,
        size: impl FnOnce() -> Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Self {
        let environment = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let somebody_looks = terminal && !is_launched(environment);
        let columns = || env::var("COLUMNS").ok()?.parse().ok();
        let width = || size().map(|(width, _)| width.0.into()).or_else(columns);
        Self::new()
            .unicode(is_utf8())
            .color(is_colored(somebody_looks, environment))
            .width(somebody_looks.then(width).flatten())
    }
}

/// Variables that launchers of parallel programs set for each process, and batch systems for each job.
const LAUNCHED: [&str; 18] = [
    "OMPI_COMM_WORLD_RANK",
    "PMIX_RANK",
    "PMI_RANK",
    "PALS_RANKID",
    "MV2_COMM_WORLD_RANK",
    "MPI_LOCALRANKID",
    "JSM_NAMESPACE_RANK",
    "ALPS_APP_PE",
    "FLUX_TASK_RANK",
    "FLUX_JOB_ID",
    "SLURM_PROCID",
    "SLURM_JOB_ID",
    "PBS_JOBID",
    "LSB_JOBID",
    "SGE_TASK_ID",
    "COBALT_JOBID",
    "OAR_JOB_ID",
    "PJM_JOBID",
];

fn is_launched(environment: impl Fn(&str) -> Option<OsString>) -> bool {
    LAUNCHED.iter().any(|name| environment(name).is_some())
}

fn is_colored(somebody_looks: bool, environment: impl Fn(&str) -> Option<OsString>) -> bool {
    let is = |name: &str, value: &str| environment(name).is_some_and(|set| set == value);
    if environment("NO_COLOR").is_some() {
        false
    } else if environment("CLICOLOR_FORCE").is_some() && !is("CLICOLOR_FORCE", "0") {
        true
    } else {
        somebody_looks && !is("TERM", "dumb") && !is("CLICOLOR", "0")
    }
}

/// Whether the locale's characters are UTF-8: the first of these that is set decides.
fn is_utf8() -> bool {
    if cfg!(windows) {
        return true;
    }
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(terminal: bool, pairs: &[(&str, &str)]) -> bool {
        let environment = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| OsString::from(value))
        };
        is_colored(terminal && !is_launched(environment), environment)
    }

    #[test]
    fn colours_are_for_a_terminal_that_somebody_looks_at() {
        assert!(colored(true, &[]));
        assert!(colored(true, &[("TERM", "xterm")]));
        assert!(!colored(false, &[]));
        for name in LAUNCHED {
            assert!(!colored(true, &[(name, "0")]), "{name}");
        }
    }

    #[test]
    fn the_environment_switches_colours_on_and_off() {
        for off in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
            assert!(!colored(true, &[off]), "{off:?}");
        }
        assert!(colored(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(colored(true, &[("CLICOLOR_FORCE", "1"), ("PMI_RANK", "0")]));
        assert!(!colored(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!colored(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}
