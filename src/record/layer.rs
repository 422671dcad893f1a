//! The door for programs that compose layers over a `Registry`.

use super::names::NameId;
use super::recording::Recording;
use super::spans::{Target, callsite, new_door, region_by_field, region_of_new};
use super::sync::Arc;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_core::{Dispatch, Subscriber, span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

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
    door: u32,
    /// Whether the subscriber is a `Registry`, whose ids are used again only by the thread that
    /// used them before: then that thread may remember what they stand for.
    ids_stay_on_thread: AtomicBool,
}

/// Spans that this thread has created: door, id and region. They are entered soon, and mostly here.
type Created = (u32, u64, NameId);
const CREATED_SLOTS: usize = 64;
thread_local! {
    static CREATED: [Cell<Created>; CREATED_SLOTS] =
        const { [const { Cell::new((0, 0, NameId::from_number(u32::MAX))) }; CREATED_SLOTS] };
}

#[inline(always)]
fn with_created<R>(id: u64, f: impl FnOnce(&Cell<Created>) -> R) -> R {
    CREATED.with(|created| f(&created[id as usize % CREATED_SLOTS]))
}

/// The region of a span whose field names it, kept with the span.
struct FieldRegion(NameId);

impl ScopeLayer {
    pub(crate) fn global() -> Self {
        Self {
            target: Target::Global,
            door: new_door(),
            ids_stay_on_thread: AtomicBool::new(false),
        }
    }

    pub(crate) fn of(recording: &Arc<Recording>) -> Self {
        Self {
            target: Target::Own(Arc::clone(recording)),
            door: new_door(),
            ids_stay_on_thread: AtomicBool::new(false),
        }
    }
}

impl ScopeLayer {
    /// The region of a span that another thread created, or that is named by a field.
    fn look_up<S>(&self, id: &span::Id, context: &Context<'_, S>) -> Option<NameId>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let span = context.span(id)?;
        let callsite = callsite(&self.target, span.metadata());
        let by_field = if callsite.by_field {
            span.extensions().get::<FieldRegion>().map(|region| region.0)
        } else {
            None
        };
        Some(by_field.unwrap_or(callsite.region))
    }
}

impl<S> Layer<S> for ScopeLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let is_registry = subscriber.downcast_ref::<Registry>().is_some();
        self.ids_stay_on_thread.store(is_registry, Ordering::Relaxed);
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if self.target.session() == 0 {
            return;
        }
        let callsite = callsite(&self.target, attributes.metadata());
        if !callsite.by_field {
            self.target.with_lane(|lane| lane.count_span(callsite.region));
            let created = (self.door, id.into_u64(), callsite.region);
            return with_created(created.1, |slot| slot.set(created));
        }
        // Such a span may get its name later, on any thread: nobody remembers it.
        with_created(id.into_u64(), |slot| slot.set((0, 0, callsite.region)));
        let region = region_of_new(&self.target, attributes);
        self.target
            .with_lane(|lane| lane.count_span(region.unwrap_or(callsite.region)));
        if let (Some(region), Some(span)) = (region, context.span(id)) {
            span.extensions_mut().replace(FieldRegion(region));
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if self.target.session() == 0 || !callsite(&self.target, span.metadata()).by_field {
            return;
        }
        let region = region_by_field(&self.target, span.metadata(), |visitor| values.record(visitor));
        if let Some(region) = region {
            span.extensions_mut().replace(FieldRegion(region));
        }
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        if self.target.session() == 0 {
            return;
        }
        let (door, created, region) = with_created(id.into_u64(), Cell::get);
        let remembered = door == self.door && created == id.into_u64();
        let region = if remembered && self.ids_stay_on_thread.load(Ordering::Relaxed) {
            region
        } else {
            match self.look_up(id, &context) {
                Some(region) => region,
                None => return,
            }
        };
        self.target
            .with_lane(|lane| lane.enter_span(region, self.door, id.into_u64()));
    }

    fn on_exit(&self, id: &span::Id, _: Context<'_, S>) {
        self.target
            .with_lane(|lane| lane.exit_span(self.door, id.into_u64()));
    }
}
