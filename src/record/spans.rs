//! From a span's call site to a region: shared by the layer and the subscriber.

use super::names::NameId;
use super::naming;
use super::open_stack::Door;
use super::recording::Recording;
use dashmap::DashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tracing_core::Metadata;

/// A door that tells the spans of one layer or subscriber from those of others on the open stack.
pub(super) fn new_door() -> Door {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    Door::new(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Call sites as small numbers, which they keep for the life of the process.
static SITES: boxcar::Vec<&'static Metadata<'static>> = boxcar::Vec::new();
static SITE_NUMBERS: LazyLock<DashMap<usize, u64>> = LazyLock::new(DashMap::new);

fn site_number(metadata: &'static Metadata<'static>) -> u64 {
    let _inside = crate::sys::fork::enter();
    *SITE_NUMBERS
        .entry(std::ptr::from_ref(metadata) as usize)
        .or_insert_with(|| SITES.push(metadata) as u64)
}

/// A span as one number: its region's number plus 1, its site's number, and, lowest, a serial
/// number that tells spans of a site apart. One that its fields may name is a number in
/// [`HeldSpans`](super::held::HeldSpans) instead.
pub(super) mod id {
    use super::{Metadata, NameId, SITES};

    const SERIAL_BITS: u32 = 24;
    const SITE_BITS: u32 = 19;
    /// Says, where there is no region, that the span is held.
    const HELD: u64 = 1 << (SITE_BITS + SERIAL_BITS);
    const REGION_SHIFT: u32 = SITE_BITS + SERIAL_BITS + 1;
    /// A million regions: what comes after them is not recorded.
    const REGIONS: u64 = (1 << 20) - 1;
    const NO_SITE: u64 = (1 << SITE_BITS) - 1;

    /// The spans of a site, without a serial number.
    pub(in super::super) fn of(site: u64, region: NameId) -> u64 {
        let region = match u64::from(region.number()) {
            number if number < REGIONS => number + 1,
            _ => 0,
        };
        (region << REGION_SHIFT) | (site.min(NO_SITE) << SERIAL_BITS)
    }

    #[inline(always)]
    pub(in super::super) fn with_serial(id: u64, serial: u64) -> u64 {
        id | (serial % (1 << SERIAL_BITS))
    }

    /// The span that is held under this number.
    pub(in super::super) fn held(number: u64) -> u64 {
        HELD | (number % HELD)
    }

    #[inline(always)]
    pub(in super::super) fn is_held(id: u64) -> bool {
        id / HELD == 1
    }

    /// The region; where that is none, or the span is held, a number that no region has.
    #[inline(always)]
    pub(in super::super) fn region(id: u64) -> NameId {
        NameId::from_number(((id >> REGION_SHIFT) as u32).wrapping_sub(1))
    }

    pub(in super::super) fn is_recorded(id: u64) -> bool {
        id >> REGION_SHIFT > 0
    }

    /// The number of the call site, of a span that is not held.
    pub(in super::super) fn site(id: u64) -> u64 {
        (id >> SERIAL_BITS) & NO_SITE
    }

    /// The call site of a span that is not held.
    pub(in super::super) fn metadata(id: u64) -> Option<&'static Metadata<'static>> {
        let site = site(id);
        SITES.get(site as usize).copied().filter(|_| site < NO_SITE)
    }
}

/// What a call site means in a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callsite {
    /// The region of its spans.
    pub(super) region: NameId,
    /// Whether a field of the span may name another.
    pub(super) by_field: bool,
    /// Its spans as numbers, without a serial number; see [`id`].
    pub(super) id: u64,
}

impl Callsite {
    /// What `metadata`'s call site means in `recording`.
    pub(super) fn of(recording: Option<&Recording>, metadata: &'static Metadata<'static>) -> Self {
        let (region, by_field) = match recording.map(|recording| &*recording.settings.naming) {
            None => (
                NameId::of_site(metadata.name(), metadata.file().zip(metadata.line())),
                false,
            ),
            Some(naming) => (
                naming::region(naming, metadata, &[]),
                naming::is_by_field(naming, metadata),
            ),
        };
        Self {
            region,
            by_field,
            id: id::of(site_number(metadata), region),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_what_the_span_is() {
        for region in [0, 1, (1 << 20) - 2] {
            let span = id::with_serial(id::of(7, NameId::from_number(region)), 9);
            assert!(id::is_recorded(span) && !id::is_held(span), "{region}");
            assert_eq!(id::region(span).number(), region);
            assert_eq!(id::site(span), 7);
        }
        for beyond in [(1 << 20) - 1, u32::MAX] {
            let span = id::with_serial(id::of(u64::MAX, NameId::from_number(beyond)), u64::MAX);
            assert!(!id::is_recorded(span) && !id::is_held(span), "{beyond}");
        }
        for number in [0, 1, 1 << 42, u64::MAX] {
            let span = id::held(number);
            assert!(id::is_held(span) && !id::is_recorded(span), "{number}");
            assert_eq!(id::region(span).number(), u32::MAX, "no region has this number");
        }
    }
}
