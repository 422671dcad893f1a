//! The door for programs that compose layers over a `Registry`.

use super::lane::Lane;
use super::names::NameId;
use super::naming::{NamedSpan, Recorded};
use super::open_stack::{Door, SpanKey};
use super::recording::Recording;
use super::sites::Created;
use super::span_places::SpanPlaces;
use super::spans::new_door;
use super::sync::Arc;
use super::target::Target;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_core::{Dispatch, Interest, LevelFilter, Metadata, Subscriber, span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan};

/// A [`Layer`] that records an interval each time a span is entered and left.
///
/// Get one from [`ProfileManager::layer`](crate::ProfileManager::layer) or
/// [`Profiler::layer`](crate::Profiler::layer). It works beside any other layers, above or below,
/// and with filters (`.with_filter(...)`, `EnvFilter`). It never disables a span: what the session
/// filters out is passed over here and still reaches the other layers.
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
    door: Door,
    /// Whether the subscriber is a `Registry`, whose ids are used again only by the thread that
    /// used them before: then that thread may remember what they stand for.
    ids_stay_on_thread: AtomicBool,
    /// Their serial numbers, where the subscriber is a `Registry`.
    places: SpanPlaces,
}

/// The serial number of a span, as each layer of ours has it; kept with the span, where the subscriber is no
/// `Registry`.
struct Numbered(Vec<(Door, u32)>);

/// A span that its fields may name, as each layer of ours knows it; kept with the span.
struct Named(Vec<(Door, NamedSpan)>);

impl Named {
    fn of(&mut self, door: Door) -> Option<&mut NamedSpan> {
        let mut spans = self.0.iter_mut();
        spans.find_map(|(of, span)| (*of == door).then_some(span))
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
        target.witness().make();
        Self {
            target,
            door: new_door(),
            ids_stay_on_thread: AtomicBool::new(false),
            places: SpanPlaces::default(),
        }
    }
}

impl ScopeLayer {
    /// The region and the serial number of a span that another thread created, or that is named by a field.
    fn look_up<S>(&self, lane: &Lane, id: &span::Id, context: &Context<'_, S>) -> Option<(NameId, u32)>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let span = context.span(id)?;
        let serial = if self.ids_stay_on_thread.load(Ordering::Relaxed) {
            self.places.serial(id.into_u64(), || lane.sites.serials.take())
        } else {
            self.kept_serial(&mut span.extensions_mut(), lane)
        };
        let callsite = lane.callsite(span.metadata());
        if callsite.by_field {
            let mut extensions = span.extensions_mut();
            let named = extensions.get_mut::<Named>();
            let entered = named.and_then(|named| Some(named.of(self.door)?.enter()));
            drop(extensions);
            if let Some((region, is_new)) = entered {
                if is_new {
                    lane.count_span(region);
                }
                return Some((region, serial));
            }
        }
        Some((callsite.region, serial))
    }

    /// The serial number that is kept with a span, which gets one where it has none.
    fn kept_serial(&self, extensions: &mut ExtensionsMut<'_>, lane: &Lane) -> u32 {
        if extensions.get_mut::<Numbered>().is_none() {
            extensions.insert(Numbered(Vec::new()));
        }
        let Some(Numbered(numbers)) = extensions.get_mut() else {
            return lane.sites.serials.take();
        };
        match numbers.iter().find(|(door, _)| *door == self.door) {
            Some(&(_, serial)) => serial,
            None => {
                let serial = lane.sites.serials.take();
                numbers.push((self.door, serial));
                serial
            }
        }
    }

    /// Counts a span whose call site the thread does not remember, or that a field may name.
    #[cold]
    #[inline(never)]
    fn new_span<S>(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.target.see_span();
        let key = id.into_u64();
        let may_be_named = self.target.with_lane(|lane| {
            let callsite = lane.callsite(attributes.metadata());
            let serial = lane.sites.serials.take();
            if self.ids_stay_on_thread.load(Ordering::Relaxed) {
                lane.sites.write_serial(self.door, key, serial, &self.places);
            }
            if callsite.by_field {
                // Such a span may get its name later, on any thread: nobody remembers it.
                lane.sites.forget_created(key);
                return true;
            }
            lane.count_span(callsite.region);
            self.remember(lane, key, callsite.region, serial);
            false
        });
        if may_be_named != Some(true) {
            return;
        }
        if let (Some(named), Some(span)) = (self.target.named_span(attributes), context.span(id)) {
            let mut extensions = span.extensions_mut();
            match extensions.get_mut::<Named>() {
                Some(others) => others.0.push((self.door, named)),
                None => extensions.insert(Named(vec![(self.door, named)])),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn enter<S>(&self, id: &span::Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.target.see_span();
        self.target.with_lane(|lane| {
            let (region, serial) = match self.created(lane, id) {
                Some(created) => (created.region, created.serial),
                None => self.look_up(lane, id, context)?,
            };
            let key = id.into_u64();
            lane.enter_span(region, self.door, SpanKey { key, serial });
            Some(())
        });
    }

    #[inline(never)]
    fn exit(&self, id: &span::Id) {
        self.target
            .with_lane(|lane| lane.exit_span(self.door, id.into_u64()));
    }

    /// A span that this thread has just created.
    #[inline(always)]
    fn created(&self, lane: &Lane, id: &span::Id) -> Option<Created> {
        let created = lane.sites.created(id.into_u64()).get();
        let remembered = created.door == self.door && created.id == id.into_u64();
        (remembered && self.ids_stay_on_thread.load(Ordering::Relaxed)).then_some(created)
    }

    #[inline(always)]
    fn remember(&self, lane: &Lane, id: u64, region: NameId, serial: u32) {
        lane.sites.created(id).set(Created {
            door: self.door,
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
        self.target.witness().install(subscriber);
        let is_registry = subscriber.downcast_ref::<Registry>().is_some();
        self.ids_stay_on_thread.store(is_registry, Ordering::Relaxed);
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        self.target.witness().ask();
        Interest::always()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.target.witness().ask();
        None
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let quickly = self.target.with_current(|lane| {
            let serial = lane.sites.serials.take_quickly()?;
            let id = id.into_u64();
            if !lane.sites.write_serial_quickly(self.door, id, serial) {
                return None;
            }
            let callsite = lane.sites.new_span(attributes.metadata())?.get();
            self.remember(lane, id, callsite.region, serial);
            Some(())
        });
        if quickly.flatten().is_none() && self.target.session() != 0 {
            self.new_span(attributes, id, &context);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let naming = {
            let mut extensions = span.extensions_mut();
            let named = extensions.get_mut::<Named>();
            named
                .and_then(|named| named.of(self.door))
                .map(|span| span.naming())
        };
        let Some(naming) = naming else { return };
        let recorded = Recorded::of(&naming, |visitor| values.record(visitor));
        if let Some(named) = span.extensions_mut().get_mut::<Named>() {
            if let Some(named) = named.of(self.door) {
                named.record(recorded);
            }
        }
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        let entered = self.target.with_current(|lane| {
            let Created { region, serial, .. } = self.created(lane, id)?;
            let key = id.into_u64();
            let entered = lane.enter_span_quickly(region, self.door, SpanKey { key, serial });
            Some(entered || lane.is_off(region))
        });
        if entered.flatten() != Some(true) && self.target.session() != 0 {
            self.enter(id, &context);
        }
    }

    fn on_exit(&self, id: &span::Id, _: Context<'_, S>) {
        let left = self.target.with_current(|lane| {
            lane.exit_span_quickly(self.door, id.into_u64())
                || self
                    .created(lane, id)
                    .is_some_and(|created| lane.is_off(created.region))
        });
        if left != Some(true) && self.target.session() != 0 {
            self.exit(id);
        }
    }
}
