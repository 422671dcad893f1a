//! The ways of spans to a session.

use super::Run;
use scope_profiler::Profiler;
use tracing::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

/// The layer over a `Registry`, the subscriber alone, and the subscriber over another that wants all spans, and over
/// one that wants none.
pub(crate) const SUBSCRIBERS: [fn(&Profiler) -> Dispatch; 4] = [
    |profiler| Dispatch::new(tracing_subscriber::registry().with(profiler.layer())),
    |profiler| Dispatch::new(profiler.subscriber()),
    |profiler| over(profiler, LevelFilter::TRACE),
    |profiler| over(profiler, LevelFilter::OFF),
];

fn over(profiler: &Profiler, level: LevelFilter) -> Dispatch {
    let registry = tracing_subscriber::registry().with(level);
    Dispatch::new(profiler.subscriber().over(registry))
}

/// Whether `Span::current` knows the spans that are entered: it does not where the subscriber below wants none.
pub(crate) fn knows_current_span() -> bool {
    let level = tracing::dispatcher::get_default(|dispatch| dispatch.downcast_ref().copied());
    level != Some(LevelFilter::OFF)
}

/// Runs a test once with each of [`SUBSCRIBERS`].
pub(crate) fn with_each_subscriber(test: impl Fn(&Run)) {
    with_each_subscriber_of(Run::new, test);
}

pub(crate) fn with_each_subscriber_of(start: impl Fn() -> Run, test: impl Fn(&Run)) {
    for subscriber in SUBSCRIBERS {
        let run = start();
        tracing::dispatcher::with_default(&subscriber(&run.profiler), || test(&run));
    }
}
