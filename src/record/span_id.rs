//! The id of a subscriber's span: all that there is of most spans.
//!
//! One number: the span's [serial number](super::serial) in the lower half, and above it a number for its kind, which
//! is its call site and region. For a span that its fields may name, the upper half is a key in
//! [`NamedSpans`](super::named_spans::NamedSpans) instead.

use super::names::NameId;
use dashmap::DashMap;
use std::sync::LazyLock;
use tracing_core::Metadata;

/// What spans of one call site and one region have in common. Kept for the life of the process.
#[derive(Debug)]
struct Kind {
    metadata: &'static Metadata<'static>,
    region: NameId,
}

static KINDS: boxcar::Vec<Kind> = boxcar::Vec::new();
static KIND_NUMBERS: LazyLock<DashMap<(usize, NameId), usize>> = LazyLock::new(DashMap::new);

/// Marks a span that its fields may name.
const NAMED: u64 = 1 << 32;
const KIND_SHIFT: u32 = 33;

/// The id of spans of this call site and region, without a serial number.
pub(super) fn of_kind(metadata: &'static Metadata<'static>, region: NameId) -> u64 {
    (kind_number(metadata, region) as u64 + 1) << KIND_SHIFT
}

fn kind_number(metadata: &'static Metadata<'static>, region: NameId) -> usize {
    let _inside = crate::sys::fork::enter();
    *KIND_NUMBERS
        .entry((std::ptr::from_ref(metadata) as usize, region))
        .or_insert_with(|| KINDS.push(Kind { metadata, region }))
}

#[inline(always)]
pub(super) fn with_serial(id: u64, serial: u32) -> u64 {
    id | u64::from(serial)
}

#[inline(always)]
pub(super) fn serial(id: u64) -> u32 {
    id as u32
}

/// A span that its fields may name; `turn` tells it from one that had the same serial number.
pub(super) fn named(turn: u64, serial: u32) -> u64 {
    (turn << KIND_SHIFT) | NAMED | u64::from(serial)
}

#[inline(always)]
pub(super) fn is_named(id: u64) -> bool {
    id & NAMED != 0
}

/// All but the serial number: the kind, unless fields may name the span.
#[inline(always)]
pub(super) fn kind(id: u64) -> u32 {
    (id >> 32) as u32
}

fn look_up(id: u64) -> Option<&'static Kind> {
    let kind = (id >> KIND_SHIFT).checked_sub(1).filter(|_| !is_named(id))?;
    KINDS.get(kind as usize)
}

/// The region of a span that no field may name.
pub(super) fn region(id: u64) -> Option<NameId> {
    Some(look_up(id)?.region)
}

/// The call site of a span that no field may name.
pub(super) fn metadata(id: u64) -> Option<&'static Metadata<'static>> {
    Some(look_up(id)?.metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_the_span_is() {
        let registry = tracing_subscriber::registry();
        let span = tracing::subscriber::with_default(registry, || tracing::info_span!("of a kind"));
        let metadata = span.metadata().expect("it has a call site");
        for name in ["one", "another"] {
            let region = NameId::of_site(name, None);
            let kind = of_kind(metadata, region);
            assert_eq!(of_kind(metadata, region), kind);
            for serial in [1, u32::MAX] {
                let span = with_serial(kind, serial);
                assert!(!is_named(span));
                assert_eq!((super::region(span), super::serial(span)), (Some(region), serial));
                assert!(std::ptr::eq(super::metadata(span).unwrap(), metadata));
            }
        }
        for (turn, serial) in [(0, 1), (1, 1), (u64::MAX, u32::MAX)] {
            let span = named(turn, serial);
            assert!(is_named(span));
            assert_eq!(super::serial(span), serial);
            assert!(region(span).is_none() && super::metadata(span).is_none());
        }
    }
}
