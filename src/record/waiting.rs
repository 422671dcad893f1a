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

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
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
/// No span has this number: see [`serial`](super::serial).
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
    fn fill(&self, numbers: &Collected) {
        let mut len = 0;
        for (at, note) in numbers.iter().enumerate() {
            let (mark, bits) = match note.number {
                Number::Float(x) => (FLOAT, x.to_bits()),
                Number::Int(n) => (0, n as u64),
            };
            self.fields[at].store(note.field | mark, Ordering::Relaxed);
            self.bits[at].store(bits, Ordering::Relaxed);
            len += 1;
        }
        self.len.store(len, Ordering::Relaxed);
    }

    /// Only who has seized the slot may call this.
    fn read(&self) -> Collected {
        let mut numbers = Collected::default();
        for at in 0..self.len.load(Ordering::Relaxed) as usize {
            let field = self.fields[at].load(Ordering::Relaxed);
            let bits = self.bits[at].load(Ordering::Relaxed);
            let number = if field & FLOAT == 0 {
                Number::Int(bits as i64)
            } else {
                Number::Float(f64::from_bits(bits))
            };
            numbers.push(NumberNote {
                field: field & !FLOAT,
                number,
            });
        }
        numbers
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

    /// Adds numbers to those that wait for the span. Who takes them meanwhile gets them or not.
    pub(super) fn put(&self, serial: u32, numbers: &Collected) {
        let slot = self.slot(serial);
        if numbers.len() <= MOST && slot.seize(FREE) {
            slot.fill(numbers);
            slot.release(serial);
        } else {
            self.put_slow(serial, numbers);
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

    /// Takes what waits for the span, if anything does.
    #[inline]
    pub(super) fn take(&self, serial: u32) -> Option<Collected> {
        let slot = self.slot(serial);
        if slot.moved.load(Ordering::Acquire) & bit(serial) != 0 {
            return self.take_moved(serial);
        }
        self.take_from_slot(serial)
    }

    #[inline]
    fn take_from_slot(&self, serial: u32) -> Option<Collected> {
        let slot = self.slot(serial);
        if slot.owner.load(Ordering::Relaxed) != serial || !slot.seize(serial) {
            return None;
        }
        let numbers = slot.read();
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
        let newer = self.take_from_slot(serial);
        let Some(mut all) = older else { return newer };
        newer.iter().for_each(|numbers| all.add(numbers));
        Some(all)
    }

    /// How many numbers no interval has taken.
    pub(super) fn lost(&self) -> u64 {
        let waits = |slot: &Slot| match slot.owner.load(Ordering::Acquire) {
            FREE | BUSY => 0,
            _ => u64::from(slot.len.load(Ordering::Relaxed)),
        };
        let in_slots: u64 = self.slots.iter().map(waits).sum();
        let moved: usize = lock(&self.moved).values().map(Collected::len).sum();
        in_slots + moved as u64 + self.lost.load(Ordering::Relaxed)
    }
}

/// Every interleaving of threads that put numbers and one that takes them.
#[cfg(all(test, scope_profiler_model))]
mod model {
    use super::*;
    use crate::record::sync::Arc;

    fn numbers(field: u32, n: i64) -> Collected {
        let mut numbers = Collected::default();
        numbers.push(NumberNote {
            field,
            number: Number::Int(n),
        });
        numbers
    }

    #[test]
    fn nothing_is_taken_twice_and_nothing_gets_lost() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::new());
            // Two spans that share a slot, and one of them from two threads.
            waiting.put(1, &numbers(0, 10));
            let other = {
                let waiting = Arc::clone(&waiting);
                loom::thread::spawn(move || {
                    waiting.put(3, &numbers(0, 30));
                    waiting.put(1, &numbers(1, 11));
                })
            };
            let mut taken: Vec<NumberNote> = Vec::new();
            let mut take = |serial: u32| {
                let found = waiting.take(serial);
                let found = found.iter().flat_map(Collected::iter);
                taken.extend(
                    found.inspect(|note| assert_eq!(note.field as i64 + serial as i64 * 10, value(note))),
                );
            };
            take(1);
            other.join().unwrap();
            take(1);
            take(3);
            taken.sort_by_key(value);
            assert_eq!(taken.iter().map(value).collect::<Vec<_>>(), [10, 11, 30]);
            assert_eq!(waiting.lost(), 0);
        });
    }

    fn value(note: &NumberNote) -> i64 {
        match note.number {
            Number::Int(n) => n,
            _ => panic!("{note:?}"),
        }
    }
}

#[cfg(all(test, not(scope_profiler_model)))]
mod tests {
    use super::*;

    fn numbers(notes: &[(u32, i64)]) -> Collected {
        let mut numbers = Collected::default();
        for &(field, n) in notes {
            numbers.push(NumberNote {
                field,
                number: Number::Int(n),
            });
        }
        numbers
    }

    fn taken(waiting: &WaitingNumbers, serial: u32) -> Vec<(u32, Number)> {
        let all = waiting.take(serial);
        let all = all.iter().flat_map(Collected::iter);
        all.map(|note| (note.field, note.number)).collect()
    }

    #[test]
    fn of_two_numbers_of_a_field_the_last_counts_wherever_they_wait() {
        let waiting = WaitingNumbers::new();
        let sharing = 1 + SLOTS as u32;
        waiting.put(1, &numbers(&[(0, 10), (1, 11), (0, 12)]));
        waiting.put(1, &numbers(&[(2, 13)]));
        // Another span needs the slot, and then the first one again.
        waiting.put(sharing, &numbers(&[(0, 20)]));
        waiting.put(1, &numbers(&[(1, 14)]));
        assert_eq!(waiting.lost(), 5);
        let int = Number::Int;
        assert_eq!(taken(&waiting, 1), [(0, int(12)), (1, int(14)), (2, int(13))]);
        assert_eq!(taken(&waiting, 1), []);
        assert_eq!(taken(&waiting, sharing), [(0, int(20))]);
        assert_eq!(waiting.lost(), 0);
    }

    #[test]
    fn a_span_may_have_more_numbers_than_fit_into_its_slot() {
        let waiting = WaitingNumbers::new();
        let many: Vec<(u32, i64)> = (0..30).map(|n| (n, n.into())).collect();
        waiting.put(7, &numbers(&many[..5]));
        waiting.put(7, &numbers(&many[5..]));
        waiting.put(9, &numbers(&many));
        for serial in [7, 9] {
            let fields: Vec<u32> = taken(&waiting, serial).iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, (0..30).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_given_up_is_counted() {
        let waiting = WaitingNumbers::new();
        let spans = (MOST_MOVED + SLOTS + 10) as u32;
        for serial in (0..spans).map(|n| 1 + n + n / (BUSY - 1)) {
            waiting.put(serial, &numbers(&[(0, 1)]));
        }
        assert_eq!(waiting.lost(), u64::from(spans));
    }
}
