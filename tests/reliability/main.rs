//! Nothing is lost, whatever happens: programs that crash, are killed, or run out of disk.
//!
//! The program is `victim.rs`, an example, which they build. `SCOPE_PROFILER_TEST_RUNS` says how often each
//! random moment is tried, 50 by default; `scripts/reliability` runs the long form.
#![cfg(all(unix, feature = "hdf5"))]

#[path = "../common/calm.rs"]
mod calm;
mod disk;
mod ends;
mod handlers;
mod kill;
mod pattern;
mod threads;
mod time;
#[path = "../common/usual_child.rs"]
mod usual_child;

use scope_profiler::profile::Value;
use scope_profiler::{
    MpiRegion, ProfilingH5Reader, RegionFilter,
    merge::{find_logs, merge},
};
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often a random moment is tried.
fn runs(divided_by: u64) -> u64 {
    let runs = std::env::var("SCOPE_PROFILER_TEST_RUNS").map_or(50, |runs| {
        runs.parse().expect("SCOPE_PROFILER_TEST_RUNS is a number")
    });
    (runs / divided_by).max(1)
}

/// Says that a test cannot be made here, past the test harness, which hides what tests print.
fn skip(what: &str) {
    use std::io::Write;
    let line = format!("SKIPPED: {what}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Numbers that look random, the same ones each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// The example of that name, as it is in the source now: `cargo test --test reliability` does not build it.
fn victim() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let tests = std::env::current_exe().unwrap();
        let of_profile = tests.ancestors().nth(2).unwrap();
        let profile = match of_profile.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--example", "victim", "--profile", profile])
            .arg("--target-dir")
            .arg(of_profile.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo builds the victim");
        assert!(status.success(), "cargo build --example victim failed");
        of_profile.join("examples/victim")
    })
}

/// A program that is started while HDF5 writes a file inherits its lock, and keeps it until it ends: here
/// that is one or the other.
static STARTING_OR_WRITING: Mutex<()> = Mutex::new(());

fn one_or_the_other() -> MutexGuard<'static, ()> {
    STARTING_OR_WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A victim that runs in a directory.
struct Running {
    child: Child,
    said: std::thread::JoinHandle<String>,
    complained: std::thread::JoinHandle<String>,
}

fn collect(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        from.read_to_end(&mut text).ok();
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// How a victim ended.
#[derive(Debug)]
struct Ended {
    status: ExitStatus,
    said: String,
    complained: String,
}

impl Running {
    fn start(directory: &Path, ending: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = usual_child::command(victim());
        command.arg(ending).envs(environment.iter().copied());
        Self::spawn(directory, command)
    }

    fn spawn(directory: &Path, mut command: Command) -> Self {
        let starting = one_or_the_other();
        let mut child = command
            .current_dir(directory)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(starting);
        let said = collect(child.stdout.take().unwrap());
        let complained = collect(child.stderr.take().unwrap());
        Self {
            child,
            said,
            complained,
        }
    }

    fn signal(&self, signal: i32) {
        kill(self.child.id(), signal);
    }

    /// Waits until it has ended, by itself or by a signal.
    fn wait(mut self) -> Ended {
        let guard = Guard::over(self.child.id());
        let status = self.child.wait().unwrap();
        drop(guard);
        Ended {
            status,
            said: self.said.join().unwrap(),
            complained: self.complained.join().unwrap(),
        }
    }
}

impl Ended {
    #[track_caller]
    fn by(&self, signal: i32) {
        assert_eq!(self.status.signal(), Some(signal), "{self:?}");
    }
}

/// Longer than anything here takes on the busiest machine: only what hangs is given up.
const NEVER: Duration = Duration::from_secs(1_800);

/// Kills a victim that does not end, so that the test fails rather than hangs.
struct Guard {
    over: mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Guard {
    fn over(victim: u32) -> Self {
        let (over, is_over) = mpsc::channel();
        let watch = move || {
            if is_over.recv_timeout(NEVER) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill(victim, libc::SIGKILL);
            }
        };
        let thread = Some(std::thread::spawn(watch));
        Self { over, thread }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.over.send(()).ok();
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn kill(victim: u32, signal: i32) {
    // SAFETY: sends a signal to a child that has not been waited for.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(victim as i32, signal)
    };
}

/// Looks again and again until a victim has done something.
fn until(what: impl Fn() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < NEVER, "it never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a file says that the pattern does not.
struct Contents {
    reader: ProfilingH5Reader,
    regions: BTreeMap<String, MpiRegion>,
    /// Calls of each thread that follow the pattern.
    calls: BTreeMap<usize, u64>,
}

impl Contents {
    /// Makes a file of the logs that a victim left, and checks everything in it.
    fn of_logs(directory: &Path) -> Self {
        let merged = directory.join("merged.h5");
        let _writing = one_or_the_other();
        merge(&find_logs(&[directory.join("run.h5.d")]).unwrap(), &merged).unwrap();
        Self::of(&merged)
    }

    /// Every interval has to be the pattern's, in its order and without a gap.
    fn of(file: &Path) -> Self {
        let mut contents = Self::unordered(file);
        let threads = 64;
        for thread in 0..threads {
            let prefix = format!("thread {thread} region ");
            let mut calls: Vec<(i64, &str)> = Vec::new();
            for (name, region) in contents.regions.range(prefix.clone()..) {
                if !name.starts_with(&prefix) {
                    break;
                }
                calls.extend(
                    region[0]
                        .start_times_ns()
                        .iter()
                        .map(|&start| (start, name.as_str())),
                );
            }
            calls.sort_unstable();
            for (n, (_, name)) in calls.iter().enumerate() {
                assert_eq!(
                    *name,
                    pattern::name(thread, n as u64),
                    "call {n} of {} of thread {thread}, {} dropped: {:?}",
                    calls.len(),
                    contents.fact("dropped_intervals"),
                    &calls[n.saturating_sub(3)..calls.len().min(n + 4)]
                );
            }
            let n = calls.len() as u64;
            let outer = contents.intervals(&pattern::outer(thread));
            let due = n / pattern::IN_OUTER;
            let may_lack = u64::from(n % pattern::IN_OUTER == 0 && n > 0);
            // A call that is open when a handler ends recording may end while it saves.
            let most = match contents.ended_by() {
                Some(_) => due + 1,
                None => due,
            };
            assert!(
                (due - may_lack..=most).contains(&outer),
                "{outer} calls of outer around {n}"
            );
            if n > 0 {
                contents.calls.insert(thread, n);
            }
        }
        contents
    }

    /// Checks what holds for any file: ends after starts, sums as stated.
    fn unordered(file: &Path) -> Self {
        let report = scope_profiler::check::check(file).unwrap();
        assert!(report.is_ok(), "{report}");
        let reader = ProfilingH5Reader::open(file).unwrap();
        let regions: BTreeMap<String, MpiRegion> = reader
            .get_regions(&RegionFilter::default())
            .unwrap()
            .into_iter()
            .map(|region| (region.name().to_owned(), region))
            .collect();
        let contents = Self {
            reader,
            regions,
            calls: BTreeMap::new(),
        };
        let (mut intervals, mut dropped, mut open) = (0, 0, 0);
        for region in contents.regions.values() {
            let (starts, ends) = (region[0].start_times_ns(), region[0].end_times_ns());
            assert_eq!(starts.len(), ends.len());
            assert!(starts.iter().zip(ends).all(|(start, end)| start <= end));
            intervals += starts.len() as u64;
            dropped += region[0].dropped();
            open += region[0].open();
            assert_eq!(
                region[0].num_calls(),
                starts.len() as u64 + region[0].dropped(),
                "{}",
                region.name()
            );
        }
        assert_eq!(contents.fact("written_intervals"), intervals);
        assert_eq!(contents.fact("dropped_intervals"), dropped);
        assert_eq!(contents.fact("open_calls"), open);
        contents
    }

    fn fact(&self, key: &str) -> u64 {
        match self.reader.metadata().get(key) {
            Some(Value::Int(n)) => u64::try_from(*n).unwrap(),
            other => panic!("{key}: {other:?}"),
        }
    }

    fn ended_by(&self) -> Option<&str> {
        match self.reader.metadata().get("ended_by") {
            Some(Value::Text(signal)) => Some(signal),
            _ => None,
        }
    }

    fn intervals(&self, region: &str) -> u64 {
        self.regions
            .get(region)
            .map_or(0, |region| region[0].start_times_ns().len() as u64)
    }

    fn open(&self, region: &str) -> u64 {
        self.regions.get(region).map_or(0, |region| region[0].open())
    }

    fn calls_of(&self, thread: usize) -> u64 {
        self.calls.get(&thread).copied().unwrap_or(0)
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}
