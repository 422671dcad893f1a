//! Numbers beside the interval of a call.

use super::{recorded, session, set_layer, set_subscriber};
use crate::harness::{Running, Storage, repeat};
use scope_profiler::{ProfilingConfig, profile_region};
use std::hint::black_box;
use tracing::info_span;

pub fn fields(config: ProfilingConfig) -> ProfilingConfig {
    config.fields(["bytes", "flops"])
}

pub fn guard_with_one(storage: Storage) -> Running {
    let directory = session(storage, fields);
    let one = || drop(profile_region!("bench", bytes = black_box(24_u64)));
    recorded(directory, repeat(one))
}

pub fn guard_with_two(storage: Storage) -> Running {
    let directory = session(storage, fields);
    let two = || {
        drop(profile_region!(
            "bench",
            bytes = black_box(24_u64),
            flops = black_box(2.0)
        ))
    };
    recorded(directory, repeat(two))
}

/// The session records other fields.
pub fn guard_with_none(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    let none = || drop(profile_region!("bench", bytes = black_box(24_u64)));
    recorded(directory, repeat(none))
}

pub fn span_of_one() {
    let _span = info_span!("bench", bytes = black_box(24_u64)).entered();
}

fn span_of_two() {
    let _span = info_span!("bench", bytes = black_box(24_u64), flops = black_box(2.0)).entered();
}

pub fn subscriber_with_none(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_subscriber();
    recorded(directory, repeat(span_of_one))
}

pub fn subscriber_with_one(storage: Storage) -> Running {
    let directory = session(storage, fields);
    set_subscriber();
    recorded(directory, repeat(span_of_one))
}

pub fn subscriber_with_two(storage: Storage) -> Running {
    let directory = session(storage, fields);
    set_subscriber();
    recorded(directory, repeat(span_of_two))
}

pub fn layer_with_none(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    set_layer();
    recorded(directory, repeat(span_of_one))
}

pub fn layer_with_one(storage: Storage) -> Running {
    let directory = session(storage, fields);
    set_layer();
    recorded(directory, repeat(span_of_one))
}
