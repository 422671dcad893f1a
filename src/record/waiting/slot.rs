//! A place that spans share, one at a time.

use super::collected::Collected;
use super::few::{BUSY, FREE, Few, Glance};
use crate::note::NumberNote;
use crate::record::sync::{AtomicU32, Ordering};
use crate::sys::fork;

/// Spans whose numbers wait in the table.
pub(super) const SLOTS: usize = if cfg!(scope_profiler_model) { 2 } else { 1 << 12 };

#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Slot {
    /// The serial number of the span; [`FREE`], or [`BUSY`] while a thread reads or writes the rest.
    owner: AtomicU32,
    /// A bit for each span of this slot whose numbers were moved to the map, by [`bit`].
    moved: AtomicU32,
    few: Few,
}

/// Tells the spans of a slot apart, as far as a word can.
fn bit(serial: u32) -> u32 {
    1 << (serial as usize / SLOTS % 32)
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            owner: AtomicU32::new(FREE),
            moved: AtomicU32::new(0),
            few: Few::new(),
        }
    }

    #[inline(always)]
    pub(super) fn owner(&self) -> u32 {
        self.owner.load(Ordering::Acquire)
    }

    /// Takes the slot where `owner` has it.
    #[inline(always)]
    pub(super) fn seize(&self, owner: u32) -> bool {
        let seized = self
            .owner
            .compare_exchange(owner, BUSY, Ordering::Acquire, Ordering::Relaxed);
        seized.is_ok()
    }

    /// Only who has seized the slot may call this.
    #[inline(always)]
    pub(super) fn release(&self, owner: u32) {
        self.owner.store(owner, Ordering::Release);
    }

    /// Only who has seized the slot may call this.
    pub(super) fn fill(&self, numbers: &Collected) {
        self.few.fill(numbers);
    }

    /// Only who has seized the slot may call this.
    pub(super) fn read(&self) -> Collected {
        self.few.notes().collect()
    }

    /// Takes the numbers of the span, where the slot is its.
    pub(super) fn take(&self, serial: u32) -> Option<Collected> {
        if [FREE, BUSY].contains(&serial) || self.owner() != serial {
            return None;
        }
        let _inside = fork::enter();
        self.seize(serial).then(|| {
            let numbers = self.read();
            self.release(FREE);
            numbers
        })
    }

    /// Whether numbers of the span may be in the map.
    pub(super) fn is_moved(&self, serial: u32) -> bool {
        self.moved.load(Ordering::Acquire) & bit(serial) != 0
    }

    pub(super) fn set_moved(&self, serial: u32) {
        self.moved.fetch_or(bit(serial), Ordering::Release);
    }

    pub(super) fn clear_moved(&self) {
        self.moved.store(0, Ordering::Relaxed);
    }

    /// Looks at what is here, and leaves out what is just changing.
    pub(super) fn peek(&self, mut f: impl FnMut(u32, NumberNote)) {
        let glance = || -> (u32, Glance) { (self.owner(), self.few.glance()) };
        let seen = glance();
        let (owner, numbers) = &seen;
        // What is the same twice was not being written.
        if ![FREE, BUSY].contains(owner) && seen == glance() {
            numbers.notes().for_each(|note| f(*owner, note));
        }
    }
}
