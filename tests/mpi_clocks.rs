//! Ranks with clocks that differ, under a real `mpirun`.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use mpi::traits::{Communicator, CommunicatorCollectives};
use scope_profiler::profile::{ClockAgreement, Source};
use scope_profiler::{ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Where the ranks write to.
const DIRECTORY: &str = "SCOPE_PROFILER_TEST_CLOCK_DIRECTORY";
/// How their clocks differ: offset and drift of each rank, ns and ppb, with commas.
const SKEWS: &str = "SCOPE_PROFILER_TEST_CLOCK_SKEWS";
/// Whether they end without finalize, which leaves logs.
const KILLED: &str = "SCOPE_PROFILER_TEST_CLOCK_KILLED";
const STEPS: usize = 40;
/// How long a run takes at the least: clocks that differ in rate differ by something then. It may take longer.
const AT_LEAST: Duration = Duration::from_millis(500);

again::programs! { "rank" => record_as_a_rank }

/// Records each step twice: around it with the system's clock, inside with the rank's own.
fn record_as_a_rank() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let universe = mpi::initialize().unwrap();
    let world = universe.world();
    let skews = std::env::var(SKEWS).unwrap();
    let mine: Vec<i64> = skews
        .split(';')
        .nth(world.rank() as usize)
        .unwrap()
        .split(',')
        .map(|number| number.parse().unwrap())
        .collect();
    let config = |name: &str| {
        ProfilingConfig::new()
            .file_path(directory.join(name))
            .verbose(false)
    };
    let truth = Profiler::new(config("truth.h5")).unwrap();
    let clock = ManualClock::skewed(mine[0], mine[1]);
    let own = Profiler::new(config("own.h5").manual_clock(&clock)).unwrap();
    // The clocks drift apart for this long at the least.
    let between_steps = AT_LEAST / STEPS as u32;
    for _ in 0..STEPS {
        std::thread::sleep(between_steps);
        truth.profile("step", || own.profile("step", || ()));
    }
    world.barrier();
    if std::env::var_os(KILLED).is_some() {
        own.flush().unwrap();
        truth.finalize().unwrap();
        world.barrier();
        // As SIGKILL: nothing more is written.
        std::process::Command::new("kill")
            .args(["-9", &std::process::id().to_string()])
            .status()
            .unwrap();
    }
    own.finalize().unwrap();
    truth.finalize().unwrap();
}

fn launch(skews: &[(i64, i64)], killed: bool) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let texts: Vec<String> = skews
        .iter()
        .map(|(offset, drift)| format!("{offset},{drift}"))
        .collect();
    let mut command =
        Command::new(std::env::var_os("SCOPE_PROFILER_MPIRUN").unwrap_or_else(|| "mpirun".into()));
    command.args(["-n", &skews.len().to_string()]);
    again::start_through(&mut command, &again("rank"));
    command
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
        .env("OMPI_MCA_rmaps_base_oversubscribe", "1")
        .env("OMPI_MCA_mpi_yield_when_idle", "1")
        // Two launchers that make their common directory at the same moment fail.
        .env("OMPI_MCA_orte_tmpdir_base", directory.path())
        .env("PRTE_MCA_prte_tmpdir_base", directory.path())
        .env(DIRECTORY, directory.path())
        .env(SKEWS, texts.join(";"));
    if killed {
        command.env(KILLED, "1");
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.success(), !killed, "{output:?}");
    directory
}

/// Every step as recorded by a rank's own clock lies within the same step by the system's clock, give or
/// take the bound.
fn assert_within_bounds(directory: &Path, origin: i64) -> ClockAgreement {
    let own = ProfilingH5Reader::open(directory.join("own.h5")).unwrap();
    let truth = ProfilingH5Reader::open(directory.join("truth.h5")).unwrap();
    let (steps, true_steps) = (own.get_region("step").unwrap(), truth.get_region("step").unwrap());
    assert_eq!(steps.regions().len(), true_steps.regions().len());
    for (rank, calls) in steps.regions() {
        let bound = own.clock(*rank).unwrap().bound_ns.unwrap();
        // 1 ns for rounding.
        let bound = i64::try_from(bound).unwrap() + 1;
        let around = &true_steps[*rank];
        assert_eq!(calls.num_calls(), STEPS as u64);
        for call in 0..STEPS {
            let (start, end) = (
                calls.start_times_ns()[call] - origin,
                calls.end_times_ns()[call] - origin,
            );
            assert!(
                start >= around.start_times_ns()[call] - bound && end <= around.end_times_ns()[call] + bound,
                "rank {rank}, step {call}: {start} to {end} is not within {bound} ns of {} to {}",
                around.start_times_ns()[call],
                around.end_times_ns()[call]
            );
        }
    }
    own.clocks(own.ranks())
}

const SECOND: i64 = 1_000_000_000;

#[test]
fn times_of_ranks_whose_clocks_differ_and_drift_are_right_within_the_bound() {
    let skews = [
        (0, 0),
        (5 * SECOND, 90_000),
        (777, -90_000),
        (3600 * SECOND, 40_000),
        (-1_000, -10_000),
    ];
    let directory = launch(&skews, false);
    let agreement = assert_within_bounds(directory.path(), 0);
    // A bound of a second would be no use.
    assert!(
        matches!(agreement, ClockAgreement::Within(1..SECOND_U64)),
        "{agreement:?}"
    );

    // What the ranks' own clocks showed can be had back.
    let own = ProfilingH5Reader::open(directory.path().join("own.h5")).unwrap();
    let clock = own.clock(3).unwrap();
    let step = own.get_region("step").unwrap();
    let start = step[3].start_times_ns()[0];
    assert!(clock.own_ns(start) - start > 3599 * SECOND);
}

const SECOND_U64: u64 = SECOND as u64;

#[test]
fn times_are_on_the_clock_of_rank_0_whatever_that_shows() {
    let directory = launch(&[(100 * SECOND, 0), (0, 0), (-200, 0)], false);
    assert_within_bounds(directory.path(), 100 * SECOND);
}

#[test]
fn ranks_of_one_machine_read_the_same_clock() {
    let directory = launch(&[(0, 0); 3], false);
    let truth = ProfilingH5Reader::open(directory.path().join("truth.h5")).unwrap();
    assert_eq!(truth.clocks(&[0, 1, 2]), ClockAgreement::Same);
    for rank in 0..3 {
        let clock = truth.clock(rank).unwrap();
        assert_eq!((clock.bound_ns, clock.added.as_slice()), (Some(0), &[][..]));
        assert_eq!(clock.id, truth.clock(0).unwrap().id);
    }
    // The same machine, with clocks that nobody can know to be the same.
    let own = ProfilingH5Reader::open(directory.path().join("own.h5")).unwrap();
    let agreement = own.clocks(&[0, 1, 2]);
    println!("clocks of one machine, compared: {agreement:?}");
    assert!(matches!(agreement, ClockAgreement::Within(1..)), "{agreement:?}");
}

#[test]
fn of_a_killed_run_the_first_comparison_counts_and_the_bound_is_wider() {
    let directory = launch(&[(0, 0), (7 * SECOND, 90_000)], true);
    let logs = scope_profiler::merge::find_logs(&[directory.path().join("own.h5.d")]).unwrap();
    let merged = scope_profiler::merge::merge(&logs, &directory.path().join("own.h5")).unwrap();
    assert_eq!(merged.incomplete.len(), 2);
    assert_within_bounds(directory.path(), 0);
    let own = ProfilingH5Reader::open(directory.path().join("own.h5")).unwrap();
    // 100 ppm of the half second that the run took at the least, and some for the comparison itself.
    assert!(own.clock(1).unwrap().bound_ns.unwrap() > 40_000);
}
