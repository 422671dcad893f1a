//! Numbers of spans that are not open: they wait for the span's next entry, on whatever thread.
//!
//! Each span has a place by its serial number in a table of fixed size, whose slots any thread takes and fills: one
//! exchange to put numbers there, and one to take them. Threads that create spans have numbers of their own, so they
//! seldom meet. Who needs a slot that another span still has moves that span's numbers into a map behind a lock.

use super::locks::{Mutex, lock};
use super::sync::{AtomicU32, AtomicU64, Ordering};
use crate::note::NumberNote;
use crate::profile::Number;
use crate::sys::fork;
use rustc_hash::FxHashMap;

/// Numbers of one span that are put down together.
const MOST: usize = if cfg!(scope_profiler_model) { 2 } else { 8 };
/// Spans whose numbers wait in the table.
const SLOTS: usize = if cfg!(scope_profiler_model) { 2 } else { 1 << 12 };
/// Spans in the map; with more, all of them are given up.
const MOST_MOVED: usize = 1 << 14;

/// A few numbers of one span; of two of the same field the last counts.
#[derive(Clone, Debug)]
pub(super) struct Collected {
    few: [NumberNote; MOST],
    len: usize,
    more: Vec<NumberNote>,
}

impl Default for Collected {
    #[inline]
    fn default() -> Self {
        let nothing = NumberNote {
            field: 0,
            number: Number::Int(0),
        };
        Self {
            few: [nothing; MOST],
            len: 0,
            more: Vec::new(),
        }
    }
}

impl Collected {
    #[inline]
    pub(super) fn push(&mut self, note: NumberNote) {
        let known = self.few[..self.len].iter_mut().chain(&mut self.more);
        for other in known {
            if other.field == note.field {
                *other = note;
                return;
            }
        }
        if let Some(free) = self.few.get_mut(self.len) {
            *free = note;
            self.len += 1;
        } else {
            self.more.push(note);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = NumberNote> + '_ {
        let few = self.few[..self.len].iter();
        few.chain(&self.more).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.len + self.more.len()
    }

    fn add(&mut self, others: &Self) {
        others.iter().for_each(|note| self.push(note));
    }
}

/// The place of some spans, one at a time.
#[derive(Debug)]
struct Slot {
    /// The serial number of the span; [`FREE`], or [`BUSY`] while a thread reads or writes the rest.
    owner: AtomicU32,
    len: AtomicU32,
    /// A bit for each span of this slot whose numbers were moved to the map, by [`bit`].
    moved: AtomicU32,
    fields: [AtomicU32; MOST],
    bits: [AtomicU64; MOST],
}

const FREE: u32 = 0;
/// No span has this number: see the module `serial`.
const BUSY: u32 = 1 << 9;
/// Marks a field whose number is a floating-point one.
const FLOAT: u32 = 1 << 31;

/// Tells the spans of a slot apart, as far as a word can.
fn bit(serial: u32) -> u32 {
    1 << (serial as usize / SLOTS % 32)
}

impl Slot {
    fn new() -> Self {
        Self {
            owner: AtomicU32::new(FREE),
            len: AtomicU32::new(0),
            moved: AtomicU32::new(0),
            fields: std::array::from_fn(|_| AtomicU32::new(0)),
            bits: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Takes the slot where `owner` has it.
    #[inline]
    fn seize(&self, owner: u32) -> bool {
        let seized = self
            .owner
            .compare_exchange(owner, BUSY, Ordering::Acquire, Ordering::Relaxed);
        seized.is_ok()
    }

    /// Only who has seized the slot may call this.
    fn release(&self, owner: u32) {
        self.owner.store(owner, Ordering::Release);
    }

    /// Only who has seized the slot may call this.
    #[inline]
    fn set(&self, at: usize, note: NumberNote) {
        let (mark, bits) = match note.number {
            Number::Float(x) => (FLOAT, x.to_bits()),
            Number::Int(n) => (0, n as u64),
        };
        self.fields[at].store(note.field | mark, Ordering::Relaxed);
        self.bits[at].store(bits, Ordering::Relaxed);
    }

    /// Only who has seized the slot may call this.
    #[inline]
    fn get(&self, at: usize) -> NumberNote {
        let field = self.fields[at].load(Ordering::Relaxed);
        let bits = self.bits[at].load(Ordering::Relaxed);
        let number = if field & FLOAT == 0 {
            Number::Int(bits as i64)
        } else {
            Number::Float(f64::from_bits(bits))
        };
        NumberNote {
            field: field & !FLOAT,
            number,
        }
    }

    /// Only who has seized the slot may call this.
    fn fill(&self, numbers: &Collected) {
        numbers
            .iter()
            .enumerate()
            .for_each(|(at, note)| self.set(at, note));
        self.len.store(numbers.len() as u32, Ordering::Relaxed);
    }

    /// Only who has seized the slot may call this.
    #[inline]
    fn each(&self, f: impl FnMut(NumberNote)) {
        let len = self.len.load(Ordering::Relaxed) as usize;
        (0..len.min(MOST)).map(|at| self.get(at)).for_each(f);
    }

    /// Only who has seized the slot may call this.
    fn read(&self) -> Collected {
        let mut numbers = Collected::default();
        self.each(|note| numbers.push(note));
        numbers
    }
}

/// Numbers on their way into a slot that was seized; into a list where they are more, or there is no slot.
pub(super) struct Filling<'a> {
    slot: Option<&'a Slot>,
    len: usize,
    more: Option<Collected>,
}

impl Filling<'_> {
    #[inline]
    pub(super) fn push(&mut self, note: NumberNote) {
        match self.slot {
            Some(slot) if self.len < MOST => {
                let known = (0..self.len).find(|&at| slot.get(at).field == note.field);
                slot.set(known.unwrap_or(self.len), note);
                self.len += usize::from(known.is_none());
            }
            _ => self.push_slow(note),
        }
    }

    #[cold]
    fn push_slow(&mut self, note: NumberNote) {
        let mut so_far = || {
            let mut numbers = Collected::default();
            let filled = self
                .slot
                .iter()
                .flat_map(|slot| (0..self.len).map(|at| slot.get(at)));
            filled.for_each(|note| numbers.push(note));
            numbers
        };
        self.more.get_or_insert_with(&mut so_far).push(note);
        // What follows goes there, too.
        self.len = MOST;
    }
}

/// The numbers of a session that wait for their span to be entered.
#[derive(Debug)]
pub(super) struct WaitingNumbers {
    slots: Box<[Slot]>,
    /// Those that were moved. A span's numbers here are older than those in its slot.
    moved: Mutex<FxHashMap<u32, Collected>>,
    /// Numbers that were given up.
    lost: AtomicU64,
}

impl WaitingNumbers {
    pub(super) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Slot::new()).collect(),
            moved: Mutex::default(),
            lost: AtomicU64::new(0),
        }
    }

    fn slot(&self, serial: u32) -> &Slot {
        &self.slots[serial as usize % SLOTS]
    }

    /// Adds the numbers that `record` pushes to those that wait for the span. Who takes them meanwhile gets them or not.
    #[inline]
    pub(super) fn put(&self, serial: u32, record: impl FnOnce(&mut Filling<'_>)) {
        let slot = self.slot(serial);
        let slot = slot.seize(FREE).then_some(slot);
        let mut filling = Filling {
            slot,
            len: 0,
            more: None,
        };
        record(&mut filling);
        let Filling { len, more, .. } = filling;
        if let (Some(slot), None) = (slot, &more) {
            slot.len.store(len as u32, Ordering::Relaxed);
            return slot.release(if len > 0 { serial } else { FREE });
        }
        if let Some(slot) = slot {
            slot.release(FREE);
        }
        if let Some(numbers) = more {
            self.put_slow(serial, &numbers);
        }
    }

    #[cold]
    #[inline(never)]
    fn put_slow(&self, serial: u32, numbers: &Collected) {
        let slot = self.slot(serial);
        let owner = slot.owner.load(Ordering::Acquire);
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
            if owner != FREE {
                self.move_aside(owner, &before);
            }
            if numbers.len() <= MOST {
                slot.fill(numbers);
                return slot.release(serial);
            }
            slot.release(FREE);
            return self.move_aside(serial, numbers);
        }
        let mut all = before;
        all.add(numbers);
        if all.len() <= MOST {
            slot.fill(&all);
            return slot.release(serial);
        }
        self.move_aside(serial, &all);
        slot.release(FREE);
    }

    fn move_aside(&self, serial: u32, numbers: &Collected) {
        let _inside = fork::enter();
        let mut moved = lock(&self.moved);
        if moved.len() >= MOST_MOVED {
            // Of so many spans most are gone.
            let given_up = moved.drain().map(|(_, numbers)| numbers.len() as u64).sum();
            self.lost.fetch_add(given_up, Ordering::Relaxed);
            self.slots
                .iter()
                .for_each(|slot| slot.moved.store(0, Ordering::Relaxed));
        }
        moved.entry(serial).or_default().add(numbers);
        self.slot(serial).moved.fetch_or(bit(serial), Ordering::Release);
    }

    /// Takes what waits for the span, each number by `f`; false where nothing does.
    #[inline]
    pub(super) fn take(&self, serial: u32, f: impl FnMut(NumberNote)) -> bool {
        let slot = self.slot(serial);
        if slot.moved.load(Ordering::Acquire) & bit(serial) != 0 {
            let numbers = self.take_moved(serial);
            numbers.iter().flat_map(Collected::iter).for_each(f);
            return numbers.is_some();
        }
        self.take_from_slot(serial, |slot| slot.each(f)).is_some()
    }

    #[inline]
    fn take_from_slot<R>(&self, serial: u32, read: impl FnOnce(&Slot) -> R) -> Option<R> {
        let slot = self.slot(serial);
        if slot.owner.load(Ordering::Relaxed) != serial || !slot.seize(serial) {
            return None;
        }
        let numbers = read(slot);
        slot.release(FREE);
        Some(numbers)
    }

    #[cold]
    #[inline(never)]
    fn take_moved(&self, serial: u32) -> Option<Collected> {
        let older = {
            let _inside = fork::enter();
            lock(&self.moved).remove(&serial)
        };
        let newer = self.take_from_slot(serial, Slot::read);
        let Some(mut all) = older else { return newer };
        newer.iter().for_each(|numbers| all.add(numbers));
        Some(all)
    }

    /// How many numbers no interval has taken.
    pub(super) fn lost(&self) -> u64 {
        let moved: usize = lock(&self.moved).values().map(Collected::len).sum();
        moved as u64 + self.lost_outside_lock()
    }

    /// The same without those in the map, so that it waits for no lock.
    pub(super) fn lost_outside_lock(&self) -> u64 {
        let waits = |slot: &Slot| match slot.owner.load(Ordering::Acquire) {
            FREE | BUSY => 0,
            _ => u64::from(slot.len.load(Ordering::Relaxed)),
        };
        let in_slots: u64 = self.slots.iter().map(waits).sum();
        in_slots + self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
#[path = "waiting/tests.rs"]
mod tests;
