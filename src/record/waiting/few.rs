//! A few numbers that one thread at a time writes, while any may look at them.

use super::collected::{Collected, MOST};
use crate::event::Event;
use crate::note::NumberNote;
use crate::record::serial;
use crate::record::sync::{AtomicU32, AtomicU64, Ordering};

/// In place of the span that they are of: there is none.
pub(super) const FREE: u32 = 0;
/// In place of it: a thread is just reading or writing them. No span has this number.
pub(super) const BUSY: u32 = serial::BATCH;

/// Numbers as they will be noted in a block. Who writes them is the only one who does: see the modules of those who
/// have some.
#[derive(Debug)]
pub(in crate::record) struct Few {
    len: AtomicU32,
    numbers: [Kept; MOST],
}

#[derive(Debug, Default)]
struct Kept {
    /// What is noted, and of which field, as [`what`] puts it.
    what: AtomicU64,
    bits: AtomicU64,
}

#[inline(always)]
fn what(note: Event) -> u64 {
    u64::from(note.region) | u64::from(note.serial) << 32
}

#[inline(always)]
fn note(what: u64, bits: u64) -> Event {
    Event {
        region: what as u32,
        serial: (what >> 32) as u32,
        start: bits,
        end: 0,
    }
}

impl Few {
    pub(super) fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            numbers: std::array::from_fn(|_| Kept::default()),
        }
    }

    #[inline(always)]
    fn set(&self, at: usize, note: Event) {
        // Who sees these words sees, too, that those before were given up.
        self.numbers[at].what.store(what(note), Ordering::Release);
        self.numbers[at].bits.store(note.start, Ordering::Release);
    }

    #[inline(always)]
    fn field(&self, at: usize) -> u32 {
        (self.numbers[at].what.load(Ordering::Relaxed) >> 32) as u32
    }

    #[inline(always)]
    fn len(&self) -> usize {
        (self.len.load(Ordering::Relaxed) as usize).min(MOST)
    }

    /// The numbers, as they are noted in a block. What is read while another thread may write has to be
    /// [confirmed](Glance).
    #[inline(always)]
    pub(in crate::record) fn events(&self) -> impl ExactSizeIterator<Item = Event> + '_ {
        let numbers = self.numbers[..self.len()].iter();
        numbers.map(|kept| {
            let what = kept.what.load(Ordering::Acquire);
            note(what, kept.bits.load(Ordering::Acquire))
        })
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = NumberNote> + '_ {
        self.events().filter_map(|event| event.number_note())
    }

    /// Writes all of them; there are at most [`MOST`].
    pub(super) fn fill(&self, numbers: &Collected) {
        let mut filling = Filling::of(self);
        numbers.iter().for_each(|note| filling.push(note.event()));
        filling.end();
    }

    /// What is there, while another thread may be writing. What is the same twice was not being written.
    pub(super) fn glance(&self) -> Glance {
        Glance {
            len: self.len.load(Ordering::Acquire) as usize,
            numbers: std::array::from_fn(|at| {
                let Kept { what, bits } = &self.numbers[at];
                (what.load(Ordering::Acquire), bits.load(Ordering::Acquire))
            }),
        }
    }
}

#[derive(PartialEq)]
pub(super) struct Glance {
    len: usize,
    numbers: [(u64, u64); MOST],
}

impl Glance {
    pub(super) fn notes(&self) -> impl Iterator<Item = NumberNote> + '_ {
        let numbers = self.numbers.iter().take(self.len);
        numbers.filter_map(|&(what, bits)| note(what, bits).number_note())
    }
}

/// Numbers, as they are noted in a block, on their way to their place; into a list where they are more. Of two of the same field the last counts.
pub(in crate::record) struct Filling<'a> {
    few: &'a Few,
    len: usize,
    /// Boxed, as there hardly ever are so many.
    more: Option<Box<Collected>>,
}

impl<'a> Filling<'a> {
    #[inline(always)]
    pub(super) fn of(few: &'a Few) -> Self {
        Self {
            few,
            len: 0,
            more: None,
        }
    }

    #[inline(always)]
    pub(in crate::record) fn push(&mut self, note: Event) {
        if self.len == MOST {
            return self.push_slow(note);
        }
        let known = (0..self.len).find(|&at| self.few.field(at) == note.serial);
        self.few.set(known.unwrap_or(self.len), note);
        self.len += usize::from(known.is_none());
    }

    #[cold]
    #[inline(never)]
    fn push_slow(&mut self, note: Event) {
        if self.more.is_none() {
            self.few.len.store(self.len as u32, Ordering::Relaxed);
            self.more = Some(Box::new(self.few.notes().collect()));
        }
        let more = self.more.get_or_insert_default();
        note.number_note().into_iter().for_each(|note| more.push(note));
    }

    /// Whether all are in their place, and there are any; they are in [`more`](Self::more) otherwise.
    #[inline(always)]
    pub(super) fn end(&self) -> bool {
        if self.more.is_some() {
            // An allocator of the program may have put another span's numbers here meanwhile.
            return false;
        }
        self.few.len.store(self.len as u32, Ordering::Release);
        self.len > 0
    }

    /// All of them, where they do not fit.
    #[inline(always)]
    pub(super) fn more(&self) -> Option<&Collected> {
        self.more.as_deref()
    }
}
