//! What the ranks do.

use super::launch::{NO_LAUNCHER, TALKS, names_in, wait_for};
use mpi::environment::Universe;
use mpi::topology::Color;
use mpi::traits::{Communicator, CommunicatorCollectives};
use scope_profiler::{Error, ProfileManager, ProfilingConfig, Summary, profile_counter};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

crate::again::programs!(play);

/// A rank that plays `part`.
pub(crate) fn rank(part: &str) -> Command {
    again(part)
}

fn play(part: &str) {
    match part {
        "steps" => steps(),
        "many steps" => many_steps(),
        "counters" => counters(),
        "set up before MPI" => set_up_before_mpi(),
        "two groups" => two_groups(),
        "a group of its own" => group_of_its_own(),
        "MPI ends first" => mpi_ends_first(),
        "several sessions" => several_sessions(),
        "one never ends" => one_never_ends(),
        "one comes late" => one_comes_late(),
        "rank 0 never ends" => rank_0_never_ends(),
        "one panics" => one_panics(),
        "one is killed" => one_is_killed(),
        "wait to be killed" => wait_to_be_killed(),
        "one of two programs" => one_of_two_programs(),
        "never profiled" => never_profiled(),
        "ends early" => drop(mpi_world()),
        "profiled late" => profiled_late(),
        "profiled when MPI is there, of two programs" => set_up_first_of_two_programs(),
        "MPI_Abort" => abort_all(),
        "abort after MPI_Init" => abort_after_mpi_init(),
        other => panic!("no part {other}"),
    }
}

fn config() -> ProfilingConfig {
    ProfilingConfig::new()
        .file_path(std::env::var("SCOPE_PROFILER_TEST_PATH").unwrap_or("run.h5".into()))
        .flush_interval(Duration::from_secs(3_600))
}

fn mpi_world() -> (Universe, i32) {
    let universe = mpi::initialize().unwrap();
    let rank = universe.world().rank();
    (universe, rank)
}

/// Rank r: 10 + r steps; only every other rank has `even`.
fn record(rank: i32) {
    for _ in 0..10 + rank {
        let _step = ProfileManager::profile_region("step");
        ProfileManager::profile("solve", || ());
    }
    if rank % 2 == 0 {
        ProfileManager::profile("even", || ());
    }
}

/// One line with one write, so that lines of ranks do not mix.
fn say(rank: i32, text: &str) {
    let line = format!("\nRANK {rank} {text}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

fn tell_end(rank: i32, end: Result<Summary, Error>) {
    match end {
        Ok(summary) => say(rank, &format!("recorded {}", summary.recorded())),
        Err(error) => {
            assert!(error.is_incomplete(), "{error}");
            say(rank, &format!("error {error}"));
            let missing = ProfileManager::summary().map(|summary| summary.missing_ranks().to_vec());
            say(rank, &format!("missing {missing:?}"));
            std::fs::write(format!("told.{rank}"), "").unwrap();
        }
    }
}

/// Ends the process where MPI_Finalize would wait for a rank that is gone.
fn leave_without_mpi(universe: Universe) -> ! {
    std::mem::forget(universe);
    std::process::exit(0);
}

fn many_steps() {
    let (_universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    for step in 0..20_000 + rank {
        let _step = ProfileManager::profile_region("step");
        ProfileManager::profile("solve", || {
            (0..step % 70).for_each(|n| {
                std::hint::black_box(n);
            })
        });
    }
    ProfileManager::finalize().unwrap();
}

/// Rank r: 20 + r values of `particles`; every other rank has `energy`. `after all` comes when every rank is there.
fn counters() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    universe.world().barrier();
    for n in 0..20 + i64::from(rank) {
        let _step = ProfileManager::profile_region("step");
        ProfileManager::counter("particles", 1_000 * i64::from(rank) + n);
    }
    if rank % 2 == 0 {
        std::thread::spawn(move || profile_counter!("energy:J", f64::from(rank) / 2.0))
            .join()
            .unwrap();
    }
    universe.world().barrier();
    profile_counter!("after all", rank);
    ProfileManager::finalize().unwrap();
}

fn steps() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    meet_the_other_launch(rank);
    // The last of many has nothing to do.
    if rank < 3 || rank + 1 < universe.world().size() {
        record(rank);
    }
    let summary = ProfileManager::finalize().unwrap();
    if rank == 0 {
        for region in summary.imbalance() {
            let factor = region.imbalance_factor().is_some_and(|factor| factor >= 1.0);
            say(
                0,
                &format!("imbalance {} {} {factor}", region.name(), region.num_ranks()),
            );
        }
    }
    tell_end(rank, Ok(summary));
}

/// What both programs do: what the profiler leaves must not disturb it.
fn talk(universe: &Universe) {
    let world = universe.world();
    world.barrier();
    let mut sum = 0;
    world.all_reduce_into(&1, &mut sum, mpi::collective::SystemOperation::sum());
    assert_eq!(sum, world.size());
    let (rank, mut ranks) = (world.rank(), vec![0; world.size() as usize]);
    mpi::request::scope(|scope| {
        world
            .immediate_all_gather_into(scope, &rank, &mut ranks[..])
            .wait();
    });
    assert_eq!(ranks, (0..world.size()).collect::<Vec<_>>());
    let half = world
        .split_by_color(Color::with_value(rank_of(universe) % 2))
        .unwrap();
    half.barrier();
}

fn rank_of(universe: &Universe) -> i32 {
    universe.world().rank()
}

fn one_of_two_programs() {
    let (universe, rank) = mpi_world();
    std::fs::write("waiting", "").unwrap();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    if std::env::var_os(TALKS).is_some() {
        talk(&universe);
    }
    tell_end(rank, ProfileManager::finalize());
}

/// Sets up before MPI is initialized.
fn set_up_first_of_two_programs() {
    ProfileManager::setup(config()).unwrap();
    let (universe, rank) = mpi_world();
    record(rank);
    let end = ProfileManager::finalize();
    talk(&universe);
    tell_end(rank, end);
}

fn never_profiled() {
    let (universe, _) = mpi_world();
    talk(&universe);
}

fn profiled_late() {
    let (_universe, rank) = mpi_world();
    wait_for("the others", || Path::new("waiting").exists().then_some(()));
    ProfileManager::setup(config()).unwrap();
    record(rank);
    tell_end(rank, ProfileManager::finalize());
}

/// Rank 1 gives up for all, with something in memory on each.
fn abort_all() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    universe.world().barrier();
    if rank == 1 {
        universe.world().abort(3);
    }
    wait_to_be_ended(&universe);
}

/// MPI installs its handlers after the session has begun.
fn abort_after_mpi_init() {
    ProfileManager::setup(config()).unwrap();
    let (universe, rank) = mpi_world();
    record(rank);
    universe.world().barrier();
    if rank == 1 {
        std::process::abort();
    }
    wait_to_be_ended(&universe);
}

/// The launcher ends a rank that waits for one that has aborted.
fn wait_to_be_ended(universe: &Universe) -> ! {
    universe.world().barrier();
    panic!("the barrier was left without the rank that has aborted");
}

/// Waits for the second of two launches that write to one path.
fn meet_the_other_launch(rank: i32) {
    if std::env::var_os("SCOPE_PROFILER_TEST_GATE").is_none() || rank != 0 {
        return;
    }
    let directory = std::env::var("SCOPE_PROFILER_TEST_GATE_AT").unwrap_or(".".into());
    let directory = Path::new(&directory);
    std::fs::write(directory.join(format!("begun.{}", std::process::id())), "").unwrap();
    let begun = || {
        names_in(directory)
            .iter()
            .filter(|name| name.starts_with("begun"))
            .count()
    };
    wait_for("the other launch", || (begun() == 2).then_some(()));
}

fn set_up_before_mpi() {
    let hidden = if std::env::var_os(NO_LAUNCHER).is_some() {
        hide_launcher()
    } else {
        Vec::new()
    };
    ProfileManager::setup(config()).unwrap();
    show_again(hidden);
    ProfileManager::profile("before", || ());
    ProfileManager::flush().unwrap();
    let (_universe, rank) = mpi_world();
    record(rank);
    tell_end(rank, ProfileManager::finalize());
}

/// Takes the ranks out of the environment, so that nothing but MPI can tell them.
#[allow(unsafe_code)]
fn hide_launcher() -> Vec<(String, String)> {
    let is_rank = |key: &str| key.ends_with("_RANK") || key.ends_with("_RANKID") || key.ends_with("_PROCID");
    let hidden: Vec<(String, String)> = std::env::vars().filter(|(key, _)| is_rank(key)).collect();
    for (key, _) in &hidden {
        // SAFETY: no other thread of this process looks at the environment.
        unsafe { std::env::remove_var(key) };
    }
    hidden
}

/// MPI itself needs them.
#[allow(unsafe_code)]
fn show_again(hidden: Vec<(String, String)>) {
    for (key, value) in hidden {
        // SAFETY: no other thread of this process looks at the environment.
        unsafe { std::env::set_var(key, value) };
    }
}

fn two_groups() {
    let (universe, rank) = mpi_world();
    let color = Color::with_value(rank % 2);
    let group = universe.world().split_by_color(color).unwrap();
    let file = ["even.h5", "odd.h5"][rank as usize % 2];
    ProfileManager::setup(config().file_path(file).communicator(&group)).unwrap();
    record(group.rank());
    ProfileManager::finalize().unwrap();
}

fn group_of_its_own() {
    let (universe, rank) = mpi_world();
    let alone = universe.world().split_by_color(Color::with_value(rank)).unwrap();
    ProfileManager::setup(config().communicator(&alone)).unwrap();
    record(rank);
    tell_end(rank, ProfileManager::finalize());
}

fn mpi_ends_first() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    drop(universe);
    tell_end(rank, ProfileManager::finalize());
}

fn several_sessions() {
    let (universe, rank) = mpi_world();
    for _ in 0..10 {
        ProfileManager::setup(config().verbose(false)).unwrap();
        ProfileManager::profile("step", || ());
        ProfileManager::finalize().unwrap();
    }
    // MPICH has about two thousand communicators.
    for _ in 0..2_100 {
        drop(config().communicator(&universe.world()));
    }
    say(rank, "done");
}

fn one_never_ends() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    ProfileManager::flush().unwrap();
    universe.world().barrier();
    if rank == 1 {
        wait_for("the file without this rank", || {
            Path::new("run.h5").exists().then_some(())
        });
    } else {
        tell_end(rank, ProfileManager::finalize());
    }
    leave_without_mpi(universe);
}

fn one_comes_late() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    ProfileManager::flush().unwrap();
    universe.world().barrier();
    if rank == 1 {
        wait_for("the file without this rank", || {
            Path::new("run.h5").exists().then_some(())
        });
        record(rank);
    }
    tell_end(rank, ProfileManager::finalize());
    universe.world().barrier();
}

fn rank_0_never_ends() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    ProfileManager::flush().unwrap();
    if rank == 0 {
        let others = universe.world().size() as usize - 1;
        let told = || {
            names_in(Path::new("."))
                .iter()
                .filter(|name| name.starts_with("told"))
                .count()
        };
        wait_for("the others", || (told() == others).then_some(()));
    } else {
        tell_end(rank, ProfileManager::finalize());
    }
    leave_without_mpi(universe);
}

fn one_panics() {
    let (universe, rank) = mpi_world();
    if rank == 1 {
        let caught = std::panic::catch_unwind(|| {
            let _session = ProfileManager::session(config()).unwrap();
            record(rank);
            panic!("as a program may");
        });
        assert!(caught.is_err());
        say(rank, "goes on");
    } else {
        ProfileManager::setup(config()).unwrap();
        record(rank);
        tell_end(rank, ProfileManager::finalize());
    }
    universe.world().barrier();
}

fn one_is_killed() {
    let (universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    universe.world().barrier();
    if rank == 2 {
        ProfileManager::flush().unwrap();
        record(rank); // is lost
        kill_myself();
    }
    tell_end(rank, ProfileManager::finalize());
    leave_without_mpi(universe);
}

#[allow(unsafe_code)]
fn kill_myself() {
    // SAFETY: the calls take plain numbers; nothing of this process is touched any more.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
}

fn wait_to_be_killed() {
    let (_universe, rank) = mpi_world();
    ProfileManager::setup(config()).unwrap();
    record(rank);
    ProfileManager::flush().unwrap();
    let process = std::process::id().to_string();
    // Under its name when it is complete.
    std::fs::write(format!("{rank}.tmp"), &process).unwrap();
    std::fs::rename(format!("{rank}.tmp"), format!("{rank}.pid")).unwrap();
    loop {
        std::thread::sleep(Duration::from_millis(100));
    }
}
