//! Recording numbers of calls, and leaving calls that have numbers.
#![allow(unsafe_code)]

use super::buffer::ThreadBuffer;
use super::entered::Entered;
use super::keepers::{Appending, Handing};
use super::numbers::{CAPACITY, NOBODY, Waiting};
use super::open_stack::{OpenSlot, Origin, SpanKey};
use super::span_cache::CachedCallsite;
use crate::event::Event;
use crate::note::{Bits, SpanNumber};
use crate::record::names::NameId;
use crate::record::number_fields::NumberVisitor;
use crate::sys;
use std::sync::atomic::Ordering;
use tracing_core::field::Visit;
use tracing_core::span::Attributes;

impl ThreadBuffer {
    /// Leaves what a guard has entered where the call is the innermost one and its numbers are noted in the block.
    /// False where that takes [`exit_numbered`](Self::exit_numbered).
    #[inline(always)]
    pub(crate) fn exit_noted(&self, entered: Entered) -> bool {
        let index = entered.place();
        self.is_regular_top(index) && self.record_noted(index, entered.region(), 0, entered.start())
    }

    /// The same where another call around it may have numbers, or its own wait elsewhere. False where that takes
    /// [`exit_slow`](Self::exit_slow).
    pub(crate) fn exit_numbered(&self, entered: Entered) -> bool {
        let index = entered.place();
        self.is_regular_top(index) && self.record_among_numbers(index, entered.region(), 0, entered.start())
    }

    /// Leaves the innermost call where it is one of this span, and its numbers are noted in the block. False where that
    /// takes [`exit_span_numbered`](Self::exit_span_numbered).
    #[inline(always)]
    pub(in crate::record) fn exit_span_noted(&self, origin: Origin, key: u64) -> bool {
        if !self.is_regular.get() {
            return false;
        }
        match self.top_of_span(origin, key) {
            Some((top, region, slot)) => self.record_noted(top, region, slot.serial(), slot.start()),
            None => false,
        }
    }

    /// The same where another call around it may have numbers, or its own wait elsewhere. False where that takes
    /// [`exit_span_slow`](Self::exit_span_slow).
    pub(in crate::record) fn exit_span_numbered(&self, origin: Origin, key: u64) -> bool {
        if !self.is_regular.get() {
            return false;
        }
        self.open.top().is_some_and(|(top, slot)| {
            let region = slot.region_of_span_marked(origin, key);
            region.is_some_and(|region| self.record_among_numbers(top, region, slot.serial(), slot.start()))
        })
    }

    #[inline(always)]
    fn is_regular_top(&self, index: usize) -> bool {
        self.is_regular.get() && self.open.is_top(index)
    }

    /// Records the innermost call, whose numbers are noted in the block, and takes it off the stack, which has no gaps.
    /// False where they are not, and where the block is full.
    #[inline(always)]
    fn record_noted(&self, top: usize, region: NameId, serial: u32, start: u64) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        if numbers.noted_of.get() != top {
            return false;
        }
        let event = Event {
            region: region.number(),
            serial,
            start,
            end: sys::cpu_counter(),
        };
        // SAFETY: the buffer owns a count of the block, in which this thread, the only one that pushes into it, has
        // written so many notes.
        let is_recorded = unsafe { (*self.block.get()).push_noted(numbers.noted.get(), event) };
        if is_recorded {
            numbers.noted_of.set(NOBODY);
            self.exits_slow.set(false);
            self.open.pop(top);
        }
        is_recorded
    }

    /// Records the innermost call with numbers of its own that wait, and takes it off the stack, which has no gaps.
    /// False where the block is full.
    fn record_among_numbers(&self, top: usize, region: NameId, serial: u32, start: u64) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let event = Event {
            region: region.number(),
            serial,
            start,
            end: sys::cpu_counter(),
        };
        self.settle();
        // SAFETY: as in `record_noted`.
        let push = |notes: &[Waiting]| unsafe {
            (*self.block.get()).push_with_notes(notes.iter().map(|waiting| waiting.note), event)
        };
        let is_recorded = numbers.take_last(top, push);
        if is_recorded {
            self.open.pop(top);
        }
        is_recorded
    }

    /// Whether the block ends with numbers of a call that has not been left.
    #[inline]
    pub(super) fn is_noted(&self) -> bool {
        let numbers = self.numbers.as_ref();
        numbers.is_some_and(|numbers| numbers.noted_of.get() != NOBODY)
    }

    /// Has the numbers at the end of the block wait elsewhere: something else is recorded before their call is left.
    #[inline]
    pub(super) fn settle(&self) {
        if self.is_noted() {
            self.settle_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_slow(&self) {
        let Some(numbers) = &self.numbers else { return };
        let index = numbers.noted_of.replace(NOBODY);
        for at in 0..numbers.noted.get() {
            // SAFETY: the buffer owns a count of the block, in which this thread has written so many notes.
            let note = unsafe { (*self.block.get()).noted(at) };
            self.let_wait(index, note);
        }
        self.choose_exit_path();
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

    /// Records a number of a call of a guard. Whether it is kept; None where that takes
    /// [`record_number`](Self::record_number).
    #[inline(always)]
    pub(crate) fn record_number_fast(
        &self,
        entered: Entered,
        name: &'static str,
        number: Bits,
    ) -> Option<bool> {
        let numbers = self.numbers.as_ref()?;
        let Some(field) = numbers.known_field(name)? else {
            return Some(false);
        };
        self.note_number(entered.place(), number.event(field))
            .then_some(true)
    }

    /// The same, which handles every case; false where it is not kept, as the call leaves no interval or the field is
    /// not recorded.
    pub(crate) fn record_number(&self, entered: Entered, name: &'static str, number: Bits) -> bool {
        let Some(field) = self.field(name) else {
            return false;
        };
        let place = if self.is_regular.get() {
            Some(entered.place())
        } else {
            self.place_of(entered)
        };
        place.is_some_and(|index| self.set_number(index, number.event(field)))
    }

    /// Whether nothing is noted in the block, so that numbers of a new span may be appended at once.
    #[inline(always)]
    pub(in crate::record) fn is_clear(&self) -> bool {
        !self.exits_slow.get()
    }

    /// Appends the numbers of a span that this thread has just created, and whose call site is remembered, to a block
    /// that [is clear](Self::is_clear). Gives back the call site and the serial number: who goes on with these needs no
    /// registers for them meanwhile.
    #[inline(always)]
    pub(in crate::record) fn append_numbers<'a>(
        &'a self,
        callsite: &'a CachedCallsite,
        serial: u32,
        attributes: &'a Attributes<'a>,
    ) -> (&'a CachedCallsite, u32) {
        debug_assert!(self.is_clear(), "notes are where the numbers go");
        let mut visitor = NumberVisitor(Appending {
            buffer: self,
            callsite,
            serial,
            attributes,
            // SAFETY: the buffer owns a count of the block, and the visitor, which runs no code of others, is all that
            // writes into it until it is gone.
            to: unsafe { (*self.block.get()).batch() },
        });
        attributes.record(&mut visitor);
        let span = &visitor.0;
        if !span.to.publish() {
            let region = span.callsite.get().region;
            span.buffer
                .add_numbers_of_new(region, span.serial, span.attributes);
        }
        (span.callsite, span.serial)
    }

    /// The same, which handles every case.
    #[cold]
    #[inline(never)]
    pub(in crate::record) fn add_numbers_of_new(
        &self,
        region: NameId,
        serial: u32,
        attributes: &Attributes<'_>,
    ) {
        self.add_numbers(region, serial, SpanNumber::FIRST, |visitor| {
            attributes.record(visitor);
        });
    }

    /// Adds numbers of a span of a region that is not open: they are of its first interval `from` this tick on.
    fn add_numbers(&self, region: NameId, serial: u32, from: u64, record: impl FnOnce(&mut dyn Visit)) {
        let Some(numbers) = self.numbers.as_ref().filter(|_| !self.is_filtered_out(region)) else {
            return;
        };
        let is_throttled = self.is_stopped(region);
        let to = |field, number: Bits| {
            if is_throttled || !self.append(number.of_span(serial, from, field)) {
                self.lose_numbers(1);
            }
        };
        record(&mut NumberVisitor(Handing { numbers, to }));
    }

    /// Records numbers of the innermost open call of a span; where none is open on this thread, of its next interval.
    pub(in crate::record) fn record_of_span(
        &self,
        origin: Origin,
        region: NameId,
        span: SpanKey,
        record: impl FnOnce(&mut dyn Visit),
    ) {
        let Some(numbers) = &self.numbers else {
            return;
        };
        let of_span = |slot: &OpenSlot| slot.region_of_span_marked(origin, span.key);
        match self.open.find(of_span) {
            None => self.add_numbers(region, span.serial, self.clock.ticks(), record),
            Some((index, _)) => {
                let to = |field, number: Bits| _ = self.set_number(index, number.event(field));
                record(&mut NumberVisitor(Handing { numbers, to }));
            }
        }
    }

    /// Keeps a number of the call at `index` of the stack; false where there is no room.
    #[inline]
    fn set_number(&self, index: usize, note: Event) -> bool {
        self.note_number(index, note) || self.set_number_slow(index, note)
    }

    /// Writes a number of the call at `index` into the block, where the call's interval will follow it. False where
    /// others are in between, or it has no room there.
    #[inline(always)]
    fn note_number(&self, index: usize, note: Event) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let Some(noted) = numbers.noted_of(index).filter(|_| self.is_regular.get()) else {
            return false;
        };
        // SAFETY: the buffer owns a count of the block, in which this thread has written so many notes.
        let Some(noted) = (unsafe { (*self.block.get()).note(noted, note) }) else {
            return false;
        };
        numbers.noted_of.set(index);
        numbers.noted.set(noted);
        self.exits_slow.set(true);
        true
    }

    #[cold]
    #[inline(never)]
    fn set_number_slow(&self, index: usize, note: Event) -> bool {
        self.settle();
        self.let_wait(index, note)
    }

    /// Keeps a number of the call at `index` until that is left; false where there is no room.
    pub(super) fn let_wait(&self, index: usize, note: Event) -> bool {
        let Some(numbers) = &self.numbers else {
            return false;
        };
        let grow = |waiting: &mut Vec<Waiting>| {
            self.exclusively(|| waiting.reserve(waiting.len().max(CAPACITY)));
        };
        self.open.mark_numbered(index);
        let is_kept = numbers.set(index, note, grow);
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
