//! Numbers of calls that are open: they wait on the thread until their call is left.
#![allow(unsafe_code)]

use super::buffer::ThreadBuffer;
use super::entered::Entered;
use super::open_stack::{OpenSlot, Origin, SpanKey};
use crate::config::RecordedField;
use crate::event::Event;
use crate::note::NumberNote;
use crate::profile::Number;
use crate::record::names::NameId;
use crate::record::number_fields::NumberVisitor;
use crate::record::waiting::Collected;
use crate::sys;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tracing_core::field::Visit;

/// Numbers that can wait without an allocation.
const CAPACITY: usize = 256;
/// Names whose field is remembered.
const NAMES: usize = 64;

/// What a thread knows of fields, and the numbers of its open calls.
pub(super) struct Numbers {
    fields: Arc<[RecordedField]>,
    names: [Cell<KnownName>; NAMES],
    /// In order of the calls' places on the stack.
    waiting: RefCell<Vec<Waiting>>,
}

/// A number of an open call.
#[derive(Clone, Copy)]
struct Waiting {
    /// The call's place on the stack.
    index: usize,
    /// The note, as it is in a block.
    note: Event,
}

/// A name and its field, if it is recorded.
#[derive(Clone, Copy)]
struct KnownName {
    /// Where the name is in memory, and its length.
    place: (usize, usize),
    field: Option<u32>,
}

const NOTHING: KnownName = KnownName {
    place: (0, 0),
    field: None,
};

impl Numbers {
    /// None where no field is recorded.
    pub(super) fn of(fields: &Arc<[RecordedField]>, time_trace: bool) -> Option<Box<Self>> {
        let numbers = || Self {
            fields: Arc::clone(fields),
            names: [const { Cell::new(NOTHING) }; NAMES],
            waiting: RefCell::new(Vec::with_capacity(CAPACITY)),
        };
        (time_trace && !fields.is_empty()).then(|| Box::new(numbers()))
    }

    /// The field of this name, if it is recorded.
    #[inline]
    fn field(&self, name: &'static str) -> Option<u32> {
        let place = (name.as_ptr() as usize, name.len());
        let known = &self.names[(place.0 ^ place.0 >> 6) % NAMES];
        if known.get().place != place {
            let field = self.fields.iter().position(|field| field.name == name);
            known.set(KnownName {
                place,
                field: field.map(|field| field as u32),
            });
        }
        known.get().field
    }

    /// Keeps a number of the call at `index`; false where there is no room.
    #[inline]
    fn set(&self, index: usize, note: Event, grow: impl FnOnce(&mut Vec<Waiting>)) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return false;
        };
        let is_first = waiting.last().is_none_or(|last| last.index < index);
        if !is_first && replace(&mut waiting, index, note) {
            return true;
        }
        if waiting.len() == waiting.capacity() {
            grow(&mut waiting);
            if waiting.len() == waiting.capacity() {
                return false;
            }
        }
        let number = Waiting { index, note };
        match waiting.last() {
            // The call is not the innermost one that has numbers.
            Some(last) if last.index > index => {
                let at = waiting.partition_point(|other| other.index <= index);
                waiting.insert(at, number);
            }
            _ => waiting.push(number),
        }
        true
    }

    /// Takes the numbers of the call at `index`, which `with` sees as they are in a block.
    pub(super) fn take<R>(
        &self,
        index: usize,
        with: impl FnOnce(&mut dyn ExactSizeIterator<Item = Event>) -> R,
    ) -> R {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return with(&mut std::iter::empty());
        };
        let from = waiting.partition_point(|other| other.index < index);
        let to = waiting.partition_point(|other| other.index <= index);
        let result = with(&mut waiting[from..to].iter().map(|waiting| waiting.note));
        waiting.drain(from..to);
        result
    }

    /// The same for the innermost call, whose numbers come last; they stay where `push` gives false.
    #[inline]
    fn take_last(&self, index: usize, push: impl FnOnce(&[Waiting]) -> bool) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return false;
        };
        let mut from = waiting.len();
        while from > 0 && waiting[from - 1].index == index {
            from -= 1;
        }
        let is_taken = push(&waiting[from..]);
        if is_taken {
            waiting.truncate(from);
        }
        is_taken
    }

    /// Whether any open call has numbers.
    #[inline]
    pub(super) fn are_waiting(&self) -> bool {
        self.waiting.try_borrow().is_ok_and(|waiting| !waiting.is_empty())
    }

    /// Calls have moved: `place` gives the new place of each.
    pub(super) fn follow(&self, place: impl Fn(usize) -> usize) {
        if let Ok(mut waiting) = self.waiting.try_borrow_mut() {
            waiting
                .iter_mut()
                .for_each(|number| number.index = place(number.index));
        }
    }
}

/// Replaces a number of the same call and field; false where there is none.
fn replace(waiting: &mut [Waiting], index: usize, note: Event) -> bool {
    let of_call = waiting.iter_mut().rev().take_while(|other| other.index >= index);
    for other in of_call {
        if other.index == index && other.note.serial == note.serial {
            other.note = note;
            return true;
        }
    }
    false
}

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
        let numbers = NumberVisitor::collect(self, record);
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
            Some((index, _)) => self.set_numbers(index, &NumberVisitor::collect(self, record)),
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
