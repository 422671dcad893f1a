//! The rows that are ours, and those that they are held against.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each bench uses its share"
)]

pub mod counters;
#[cfg(feature = "alloc")]
pub mod measures;
pub mod numbers;
pub mod off;
pub mod threads;

use crate::harness::{Running, Storage, bare_counter, repeat};
use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
use std::hint::black_box;
use std::time::Instant;
use tempfile::TempDir;
use tracing::subscriber::set_global_default;
use tracing::{info_span, instrument};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

/// The region that every row enters.
pub const REGION: &str = "bench";

/// Starts the global session. Gives what keeps its file alive.
pub fn session(storage: Storage, configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig) -> TempDir {
    let directory = tempfile::tempdir().expect("there is a directory for temporary files");
    let config = ProfilingConfig::new()
        .file_path(directory.path().join("bench.h5"))
        .flush_to_disk(storage == Storage::Disk)
        .verbose(false);
    ProfileManager::setup(configure(config)).expect("a session starts");
    directory
}

/// A batch whose session has to have recorded each call. What it left in memory is written before the
/// next begins: otherwise the writers of all rows would work beside whichever is measured, on what
/// may be the other half of its core. A sustained run measures both at once.
fn recorded(directory: TempDir, mut batch: Box<dyn FnMut(usize) -> f64>) -> Running {
    Running {
        batch: Box::new(move |calls| {
            let time = batch(calls);
            ProfileManager::flush().expect("the log can be written");
            time
        }),
        finish: Box::new(move |calls| {
            check(calls)?;
            drop(directory);
            Ok(())
        }),
    }
}

/// Ends the session, which has to have `calls` calls of the region and nothing else.
pub fn check(calls: u64) -> Result<(), String> {
    let summary = ProfileManager::finalize().map_err(|error| error.to_string())?;
    let counted = ProfileManager::get_region(REGION).map_or(0, |region| region.num_calls());
    if counted != calls {
        return Err(format!("{counted} calls were recorded, not {calls}"));
    }
    if summary.dropped() > 0 || !summary.open_regions().is_empty() {
        return Err(format!("something is lost or left open: {summary}"));
    }
    Ok(())
}

/// A batch with nothing to check.
pub fn unchecked(batch: Box<dyn FnMut(usize) -> f64>) -> Running {
    Running {
        batch,
        finish: Box::new(|_| Ok(())),
    }
}

// --- the floor ------------------------------------------------------------------------------------

pub fn counter_reads(_: Storage) -> Running {
    unchecked(repeat(|| {
        black_box(bare_counter());
        black_box(bare_counter());
    }))
}

pub fn instants(_: Storage) -> Running {
    unchecked(repeat(|| {
        black_box(Instant::now());
        black_box(Instant::now());
    }))
}

// --- guards ---------------------------------------------------------------------------------------

pub fn guard(storage: Storage) -> Running {
    recorded(session(storage, |config| config), repeat(enter_by_macro))
}

#[inline(always)]
pub fn enter_by_macro() {
    let _guard = profile_region!("bench");
}

pub fn held_region(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    enter_by_macro();
    let region = ProfileManager::get_region(REGION).expect("it has been entered");
    let mut running = recorded(
        directory,
        repeat(move || {
            let _guard = region.enter();
        }),
    );
    let finish = running.finish;
    running.finish = Box::new(move |calls| finish(calls + 1));
    running
}

pub fn by_name(storage: Storage) -> Running {
    let name = black_box(REGION.to_owned());
    recorded(
        session(storage, |config| config),
        repeat(move || {
            let _guard = ProfileManager::profile_region(&name);
        }),
    )
}

pub fn guard_counted(storage: Storage) -> Running {
    let directory = session(storage, |config| config.time_trace(false));
    recorded(directory, repeat(enter_by_macro))
}

pub fn guards_10_deep(storage: Storage) -> Running {
    recorded(session(storage, |config| config), nested(10, guard_inside))
}

pub fn guards_1000_deep(storage: Storage) -> Running {
    recorded(session(storage, |config| config), nested(1000, guard_inside))
}

#[inline(never)]
fn guard_inside(depth: usize) {
    let _guard = profile_region!("bench");
    if depth > 1 {
        guard_inside(depth - 1);
    }
}

/// As many calls as asked for, so many inside each other.
fn nested(depth: usize, f: fn(usize)) -> Box<dyn FnMut(usize) -> f64> {
    let mut batch = repeat(move || f(black_box(depth)));
    Box::new(move |n| {
        assert_eq!(n % depth, 0, "a batch is whole stacks");
        batch(n / depth) / depth as f64
    })
}

// --- spans ----------------------------------------------------------------------------------------

/// A layer that does nothing: what `Registry` costs by itself. Without any layer it never frees a
/// span that was closed.
struct EmptyLayer;

impl<S: tracing::Subscriber> Layer<S> for EmptyLayer {}

fn set_empty_layer() {
    set_global_default(Registry::default().with(EmptyLayer)).expect("the first in this process");
}

pub fn set_subscriber() {
    set_global_default(ProfileManager::subscriber()).expect("the first in this process");
}

/// Over a logger that does not want the span.
fn set_over() {
    let logger = Registry::default().with(EmptyLayer).with(LevelFilter::WARN);
    set_global_default(ProfileManager::subscriber().over(logger)).expect("the first in this process");
}

pub fn set_layer() {
    let subscriber = Registry::default().with(ProfileManager::layer());
    set_global_default(subscriber).expect("the first in this process");
}

#[inline(always)]
pub fn enter_span() {
    let _span = info_span!("bench").entered();
}

#[instrument(name = "bench", skip_all)]
#[inline(never)]
fn instrumented(argument: &str) {
    black_box(argument);
}

fn span_inside(depth: usize) {
    let _span = info_span!("bench").entered();
    if depth > 1 {
        span_inside(depth - 1);
    }
}

pub fn empty_layer_span(_: Storage) -> Running {
    set_empty_layer();
    unchecked(repeat(enter_span))
}

pub fn subscriber_span(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_subscriber();
    recorded(directory, repeat(enter_span))
}

pub fn over_span(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_over();
    recorded(directory, repeat(enter_span))
}

pub fn subscriber_instrument(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_subscriber();
    recorded(directory, repeat(|| instrumented(black_box("argument"))))
}

pub fn subscriber_counted(storage: Storage) -> Running {
    let directory = session(storage, |config| config.time_trace(false));
    set_subscriber();
    recorded(directory, repeat(enter_span))
}

pub fn spans_10_deep(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_subscriber();
    recorded(directory, nested(10, span_inside))
}

pub fn spans_1000_deep(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_subscriber();
    recorded(directory, nested(1000, span_inside))
}

pub fn layer_span(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_layer();
    recorded(directory, repeat(enter_span))
}

pub fn layer_instrument(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_layer();
    recorded(directory, repeat(|| instrumented(black_box("argument"))))
}

pub fn layer_counted(storage: Storage) -> Running {
    let directory = session(storage, |config| config.time_trace(false));
    set_layer();
    recorded(directory, repeat(enter_span))
}
