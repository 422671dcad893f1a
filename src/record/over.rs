//! For programs that log and profile: every span is recorded, and another subscriber gets those that it wants.
#![allow(unsafe_code)]

use super::names::NameId;
use super::naming::Recorded;
use super::shared_span::{SharedSpan, SharedSpans};
use super::span_id;
use super::subscriber::{ScopeSubscriber, serial_of_ours};
use super::thread::open_stack::SpanKey;
use super::wanted::{WantedCallsites, Wants};
use super::writer::tell;
use std::any::TypeId;
use std::fmt;
use std::sync::Once;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};

/// A [`ScopeSubscriber`] over another subscriber, which gets events, and those spans that its own filters let pass.
///
/// Made by [`ScopeSubscriber::over`].
pub struct ScopeOver<S> {
    ours: ScopeSubscriber,
    inner: S,
    wanted: WantedCallsites,
    /// Spans that both have.
    shared: SharedSpans,
}

impl ScopeSubscriber {
    /// Records all spans, and gives another subscriber the events, and those spans that its own filters let pass.
    ///
    /// For programs that log and profile: a span that only the profiler wants does not reach the other subscriber, and
    /// costs about what it costs with a `ScopeSubscriber` alone. One that both want costs what it costs there, and a
    /// look-up more. What the session filters out still reaches the other subscriber.
    ///
    /// For logging it is as if the spans that the other subscriber does not want were disabled: an event, or a span,
    /// inside such a span is inside the next one around it that it does want, and that is `Span::current()`, too.
    ///
    /// ```
    /// use scope_profiler::{Profiler, ProfilingConfig};
    /// use tracing_subscriber::{EnvFilter, fmt, prelude::*};
    ///
    /// let profiler = Profiler::new(ProfilingConfig::new().flush_to_disk(false).verbose(false))?;
    /// let logger = tracing_subscriber::registry()
    ///     .with(fmt::layer().with_writer(std::io::stderr))
    ///     .with(EnvFilter::new("warn"));
    /// tracing::subscriber::with_default(profiler.subscriber().over(logger), || {
    ///     let _span = tracing::info_span!("solver").entered(); // recorded; nothing to the logger
    ///     tracing::warn!("does not converge"); // logged
    /// });
    /// assert_eq!(profiler.get_region("solver").unwrap().num_calls(), 1);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn over<S: Subscriber>(self, inner: S) -> ScopeOver<S> {
        ScopeOver::new(self, inner)
    }
}

impl<S: Subscriber> ScopeOver<S> {
    fn new(ours: ScopeSubscriber, inner: S) -> Self {
        Self {
            ours,
            inner,
            wanted: WantedCallsites::new(),
            shared: SharedSpans::default(),
        }
    }

    /// A span that the inner subscriber does not get.
    #[inline]
    fn create_ours(&self, attributes: &Attributes<'_>) -> Id {
        self.ours.create(attributes, |id| self.serial_of(id))
    }

    fn serial_of(&self, id: u64) -> Option<u32> {
        serial_of_ours(id).or_else(|| self.shared.with(id, |span| span.serial))
    }

    #[inline(never)]
    fn new_span_of_both(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        let wants = match self.wanted.get(metadata) {
            Wants::Never => false,
            Wants::Sometimes => self.inner.enabled(metadata),
            Wants::Always => true,
        };
        if !wants {
            return self.create_ours(attributes);
        }
        let id = match attributes.parent() {
            // To the inner subscriber it is as if the parent were disabled.
            Some(parent) if span_id::is_ours(parent.into_u64()) => {
                let root = Attributes::new_root(metadata, attributes.values());
                self.inner.new_span(&root)
            }
            _ => self.inner.new_span(attributes),
        };
        if span_id::is_ours(id.into_u64()) {
            self.inner.try_close(id);
            warn_of_ids();
            return self.create_ours(attributes);
        }
        if let Some(span) = self.ours.shared_span(attributes, |id| self.serial_of(id)) {
            self.shared.insert(id.into_u64(), span);
        }
        id
    }

    #[inline(never)]
    fn enter_both(&self, id: &Id) {
        // First, so that its work is not part of the interval.
        self.inner.enter(id);
        let id = id.into_u64();
        if let Some((region, is_new, serial)) = self.shared.with(id, SharedSpan::enter) {
            self.ours
                .enter_shared(region, is_new, SpanKey { key: id, serial });
        }
    }

    #[inline(never)]
    fn exit_both(&self, id: &Id) {
        self.ours.exit(id);
        self.inner.exit(id);
    }

    /// A `Registry` has handles of its own, which it closes through the whole subscriber: only it knows when a span is
    /// gone.
    #[inline(never)]
    fn try_close_both(&self, id: Id) -> bool {
        let key = id.into_u64();
        let span = self.shared.with(key, |span| (span.serial, span.notes_end));
        let is_closed = self.inner.try_close(id);
        if let (true, Some((serial, notes_end))) = (is_closed, span) {
            self.shared.remove(key, serial);
            if notes_end {
                self.ours.note_end(serial);
            }
        }
        is_closed
    }

    fn record_both(&self, id: &Id, values: &Record<'_>) {
        self.inner.record(id, values);
        let id = id.into_u64();
        if let Some((region, serial)) = self.shared.with(id, |span| (span.region(), span.serial)) {
            let span = SpanKey { key: id, serial };
            self.ours
                .record_numbers(region.unwrap_or(NameId::NONE), span, values);
        }
        let naming = self
            .shared
            .with(id, |span| span.named().map(|named| named.naming()));
        if let Some(naming) = naming.flatten() {
            let recorded = Recorded::of(&naming, |visitor| values.record(visitor));
            self.shared
                .with(id, |span| span.named().map(|named| named.record(recorded)));
        }
    }
}

#[cold]
fn warn_of_ids() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tell(
            "the subscriber that was given to ScopeSubscriber::over numbers its spans like scope-profiler: it gets \
             none of them; give it a subscriber on top of a Registry",
        );
    });
}

impl<S: Subscriber> Subscriber for ScopeOver<S> {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.ours.on_register_dispatch(subscriber);
        self.inner.on_register_dispatch(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let theirs = self.inner.register_callsite(metadata);
        if !metadata.is_span() {
            return theirs;
        }
        self.wanted.set(metadata, &theirs);
        let ours = self.ours.register_callsite(metadata);
        if ours.is_always() { ours } else { theirs }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // For a span that is recorded, the inner subscriber is asked when it is created.
        self.ours.enabled(metadata) || self.inner.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        if self.ours.is_recording() {
            None
        } else {
            self.inner.max_level_hint()
        }
    }

    #[inline]
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        if self.wanted.is_unwanted(attributes.metadata()) {
            self.create_ours(attributes)
        } else {
            self.new_span_of_both(attributes)
        }
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if span_id::is_ours(id.into_u64()) {
            self.ours.record(id, values);
        } else {
            self.record_both(id, values);
        }
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        self.ours
            .note_follows(self.serial_of(id.into_u64()), self.serial_of(follows.into_u64()));
        if ![id, follows].iter().any(|id| span_id::is_ours(id.into_u64())) {
            self.inner.record_follows_from(id, follows);
        }
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.inner.event_enabled(event)
    }

    fn event(&self, event: &Event<'_>) {
        self.inner.event(event);
    }

    #[inline]
    fn enter(&self, id: &Id) {
        if span_id::is_ours(id.into_u64()) {
            self.ours.enter(id);
        } else {
            self.enter_both(id);
        }
    }

    #[inline]
    fn exit(&self, id: &Id) {
        if span_id::is_ours(id.into_u64()) {
            self.ours.exit(id);
        } else {
            self.exit_both(id);
        }
    }

    #[inline]
    fn clone_span(&self, id: &Id) -> Id {
        if span_id::is_ours(id.into_u64()) {
            return self.ours.clone_span(id);
        }
        self.inner.clone_span(id)
    }

    #[inline]
    fn try_close(&self, id: Id) -> bool {
        if span_id::is_ours(id.into_u64()) {
            return self.ours.try_close(id);
        }
        self.try_close_both(id)
    }

    // Not a span that the inner subscriber does not have: who asks wants to find its data there, and may panic
    // otherwise.
    fn current_span(&self) -> Current {
        self.inner.current_span()
    }

    // SAFETY: gives a pointer to `self`, or what the inner subscriber gives by the same contract.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: by the contract of this function.
        unsafe { self.ours.downcast_raw(id).or_else(|| self.inner.downcast_raw(id)) }
    }
}

impl<S> fmt::Debug for ScopeOver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeOver").finish_non_exhaustive()
    }
}
