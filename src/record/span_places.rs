//! The serial numbers of a `Registry`'s spans, for threads that did not create them.
//!
//! A `Registry` keeps its spans in places that it reuses: an id is a place, and above it how often that
//! place has been used. Here each place has a word, which the thread that creates a span writes and any thread
//! may read, so nothing has to be removed when a span is closed.

use super::serial;
use crate::sys::fork;
use dashmap::DashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bits of an id that are the place, where a pointer has 64 bits. A test checks it.
const PLACE_BITS: u32 = 51;
const PLACES: usize = 1 << 10;

/// The words of neighbouring places.
#[derive(Debug)]
pub(super) struct Page([AtomicU64; PLACES]);

/// The serial numbers of one layer's spans. Grows with the registry and never shrinks.
#[derive(Debug, Default)]
pub(super) struct SpanPlaces {
    pages: DashMap<u64, Box<Page>>,
}

/// Which page an id is on.
fn page_of(id: u64) -> u64 {
    (id & ((1 << PLACE_BITS) - 1)) / PLACES as u64
}

/// Whether two ids are on one page.
#[inline(always)]
pub(super) fn are_on_one_page(one: u64, other: u64) -> bool {
    // What is above the place is shifted out; what differs otherwise is below the page's number.
    (one ^ other) << (64 - PLACE_BITS) < (PLACES as u64) << (64 - PLACE_BITS)
}

/// Which of the place's spans it is, and its serial number.
#[inline(always)]
fn word(id: u64, serial: u32) -> u64 {
    (id >> 32 << 32) | u64::from(serial)
}

impl Page {
    #[inline(always)]
    fn place(&self, id: u64) -> &AtomicU64 {
        &self.0[id as usize % PLACES]
    }

    /// Stores the number of a span that has just been created.
    #[inline(always)]
    pub(super) fn set(&self, id: u64, serial: u32) {
        // A thread that gets to know the span has synchronized with this one.
        self.place(id).store(word(id, serial), Ordering::Relaxed);
    }

    /// The number of a span. A span that was created while no session was open gets one now.
    fn of(&self, id: u64, new: impl FnOnce() -> u32) -> u32 {
        let has_one = |found: u64| found >> 32 == id >> 32 && found as u32 != 0;
        let found = self.place(id).load(Ordering::Relaxed);
        if has_one(found) {
            return found as u32;
        }
        let serial = new();
        let set =
            self.place(id)
                .compare_exchange(found, word(id, serial), Ordering::Relaxed, Ordering::Relaxed);
        match set {
            // Another thread entered it at the same time.
            Err(theirs) if has_one(theirs) => theirs as u32,
            _ => serial,
        }
    }
}

impl SpanPlaces {
    /// The page that an id is on. It never moves while this lives.
    pub(super) fn page(&self, id: u64) -> *const Page {
        let _inside = fork::enter();
        let page = page_of(id);
        if let Some(page) = self.pages.get(&page) {
            return &raw const **page;
        }
        let new = || Box::new(Page(std::array::from_fn(|_| AtomicU64::new(0))));
        &raw const **self.pages.entry(page).or_insert_with(new)
    }

    /// The number of a span; `new` where it has none yet.
    pub(super) fn serial(&self, id: u64, new: impl FnOnce() -> u32) -> u32 {
        let _inside = fork::enter();
        self.page(id);
        let page = self.pages.get(&page_of(id));
        page.map_or_else(serial::of_a_new_batch, |page| page.of(id, new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::prelude::*;

    #[test]
    fn a_span_keeps_its_number_and_the_next_one_in_its_place_has_another() {
        let places = SpanPlaces::default();
        let first = 77;
        let again = first | 1 << PLACE_BITS;
        assert_eq!(places.serial(first, || 5), 5);
        assert_eq!(places.serial(first, || 6), 5);
        assert_eq!(places.serial(again, || 7), 7);
        assert_eq!(places.serial(again, || 8), 7);
    }

    #[test]
    fn ids_are_on_one_page_where_their_pages_have_the_same_number() {
        let ids = [
            0,
            1,
            1023,
            1024,
            5 << 40,
            (5 << 40) + 7,
            1 << 51,
            3 << 51 | 1024,
            u64::MAX,
        ];
        for one in ids {
            for other in ids {
                assert_eq!(
                    are_on_one_page(one, other),
                    page_of(one) == page_of(other),
                    "{one:x} {other:x}"
                );
            }
        }
    }

    /// The layout of a `Registry`'s ids is not documented: this notices when it changes.
    #[test]
    fn spans_of_a_registry_that_are_alive_at_once_differ_in_their_places() {
        let _subscriber = tracing_subscriber::registry().set_default();
        let place = |id: u64| id & ((1 << PLACE_BITS) - 1);
        let create = || {
            let spans: Vec<_> = (0..5_000).map(|_| tracing::info_span!("span")).collect();
            for _ in 0..10 {
                drop(tracing::info_span!("short"));
            }
            spans
        };
        let mut spans = create();
        spans.extend(create());
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let elsewhere = std::thread::spawn(move || tracing::dispatcher::with_default(&dispatch, create));
        spans.extend(elsewhere.join().unwrap());
        let ids = spans.iter().filter_map(tracing::Span::id);
        let places: std::collections::HashSet<u64> = ids.map(|id| place(id.into_u64())).collect();
        assert_eq!(places.len(), 15_000);
    }
}
