//! Numbers of spans that are not open: they wait for the span's next entry, on whatever thread.
//!
//! Each span has a place by its serial number in a table of fixed size, whose slots any thread takes and fills: one
//! exchange to put numbers there, and one to take them. Threads that create spans have numbers of their own, so they
//! seldom meet. Who needs a slot that another span still has moves that span's numbers into a map behind a lock. What
//! still waits when its span, or the session, ends is recorded as [late](crate::note::LateNote).

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
/// Spans in the map; with more, all of them have waited long enough.
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

/// A slot as it was read without having seized it.
#[derive(PartialEq)]
struct Glance {
    owner: u32,
    len: u32,
    fields: [u32; MOST],
    bits: [u64; MOST],
}

impl Glance {
    fn notes(&self) -> impl Iterator<Item = NumberNote> + '_ {
        let numbers = self.fields.iter().zip(&self.bits).take(self.len as usize);
        numbers.map(|(&field, &bits)| note(field, bits))
    }
}

#[inline]
fn note(field: u32, bits: u64) -> NumberNote {
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
        note(field, self.bits[at].load(Ordering::Relaxed))
    }

    /// What is there, while another thread may be writing.
    fn glance(&self) -> Glance {
        Glance {
            owner: self.owner.load(Ordering::Acquire),
            len: self.len.load(Ordering::Acquire),
            fields: std::array::from_fn(|at| self.fields[at].load(Ordering::Acquire)),
            bits: std::array::from_fn(|at| self.bits[at].load(Ordering::Acquire)),
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

impl WaitingNumbers {
    pub(super) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Slot::new()).collect(),
            moved: Mutex::default(),
        }
    }

    fn slot(&self, serial: u32) -> &Slot {
        &self.slots[serial as usize % SLOTS]
    }

    /// Adds the numbers that `record` pushes to those that wait for the span. Who takes them meanwhile gets them or
    /// not. Gives those that have waited too long.
    #[inline]
    pub(super) fn put(&self, serial: u32, record: impl FnOnce(&mut Filling<'_>)) -> Overdue {
        let slot = self.slot(serial);
        let slot = slot.seize(FREE).then_some(slot);
        let mut filling = Filling {
            slot,
            len: 0,
            more: None,
        };
        record(&mut filling);
        // Not moved out of there: they are many bytes.
        let (len, more) = (filling.len, filling.more.as_ref());
        if let Some(slot) = slot {
            let is_filled = more.is_none() && len > 0;
            slot.len.store(len as u32, Ordering::Relaxed);
            slot.release(if is_filled { serial } else { FREE });
        }
        more.map_or_else(Overdue::default, |numbers| self.put_slow(serial, numbers))
    }

    #[cold]
    #[inline(never)]
    fn put_slow(&self, serial: u32, numbers: &Collected) -> Overdue {
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
            let overdue = match owner {
                FREE => Overdue::default(),
                other => self.move_aside(other, &before),
            };
            if numbers.len() <= MOST {
                slot.fill(numbers);
                slot.release(serial);
                return overdue;
            }
            slot.release(FREE);
            return overdue.or(self.move_aside(serial, numbers));
        }
        let mut all = before;
        all.add(numbers);
        if all.len() <= MOST {
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
            self.slots
                .iter()
                .for_each(|slot| slot.moved.store(0, Ordering::Relaxed));
        }
        moved.entry(serial).or_default().add(numbers);
        self.slot(serial).moved.fetch_or(bit(serial), Ordering::Release);
        overdue
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

    /// Takes all that waits: each span with each of its numbers, oldest first.
    pub(super) fn take_all(&self, mut f: impl FnMut(u32, NumberNote)) {
        let moved = {
            let _inside = fork::enter();
            std::mem::take(&mut *lock(&self.moved))
        };
        Overdue(Some(Box::new(moved))).each(&mut f);
        for slot in &self.slots {
            let serial = slot.owner.load(Ordering::Acquire);
            if ![FREE, BUSY].contains(&serial) && slot.seize(serial) {
                slot.each(|note| f(serial, note));
                slot.release(FREE);
            }
        }
    }

    /// Looks at all that waits, as [`take_all`](Self::take_all) would take it. Takes no slot from a thread that wants
    /// it: what is just changing is left out.
    pub(super) fn peek_all(&self, mut f: impl FnMut(u32, NumberNote)) {
        let _inside = fork::enter();
        each(&lock(&self.moved), &mut f);
        self.peek_slots(f);
    }

    /// The same in a signal handler: waits for no lock, and leaves out what is behind it meanwhile.
    pub(super) fn peek_all_in_handler(&self, mut f: impl FnMut(u32, NumberNote)) {
        if let Ok(moved) = self.moved.try_lock() {
            each(&moved, &mut f);
        }
        self.peek_slots(f);
    }

    fn peek_slots(&self, mut f: impl FnMut(u32, NumberNote)) {
        for slot in &self.slots {
            let seen = slot.glance();
            // What is the same twice was not being written.
            if ![FREE, BUSY].contains(&seen.owner) && seen == slot.glance() {
                seen.notes().for_each(|note| f(seen.owner, note));
            }
        }
    }
}

#[cold]
#[inline(never)]
fn each(moved: &Moved, f: &mut impl FnMut(u32, NumberNote)) {
    for (serial, numbers) in moved {
        numbers.iter().for_each(|note| f(*serial, note));
    }
}

#[cfg(test)]
#[path = "waiting/tests.rs"]
mod tests;
