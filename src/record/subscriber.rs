//! The door for programs that only profile: a whole `Subscriber` without a `Registry`.

use super::names::NameId;
use super::recording::Recording;
use super::spans::{Target, callsite, new_door, region_of_new, site};
use super::sync::Arc;
use super::view::lock;
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_core::dispatcher::{WeakDispatch, with_default};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};

/// A complete [`Subscriber`] that records spans and does nothing else.
///
/// For programs that want no log output and no other layers it is several times cheaper than
/// [`ScopeLayer`](crate::ScopeLayer) over a `Registry`: a span is a number, and nothing is
/// allocated, looked up or locked for it. Events are disabled. Regions that the session filters
/// out cost what a disabled span costs.
///
/// With [`RegionNaming::Field`](crate::RegionNaming::Field) the field has to have its value when the
/// span is created; one that is recorded later does not rename the region.
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
    door: u32,
}

/// A span's id: from the low bits up its region's number plus 1, its site's number, and a serial
/// number that tells spans of a site apart.
const REGION_BITS: u32 = 20;
const SITE_BITS: u32 = 20;
const REGIONS: u64 = 1 << REGION_BITS;
const SITES: u64 = 1 << SITE_BITS;

fn id_of(site: u64, region: NameId) -> Id {
    let mut region = u64::from(region.number()) + 1;
    if site >= SITES || region >= REGIONS {
        // A million regions: what comes after them is not recorded.
        region = REGIONS - 1;
    }
    Id::from_u64(serial() << (REGION_BITS + SITE_BITS) | (site % SITES) << REGION_BITS | region)
}

#[inline(always)]
fn region_of(id: u64) -> Option<NameId> {
    let region = id % REGIONS;
    (region != REGIONS - 1).then(|| NameId::from_number((region as u32).wrapping_sub(1)))
}

/// A number that no other span that is still around has: threads take them in batches.
fn serial() -> u64 {
    const BATCH: u64 = 1 << 12;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    thread_local!(static MINE: Cell<u64> = const { Cell::new(0) });
    let mut serial = MINE.get();
    if serial % BATCH == 0 {
        serial = NEXT.fetch_add(BATCH, Ordering::Relaxed);
    }
    MINE.set(serial + 1);
    serial
}

fn site_of(id: u64) -> Option<&'static Metadata<'static>> {
    region_of(id)?;
    site(id >> REGION_BITS & (SITES - 1))
}

/// The subscribers whose interest in call sites goes with the global session.
static GLOBAL: Mutex<Vec<WeakDispatch>> = Mutex::new(Vec::new());

/// Has call sites ask again, since the global session has begun or ended.
pub(crate) fn global_session_changed() {
    let subscriber = {
        let mut subscribers = lock(&GLOBAL);
        subscribers.retain(|subscriber| subscriber.upgrade().is_some());
        subscribers.first().and_then(WeakDispatch::upgrade)
    };
    if let Some(subscriber) = subscriber {
        // Where there is one subscriber only, tracing asks the default of the thread that calls this,
        // and silences every span if that thread has none.
        with_default(&subscriber, tracing_core::callsite::rebuild_interest_cache);
    }
}

impl ScopeSubscriber {
    pub(crate) fn global() -> Self {
        Self {
            target: Target::Global,
            door: new_door(),
        }
    }

    pub(crate) fn of(recording: &Arc<Recording>) -> Self {
        Self {
            target: Target::Own(Arc::clone(recording)),
            door: new_door(),
        }
    }
}

impl Subscriber for ScopeSubscriber {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        if matches!(self.target, Target::Global) {
            lock(&GLOBAL).push(subscriber.downgrade());
        }
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !metadata.is_span() || self.target.session() == 0 {
            return Interest::never();
        }
        let callsite = callsite(&self.target, metadata);
        let recorded = callsite.by_field
            || self
                .target
                .recording()
                .is_some_and(|recording| recording.settings.patterns.keeps(callsite.region.name()));
        if recorded {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What is filtered out by name has been silenced at its registration, or is passed over
        // at enter: this is asked only beside other subscribers.
        metadata.is_span() && self.target.session() != 0
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let callsite = callsite(&self.target, attributes.metadata());
        let by_field = if callsite.by_field {
            region_of_new(&self.target, attributes)
        } else {
            None
        };
        let region = by_field.unwrap_or(callsite.region);
        self.target.with_lane(|lane| lane.count_span(region));
        id_of(callsite.site, region)
    }

    // A span is its id: there is nothing to close.
    fn try_close(&self, _: Id) -> bool {
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    #[inline]
    fn enter(&self, id: &Id) {
        if let Some(region) = region_of(id.into_u64()) {
            self.target
                .with_lane(|lane| lane.enter_span(region, self.door, id.into_u64()));
        }
    }

    #[inline]
    fn exit(&self, id: &Id) {
        self.target
            .with_lane(|lane| lane.exit_span(self.door, id.into_u64()));
    }

    fn current_span(&self) -> Current {
        let current = self
            .target
            .with_lane(|lane| lane.current_span(self.door))
            .flatten();
        match current.and_then(|id| Some((Id::from_u64(id), site_of(id)?))) {
            Some((id, metadata)) => Current::new(id, metadata),
            None => Current::none(),
        }
    }
}
