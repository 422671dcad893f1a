//! Numbers of spans that are not open: they wait for the span's next entry, on whatever thread.
//!
//! - Those of the span that a thread has created last wait in a place that only this thread fills ([`newest`]).
//! - All others have a place by the span's serial number in a table of fixed size, whose slots any thread takes and
//!   fills: one exchange to put numbers there, and one to take them ([`slot`]). Threads that create spans have numbers
//!   of their own, so they seldom meet.
//! - Who needs a slot that another span still has moves that span's numbers into a map behind a lock.
//!
//! What still waits when its span, or the session, ends is recorded as [late](crate::note::LateNote).

mod collected;
mod few;
mod newest;
mod patience;
mod slot;
#[cfg(test)]
mod tests;

use super::locks::{Mutex, lock};
use super::serial::BATCH;
use crate::note::NumberNote;
use crate::sys::fork;
pub(super) use collected::Collected;
use few::{BUSY, FREE};
pub(super) use few::{Few, Filling};
pub(super) use newest::Claim;
use newest::Newest;
use patience::Patience;
use rustc_hash::FxHashMap;
use slot::{SLOTS, Slot};

/// Batches of serial numbers that have a place.
const PLACES: usize = if cfg!(scope_profiler_model) { 1 } else { 1 << 10 };
/// Spans in the map; with more, all of them have waited long enough.
const MOST_MOVED: usize = 1 << 14;

/// The numbers of a session that wait for their span to be entered.
#[derive(Debug)]
pub(super) struct WaitingNumbers {
    newest: Box<[Newest; PLACES]>,
    /// Of spans whose numbers are not among the newest.
    slots: Box<[Slot; SLOTS]>,
    /// Those that were moved. A span's numbers here are older than those in its slot.
    moved: Mutex<Moved>,
}

/// Numbers by span.
type Moved = FxHashMap<u32, Collected>;

/// Numbers that have waited too long, as so many others came: of most of these spans there is no further entry.
#[must_use]
#[derive(Debug, Default)]
pub(super) struct Overdue(Option<Box<Moved>>);

impl Overdue {
    /// Each span with each of its numbers.
    #[inline]
    pub(super) fn each(self, mut f: impl FnMut(u32, NumberNote)) {
        if let Some(moved) = self.0 {
            each(&moved, &mut f);
        }
    }

    fn or(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(mut all), Some(more)) => {
                all.extend(*more);
                Self(Some(all))
            }
            (one, other) => Self(one.or(other)),
        }
    }
}

impl Default for WaitingNumbers {
    fn default() -> Self {
        Self {
            newest: boxed(Newest::new),
            slots: boxed(Slot::new),
            moved: Mutex::default(),
        }
    }
}

impl WaitingNumbers {
    #[inline(always)]
    fn newest(&self, serial: u32) -> &Newest {
        &self.newest[(serial / BATCH) as usize % PLACES]
    }

    fn slot(&self, serial: u32) -> &Slot {
        &self.slots[serial as usize % SLOTS]
    }

    /// Keeps the numbers that `record` pushes for a span that the calling thread has just created. `claim` is this
    /// thread's. `overdue` gets those that have waited too long, each with its span.
    #[inline(always)]
    pub(super) fn put_newest(
        &self,
        claim: &Claim,
        serial: u32,
        record: impl FnOnce(&mut Filling<'_>),
        overdue: impl Fn(u32, NumberNote) + Copy,
    ) {
        let newest = self.newest(serial);
        let is_free = claim.is_of(serial) && newest.span() == FREE;
        if is_free || self.make_way(claim, serial, overdue) {
            newest.fill(serial, record, |numbers| self.put_many(serial, numbers, overdue));
        } else {
            self.put_elsewhere(serial, record, overdue);
        }
    }

    /// As [`put`](Self::put), of more numbers than fit.
    #[cold]
    #[inline(never)]
    fn put_many(&self, serial: u32, numbers: &Collected, overdue: impl Fn(u32, NumberNote)) {
        self.put(serial, numbers).each(overdue);
    }

    /// As [`put_newest`](Self::put_newest), where the place is another thread's.
    #[cold]
    #[inline(never)]
    fn put_elsewhere(
        &self,
        serial: u32,
        record: impl FnOnce(&mut Filling<'_>),
        overdue: impl Fn(u32, NumberNote) + Copy,
    ) {
        // Into a place that nobody else knows.
        let newest = Newest::new();
        newest.fill(serial, record, |numbers| self.put_many(serial, numbers, overdue));
        newest.take(serial, |few| {
            self.put(serial, &few.notes().collect()).each(overdue);
            Some(())
        });
    }

    /// Makes the place of a span that the calling thread has created free for its numbers; false where the place is
    /// another thread's.
    #[cold]
    #[inline(never)]
    fn make_way(&self, claim: &Claim, serial: u32, overdue: impl Fn(u32, NumberNote)) -> bool {
        let newest = self.newest(serial);
        if !claim.is_of(serial) {
            self.give_back(claim);
            if !newest.claim(claim, serial) {
                return false;
            }
        }
        match newest.span_at_rest() {
            FREE | BUSY => {}
            other => self.move_out(newest, other).each(overdue),
        }
        newest.span() == FREE
    }

    /// A thread puts no more numbers where it has claimed to.
    pub(super) fn give_back(&self, claim: &Claim) {
        if claim.batch() != FREE {
            self.newest(claim.batch()).give_back(claim);
        }
    }

    /// Has the numbers of a span wait in the table, where they are here.
    fn move_out(&self, newest: &Newest, serial: u32) -> Overdue {
        let _inside = fork::enter();
        let moved = newest.move_out(serial, |numbers| self.put_in_table(serial, numbers));
        moved.unwrap_or_default()
    }

    /// Adds numbers to those that wait for the span. Who takes them meanwhile gets them or not. Gives those that have
    /// waited too long.
    pub(super) fn put(&self, serial: u32, numbers: &Collected) -> Overdue {
        if numbers.len() == 0 {
            return Overdue::default();
        }
        let newest = self.newest(serial);
        let overdue = if newest.span_at_rest() == serial {
            self.move_out(newest, serial)
        } else {
            Overdue::default()
        };
        overdue.or(self.put_in_table(serial, numbers))
    }

    fn put_in_table(&self, serial: u32, numbers: &Collected) -> Overdue {
        let _inside = fork::enter();
        let slot = self.slot(serial);
        if numbers.len() <= collected::MOST && slot.seize(FREE) {
            slot.fill(numbers);
            slot.release(serial);
            return Overdue::default();
        }
        self.put_slow(serial, numbers)
    }

    #[cold]
    #[inline(never)]
    fn put_slow(&self, serial: u32, numbers: &Collected) -> Overdue {
        let _inside = fork::enter();
        let slot = self.slot(serial);
        let owner = slot.owner();
        if owner == BUSY || !slot.seize(owner) {
            // Another thread is just there.
            return self.move_aside(serial, numbers);
        }
        let before = if owner == FREE {
            Collected::default()
        } else {
            slot.read()
        };
        if owner != serial {
            let overdue = match owner {
                FREE => Overdue::default(),
                other => self.move_aside(other, &before),
            };
            if numbers.len() <= collected::MOST {
                slot.fill(numbers);
                slot.release(serial);
                return overdue;
            }
            let overdue = overdue.or(self.move_aside(serial, numbers));
            slot.release(FREE);
            return overdue;
        }
        let mut all = before;
        all.add(numbers);
        if all.len() <= collected::MOST {
            slot.fill(&all);
            slot.release(serial);
            return Overdue::default();
        }
        let overdue = self.move_aside(serial, &all);
        slot.release(FREE);
        overdue
    }

    fn move_aside(&self, serial: u32, numbers: &Collected) -> Overdue {
        let _inside = fork::enter();
        let mut moved = lock(&self.moved);
        let mut overdue = Overdue::default();
        if moved.len() >= MOST_MOVED {
            overdue.0 = Some(Box::new(std::mem::take(&mut *moved)));
            self.slots.iter().for_each(Slot::clear_moved);
        }
        moved.entry(serial).or_default().add(numbers);
        self.slot(serial).set_moved(serial);
        overdue
    }

    /// Takes the numbers of a span that are among the newest. `write` sees them before; what it does counts only where
    /// this gives its result. None where that takes [`take`](Self::take).
    #[inline(always)]
    pub(super) fn take_newest<R>(&self, serial: u32, write: impl FnOnce(&Few) -> Option<R>) -> Option<R> {
        self.newest(serial).take(serial, write)
    }

    /// Takes what waits for the span, each number by `f`; false where nothing does.
    pub(super) fn take(&self, serial: u32, f: impl FnMut(NumberNote)) -> bool {
        let mut patience = Patience::default();
        loop {
            let numbers = self.take_newest(serial, |few| Some(few.notes().collect::<Collected>()));
            if let Some(numbers) = numbers {
                numbers.iter().for_each(f);
                return true;
            }
            // From there numbers move to the table, and from the table to the map: who looks in this order, and waits
            // where they are on their way, finds them.
            let is_moving = self.newest(serial).span() == BUSY;
            let slot = self.slot(serial);
            let owner = slot.owner();
            if slot.is_moved(serial) {
                let numbers = self.take_moved(serial);
                numbers.iter().flat_map(Collected::iter).for_each(f);
                return numbers.is_some();
            }
            if let Some(numbers) = slot.take(serial) {
                numbers.iter().for_each(f);
                return true;
            }
            let is_certain = !is_moving && ![BUSY, serial].contains(&owner);
            if is_certain || !patience.wait() {
                return false;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn take_moved(&self, serial: u32) -> Option<Collected> {
        let older = {
            let _inside = fork::enter();
            lock(&self.moved).remove(&serial)
        };
        let newer = self.slot(serial).take(serial);
        let Some(mut all) = older else { return newer };
        newer.iter().for_each(|numbers| all.add(numbers));
        Some(all)
    }

    /// Takes all that waits: each span with each of its numbers, oldest first.
    pub(super) fn take_all(&self, mut f: impl FnMut(u32, NumberNote)) {
        let moved = {
            let _inside = fork::enter();
            std::mem::take(&mut *lock(&self.moved))
        };
        Overdue(Some(Box::new(moved))).each(&mut f);
        for slot in self.slots.iter() {
            let serial = slot.owner();
            let numbers = slot.take(serial);
            let notes = numbers.iter().flat_map(Collected::iter);
            notes.for_each(|note| f(serial, note));
        }
        for newest in self.newest.iter() {
            let serial = newest.span();
            if [FREE, BUSY].contains(&serial) {
                continue;
            }
            let numbers = newest.take(serial, |few| Some(few.notes().collect::<Collected>()));
            let notes = numbers.iter().flat_map(Collected::iter);
            notes.for_each(|note| f(serial, note));
        }
    }

    /// Looks at all that waits, as [`take_all`](Self::take_all) would take it. Takes no slot from a thread that wants
    /// it: what is just changing is left out.
    pub(super) fn peek_all(&self, mut f: impl FnMut(u32, NumberNote)) {
        let _inside = fork::enter();
        each(&lock(&self.moved), &mut f);
        self.peek_places(f);
    }

    /// The same in a signal handler: waits for no lock, and leaves out what is behind it meanwhile.
    pub(super) fn peek_all_in_handler(&self, mut f: impl FnMut(u32, NumberNote)) {
        if let Ok(moved) = self.moved.try_lock() {
            each(&moved, &mut f);
        }
        self.peek_places(f);
    }

    fn peek_places(&self, mut f: impl FnMut(u32, NumberNote)) {
        self.slots.iter().for_each(|slot| slot.peek(&mut f));
        self.newest.iter().for_each(|newest| newest.peek(&mut f));
    }
}

fn boxed<T, const N: usize>(new: impl FnMut() -> T) -> Box<[T; N]> {
    let all: Box<[T]> = std::iter::repeat_with(new).take(N).collect();
    let Ok(all) = all.try_into() else {
        unreachable!("so many were taken");
    };
    all
}

#[cold]
#[inline(never)]
fn each(moved: &Moved, f: &mut impl FnMut(u32, NumberNote)) {
    for (serial, numbers) in moved {
        numbers.iter().for_each(|note| f(*serial, note));
    }
}
