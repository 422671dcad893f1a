//! A block of finished intervals: written by one thread, read by any.
#![allow(unsafe_code)]

use crate::event::Event;
use crate::record::sync::{AtomicUsize, Ordering, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::AtomicPtr;

/// A fixed number of slots and how many of them are filled. The owning thread fills the next slot
/// and then publishes the new length; all others read up to the published length.
#[derive(Debug)]
pub(crate) struct Block {
    events: Box<[UnsafeCell<MaybeUninit<Event>>]>,
    length: AtomicUsize,
    /// The block that followed this one, for a signal handler; who may wait uses the queue.
    pub(super) next: AtomicPtr<Block>,
}

// SAFETY: slots below `length` are never written again while the block is shared, and slots at or
// above it are touched by the owning thread alone (the contract of `push`). The Release store of
// the length in `push` and the Acquire load in `published` order the slot's contents.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn new(capacity: usize) -> Self {
        let events = (0..capacity)
            .map(|_| UnsafeCell::new(MaybeUninit::uninit()))
            .collect();
        Self {
            events,
            length: AtomicUsize::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Appends an event; false when the block is full.
    ///
    /// # Safety
    ///
    /// Only one thread, the block's owner, may call this.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, event: Event) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.push_noted(0, event) }
    }

    /// Events that are to be appended together.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push); as long as the batch is there, the owner appends nothing else.
    #[inline(always)]
    pub(crate) unsafe fn batch(&self) -> Batch<'_> {
        Batch {
            block: self,
            length: self.length.load(Ordering::Relaxed),
            fits: true,
        }
    }

    /// Appends an event after so many [notes](Self::note), which others see together; false when the block is full.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push); there are so many notes.
    #[inline(always)]
    pub(crate) unsafe fn push_noted(&self, noted: usize, event: Event) -> bool {
        // The owner wrote the length itself, so reading it back needs no ordering.
        let last = self.length.load(Ordering::Relaxed) + noted;
        let Some(slot) = self.events.get(last) else {
            return false;
        };
        // SAFETY: the slot is not published yet, and by this function's contract nobody else writes.
        unsafe { Self::write(slot, event) };
        self.length.store(last + 1, Ordering::Release);
        true
    }

    /// Writes a note after `noted` others, which nobody else sees before the event after them is there. Of two of the
    /// same number (`serial`) the last one stays. How many there are now; None where there is no room for it and the
    /// event.
    ///
    /// # Safety
    ///
    /// As [`push_noted`](Self::push_noted).
    #[inline(always)]
    pub(crate) unsafe fn note(&self, noted: usize, note: Event) -> Option<usize> {
        let length = self.length.load(Ordering::Relaxed);
        let [known @ .., next, _] = self.events.get(length..length + noted + 2)? else {
            return None;
        };
        for slot in known {
            // SAFETY: so many are written, by this function's contract.
            if unsafe { Self::read_own(slot) }.serial == note.serial {
                // SAFETY: as in `push`.
                unsafe { Self::write(slot, note) };
                return Some(noted);
            }
        }
        // SAFETY: as in `push`.
        unsafe { Self::write(next, note) };
        Some(noted + 1)
    }

    /// Writes the first notes, which are of different numbers and which nobody else sees before the event after them is
    /// there. How many there are; None where there is no room for them and the event.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push).
    #[inline(always)]
    pub(crate) unsafe fn note_all(&self, notes: impl ExactSizeIterator<Item = Event>) -> Option<usize> {
        let length = self.length.load(Ordering::Relaxed);
        let [slots @ .., _] = self.events.get(length..length + notes.len() + 1)? else {
            return None;
        };
        for (slot, note) in slots.iter().zip(notes) {
            // SAFETY: as in `push`.
            unsafe { Self::write(slot, note) };
        }
        Some(slots.len())
    }

    /// A note that nobody else sees yet.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push); there are more than `at` notes.
    #[inline(always)]
    pub(crate) unsafe fn noted(&self, at: usize) -> Event {
        let slot = &self.events[self.length.load(Ordering::Relaxed) + at];
        // SAFETY: it was written, by this function's contract.
        unsafe { Self::read_own(slot) }
    }

    /// # Safety
    ///
    /// The slot was written, and nobody else writes it.
    #[inline(always)]
    unsafe fn read_own(slot: &UnsafeCell<MaybeUninit<Event>>) -> Event {
        // SAFETY: by this function's contract.
        slot.with_mut(|slot| unsafe { (*slot).assume_init() })
    }

    /// Appends notes and the event that they belong to, which others see together; false when there is no room for all.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push).
    #[inline]
    pub(crate) unsafe fn push_with_notes(
        &self,
        notes: impl ExactSizeIterator<Item = Event>,
        event: Event,
    ) -> bool {
        // SAFETY: by this function's contract.
        let noted = unsafe { self.note_all(notes) };
        // SAFETY: by this function's contract; so many are written.
        noted.is_some_and(|noted| unsafe { self.push_noted(noted, event) })
    }

    /// # Safety
    ///
    /// Nobody else reads or writes the slot.
    #[inline(always)]
    unsafe fn write(slot: &UnsafeCell<MaybeUninit<Event>>, event: Event) {
        // Word by word: written as a whole, the event would take a detour through the stack, and
        // reading it back in wider pieces than it was written in stalls.
        // SAFETY: by this function's contract. An event is three words.
        slot.with_mut(|slot| unsafe {
            let words = (*slot).as_mut_ptr().cast::<u64>();
            words.write(event.first_word());
            words.add(1).write(event.start);
            words.add(2).write(event.end);
        });
    }

    /// The block that followed this one.
    ///
    /// # Safety
    ///
    /// Nobody frees a linked block meanwhile.
    #[allow(dead_code, reason = "for the signal handler alone")]
    pub(in crate::record) unsafe fn next(&self) -> Option<&Block> {
        // SAFETY: null, or a block that is still there by this function's contract.
        unsafe { self.next.load(std::sync::atomic::Ordering::Acquire).as_ref() }
    }

    /// The number of events that may be read.
    pub(crate) fn published(&self) -> usize {
        self.length.load(Ordering::Acquire)
    }

    /// Passes the published events `from..to` to `f`; a `to` beyond them is cut.
    #[cfg(not(scope_profiler_model))]
    pub(crate) fn read<R>(&self, from: usize, to: usize, f: impl FnOnce(&[Event]) -> R) -> R {
        let to = to.min(self.published());
        let slots = &self.events[from.min(to)..to];
        // SAFETY: the slots are below the published length: initialised, and not written while the
        // block is shared. The cell and MaybeUninit are transparent, so the layouts agree.
        f(unsafe { std::slice::from_raw_parts(slots.as_ptr().cast::<Event>(), slots.len()) })
    }

    /// The same, slot by slot, so that the model checker sees each access.
    #[cfg(scope_profiler_model)]
    pub(crate) fn read<R>(&self, from: usize, to: usize, f: impl FnOnce(&[Event]) -> R) -> R {
        let to = to.min(self.published());
        let events: Vec<Event> = self.events[from.min(to)..to]
            .iter()
            // SAFETY: as above.
            .map(|slot| slot.with(|slot| unsafe { (*slot).assume_init() }))
            .collect();
        f(&events)
    }

    /// Makes an unshared block empty again.
    pub(crate) fn clear(&mut self) {
        self.length = AtomicUsize::new(0);
        self.next = AtomicPtr::new(ptr::null_mut());
    }
}

#[cfg(all(test, not(scope_profiler_model)))]
mod tests {
    use super::*;

    fn event(n: u64) -> Event {
        Event {
            region: n as u32,
            serial: 0,
            start: n,
            end: n + 1,
        }
    }

    #[test]
    fn a_block_takes_as_many_events_as_it_has_slots() {
        let block = Block::new(2);
        // SAFETY: one thread.
        let pushed = [0, 1, 2].map(|n| unsafe { block.push(event(n)) });
        assert_eq!(pushed, [true, true, false]);
        block.read(0, 10, |events| assert_eq!(events, [event(0), event(1)]));
        block.read(1, 2, |events| assert_eq!(events, [event(1)]));
        block.read(7, 9, |events| assert!(events.is_empty()));
    }

    #[test]
    fn notes_are_in_the_block_of_their_event_or_not_at_all() {
        let block = Block::new(4);
        // SAFETY: one thread.
        let push =
            |notes: &[u64], n| unsafe { block.push_with_notes(notes.iter().map(|&n| event(n)), event(n)) };
        assert!(push(&[0, 1], 2));
        assert!(!push(&[3], 4));
        let mut notes = [event(3)].into_iter();
        // SAFETY: one thread.
        assert!(!unsafe { block.push_with_notes(&mut notes, event(4)) });
        assert_eq!(notes.len(), 1, "they are still to be had");
        assert!(push(&[], 3));
        block.read(0, 10, |events| assert_eq!(events, [0, 1, 2, 3].map(event)));
    }

    #[test]
    fn notes_are_seen_with_their_event_and_of_two_of_one_field_the_last() {
        let block = Block::new(4);
        let note = |field: u32, n: u64| Event {
            serial: field,
            ..event(n)
        };
        // SAFETY: one thread, and `noted` is what it was told before.
        unsafe {
            assert_eq!(block.note(0, note(7, 0)), Some(1));
            assert_eq!(block.note(1, note(8, 1)), Some(2));
            assert_eq!(block.note(2, note(7, 2)), Some(2));
            assert_eq!([0, 1].map(|at| block.noted(at)), [note(7, 2), note(8, 1)]);
            assert_eq!(block.published(), 0);
            assert!(block.push_noted(2, event(3)));
            // One slot is left, which is that of an event.
            assert_eq!(block.note(0, note(7, 4)), None);
            assert!(block.push(event(5)));
        }
        let all = [note(7, 2), note(8, 1), event(3), event(5)];
        block.read(0, 10, |events| assert_eq!(events, all));
    }
}

/// Every interleaving of an owner that fills a block and a reader that looks at it.
#[cfg(all(test, scope_profiler_model))]
mod model {
    use super::*;
    use crate::record::sync::Arc;

    #[test]
    fn a_reader_sees_whole_events_in_order_and_never_more_than_were_pushed() {
        loom::model(|| {
            let block = Arc::new(Block::new(2));
            let owner = {
                let block = Arc::clone(&block);
                loom::thread::spawn(move || {
                    let event = |n: u32| Event {
                        region: n,
                        serial: n,
                        start: n.into(),
                        end: n.into(),
                    };
                    // SAFETY: this thread alone pushes.
                    unsafe {
                        block.note(0, event(0));
                        block.push_noted(1, event(1));
                    }
                    // SAFETY: as above.
                    unsafe { block.push(event(2)) };
                })
            };
            // Again and again: around a single look the model checker tries no other order.
            while block.published() < 2 {
                block.read(0, usize::MAX, |events| {
                    for (n, event) in events.iter().enumerate() {
                        assert_eq!((event.serial, event.start), (n as u32, n as u64));
                    }
                });
                loom::thread::yield_now();
            }
            owner.join().unwrap();
            assert_eq!(block.published(), 2);
        });
    }
}
/// Events that others do not see before they are all there.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    block: &'a Block,
    /// That of the block once they are appended.
    length: usize,
    fits: bool,
}

impl Batch<'_> {
    /// Adds an event.
    #[inline(always)]
    pub(crate) fn push(&mut self, event: Event) {
        let Some(slot) = self.block.events.get(self.length) else {
            self.fits = false;
            return;
        };
        // SAFETY: the slot is not published yet, and by the contract of `Block::batch` nobody else writes.
        unsafe { Block::write(slot, event) };
        self.length += 1;
    }

    /// Appends them; false where they do not all fit, and none is appended.
    #[inline(always)]
    pub(crate) fn publish(&self) -> bool {
        if self.fits {
            self.block.length.store(self.length, Ordering::Release);
        }
        self.fits
    }
}
