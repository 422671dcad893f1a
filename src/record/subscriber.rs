//! The door for programs that only profile: a whole `Subscriber` without a `Registry`.

use super::names::NameId;
use super::recording::Recording;
use super::spans::{Target, callsite, new_door, region_of_new};
use super::sync::Arc;
use dashmap::DashMap;
use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Event, Interest, Metadata, Subscriber};

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

/// A call site with one of its regions. A span's id carries the number of its site.
#[derive(Debug)]
struct Site {
    metadata: &'static Metadata<'static>,
    region: NameId,
}

static SITES: boxcar::Vec<Site> = boxcar::Vec::new();
static SITE_NUMBERS: LazyLock<DashMap<(usize, NameId), u64>> = LazyLock::new(DashMap::new);

/// The low bits of an id are the site's number plus 1, the others tell spans of a site apart.
const SITE_BITS: u32 = 24;
const SITE_MASK: u64 = (1 << SITE_BITS) - 1;

fn site_number(metadata: &'static Metadata<'static>, region: NameId) -> u64 {
    const SLOTS: usize = 64;
    type Entry = (usize, NameId, u64);
    thread_local! {
        static CACHE: [Cell<Entry>; SLOTS] =
            const { [const { Cell::new((0, NameId::from_number(u32::MAX), 0)) }; SLOTS] };
    }
    let address = std::ptr::from_ref(metadata) as usize;
    CACHE.with(|cache| {
        let slot = &cache[(address >> 4 ^ region.index()) % SLOTS];
        let (known, of_region, number) = slot.get();
        if known == address && of_region == region {
            return number;
        }
        let number = *SITE_NUMBERS
            .entry((address, region))
            .or_insert_with(|| SITES.push(Site { metadata, region }) as u64);
        slot.set((address, region, number));
        number
    })
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

fn site_of(id: &Id) -> Option<&'static Site> {
    SITES.get(((id.into_u64() & SITE_MASK) as usize).wrapping_sub(1))
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
        let metadata = attributes.metadata();
        let callsite = callsite(&self.target, metadata);
        let by_field = if callsite.by_field {
            region_of_new(&self.target, attributes)
        } else {
            None
        };
        let site = site_number(metadata, by_field.unwrap_or(callsite.region)) + 1;
        // More sites than the bits can number: the span is not recorded.
        let site = if site > SITE_MASK { SITE_MASK } else { site };
        Id::from_u64(serial() << SITE_BITS | site)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    #[inline]
    fn enter(&self, id: &Id) {
        if let Some(site) = site_of(id) {
            self.target
                .with_lane(|lane| lane.enter_span(site.region, self.door, id.into_u64()));
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
        match current.map(Id::from_u64) {
            Some(id) => match site_of(&id) {
                Some(site) => Current::new(id, site.metadata),
                None => Current::none(),
            },
            None => Current::none(),
        }
    }
}
