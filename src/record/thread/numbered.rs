//! Recording numbers of calls, and leaving calls that have numbers.
#![allow(unsafe_code)]

use super::buffer::ThreadBuffer;
use super::entered::Entered;
use super::keepers::{Handing, Putting};
use super::numbers::{CAPACITY, NOBODY, Waiting};
use super::open_stack::{OpenSlot, Origin, SpanKey};
use super::span_cache::CachedCallsite;
use crate::event::Event;
use crate::note::{Bits, LateNote};
use crate::record::names::NameId;
use crate::record::number_fields::NumberVisitor;
use crate::record::waiting::{Collected, Filling};
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

    /// Keeps numbers of a span that this thread has just created until it is entered. Its call site is remembered.
    #[inline(always)]
    pub(in crate::record) fn keep_newest(
        &self,
        callsite: &CachedCallsite,
        serial: u32,
        attributes: &Attributes<'_>,
    ) {
        let Some(numbers) = &self.numbers else {
            return;
        };
        let record = |filling: &mut Filling<'_>| {
            attributes.record(&mut NumberVisitor(Putting {
                numbers,
                callsite,
                to: filling,
            }));
        };
        numbers
            .of_spans
            .put_newest(&numbers.newest, serial, record, |serial, note| {
                self.note_late(LateNote { serial, note });
            });
    }

    /// Keeps numbers of a span of a region until it is entered.
    pub(in crate::record) fn keep_for_entry(
        &self,
        region: NameId,
        serial: u32,
        record: impl FnOnce(&mut dyn Visit),
    ) {
        let Some(numbers) = &self.numbers else {
            return;
        };
        if self.is_filtered_out(region) {
            return;
        }
        let mut kept = Collected::default();
        let to = |note: Event| note.number_note().into_iter().for_each(|note| kept.push(note));
        record(&mut NumberVisitor(Handing { numbers, to }));
        let overdue = numbers.of_spans.put(serial, &kept);
        overdue.each(|serial, note| self.note_late(LateNote { serial, note }));
    }

    /// The thread creates no more spans.
    pub(super) fn give_back_newest(&self) {
        if let Some(numbers) = &self.numbers {
            numbers.of_spans.give_back(&numbers.newest);
        }
    }

    /// A span has ended: what still waits for its next entry is of its last interval.
    pub(super) fn end_waiting(&self, serial: u32) {
        if let Some(numbers) = &self.numbers {
            numbers
                .of_spans
                .take(serial, |note| self.note_late(LateNote { serial, note }));
        }
    }

    fn note_late(&self, late: LateNote) {
        if !self.append(late.event()) {
            self.lose_numbers(1);
        }
    }

    /// Enters a region for a span that may have numbers. False where that takes
    /// [`enter_span_slow`](Self::enter_span_slow).
    #[inline(always)]
    pub(in crate::record) fn enter_span_numbered(
        &self,
        region: NameId,
        origin: Origin,
        span: SpanKey,
    ) -> bool {
        self.regions.is_fast(region) && self.push_numbered(region, origin, span)
    }

    /// The same for a span of a subscriber, whose id tells the region.
    #[inline(always)]
    pub(in crate::record) fn enter_span_numbered_by_id(&self, origin: Origin, span: SpanKey) -> bool {
        match self.spans.numbered_region(span.key) {
            Some(region) => self.push_numbered(region, origin, span),
            None => false,
        }
    }

    #[inline(always)]
    fn push_numbered(&self, region: NameId, origin: Origin, span: SpanKey) -> bool {
        let Some((index, start)) = self.push_fast(region, origin, Some(span)) else {
            return false;
        };
        self.note_entry(span.serial, start);
        self.take_numbers_fast(index, span.serial);
        true
    }

    /// The call at `index` of the stack, the innermost one and one of a span, gets the numbers that wait for the span.
    #[inline(always)]
    fn take_numbers_fast(&self, index: usize, serial: u32) {
        let Some(numbers) = &self.numbers else {
            return;
        };
        let taken = numbers.of_spans.take_newest(serial, |few| {
            if !numbers.is_nothing_of(index) || !self.is_regular.get() {
                return None;
            }
            // SAFETY: the buffer owns a count of the block, in which nothing is noted.
            unsafe { (*self.block.get()).note_all(few.events()) }
        });
        match taken {
            Some(noted) => {
                numbers.noted_of.set(index);
                numbers.noted.set(noted);
                self.exits_slow.set(true);
            }
            None => self.take_numbers(index, serial),
        }
    }

    /// The same, which handles every case.
    #[inline(never)]
    pub(super) fn take_numbers(&self, index: usize, serial: u32) {
        let Some(numbers) = &self.numbers else {
            return;
        };
        numbers
            .of_spans
            .take(serial, |note| _ = self.set_number(index, note.event()));
    }

    /// Records numbers of the innermost open call of a span; where none is open on this thread, of its next one.
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
            None => self.keep_for_entry(region, span.serial, record),
            Some((index, _)) => {
                let to = |note| _ = self.set_number(index, note);
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
