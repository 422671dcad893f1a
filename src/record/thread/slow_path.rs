//! The slow paths of entering and leaving, which handle every case.
#![allow(unsafe_code)]

use super::block::Block;
use super::buffer::ThreadBuffer;
use super::counters::{self, Counters};
use super::entered::Entered;
use super::measures::Measured;
use super::open_stack::{OpenSlot, Origin, SpanKey};
use super::region_table::{Action, RegionEntry};
use crate::event::Event;
use crate::note::SpanNote;
use crate::record::allocated::Exempt;
use crate::record::callsite::Callsite;
use crate::record::names::NameId;
use crate::record::recording::Mode;
use crate::record::span_id;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tracing_core::Metadata;

impl ThreadBuffer {
    /// Enters a region for a guard.
    pub(crate) fn enter_slow(&self, region: NameId) -> Entered {
        match self.action(region) {
            Action::Skip => Entered::NOTHING,
            Action::Count => Entered::counted(self.regions.get(region).counters),
            Action::Record | Action::RecordFast => match self.push(region, Origin::GUARD, None) {
                Some((index, start)) => Entered::new(region, index, start),
                None => Entered::NOTHING,
            },
        }
    }

    /// Leaves what a guard has entered. Does nothing when the call is not open.
    pub(crate) fn exit_slow(&self, entered: Entered) {
        let end = self.now();
        let (region, start) = (entered.region(), entered.start());
        if let Some(index) = self.place_of(entered) {
            self.close(index, region, 0, start, end);
        }
    }

    /// Where the call of a guard is on the stack; None where it is not open.
    pub(super) fn place_of(&self, entered: Entered) -> Option<usize> {
        let is_it = |slot: &OpenSlot| slot.is_of_guard(entered.region(), entered.start()).then_some(());
        // Of calls of one region that began at the same time, each is where it was pushed, unless calls have moved.
        let index = entered.place();
        if self.open.get(index).and_then(is_it).is_some() {
            return Some(index);
        }
        Some(self.open.find(is_it)?.0)
    }

    /// Counts a span that has been created.
    pub(in crate::record) fn count_span(&self, region: NameId) {
        if self.action(region) != Action::Skip {
            self.count(region, |counters| &counters.spans);
        }
    }

    /// What a call site means in this session.
    pub(in crate::record) fn callsite(&self, metadata: &'static Metadata<'static>) -> Callsite {
        self.spans.callsite(metadata).unwrap_or_else(|| {
            let find = || Callsite::of(Some(&self.recording), metadata);
            let callsite = self.exclusively(find).unwrap_or_else(find);
            self.remember_callsite(metadata, callsite);
            callsite
        })
    }

    fn remember_callsite(&self, metadata: &'static Metadata<'static>, callsite: Callsite) {
        if callsite.by_field {
            // Whether any of its spans has the call site's own name is not known yet.
            // SAFETY: there is no counter.
            unsafe {
                self.spans
                    .remember_callsite(metadata, callsite, std::ptr::null(), |_| None);
            }
            return;
        }
        self.recording
            .registry
            .add_callsite(callsite.region, span_id::kind(callsite.id).into());
        self.action(callsite.region);
        let entry = self.regions.get(callsite.region);
        if entry.action.is_none() {
            // The buffer is just asking, further up the stack: next time.
            return;
        }
        // The spans of a region that is filtered out have no numbers.
        let has_numbers = callsite.has_numbers && entry.action != Some(Action::Skip);
        let callsite = Callsite {
            has_numbers,
            ..callsite
        };
        // SAFETY: as in `add`.
        let spans = match unsafe { entry.counters.as_ref() } {
            Some(counters) => &raw const counters.spans,
            None => std::ptr::null(),
        };
        // SAFETY: the counters are this buffer's and never move; it owns `spans`, too.
        unsafe {
            self.spans
                .remember_callsite(metadata, callsite, spans, |name| self.field(name));
        }
    }

    /// Enters a region for a span.
    pub(in crate::record) fn enter_span_slow(&self, region: NameId, origin: Origin, span: SpanKey) {
        if self.action(region) != Action::Skip {
            if let Some((_, start)) = self.push(region, origin, Some(span)) {
                self.note_entry(span.serial, start);
            }
        }
    }

    /// Leaves the innermost open call of this span; does nothing where there is none.
    pub(in crate::record) fn exit_span_slow(&self, origin: Origin, key: u64) {
        let end = self.now();
        let of_span = |slot: &OpenSlot| {
            Some((
                slot.region_of_span_marked(origin, key)?,
                slot.serial(),
                slot.start(),
            ))
        };
        if let Some((index, (region, serial, start))) = self.open.find(of_span) {
            self.close(index, region, serial, start, end);
        }
    }

    /// The innermost open span of this origin.
    pub(in crate::record) fn current_span(&self, origin: Origin) -> Option<u64> {
        let of_origin = |slot: &OpenSlot| slot.region_of_origin_marked(origin).map(|_| slot.key());
        Some(self.open.find(of_origin)?.1)
    }

    fn now(&self) -> u64 {
        if self.time_trace { self.clock.ticks() } else { 0 }
    }

    fn push(&self, region: NameId, origin: Origin, span: Option<SpanKey>) -> Option<(usize, u64)> {
        let begin = || match &self.measures {
            // The stack counts the call already.
            Some(measures) => measures.enter(self.open.depth() - 1),
            None => self.now(),
        };
        let push = || self.open.push(origin.with(region), span, begin);
        push().or_else(|| {
            self.settle();
            self.exclusively(|| {
                if let Some(numbers) = &self.numbers {
                    numbers.follow(|index| self.open.place_without_gaps(index));
                }
                let kept = self.open.grow();
                if let Some(measures) = &self.measures {
                    measures.follow(&kept, self.open.capacity());
                }
            })?;
            self.choose_exit_path();
            push()
        })
    }

    /// Records the call at `index` of the stack and takes it off.
    fn close(&self, index: usize, region: NameId, serial: u32, start: u64, end: u64) {
        let depth = self.open.depth();
        let measured = self
            .measures
            .as_ref()
            .and_then(|measures| measures.leave(index, depth, start, end));
        // The event first: whoever reads the stack and then the events misses nothing.
        if self.throttle.is_some() && self.is_throttled(region, end.saturating_sub(start)) {
            // Counted and summed up.
            self.give_up_numbers(index);
        } else if self.time_trace {
            let event = Event {
                region: region.number(),
                serial,
                start,
                end,
            };
            self.record(index, event, measured);
        } else {
            self.count(region, |counters| &counters.counted);
        }
        self.open.remove(index);
        self.choose_exit_path();
    }

    pub(super) fn choose_exit_path(&self) {
        let is_regular = self.may_be_fast && !self.open.is_irregular();
        self.is_regular.set(is_regular);
        self.exits_slow.set(!is_regular || self.is_noted());
    }

    /// Records the interval of the call at `index`, with its numbers and what was measured of it.
    fn record(&self, index: usize, event: Event, measured: Option<Measured>) {
        self.settle();
        let is_recorded = match &self.numbers {
            Some(numbers) if numbers.are_waiting() => {
                let notes = measured.iter().flat_map(Measured::events);
                notes.for_each(|&note| {
                    self.let_wait(index, note);
                });
                numbers.take(index, |notes| self.append_with_notes(notes, event))
            }
            _ => match measured {
                Some(measured) => self.append_with_notes(&mut measured.events().iter().copied(), event),
                None => self.append(event),
            },
        };
        if !is_recorded {
            self.count(NameId::from_number(event.region), |counters| &counters.dropped);
        }
    }

    /// Notes something of a span. One for which there is no memory is left out.
    pub(super) fn note(&self, note: SpanNote) {
        self.append(note.event());
    }

    /// How much is in the block.
    pub(super) fn published(&self) -> usize {
        // SAFETY: as in `append`.
        unsafe { &*self.block.get() }.published()
    }

    /// What was recorded last, as far as it is still in the block.
    pub(super) fn last_event(&self) -> Option<Event> {
        // SAFETY: as in `append`.
        let block = unsafe { &*self.block.get() };
        let published = block.published();
        block.read(published.saturating_sub(1), published, |events| {
            events.last().copied()
        })
    }

    /// False where there is no room.
    pub(super) fn append(&self, event: Event) -> bool {
        self.settle();
        // SAFETY: the buffer owns a count of the block until `hand_off` replaces it, and this thread
        // is the only one that pushes into it.
        let push = || unsafe { (*self.block.get()).push(event) };
        push() || self.exclusively(|| self.hand_off() && push()) == Some(true)
    }

    /// The same with numbers before the event.
    fn append_with_notes(
        &self,
        notes: &mut (impl ExactSizeIterator<Item = Event> + ?Sized),
        event: Event,
    ) -> bool {
        self.settle();
        let number = notes.len();
        // SAFETY: as in `append`.
        let mut push = || unsafe { (*self.block.get()).push_with_notes(&mut *notes, event) };
        let is_recorded = push() || self.exclusively(|| self.hand_off() && push()) == Some(true);
        if !is_recorded {
            self.lose_numbers(number);
        }
        is_recorded
    }

    fn give_up_numbers(&self, index: usize) {
        self.settle();
        if let Some(numbers) = &self.numbers {
            let lost = numbers.take(index, |notes| notes.len());
            self.lose_numbers(lost);
        }
    }

    /// Gives the full block to the writer and takes an empty one; false when there is none to be had.
    fn hand_off(&self) -> bool {
        let Some(next) = self.recording.empty_block() else {
            return false;
        };
        let mine: *const Block = Arc::into_raw(Arc::clone(&next));
        // SAFETY: the pointer came from `Arc::into_raw` and its count is given back once. No
        // reference into the block is held: `push` is over.
        drop(unsafe { Arc::from_raw(self.block.replace(mine)) });
        let waiting = self.shared.replace_current(next) * self.recording.settings.block_events;
        if waiting >= self.recording.settings.buffer_limit {
            self.recording.wake_writer();
        }
        true
    }

    /// Whether a call of this many ticks is only to be summed up; if so, does that.
    fn is_throttled(&self, region: NameId, ticks: u64) -> bool {
        let Some(throttle) = &self.throttle else {
            return false;
        };
        let Ok(mut throttle) = throttle.try_borrow_mut() else {
            return false;
        };
        if !throttle.stops(region, ticks, || self.recording.ns_of_ticks()) {
            return false;
        }
        drop(throttle);
        self.count(region, |counters| &counters.throttled);
        self.add(region, |counters| &counters.throttled_ticks, ticks);
        true
    }

    /// Whether the calls of a region are only summed up.
    pub(super) fn is_stopped(&self, region: NameId) -> bool {
        let throttle = self
            .throttle
            .as_ref()
            .and_then(|throttle| throttle.try_borrow().ok());
        throttle.is_some_and(|throttle| throttle.has_stopped(region))
    }

    #[inline(always)]
    fn action(&self, region: NameId) -> Action {
        let known = self.regions.action(region);
        known.unwrap_or_else(|| self.ask(region))
    }

    /// Asks the recording what to do with a region, and keeps the answer.
    #[cold]
    #[inline(never)]
    fn ask(&self, region: NameId) -> Action {
        self.exclusively(|| {
            let action = match self.recording.mode_of(region) {
                Mode::Off => Action::Skip,
                Mode::Count => Action::Count,
                Mode::Time if self.may_be_fast => Action::RecordFast,
                Mode::Time => Action::Record,
            };
            let counters = match action {
                Action::Skip => std::ptr::null(),
                _ => &raw const self.shared.counters[self.shared.counters.push(Counters::new(region))],
            };
            self.regions.set(region, RegionEntry::new(action, counters));
            action
        })
        .unwrap_or(Action::Skip)
    }

    #[inline(always)]
    fn count(&self, region: NameId, which: fn(&Counters) -> &AtomicU64) {
        self.add(region, which, 1);
    }

    #[inline(always)]
    fn add(&self, region: NameId, which: fn(&Counters) -> &AtomicU64, n: u64) {
        // A region that is known to be recorded may be one that this thread has not asked about.
        self.action(region);
        // SAFETY: null, or an entry of the buffer's own `shared.counters`, which never move.
        if let Some(counters) = unsafe { self.regions.get(region).counters.as_ref() } {
            counters::add(which(counters), n);
        }
    }

    /// Runs something that may allocate or wait; nothing when that is already running, further up
    /// on this thread's stack.
    pub(super) fn exclusively<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        if self.busy.replace(true) {
            return None;
        }
        let _exempt = Exempt::begin();
        // A fault of ours must not unwind into the program.
        let result = catch_unwind(AssertUnwindSafe(f));
        self.busy.set(false);
        result.ok()
    }
}
