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

/// What spans of one call site and one region have in common. Kept for the life of the process.
#[derive(Debug)]
struct Kind {
    metadata: &'static Metadata<'static>,
    region: NameId,
}

static KINDS: boxcar::Vec<Kind> = boxcar::Vec::new();
static KIND_NUMBERS: LazyLock<DashMap<(usize, NameId), usize>> = LazyLock::new(DashMap::new);

fn kind_number(metadata: &'static Metadata<'static>, region: NameId) -> usize {
    let _inside = crate::sys::fork::enter();
    *KIND_NUMBERS
        .entry((std::ptr::from_ref(metadata) as usize, region))
        .or_insert_with(|| KINDS.push(Kind { metadata, region }))
}

/// A span as one number: in the lower half its [serial number](super::serial), above it what its call site and
/// its region are. One that its fields may name is a number in [`HeldSpans`](super::held::HeldSpans) instead.
pub(super) mod id {
    use super::{KINDS, Kind, Metadata, NameId};

    /// Says that the span is held.
    const HELD: u64 = 1 << 32;
    const KIND_SHIFT: u32 = 33;

    /// The spans of a kind, without a serial number.
    pub(super) fn of(kind: usize) -> u64 {
        (kind as u64 + 1) << KIND_SHIFT
    }

    #[inline(always)]
    pub(in super::super) fn with_serial(id: u64, serial: u32) -> u64 {
        id | u64::from(serial)
    }

    #[inline(always)]
    pub(in super::super) fn serial(id: u64) -> u32 {
        id as u32
    }

    /// A span that is held; `turn` tells it from one that had the same serial number.
    pub(in super::super) fn held(turn: u64, serial: u32) -> u64 {
        (turn << KIND_SHIFT) | HELD | u64::from(serial)
    }

    #[inline(always)]
    pub(in super::super) fn is_held(id: u64) -> bool {
        id & HELD != 0
    }

    /// All but the serial number: of a span that is not held its kind.
    #[inline(always)]
    pub(in super::super) fn kind(id: u64) -> u32 {
        (id >> 32) as u32
    }

    fn look_up(id: u64) -> Option<&'static Kind> {
        let kind = (id >> KIND_SHIFT).checked_sub(1).filter(|_| !is_held(id))?;
        KINDS.get(kind as usize)
    }

    /// The region of a span that is not held.
    pub(in super::super) fn region(id: u64) -> Option<NameId> {
        Some(look_up(id)?.region)
    }

    /// The call site of a span that is not held.
    pub(in super::super) fn metadata(id: u64) -> Option<&'static Metadata<'static>> {
        Some(look_up(id)?.metadata)
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
            id: id::of(kind_number(metadata, region)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_what_the_span_is() {
        let registry = tracing_subscriber::registry();
        let span = tracing::subscriber::with_default(registry, || tracing::info_span!("of a kind"));
        let metadata = span.metadata().expect("it has a call site");
        for name in ["one", "another"] {
            let region = NameId::of_site(name, None);
            let kind = kind_number(metadata, region);
            assert_eq!(kind_number(metadata, region), kind);
            for serial in [1, u32::MAX] {
                let span = id::with_serial(id::of(kind), serial);
                assert!(!id::is_held(span));
                assert_eq!((id::region(span), id::serial(span)), (Some(region), serial));
                assert!(std::ptr::eq(id::metadata(span).unwrap(), metadata));
            }
        }
        for (turn, serial) in [(0, 1), (1, 1), (u64::MAX, u32::MAX)] {
            let span = id::held(turn, serial);
            assert!(id::is_held(span));
            assert_eq!(id::serial(span), serial);
            assert!(id::region(span).is_none() && id::metadata(span).is_none());
        }
    }
}
