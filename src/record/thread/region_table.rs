//! What a thread knows of each region of a session, by the region's number.
#![allow(unsafe_code)]

use super::counters::Counters;
use crate::record::names::NameId;
use std::cell::{Cell, RefCell};

/// What a thread does with the calls of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Filtered out.
    Skip,
    /// Counts them.
    Count,
    /// Records intervals, on the slow path.
    Record,
    /// Records intervals, and may take the fast path.
    RecordFast,
}

/// What a thread knows of a region.
#[derive(Clone, Copy)]
pub(super) struct RegionEntry {
    /// Whether `action` is [`Action::RecordFast`], for the fast path to look at alone.
    pub(super) is_fast: bool,
    /// None: the thread has not asked yet.
    pub(super) action: Option<Action>,
    /// The region's counters, unless it is filtered out: an entry of `SharedView::counters`, which never move.
    pub(super) counters: *const Counters,
}

const UNKNOWN: RegionEntry = RegionEntry {
    is_fast: false,
    action: None,
    counters: std::ptr::null(),
};

impl RegionEntry {
    pub(super) fn new(action: Action, counters: *const Counters) -> Self {
        Self {
            is_fast: action == Action::RecordFast,
            action: Some(action),
            counters,
        }
    }
}

/// A table that grows by doubling.
pub(super) struct RegionTable {
    /// The memory is `memory`'s.
    entries: Cell<*const [Cell<RegionEntry>]>,
    memory: RefCell<Box<[Cell<RegionEntry>]>>,
}

impl RegionTable {
    pub(super) fn new() -> Self {
        Self {
            entries: Cell::new(&[]),
            memory: RefCell::default(),
        }
    }

    #[inline(always)]
    fn entries(&self) -> &[Cell<RegionEntry>] {
        // SAFETY: `memory` keeps the table; only `make_room_for` replaces it, and nobody calls that while
        // the result of this function is in use.
        unsafe { &*self.entries.get() }
    }

    /// The entry of a region; None where there certainly is none.
    #[inline(always)]
    pub(super) fn find(&self, region: NameId) -> Option<RegionEntry> {
        self.entries().get(region.index()).map(Cell::get)
    }

    #[inline(always)]
    pub(super) fn get(&self, region: NameId) -> RegionEntry {
        self.find(region).unwrap_or(UNKNOWN)
    }

    pub(super) fn set(&self, region: NameId, entry: RegionEntry) {
        self.make_room_for(region);
        if let Some(place) = self.entries().get(region.index()) {
            place.set(entry);
        }
    }

    /// Doubles the table where the region is beyond its end.
    fn make_room_for(&self, region: NameId) {
        if region.index() < self.entries().len() {
            return;
        }
        let known = self.entries().iter().cloned();
        let unknown = std::iter::repeat_with(|| Cell::new(UNKNOWN));
        let capacity = (region.index() + 1).next_power_of_two();
        let table: Box<[Cell<RegionEntry>]> = known.chain(unknown).take(capacity).collect();
        self.entries.set(&raw const *table);
        drop(self.memory.replace(table));
    }
}
