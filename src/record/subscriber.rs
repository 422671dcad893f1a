//! For programs that only profile: a complete `Subscriber` without a `Registry`.

use super::allocated::Exempt;
use super::callsite::Callsite;
use super::global;
use super::handles::Handles;
use super::named_spans::NamedSpans;
use super::names::NameId;
use super::naming::Recorded;
use super::recording::Recording;
use super::serial;
use super::shared_span::{SharedName, SharedSpan};
use super::span_id;
use super::sync::Arc;
use super::target::Target;
use super::thread::buffer::ThreadBuffer;
use super::thread::creation::Parent;
use super::thread::open_stack::{Origin, SpanKey};
use super::thread::span_cache::CachedCallsite;
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
    origin: Origin,
    named: NamedSpans,
    /// Spans that no field may name.
    counted: Handles,
}

/// A span of a subscriber, by its id.
#[inline(always)]
fn key(id: u64) -> SpanKey {
    SpanKey {
        key: id,
        serial: span_id::serial(id),
    }
}

#[inline(always)]
fn as_id(id: u64) -> Id {
    // Ours are never 0.
    Id::from_non_zero_u64(NonZeroU64::new(id).unwrap_or(NonZeroU64::MIN))
}

/// The serial number of a span with one of our ids.
#[inline(always)]
pub(super) fn serial_of_ours(id: u64) -> Option<u32> {
    span_id::is_ours(id).then(|| span_id::serial(id))
}

/// What a new span is given as its parent; whatever is current where that is not ours.
fn parent(attributes: &Attributes<'_>, serial_of: impl Fn(u64) -> Option<u32>) -> Parent {
    match attributes.parent() {
        Some(id) => serial_of(id.into_u64()).map_or(Parent::Current, Parent::Span),
        None if attributes.is_root() => Parent::Nothing,
        None => Parent::Current,
    }
}

/// A new span of a call site of which nothing is to be noted. None where its serial number takes
/// [`new_span_slow`](ScopeSubscriber::new_span_slow).
#[inline(always)]
fn new_span(buffer: &ThreadBuffer, callsite: &CachedCallsite) -> Option<u64> {
    let serial = buffer.spans.serials.take_fast()?;
    callsite.count_span();
    Some(span_id::with_serial(callsite.get().id, serial))
}

impl ScopeSubscriber {
    pub(crate) fn global() -> Self {
        Self::for_target(Target::global())
    }

    pub(crate) fn of(recording: &Arc<Recording>) -> Self {
        Self::for_target(Target::of(recording))
    }

    fn for_target(target: Target) -> Self {
        target.layer_status().set_created();
        Self {
            target,
            origin: Origin::unique(),
            named: NamedSpans::default(),
            counted: Handles::default(),
        }
    }

    /// A new span. `serial_of` gives the serial number of a span by its id.
    #[inline]
    pub(super) fn create(&self, attributes: &Attributes<'_>, serial_of: impl Fn(u64) -> Option<u32>) -> Id {
        let created = self.target.with_current(|buffer| {
            let callsite = buffer.spans.callsite_slot(attributes.metadata());
            if callsite.is_plain(attributes.metadata()) {
                match new_span(buffer, callsite) {
                    Some(id) => as_id(id),
                    None => self.create_slow(attributes, &serial_of),
                }
            } else if callsite.is_numbered(attributes.metadata()) {
                self.create_numbered(attributes, &serial_of, buffer, callsite)
            } else {
                self.create_slow(attributes, &serial_of)
            }
        });
        match created {
            Some(id) => id,
            None => self.create_slow(attributes, &serial_of),
        }
    }

    /// A new span that may have numbers.
    #[inline(never)]
    fn create_numbered(
        &self,
        attributes: &Attributes<'_>,
        serial_of: impl Fn(u64) -> Option<u32>,
        buffer: &ThreadBuffer,
        callsite: &CachedCallsite,
    ) -> Id {
        let take = || buffer.spans.serials.take_fast();
        let Some(serial) = buffer.is_clear().then(take).flatten() else {
            return self.create_slow(attributes, serial_of);
        };
        callsite.count_span();
        let (callsite, serial) = buffer.append_numbers(callsite, serial, attributes);
        as_id(span_id::with_serial(callsite.get().id, serial))
    }

    /// Out of line, so that what comes before saves no registers for it.
    #[cold]
    #[inline(never)]
    fn create_slow(&self, attributes: &Attributes<'_>, serial_of: impl Fn(u64) -> Option<u32>) -> Id {
        as_id(self.new_span_slow(attributes, parent(attributes, serial_of)))
    }

    #[cold]
    #[inline(never)]
    fn new_span_slow(&self, attributes: &Attributes<'_>, parent: Parent) -> u64 {
        let _exempt = Exempt::begin();
        self.target.note_span();
        let metadata = attributes.metadata();
        let callsite = self.target.with_buffer(|buffer| buffer.callsite(metadata));
        let callsite = callsite.unwrap_or_else(|| Callsite::of(None, metadata));
        let serial = self.target.with_buffer(|buffer| buffer.spans.serials.take());
        let serial = serial.unwrap_or_else(serial::of_a_new_batch);
        let ends = self.target.with_buffer(|buffer| {
            if callsite.has_numbers {
                buffer.add_numbers_of_new(callsite.region, serial, attributes);
            }
            buffer.note_creation(metadata, callsite.region, serial, parent)
        });
        if callsite.by_field {
            if let Some(span) = self.target.named_span(attributes) {
                return self.named.insert(span, serial);
            }
        }
        self.target
            .with_buffer(|buffer| buffer.count_span(callsite.region));
        let id = span_id::with_serial(callsite.id, serial);
        if ends != Some(true) {
            return id;
        }
        let id = span_id::counted(id);
        self.counted.insert(id, serial);
        id
    }

    #[cold]
    #[inline(never)]
    fn drop_handle(&self, id: u64) -> bool {
        let ended = if span_id::is_named(id) {
            self.named.drop_handle(id).then(|| span_id::serial(id))
        } else {
            self.counted.remove(id)
        };
        if let Some(serial) = ended {
            self.note_end(serial);
        }
        ended.is_some()
    }

    /// Notes that a span follows from another, where both are recorded.
    pub(super) fn note_follows(&self, span: Option<u32>, followed: Option<u32>) {
        if let (Some(span), Some(followed)) = (span, followed) {
            self.target
                .with_buffer(|buffer| buffer.note_follows(span, followed));
        }
    }

    pub(super) fn note_end(&self, serial: u32) {
        self.target.with_buffer(|buffer| buffer.note_end(serial));
    }

    #[cold]
    #[inline(never)]
    fn enter_slow(&self, id: u64) {
        let (region, is_new) = if span_id::is_named(id) {
            match self.named.enter(id) {
                Some(entered) => entered,
                None => return,
            }
        } else {
            match span_id::region(id) {
                Some(region) => (region, false),
                None => return,
            }
        };
        self.target.with_buffer(|buffer| {
            if is_new {
                buffer.count_span(region);
            }
            buffer.enter_span_slow(region, self.origin, key(id));
            if !span_id::is_named(id) {
                buffer.remember_kind(id, region);
            }
        });
    }

    #[inline(never)]
    fn exit_otherwise(&self, id: u64) {
        let exit = |buffer: &ThreadBuffer| buffer.exit_span_noted(self.origin, id);
        if self.target.with_current(exit) != Some(true) {
            self.exit_slow(id);
        }
    }

    #[cold]
    #[inline(never)]
    fn exit_slow(&self, id: u64) {
        self.target.with_buffer(|buffer| {
            if !buffer.exit_span_numbered(self.origin, id) {
                buffer.exit_span_slow(self.origin, id);
            }
        });
    }
}

/// For [`ScopeOver`](super::over::ScopeOver).
impl ScopeSubscriber {
    pub(super) fn is_recording(&self) -> bool {
        self.target.session() != 0
    }

    /// What is kept of a new span that another subscriber has too; None where it is not recorded.
    pub(super) fn shared_span(
        &self,
        attributes: &Attributes<'_>,
        serial_of: impl Fn(u64) -> Option<u32>,
    ) -> Option<SharedSpan> {
        let _exempt = Exempt::begin();
        self.target.note_span();
        let metadata = attributes.metadata();
        let (callsite, serial) = self
            .target
            .with_buffer(|buffer| (buffer.callsite(metadata), buffer.spans.serials.take()))?;
        let parent = parent(attributes, serial_of);
        let ends = self.target.with_buffer(|buffer| {
            if callsite.has_numbers {
                buffer.add_numbers_of_new(callsite.region, serial, attributes);
            }
            buffer.note_creation(metadata, callsite.region, serial, parent)
        });
        let by_field = callsite.by_field.then(|| self.target.named_span(attributes));
        let name = match by_field.flatten() {
            Some(named) => SharedName::ByField(named),
            None => {
                self.target
                    .with_buffer(|buffer| buffer.count_span(callsite.region));
                SharedName::OfCallsite(callsite.region)
            }
        };
        Some(SharedSpan {
            serial,
            name,
            notes_end: ends == Some(true),
        })
    }

    /// Records numbers of a span.
    pub(super) fn record_numbers(&self, region: NameId, span: SpanKey, values: &Record<'_>) {
        self.target.with_buffer(|buffer| {
            buffer.record_of_span(self.origin, region, span, |visitor| values.record(visitor));
        });
    }

    /// Enters a span that another subscriber has too; `is_new` when it is the first time.
    pub(super) fn enter_shared(&self, region: NameId, is_new: bool, span: SpanKey) {
        self.target.with_buffer(|buffer| {
            if is_new {
                buffer.count_span(region);
            }
            buffer.enter_span_slow(region, self.origin, span);
        });
    }
}

impl Subscriber for ScopeSubscriber {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.target.layer_status().set_installed(subscriber);
        if self.target.is_global() {
            global::add_subscriber(subscriber);
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
            let _exempt = Exempt::begin();
            recording.registry.set_filtered_out(callsite.region);
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // A region that is filtered out was disabled when its call site was registered, or is skipped on entering:
        // this is asked only where there are several subscribers.
        metadata.is_span() && self.target.session() != 0
    }

    #[inline]
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.create(attributes, serial_of_ours)
    }

    #[inline]
    fn clone_span(&self, id: &Id) -> Id {
        let key = id.into_u64();
        if span_id::is_named(key) {
            self.named.add_handle(key);
        } else if span_id::has_handles(key) {
            self.counted.add(key);
        }
        id.clone()
    }

    // All other spans are nothing but an id: there is nothing to close.
    #[inline]
    fn try_close(&self, id: Id) -> bool {
        !span_id::has_handles(id.into_u64()) || self.drop_handle(id.into_u64())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let id = id.into_u64();
        if span_id::has_numbers(id) || span_id::is_named(id) {
            let region = span_id::region(id).unwrap_or(NameId::NONE);
            self.record_numbers(region, key(id), values);
        }
        if !span_id::is_named(id) {
            return;
        }
        if let Some(naming) = self.named.naming(id) {
            let recorded = Recorded::of(&naming, |visitor| values.record(visitor));
            self.named.record(id, recorded);
        }
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        self.note_follows(serial_of_ours(id.into_u64()), serial_of_ours(follows.into_u64()));
    }

    fn event(&self, _: &Event<'_>) {}

    #[inline]
    fn enter(&self, id: &Id) {
        let id = id.into_u64();
        let entered = self
            .target
            .with_current(|buffer| buffer.enter_span_by_id(self.origin, key(id)));
        if entered != Some(true) {
            self.enter_slow(id);
        }
    }

    #[inline]
    fn exit(&self, id: &Id) {
        let id = id.into_u64();
        let left = self
            .target
            .with_current(|buffer| buffer.exit_span_fast(self.origin, id));
        if left != Some(true) {
            self.exit_otherwise(id);
        }
    }

    fn current_span(&self) -> Current {
        let current = self.target.with_buffer(|buffer| buffer.current_span(self.origin));
        let metadata = |id| match span_id::is_named(id) {
            true => self.named.metadata(id),
            false => span_id::metadata(id),
        };
        match current.flatten().and_then(|id| Some((id, metadata(id)?))) {
            Some((id, metadata)) => Current::new(Id::from_u64(id), metadata),
            None => Current::none(),
        }
    }
}
