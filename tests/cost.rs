//! What recording costs, in things that can be counted: allocations, and instructions.
//!
//! Instructions are counted by valgrind in the program that `scripts/safety program` builds, whose
//! path is in `SCOPE_PROFILER_OVERHEAD`. Without either the test says that it is skipped; not in CI.
#![cfg(feature = "hdf5")]

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{ProfileManager, Profiler, ProfilingConfig, profile_counter, profile_region};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::{Subscriber, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::prelude::*;

/// The most instructions that entering and leaving, and the value of a counter, may take: the row of
/// `benches/overhead.rs`, a row that is subtracted, and the ceiling.
const CEILINGS: [(&str, Option<&str>, f64); 13] = [
    ("guard", None, 85.0),
    ("held", None, 85.0),
    ("name", None, 150.0),
    ("subscriber", None, 300.0),
    ("over", Some("subscriber"), 20.0),
    ("layer", Some("empty layer"), 170.0),
    ("subscriber number", Some("subscriber number off"), 130.0),
    ("guard counted", None, 40.0),
    ("guard inactive", None, 6.0),
    ("guard excluded", None, 24.0),
    ("counter", None, 140.0),
    ("counter name", None, 200.0),
    ("counter off", None, 6.0),
];

// --- allocations ----------------------------------------------------------------------------------

/// The system's allocator, which counts for each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator; the counter is a cell without a destructor
// and allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: by the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by the caller's contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates while `f` runs so many times.
fn allocations(times: u64, mut f: impl FnMut()) -> u64 {
    let before = ALLOCATIONS.get();
    for _ in 0..times {
        f();
    }
    ALLOCATIONS.get() - before
}

/// The intervals of a block, as it is by default.
const BLOCK: u64 = 4096;

fn in_memory() -> ProfilingConfig {
    ProfilingConfig::new().flush_to_disk(false).verbose(false)
}

/// The global session is one test's at a time.
fn hold_global() -> MutexGuard<'static, ()> {
    static GLOBAL: Mutex<()> = Mutex::new(());
    GLOBAL.lock().unwrap_or_else(PoisonError::into_inner)
}

struct EmptyLayer;

impl<S: Subscriber> Layer<S> for EmptyLayer {}

fn span() {
    let _span = info_span!("span").entered();
}

/// Allocations of a thousand calls, all of which find room in the block after a first few.
fn of_a_thousand(mut f: impl FnMut()) -> u64 {
    allocations(100, &mut f);
    allocations(1000, f)
}

#[test]
fn a_guard_allocates_nothing() {
    let _global = hold_global();
    ProfileManager::setup(in_memory()).unwrap();
    assert_eq!(of_a_thousand(|| drop(profile_region!("macro"))), 0);
    assert_eq!(of_a_thousand(|| drop(ProfileManager::profile_region("name"))), 0);
    let region = ProfileManager::get_region("name").unwrap();
    assert_eq!(of_a_thousand(|| drop(region.enter())), 0);
    assert_eq!(region.num_calls(), 2200);
    ProfileManager::finalize().unwrap();
}

#[test]
fn a_span_allocates_nothing_beyond_what_the_registry_allocates() {
    let profiler = Profiler::new(in_memory()).unwrap();
    let spans = || of_a_thousand(span);
    assert_eq!(tracing::subscriber::with_default(profiler.subscriber(), spans), 0);
    let registry = tracing_subscriber::registry;
    let with_empty_layer = tracing::subscriber::with_default(registry().with(EmptyLayer), spans);
    let with_ours = tracing::subscriber::with_default(registry().with(profiler.layer()), spans);
    assert_eq!(with_ours, with_empty_layer);
    assert_eq!(profiler.get_region("span").unwrap().num_calls(), 2200);
}

#[test]
fn numbers_of_guards_and_of_spans_allocate_nothing() {
    let profiler = || Profiler::new(in_memory().fields(["bytes", "residual"])).unwrap();
    // As many as find room in a block.
    let of_five_hundred = |f: &mut dyn FnMut()| {
        allocations(50, &mut *f);
        allocations(500, f)
    };
    let guards = profiler();
    let guard = || {
        let region = guards.profile_region("guard");
        region.record("bytes", 24_u64);
        // Something is recorded before the call is left.
        drop(guards.profile_region("inside"));
        region.record("residual", 0.5);
    };
    assert_eq!(of_five_hundred(&mut { guard }), 0);
    let spans = profiler();
    let span = || drop(info_span!("numbers", bytes = 24_u64, residual = 0.5).entered());
    let of_spans = || of_five_hundred(&mut { span });
    assert_eq!(tracing::subscriber::with_default(spans.subscriber(), of_spans), 0);
    assert_eq!(spans.get_region("numbers").unwrap().num_calls(), 550);
}

#[test]
fn values_of_counters_allocate_nothing() {
    let _global = hold_global();
    ProfileManager::setup(in_memory()).unwrap();
    let n = Cell::new(0_i64);
    let next = || {
        n.set(n.get() + 1);
        n.get()
    };
    assert_eq!(of_a_thousand(|| profile_counter!("macro", next())), 0);
    assert_eq!(
        of_a_thousand(|| ProfileManager::counter("by name:J", next() as f64)),
        0
    );
    ProfileManager::finalize().unwrap();
    assert_eq!(n.get(), 2200);
    // Without a session the value is not even worked out.
    assert_eq!(of_a_thousand(|| profile_counter!("macro", next())), 0);
    assert_eq!(n.get(), 2200);
}

#[test]
fn blocks_that_come_back_from_the_writer_are_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let config = ProfilingConfig::new().file_path(directory.path().join("cost.h5"));
    let profiler = Profiler::new(config.verbose(false)).unwrap();
    let blocks = |count: u64| allocations(count * BLOCK, || drop(profiler.profile_region("block")));
    for _ in 0..8 {
        blocks(4);
        profiler.flush().unwrap();
    }
    let again = blocks(4);
    // The queue of full blocks may grow now and then; a block would be one more for each.
    assert!(again <= 1, "{again} allocations for 4 blocks");
}

// --- instructions ---------------------------------------------------------------------------------

/// Instructions that the whole program takes with so many calls of a row.
fn instructions(program: &str, row: &str, calls: u64) -> f64 {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            program,
            "calls",
            row,
        ])
        .arg(calls.to_string())
        .output()
        .expect("valgrind was found");
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("{row}: {report}"));
    count.trim().parse().expect("a number of instructions")
}

#[test]
fn entering_and_leaving_stays_below_its_ceiling_of_instructions() {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        println!("skipped: the ceilings are those of x86_64 Linux");
        return;
    }
    let valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    let (true, Ok(program)) = (valgrind, std::env::var("SCOPE_PROFILER_OVERHEAD")) else {
        let missing = "valgrind or SCOPE_PROFILER_OVERHEAD is missing";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        println!("skipped: {missing}");
        return;
    };
    // What starting takes cancels out.
    let of_a_call = |row: &str| {
        let few = instructions(&program, row, 10_000);
        (instructions(&program, row, 20_000) - few) / 10_000.0
    };
    let mut above = Vec::new();
    for (row, without, ceiling) in CEILINGS {
        let count = of_a_call(row) - without.map_or(0.0, of_a_call);
        println!("{row}: {count:.1} of {ceiling} instructions");
        if count > ceiling {
            above.push(format!("{row}: {count:.1} instructions, more than {ceiling}"));
        }
    }
    assert!(above.is_empty(), "{}", above.join("; "));
}
