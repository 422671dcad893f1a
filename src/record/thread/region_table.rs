//! What a thread knows of each region of a session, by the region's number.
#![allow(unsafe_code)]

use super::counters::Counters;
use crate::record::names::NameId;
use std::cell::{Cell, RefCell};

/// What a thread does with the calls of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Action {
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
    /// None: the thread has not asked yet.
    pub(super) action: Option<Action>,
    /// The region's counters, unless it is filtered out: an entry of `SharedView::counters`, which never move.
    pub(super) counters: *const Counters,
}

/// An action, and whether it is [`Action::RecordFast`], which the fast path looks at alone.
#[derive(Clone, Copy)]
struct Known {
    is_fast: bool,
    action: Option<Action>,
}

impl Known {
    #[inline(always)]
    const fn of(action: Option<Action>) -> Self {
        Self {
            is_fast: matches!(action, Some(Action::RecordFast)),
            action,
        }
    }
}

const UNKNOWN: RegionEntry = RegionEntry {
    action: None,
    counters: std::ptr::null(),
};

impl RegionEntry {
    pub(super) fn new(action: Action, counters: *const Counters) -> Self {
        Self {
            action: Some(action),
            counters,
        }
    }
}

/// Regions whose actions stand in the table itself, so that finding one takes a single load: few programs have more.
const FIRST: usize = 256;

/// A table that grows by doubling.
pub(super) struct RegionTable {
    first: [Cell<Known>; FIRST],
    /// The memory is `memory`'s.
    entries: Cell<*const [Cell<RegionEntry>]>,
    memory: RefCell<Box<[Cell<RegionEntry>]>>,
}

impl RegionTable {
    pub(super) fn new() -> Self {
        Self {
            first: [const { Cell::new(Known::of(None)) }; FIRST],
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

    #[inline(always)]
    fn known(&self, region: NameId) -> Known {
        match self.first.get(region.index()) {
            Some(known) => known.get(),
            None => Known::of(self.get(region).action),
        }
    }

    /// Whether the calls of a region may take the fast path.
    #[inline(always)]
    pub(super) fn is_fast(&self, region: NameId) -> bool {
        self.known(region).is_fast
    }

    /// What is done with the calls of a region; None where the thread has not asked yet.
    #[inline(always)]
    pub(super) fn action(&self, region: NameId) -> Option<Action> {
        self.known(region).action
    }

    #[inline(always)]
    pub(super) fn get(&self, region: NameId) -> RegionEntry {
        self.entries().get(region.index()).map_or(UNKNOWN, Cell::get)
    }

    pub(super) fn set(&self, region: NameId, entry: RegionEntry) {
        self.make_room_for(region);
        if let Some(place) = self.entries().get(region.index()) {
            place.set(entry);
        }
        if let Some(action) = self.first.get(region.index()) {
            action.set(Known::of(entry.action));
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
