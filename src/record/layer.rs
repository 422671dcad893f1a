//! For programs that compose layers over a `Registry`.

use super::allocated::Exempt;
use super::handles::Handles;
use super::names::NameId;
use super::naming::{NamedSpan, Recorded};
use super::recording::Recording;
use super::span_places::SpanPlaces;
use super::sync::Arc;
use super::target::Target;
use super::thread::buffer::ThreadBuffer;
use super::thread::creation::Parent;
use super::thread::current::with_current;
use super::thread::open_stack::{Origin, SpanKey};
use super::thread::span_cache::{CachedCallsite, Created};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_core::{Dispatch, Interest, LevelFilter, Metadata, Subscriber, span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan};

/// A [`Layer`] that records an interval each time a span is entered and left.
///
/// Get one from [`ProfileManager::layer`](crate::ProfileManager::layer) or
/// [`Profiler::layer`](crate::Profiler::layer). It works beside any other layers, above or below,
/// and with filters (`.with_filter(...)`, `EnvFilter`). It never disables a span: one that the session
/// filters out is skipped here and still reaches the other layers.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig};
/// use tracing_subscriber::prelude::*;
///
/// let profiler = Profiler::new(ProfilingConfig::new().flush_to_disk(false).verbose(false))?;
/// let subscriber = tracing_subscriber::registry().with(profiler.layer());
/// tracing::subscriber::with_default(subscriber, || {
///     let _span = tracing::info_span!("solver").entered();
/// });
/// assert_eq!(profiler.get_region("solver").unwrap().num_calls(), 1);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Debug)]
pub struct ScopeLayer {
    target: Target,
    origin: Origin,
    /// Whether the subscriber is a `Registry`, in which only the thread that has used an id uses it again: so
    /// that thread may remember what it stands for.
    ids_stay_on_thread: AtomicBool,
    /// Their serial numbers, where the subscriber is a `Registry`.
    places: SpanPlaces,
    /// Spans whose end is noted.
    ending: Handles,
}

/// The serial numbers of a span, one for each layer of ours; in the span's extensions, where the subscriber is no
/// `Registry`.
struct Numbered(Vec<(Origin, u32)>);

/// A span that its fields may name, once for each layer of ours; in the span's extensions.
struct Named(Vec<(Origin, NamedSpan)>);

impl Named {
    fn of(&mut self, origin: Origin) -> Option<&mut NamedSpan> {
        let mut spans = self.0.iter_mut();
        spans.find_map(|(of, span)| (*of == origin).then_some(span))
    }
}

impl ScopeLayer {
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
            ids_stay_on_thread: AtomicBool::new(false),
            places: SpanPlaces::default(),
            ending: Handles::default(),
        }
    }
}

impl ScopeLayer {
    /// The region and the serial number of a span that another thread created, or that is named by a field.
    fn look_up<S>(
        &self,
        buffer: &ThreadBuffer,
        id: &span::Id,
        context: &Context<'_, S>,
    ) -> Option<(NameId, u32)>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let span = context.span(id)?;
        let serial = self.serial(buffer, id, context)?;
        let callsite = buffer.callsite(span.metadata());
        if callsite.by_field {
            let mut extensions = span.extensions_mut();
            let named = extensions.get_mut::<Named>();
            let entered = named.and_then(|named| Some(named.of(self.origin)?.enter()));
            drop(extensions);
            if let Some((region, is_new)) = entered {
                if is_new {
                    buffer.count_span(region);
                }
                return Some((region, serial));
            }
        }
        Some((callsite.region, serial))
    }

    /// The serial number of a span; None where the subscriber does not know the span.
    fn serial<S>(&self, buffer: &ThreadBuffer, id: &span::Id, context: &Context<'_, S>) -> Option<u32>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if self.ids_stay_on_thread.load(Ordering::Relaxed) {
            return Some(self.places.serial(id.into_u64(), || buffer.spans.serials.take()));
        }
        let span = context.span(id)?;
        let serial = self.kept_serial(&mut span.extensions_mut(), buffer);
        Some(serial)
    }

    /// What a new span is given as its parent.
    fn parent<S>(
        &self,
        buffer: &ThreadBuffer,
        attributes: &span::Attributes<'_>,
        context: &Context<'_, S>,
    ) -> Parent
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        match attributes.parent() {
            Some(id) => self
                .serial(buffer, id, context)
                .map_or(Parent::Current, Parent::Span),
            None if attributes.is_root() => Parent::Nothing,
            None => Parent::Current,
        }
    }

    /// The serial number in a span's extensions; a new one where there is none.
    fn kept_serial(&self, extensions: &mut ExtensionsMut<'_>, buffer: &ThreadBuffer) -> u32 {
        if extensions.get_mut::<Numbered>().is_none() {
            extensions.insert(Numbered(Vec::new()));
        }
        let Some(Numbered(numbers)) = extensions.get_mut() else {
            return buffer.spans.serials.take();
        };
        match numbers.iter().find(|(origin, _)| *origin == self.origin) {
            Some(&(_, serial)) => serial,
            None => {
                let serial = buffer.spans.serials.take();
                numbers.push((self.origin, serial));
                serial
            }
        }
    }

    /// Counts a span whose call site the thread does not remember, or that may have numbers or be named by a field.
    #[inline(never)]
    fn new_span_otherwise<S>(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        context: &Context<'_, S>,
    ) where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let numbered = self.target.with_current(|buffer| {
            let id = id.into_u64();
            let callsite = buffer.spans.numbered(attributes.metadata())?;
            let count = || self.count_span(buffer, callsite, id);
            let serial = buffer.is_clear().then(count)??;
            let (callsite, serial) = buffer.append_numbers(callsite, serial, attributes);
            self.remember(buffer, id, callsite.get().region, serial);
            Some(())
        });
        if numbered.flatten().is_none() {
            self.new_span_slow(attributes, id, context);
        }
    }

    #[cold]
    #[inline(never)]
    fn new_span_slow<S>(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let _exempt = Exempt::begin();
        let key = id.into_u64();
        self.target.note_span();
        let mut ends = None;
        let may_be_named = self.target.with_buffer(|buffer| {
            let metadata = attributes.metadata();
            let callsite = buffer.callsite(metadata);
            let serial = if self.ids_stay_on_thread.load(Ordering::Relaxed) {
                let serial = buffer.spans.serials.take();
                buffer.spans.store_serial(self.origin, key, serial, &self.places);
                serial
            } else {
                let span = context.span(id);
                span.map_or_else(
                    || buffer.spans.serials.take(),
                    |span| self.kept_serial(&mut span.extensions_mut(), buffer),
                )
            };
            let parent = self.parent(buffer, attributes, context);
            if callsite.has_numbers {
                buffer.add_numbers_of_new(callsite.region, serial, attributes);
            }
            if buffer.note_creation(metadata, callsite.region, serial, parent) {
                ends = Some(serial);
            }
            if callsite.by_field {
                // Such a span may get its name later, on any thread: it is not remembered.
                buffer.spans.forget_created(key);
                return true;
            }
            buffer.count_span(callsite.region);
            if ends.is_some() || !self.ids_stay_on_thread.load(Ordering::Relaxed) {
                // Its first entry has to be noticed; or another thread may give the id to another span.
                buffer.spans.forget_created(key);
            } else {
                self.remember(buffer, key, callsite.region, serial);
            }
            false
        });
        if let Some(serial) = ends {
            self.ending.insert(key, serial);
        }
        if may_be_named != Some(true) {
            return;
        }
        if let (Some(named), Some(span)) = (self.target.named_span(attributes), context.span(id)) {
            let mut extensions = span.extensions_mut();
            match extensions.get_mut::<Named>() {
                Some(others) => others.0.push((self.origin, named)),
                None => extensions.insert(Named(vec![(self.origin, named)])),
            }
        }
    }

    /// Gives a new span of a call site its serial number, and counts it. None where that takes
    /// [`new_span_slow`](Self::new_span_slow).
    #[inline(always)]
    fn count_span(&self, buffer: &ThreadBuffer, callsite: &CachedCallsite, id: u64) -> Option<u32> {
        let serial = buffer.spans.serials.take_fast()?;
        if !buffer.spans.store_serial_fast(self.origin, id, serial) {
            return None;
        }
        callsite.count_span();
        Some(serial)
    }

    #[cold]
    #[inline(never)]
    fn enter_slow<S>(&self, id: &span::Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.target.note_span();
        self.target.with_buffer(|buffer| {
            let (region, serial) = match self.created(buffer, id) {
                Some(created) => (created.region, created.serial),
                None => self.look_up(buffer, id, context)?,
            };
            let key = id.into_u64();
            buffer.enter_span_slow(region, self.origin, SpanKey { key, serial });
            Some(())
        });
    }

    #[inline(never)]
    fn exit_otherwise(&self, id: &span::Id) {
        let exit = |buffer: &ThreadBuffer| buffer.exit_span_noted(self.origin, id.into_u64());
        if self.target.with_current(exit) != Some(true) {
            self.exit_slow(id);
        }
    }

    #[cold]
    #[inline(never)]
    fn exit_slow(&self, id: &span::Id) {
        let key = id.into_u64();
        self.target.with_buffer(|buffer| {
            if !buffer.exit_span_numbered(self.origin, key) {
                buffer.exit_span_slow(self.origin, key);
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn note_end(&self, id: &span::Id) {
        if let Some(serial) = self.ending.remove(id.into_u64()) {
            self.target.with_buffer(|buffer| buffer.note_end(serial));
        }
    }

    /// A span that this thread has just created.
    #[inline(always)]
    fn created(&self, buffer: &ThreadBuffer, id: &span::Id) -> Option<Created> {
        let created = buffer.spans.created(id.into_u64()).get();
        (created.origin == self.origin && created.id == id.into_u64()).then_some(created)
    }

    #[inline(always)]
    fn remember(&self, buffer: &ThreadBuffer, id: u64, region: NameId, serial: u32) {
        buffer.spans.created(id).set(Created {
            origin: self.origin,
            id,
            region,
            serial,
        });
    }
}

impl<S> Layer<S> for ScopeLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.target.layer_status().set_installed(subscriber);
        let is_registry = subscriber.downcast_ref::<Registry>().is_some();
        self.ids_stay_on_thread.store(is_registry, Ordering::Relaxed);
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        self.target.layer_status().set_asked();
        Interest::always()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.target.layer_status().set_asked();
        None
    }

    #[inline(always)]
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let fast = self.target.with_current(|buffer| {
            let id = id.into_u64();
            let callsite = buffer.spans.plain(attributes.metadata())?;
            let serial = self.count_span(buffer, callsite, id)?;
            self.remember(buffer, id, callsite.get().region, serial);
            Some(())
        });
        if fast.flatten().is_none() && self.target.session() != 0 {
            self.new_span_otherwise(attributes, id, &context);
        }
    }

    #[inline(always)]
    fn on_close(&self, id: span::Id, _: Context<'_, S>) {
        if !self.ending.is_empty() {
            self.note_end(&id);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        self.target.with_buffer(|buffer| {
            if buffer.takes_numbers() {
                let key = id.into_u64();
                let serial = self.serial(buffer, id, &context)?;
                let region = buffer.callsite(span.metadata()).region;
                let of_span = SpanKey { key, serial };
                buffer.record_of_span(self.origin, region, of_span, |visitor| values.record(visitor));
            }
            Some(())
        });
        let naming = {
            let mut extensions = span.extensions_mut();
            let named = extensions.get_mut::<Named>();
            named
                .and_then(|named| named.of(self.origin))
                .map(|span| span.naming())
        };
        let Some(naming) = naming else { return };
        let recorded = Recorded::of(&naming, |visitor| values.record(visitor));
        if let Some(named) = span.extensions_mut().get_mut::<Named>() {
            if let Some(named) = named.of(self.origin) {
                named.record(recorded);
            }
        }
    }

    fn on_follows_from(&self, id: &span::Id, follows: &span::Id, context: Context<'_, S>) {
        self.target.with_buffer(|buffer| {
            let serial = |id| {
                let region = buffer.callsite(context.span(id)?.metadata()).region;
                self.serial(buffer, id, &context)
                    .filter(|_| !buffer.is_filtered_out(region))
            };
            buffer.note_follows(serial(id)?, serial(follows)?);
            Some(())
        });
    }

    #[inline(always)]
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        let Some(session) = self.target.open_session() else {
            return;
        };
        let entered = with_current(session, |buffer| {
            let Created { region, serial, .. } = self.created(buffer, id)?;
            let key = id.into_u64();
            let entered = buffer.enter_span_fast(region, self.origin, SpanKey { key, serial });
            Some(entered || buffer.is_filtered_out(region))
        });
        if entered.flatten() != Some(true) {
            self.enter_slow(id, &context);
        }
    }

    #[inline(always)]
    fn on_exit(&self, id: &span::Id, _: Context<'_, S>) {
        let Some(session) = self.target.open_session() else {
            return;
        };
        let left = with_current(session, |buffer| {
            buffer.exit_span_fast(self.origin, id.into_u64())
                || self
                    .created(buffer, id)
                    .is_some_and(|created| buffer.is_filtered_out(created.region))
        });
        if left != Some(true) {
            self.exit_otherwise(id);
        }
    }
}
