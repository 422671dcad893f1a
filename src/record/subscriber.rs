//! The door for programs that only profile: a whole `Subscriber` without a `Registry`.

use super::global;
use super::held::HeldSpans;
use super::naming::Recorded;
use super::open_stack::{Door, SpanKey};
use super::recording::Recording;
use super::serial;
use super::spans::{Callsite, id, new_door};
use super::sync::Arc;
use super::target::Target;
use std::num::NonZeroU64;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};

/// A complete [`Subscriber`] that records spans and does nothing else.
///
/// For programs that want no log output and no other layers it is several times cheaper than
/// [`ScopeLayer`](crate::ScopeLayer) over a `Registry`: a span is a number, and nothing is
/// allocated, looked up or locked for it. Events are disabled. Regions that the session filters
/// out cost what a disabled span costs.
///
/// Spans that a field may name (see [`RegionNaming`](crate::RegionNaming)) are the exception: those are
/// looked up when they are entered.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig};
///
/// let profiler = Profiler::new(ProfilingConfig::new().flush_to_disk(false).verbose(false))?;
/// tracing::subscriber::with_default(profiler.subscriber(), || {
///     let _span = tracing::info_span!("solver").entered();
/// });
/// assert_eq!(profiler.get_region("solver").unwrap().num_calls(), 1);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Debug)]
pub struct ScopeSubscriber {
    target: Target,
    door: Door,
    held: HeldSpans,
}

/// A span of a subscriber, by its id.
#[inline(always)]
fn key(id: u64) -> SpanKey {
    SpanKey {
        key: id,
        serial: id::serial(id),
    }
}

impl ScopeSubscriber {
    pub(crate) fn global() -> Self {
        Self::for_target(Target::global())
    }

    pub(crate) fn of(recording: &Arc<Recording>) -> Self {
        Self::for_target(Target::of(recording))
    }

    fn for_target(target: Target) -> Self {
        target.witness().make();
        Self {
            target,
            door: new_door(),
            held: HeldSpans::default(),
        }
    }

    #[cold]
    #[inline(never)]
    fn new_span_generally(&self, attributes: &Attributes<'_>) -> u64 {
        self.target.see_span();
        let metadata = attributes.metadata();
        let callsite = self.target.with_lane(|lane| lane.callsite(metadata));
        let callsite = callsite.unwrap_or_else(|| Callsite::of(None, metadata));
        let serial = self.target.with_lane(|lane| lane.sites.serials.take());
        let serial = serial.unwrap_or_else(serial::of_a_new_batch);
        if callsite.by_field {
            if let Some(span) = self.target.named_span(attributes) {
                return self.held.hold(span, serial);
            }
        }
        self.target.with_lane(|lane| lane.count_span(callsite.region));
        id::with_serial(callsite.id, serial)
    }

    #[cold]
    #[inline(never)]
    fn enter_generally(&self, id: u64) {
        let (region, is_new) = if id::is_held(id) {
            match self.held.enter(id) {
                Some(held) => held,
                None => return,
            }
        } else {
            match id::region(id) {
                Some(region) => (region, false),
                None => return,
            }
        };
        self.target.with_lane(|lane| {
            if is_new {
                lane.count_span(region);
            }
            lane.enter_span(region, self.door, key(id));
        });
    }

    #[cold]
    #[inline(never)]
    fn exit_generally(&self, id: u64) {
        self.target.with_lane(|lane| lane.exit_span(self.door, id));
    }
}

impl Subscriber for ScopeSubscriber {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.target.witness().install(subscriber);
        if self.target.is_global() {
            global::tell(subscriber);
        }
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let recording = match self.target.recording() {
            Some(recording) if metadata.is_span() && !recording.is_closed() => recording,
            _ => return Interest::never(),
        };
        let callsite = Callsite::of(Some(&recording), metadata);
        if callsite.by_field || recording.settings.patterns.keeps(callsite.region.name()) {
            Interest::always()
        } else {
            recording.registry.leave_out(callsite.region);
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What is filtered out by name has been silenced at its registration, or is passed over
        // at enter: this is asked only beside other subscribers.
        metadata.is_span() && self.target.session() != 0
    }

    #[inline]
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let quickly = self.target.with_current(|lane| {
            let serial = lane.sites.serials.take_quickly()?;
            let callsite = lane.sites.new_span(attributes.metadata())?;
            Some(id::with_serial(callsite.get().id, serial))
        });
        let id = match quickly {
            Some(Some(id)) => id,
            _ => self.new_span_generally(attributes),
        };
        Id::from_non_zero_u64(NonZeroU64::new(id).unwrap_or(NonZeroU64::MIN))
    }

    #[inline]
    fn clone_span(&self, id: &Id) -> Id {
        if id::is_held(id.into_u64()) {
            self.held.share(id.into_u64());
        }
        id.clone()
    }

    // Other spans are their id: there is nothing to close.
    #[inline]
    fn try_close(&self, id: Id) -> bool {
        !id::is_held(id.into_u64()) || self.held.release(id.into_u64())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let id = id.into_u64();
        if !id::is_held(id) {
            return;
        }
        if let Some(naming) = self.held.naming(id) {
            let recorded = Recorded::of(&naming, |visitor| values.record(visitor));
            self.held.record(id, recorded);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    #[inline]
    fn enter(&self, id: &Id) {
        let id = id.into_u64();
        let entered = self
            .target
            .with_current(|lane| lane.enter_span_quickly(lane.sites.region(id), self.door, key(id)));
        if entered != Some(true) {
            self.enter_generally(id);
        }
    }

    #[inline]
    fn exit(&self, id: &Id) {
        let id = id.into_u64();
        let left = self
            .target
            .with_current(|lane| lane.exit_span_quickly(self.door, id));
        if left != Some(true) {
            self.exit_generally(id);
        }
    }

    fn current_span(&self) -> Current {
        let current = self.target.with_lane(|lane| lane.current_span(self.door));
        let metadata = |id| match id::is_held(id) {
            true => self.held.metadata(id),
            false => id::metadata(id),
        };
        match current.flatten().and_then(|id| Some((id, metadata(id)?))) {
            Some((id, metadata)) => Current::new(Id::from_u64(id), metadata),
            None => Current::none(),
        }
    }
}
