//! Both doors for spans: the layer over a `Registry`, and the subscriber of its own.

use super::Run;
use tracing_subscriber::prelude::*;

/// Runs a test once through each door.
pub fn through_each_door(test: impl Fn(&Run)) {
    through_each_door_with(Run::new, test);
}

pub fn through_each_door_with(start: impl Fn() -> Run, test: impl Fn(&Run)) {
    let run = start();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(run.profiler.layer()), || {
        test(&run)
    });
    let run = start();
    tracing::subscriber::with_default(run.profiler.subscriber(), || test(&run));
}
