//! The id of a subscriber's span: all that there is of most spans.
//!
//! ```text
//! bits  0-31   the span's serial number
//! bit   35     set where the span may have numbers that are recorded
//! bit   36     set where its handles are counted
//! bit   37     always set: tells our ids from those of a `Registry`
//! bits 38-62   a number for its kind, which is its call site and region
//! bit   63     set for a span that its fields may name: what is above the serial number is then a key
//! ```
//!
//! Where another subscriber records beside us, its spans keep their own ids. A `Registry` uses bits 0 to 36 for a place
//! within the pages of a thread, and could use bit 37 only for its 2^37th span that is alive.

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
static KIND_NUMBERS: LazyLock<DashMap<(usize, NameId, bool), usize>> = LazyLock::new(DashMap::new);

/// Marks our ids.
const OURS: u64 = 1 << 37;
/// Marks a span that may have numbers.
const NUMBERED: u64 = 1 << 35;
/// Marks a span whose handles are counted.
const COUNTED: u64 = 1 << 36;
/// Marks a span that its fields may name.
const NAMED: u64 = 1 << 63;
const KIND_SHIFT: u32 = 38;

/// The id of spans of this call site and region, without a serial number.
pub(super) fn of_kind(metadata: &'static Metadata<'static>, region: NameId, has_numbers: bool) -> u64 {
    let mark = if has_numbers { NUMBERED } else { 0 };
    (kind_number(metadata, region, has_numbers) as u64) << KIND_SHIFT & !NAMED | OURS | mark
}

/// Spans that may have numbers are of a kind of their own, as they are entered in another way.
fn kind_number(metadata: &'static Metadata<'static>, region: NameId, has_numbers: bool) -> usize {
    let _inside = crate::sys::fork::enter();
    *KIND_NUMBERS
        .entry((std::ptr::from_ref(metadata) as usize, region, has_numbers))
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
    (turn << KIND_SHIFT) | NAMED | OURS | u64::from(serial)
}

/// Whether we have given this id to a span; otherwise it is another subscriber's.
#[inline(always)]
pub(super) fn is_ours(id: u64) -> bool {
    id & OURS != 0
}

/// The span's id where its handles are counted.
pub(super) fn counted(id: u64) -> u64 {
    id | COUNTED
}

/// Whether the span may have numbers that are recorded.
#[inline(always)]
pub(super) fn has_numbers(id: u64) -> bool {
    id & (NUMBERED | NAMED) == NUMBERED
}

/// Whether anybody has to know of its handles.
#[inline(always)]
pub(super) fn has_handles(id: u64) -> bool {
    id & (COUNTED | NAMED) != 0
}

#[inline(always)]
pub(super) fn is_named(id: u64) -> bool {
    id & NAMED != 0
}

/// The kind, unless fields may name the span: then a number that is no kind's.
#[inline(always)]
pub(super) fn kind(id: u64) -> u32 {
    (id >> KIND_SHIFT) as u32
}

fn look_up(id: u64) -> Option<&'static Kind> {
    if is_named(id) || !is_ours(id) {
        return None;
    }
    KINDS.get(kind(id) as usize)
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
    use tracing_subscriber::prelude::*;

    #[test]
    fn an_id_says_what_the_span_is() {
        let registry = tracing_subscriber::registry();
        let span = tracing::subscriber::with_default(registry, || tracing::info_span!("of a kind"));
        let metadata = span.metadata().expect("it has a call site");
        for name in ["one", "another"] {
            let region = NameId::of_site(name, None);
            let kind = of_kind(metadata, region, false);
            assert_eq!(of_kind(metadata, region, false), kind);
            let numbered = of_kind(metadata, region, true);
            assert!(has_numbers(numbered) && !has_numbers(kind));
            assert_ne!(super::kind(numbered), super::kind(kind));
            for serial in [1, u32::MAX] {
                let span = with_serial(kind, serial);
                assert!(is_ours(span) && !is_named(span));
                assert_eq!((super::region(span), super::serial(span)), (Some(region), serial));
                assert!(std::ptr::eq(super::metadata(span).unwrap(), metadata));
            }
        }
        for (turn, serial) in [(0, 1), (1, 1), (u64::MAX, u32::MAX)] {
            let span = named(turn, serial);
            assert!(is_ours(span) && is_named(span));
            assert_eq!(super::serial(span), serial);
            assert!(region(span).is_none() && super::metadata(span).is_none());
        }
    }

    /// What the ids of a `Registry` are made of is not documented: this notices when it changes.
    #[test]
    fn ids_of_a_registry_are_not_taken_for_ours() {
        let _subscriber = tracing_subscriber::registry().set_default();
        let id_of = |span: tracing::Span| span.id().map(|id| id.into_u64());
        let create = move || {
            let alive: Vec<_> = (0..5_000).map(|_| tracing::info_span!("alive")).collect();
            let ids: Vec<_> = alive.iter().filter_map(|span| id_of(span.clone())).collect();
            let short = (0..20_000).filter_map(|_| id_of(tracing::info_span!("short")));
            ids.into_iter().chain(short).collect::<Vec<u64>>()
        };
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let elsewhere = std::thread::spawn(move || tracing::dispatcher::with_default(&dispatch, create));
        let ids = [create(), elsewhere.join().unwrap()].concat();
        assert_eq!(ids.len(), 50_000);
        assert!(!ids.into_iter().any(is_ours));
    }
}
