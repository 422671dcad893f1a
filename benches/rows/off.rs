//! Rows that record nothing.

use super::{REGION, enter_by_macro, enter_span, session, set_layer, set_subscriber};
use crate::harness::{Running, Storage, repeat};
use scope_profiler::{ProfileManager, ProfilingConfig};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};

/// Disables every span, in the way that costs least.
struct NeverSubscriber;

impl Subscriber for NeverSubscriber {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::never()
    }
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A batch in a session that must not record anything.
fn session_off(
    configure: impl FnOnce(ProfilingConfig) -> ProfilingConfig,
    set: impl FnOnce(),
    f: impl FnMut() + 'static,
) -> Running {
    let directory = session(Storage::Disk, configure);
    set();
    Running {
        batch: repeat(f),
        finish: Box::new(move |_| {
            let summary = ProfileManager::finalize().map_err(|error| error.to_string())?;
            drop(directory);
            if summary.recorded() > 0 || ProfileManager::get_region(REGION).is_some() {
                return Err(format!("something is recorded: {summary}"));
            }
            Ok(())
        }),
    }
}

fn inactive(config: ProfilingConfig) -> ProfilingConfig {
    config.profiling_activated(false)
}

fn excluded(config: ProfilingConfig) -> ProfilingConfig {
    config.exclude([REGION])
}

pub fn guard_inactive(_: Storage) -> Running {
    session_off(inactive, || (), enter_by_macro)
}

pub fn guard_excluded(_: Storage) -> Running {
    session_off(excluded, || (), enter_by_macro)
}

pub fn span_disabled(_: Storage) -> Running {
    set_global_default(NeverSubscriber).expect("the first in this process");
    super::unchecked(repeat(enter_span))
}

pub fn subscriber_inactive(_: Storage) -> Running {
    session_off(inactive, set_subscriber, enter_span)
}

pub fn subscriber_excluded(_: Storage) -> Running {
    session_off(excluded, set_subscriber, enter_span)
}

pub fn layer_inactive(_: Storage) -> Running {
    session_off(inactive, set_layer, enter_span)
}

pub fn layer_excluded(_: Storage) -> Running {
    session_off(excluded, set_layer, enter_span)
}
