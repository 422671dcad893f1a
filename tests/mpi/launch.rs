//! Launching ranks, and reading what they left.

use crate::{again, part};
use scope_profiler::{
    ProfilingH5Reader,
    merge::{find_logs, merge},
};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Set: the environment says nothing of ranks when the session begins.
pub(crate) const NO_LAUNCHER: &str = "SCOPE_PROFILER_TEST_NO_LAUNCHER";

/// Set: a program of several talks to the others when it has recorded.
pub(crate) const TALKS: &str = "SCOPE_PROFILER_TEST_TALKS";

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1_800);

/// One launch, in a directory of its own.
pub(crate) struct Launch {
    command: Command,
    pub(crate) directory: TempDir,
}

/// What the ranks printed and left.
pub(crate) struct Run {
    pub(crate) directory: TempDir,
    pub(crate) output: Output,
}

fn mpirun() -> String {
    std::env::var("SCOPE_PROFILER_MPIRUN").unwrap_or_else(|_| "mpirun".into())
}

fn is_open_mpi() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let output = Command::new(mpirun()).arg("--version").output().unwrap();
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        // Under the name of mpirun.openmpi it is the program of the runtime alone.
        ["Open MPI", "OpenRTE", "PRRTE"]
            .iter()
            .any(|name| version.contains(name))
    })
}

impl Launch {
    /// `ranks` ranks that play `part`.
    pub(crate) fn new(ranks: u32, part: &str) -> Self {
        Self::with(ranks, part, false)
    }

    /// The same with a launcher that lets the others live when one of them dies.
    pub(crate) fn with_survivors(ranks: u32, part: &str) -> Self {
        Self::with(ranks, part, true)
    }

    /// The same under the launcher of another MPI than this was built with; none where there is none.
    pub(crate) fn under_another_mpi(ranks: u32, part: &str) -> Option<Self> {
        let other = if is_open_mpi() {
            "mpirun.mpich"
        } else {
            "mpirun.openmpi"
        };
        Command::new(other).arg("--version").output().ok()?;
        let mut launch = Self::launcher_called(other, !is_open_mpi(), ranks, false);
        // Each rank starts a daemon of its own, and two that make the same directory at the same moment fail.
        let apart = r#"base=$(mktemp -d) && OMPI_MCA_orte_tmpdir_base=$base "$0" "$@"; status=$?; rm -rf "$base"; exit $status"#;
        launch.command.args(["sh", "-c", apart]);
        launch.play(part);
        // A process that Open MPI did not start starts a daemon, which minds root as its launcher does.
        launch.command.envs([
            ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
            ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ]);
        Some(launch)
    }

    /// Ranks that run an example, which has to be built: `cargo build --features mpi --example NAME`.
    pub(crate) fn example(ranks: u32, name: &str, arguments: &[&str]) -> Self {
        let mut launch = Self::launcher(ranks, false);
        let tests = std::env::current_exe().unwrap();
        let example = tests.ancestors().nth(2).unwrap().join("examples").join(name);
        assert!(example.exists(), "{}: is to be built first", example.display());
        launch.command.arg(example).args(arguments);
        launch
    }

    /// Several programs in one world: so many ranks play each part.
    pub(crate) fn programs(parts: &[(u32, &str)]) -> Self {
        let (first, others) = parts.split_first().unwrap();
        let mut launch = Self::launcher(first.0, false);
        // Each part has an environment of its own, which the launcher of all cannot give.
        let play = |command: &mut Command, part: &str| {
            let rank = part::rank(part);
            command.arg("env");
            for (name, value) in rank.get_envs() {
                let text = |part: &std::ffi::OsStr| part.to_str().unwrap().to_owned();
                command.arg(format!("{}={}", text(name), text(value.unwrap())));
            }
            command.arg(rank.get_program()).args(rank.get_args());
        };
        play(&mut launch.command, first.1);
        for (ranks, part) in others {
            launch.command.args([":", "-n", &ranks.to_string()]);
            play(&mut launch.command, part);
        }
        launch
    }

    fn with(ranks: u32, part: &str, survivors: bool) -> Self {
        let mut launch = Self::launcher(ranks, survivors);
        launch.play(part);
        launch
    }

    fn play(&mut self, part: &str) {
        again::start_through(&mut self.command, &part::rank(part));
    }

    fn launcher(ranks: u32, survivors: bool) -> Self {
        Self::launcher_called(&mpirun(), is_open_mpi(), ranks, survivors)
    }

    fn launcher_called(name: &str, is_open_mpi: bool, ranks: u32, survivors: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(name);
        command
            .env_remove("RUST_BACKTRACE")
            .current_dir(directory.path())
            // Two launchers that make their common directory at the same moment fail.
            .env("OMPI_MCA_orte_tmpdir_base", directory.path())
            .env("PRTE_MCA_prte_tmpdir_base", directory.path())
            .stdin(Stdio::null());
        if is_open_mpi {
            command.args(["--allow-run-as-root", "--oversubscribe"]);
            if survivors {
                command.args(["--enable-recovery", "--mca", "orte_abort_on_non_zero_status", "0"]);
            }
        }
        command.args(["-n", &ranks.to_string()]);
        if survivors && !is_open_mpi {
            // MPICH's launcher kills all with the first: it does not learn of the death of a rank
            // as long as this shell waits for the others.
            let wait = format!(
                r#""$0" "$@"; n=0; until [ $(ls | grep -c '^told') -ge {} ] || [ $n -ge 18000 ]; do sleep 0.1; n=$((n + 1)); done"#,
                ranks - 1
            );
            command.args(["sh", "-c", &wait]);
        }
        Self { command, directory }
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// As [`run`](Self::run); a run that does not end is a failure, and is ended.
    pub(crate) fn run_without_hanging(mut self) -> Run {
        let output = self.directory.path().join("output");
        let file = |name: &str| std::fs::File::create(output.with_extension(name)).unwrap();
        let (stdout, stderr) = (file("stdout"), file("stderr"));
        let mut child = self.command.stdout(stdout).stderr(stderr).spawn().unwrap();
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the ranks hang");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let take = |name: &str| {
            let path = output.with_extension(name);
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            bytes
        };
        let output = Output {
            status,
            stdout: take("stdout"),
            stderr: take("stderr"),
        };
        assert!(output.status.success(), "{output:?}");
        Run {
            directory: self.directory,
            output,
        }
    }

    /// Runs to the end, which has to be a good one.
    pub(crate) fn run(self) -> Run {
        let run = self.run_to_any_end();
        assert!(run.output.status.success(), "{:?}", run.output);
        run
    }

    pub(crate) fn run_to_any_end(mut self) -> Run {
        let output = self.command.output().unwrap();
        Run {
            directory: self.directory,
            output,
        }
    }

    pub(crate) fn start(mut self) -> (TempDir, Child) {
        let child = self
            .command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        (self.directory, child)
    }
}

impl Run {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Where the profiler prints.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }

    pub(crate) fn reader(&self) -> ProfilingH5Reader {
        ProfilingH5Reader::open(self.file()).unwrap_or_else(|error| panic!("{error}\n{:?}", self.output))
    }

    /// What lies in the directory, in order.
    pub(crate) fn left(&self) -> Vec<String> {
        names_in(self.directory.path())
    }

    /// What the ranks printed after `key`, in order of rank.
    pub(crate) fn said(&self, key: &str) -> Vec<String> {
        let text = self.stdout();
        let mut lines: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_once("RANK ").map(|(_, said)| said.trim_end()))
            .filter(|line| {
                line.split_once(' ')
                    .is_some_and(|(_, rest)| rest.starts_with(key))
            })
            .collect();
        lines.sort();
        lines.into_iter().map(String::from).collect()
    }
}

pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let entries = directory.read_dir().unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The calls of a region on each rank that has it.
pub(crate) fn calls(reader: &ProfilingH5Reader, region: &str) -> Vec<(u32, u64)> {
    let region = reader.get_region(region).unwrap();
    region
        .regions()
        .iter()
        .map(|(&rank, timings)| (rank, timings.num_calls()))
        .collect()
}

/// Merges the logs that ranks have left in `directory`, as a user would.
pub(crate) fn merge_offline(directory: &Path) -> (scope_profiler::merge::Merged, ProfilingH5Reader) {
    let file = directory.join("offline.h5");
    let logs = find_logs(&[directory.join("run.h5.d")]).unwrap();
    let merged = merge(&logs, &file).unwrap();
    (merged, ProfilingH5Reader::open(file).unwrap())
}

/// Looks again and again until `f` has something.
pub(crate) fn wait_for<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = f() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
