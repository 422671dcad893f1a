//! Recording numbers of calls, and leaving calls that have numbers.
#![allow(unsafe_code)]

use super::buffer::ThreadBuffer;
use super::entered::Entered;
use super::numbers::{CAPACITY, Waiting};
use super::open_stack::{OpenSlot, Origin, SpanKey};
use crate::event::Event;
use crate::note::NumberNote;
use crate::profile::Number;
use crate::record::names::NameId;
use crate::record::number_fields::NumberVisitor;
use crate::record::waiting::Collected;
use crate::sys;
use std::sync::atomic::Ordering;
use tracing_core::field::Visit;

impl ThreadBuffer {
    /// Leaves what a guard has entered where the call has numbers. False where that takes
    /// [`exit_slow`](Self::exit_slow).
    #[inline]
    pub(crate) fn exit_numbered(&self, entered: Entered) -> bool {
        let index = entered.place();
        self.numbers_of_top(index)
            && self.record_top_with_numbers(index, entered.region(), 0, entered.start())
    }

    /// Leaves the innermost call where it is one of this span and has numbers. False where that takes
    /// [`exit_span_slow`](Self::exit_span_slow).
    #[inline]
    pub(in crate::record) fn exit_span_numbered(&self, origin: Origin, key: u64) -> bool {
        let Some((top, slot)) = self.open.top() else {
            return false;
        };
        match slot.region_of_span_marked(origin, key) {
            Some(region) if self.numbers_of_top(top) => {
                self.record_top_with_numbers(top, region, slot.serial(), slot.start())
            }
            _ => false,
        }
    }

    fn numbers_of_top(&self, index: usize) -> bool {
        !self.exits_slow.get() && self.open.is_top(index)
    }

    /// Records the innermost call with its numbers and takes it off the stack, which has no gaps; false where the block is
    /// full.
    #[inline]
    fn record_top_with_numbers(&self, top: usize, region: NameId, serial: u32, start: u64) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let event = Event {
            region: region.number(),
            serial,
            start,
            end: sys::cpu_counter(),
        };
        // SAFETY: the buffer owns a count of the block, and this thread is the only one that pushes into it.
        let push = |notes: &[Waiting]| unsafe {
            (*self.block.get()).push_with_notes(notes.iter().map(|waiting| waiting.note), event)
        };
        let is_recorded = numbers.take_last(top, push);
        if is_recorded {
            self.open.pop(top);
        }
        is_recorded
    }

    /// Whether numbers of any field are recorded.
    #[inline]
    pub(crate) fn takes_numbers(&self) -> bool {
        self.numbers.is_some()
    }

    /// The field of this name, if it is recorded.
    #[inline]
    pub(in crate::record) fn field(&self, name: &'static str) -> Option<u32> {
        self.numbers.as_ref()?.field(name)
    }

    /// Records a number of a call of a guard; false where it is not kept, as the call leaves no interval or the field is
    /// not recorded.
    #[inline]
    pub(crate) fn record_number(&self, entered: Entered, name: &'static str, number: Number) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let Some(field) = numbers.field(name) else {
            return false;
        };
        if !self.open.is_irregular() {
            return self.set_number(entered.place(), NumberNote { field, number });
        }
        match self.place_of(entered) {
            Some(index) => self.set_number(index, NumberNote { field, number }),
            None => false,
        }
    }

    /// Keeps numbers of a span of a region until it is entered.
    pub(in crate::record) fn keep_for_entry(
        &self,
        region: NameId,
        serial: u32,
        record: impl FnOnce(&mut dyn Visit),
    ) {
        if self.is_filtered_out(region) {
            return;
        }
        let numbers = NumberVisitor::collect(|name| self.field(name), record);
        if let Some(waiting) = self.recording.waiting_numbers().filter(|_| !numbers.is_empty()) {
            waiting.put(serial, &numbers);
        }
    }

    /// Records numbers of the innermost open call of a span; where none is open on this thread, of its next one.
    pub(in crate::record) fn record_of_span(
        &self,
        origin: Origin,
        region: NameId,
        span: SpanKey,
        record: impl FnOnce(&mut dyn Visit),
    ) {
        if self.numbers.is_none() {
            return;
        }
        let of_span = |slot: &OpenSlot| slot.region_of_span_marked(origin, span.key);
        match self.open.find(of_span) {
            None => self.keep_for_entry(region, span.serial, record),
            Some((index, _)) => {
                self.set_numbers(index, &NumberVisitor::collect(|name| self.field(name), record))
            }
        }
    }

    /// Records numbers of the call at `index` of the stack, which is one of a span.
    pub(super) fn set_numbers(&self, index: usize, numbers: &Collected) {
        self.open.mark_numbered(index);
        for note in numbers.iter() {
            self.set_number(index, note);
        }
    }

    #[inline]
    pub(super) fn set_number(&self, index: usize, note: NumberNote) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let grow = |waiting: &mut Vec<Waiting>| {
            self.exclusively(|| waiting.reserve(waiting.len().max(CAPACITY)));
        };
        let is_kept = numbers.set(index, note.event(), grow);
        if !is_kept {
            self.lose_numbers(1);
        }
        is_kept
    }

    /// Counts numbers that no interval has.
    pub(super) fn lose_numbers(&self, lost: usize) {
        // Only this thread writes it.
        let before = self.shared.lost_numbers.load(Ordering::Relaxed);
        self.shared
            .lost_numbers
            .store(before + lost as u64, Ordering::Release);
    }
}
