//! The numbers of the span that a thread has created last: most spans are entered at once, by the thread that created
//! them.
//!
//! Only the thread that takes serial numbers from a batch puts numbers into the place of that batch, which it has
//! claimed, so putting them there takes no exchange. Any thread takes them.

use super::collected::Collected;
use super::few::{BUSY, FREE, Few, Filling};
use super::patience::Patience;
use crate::note::NumberNote;
use crate::record::serial;
use crate::record::sync::{AtomicU32, Ordering};
use std::cell::Cell;

/// The place of a batch of serial numbers.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Newest {
    /// The serial number of the span; [`FREE`], or [`BUSY`] while a thread has its numbers wait elsewhere.
    span: AtomicU32,
    /// The [batch](serial::batch) whose thread puts numbers here; [`FREE`] where none does.
    batch: AtomicU32,
    few: Few,
}

/// The batch that a thread has claimed a place for.
#[derive(Debug, Default)]
pub(in crate::record) struct Claim(Cell<u32>);

impl Claim {
    #[inline(always)]
    pub(super) fn is_of(&self, serial: u32) -> bool {
        self.0.get() == serial::batch(serial)
    }

    /// What was claimed last.
    pub(super) fn batch(&self) -> u32 {
        self.0.get()
    }
}

impl Newest {
    pub(super) fn new() -> Self {
        Self {
            span: AtomicU32::new(FREE),
            batch: AtomicU32::new(FREE),
            few: Few::new(),
        }
    }

    /// Claims the place for the batch of a serial number; false where another thread has it.
    pub(super) fn claim(&self, claim: &Claim, serial: u32) -> bool {
        let batch = serial::batch(serial);
        let claimed = self
            .batch
            .compare_exchange(FREE, batch, Ordering::Acquire, Ordering::Relaxed);
        if claimed.is_ok() {
            claim.0.set(batch);
        }
        claimed.is_ok()
    }

    /// Gives back what was claimed. What waits here still does.
    pub(super) fn give_back(&self, claim: &Claim) {
        claim.0.set(FREE);
        self.batch.store(FREE, Ordering::Release);
    }

    /// Whose numbers are here; [`FREE`] and [`BUSY`] are nobody's.
    #[inline(always)]
    pub(super) fn span(&self) -> u32 {
        self.span.load(Ordering::Acquire)
    }

    /// The same once nobody has it [`BUSY`] any more, unless that takes too long.
    pub(super) fn span_at_rest(&self) -> u32 {
        let mut patience = Patience::default();
        loop {
            let span = self.span();
            if span != BUSY || !patience.wait() {
                return span;
            }
        }
    }

    /// Puts down the numbers that `record` pushes, and gives those that do not fit, all of them, to `spill`. Only the
    /// thread that has claimed this place may call it, where it is [`FREE`].
    #[inline(always)]
    pub(super) fn fill(
        &self,
        serial: u32,
        record: impl FnOnce(&mut Filling<'_>),
        spill: impl FnOnce(&Collected),
    ) {
        let mut filling = Filling::of(&self.few);
        record(&mut filling);
        if filling.end() {
            self.span.store(serial, Ordering::Release);
        } else if let Some(numbers) = filling.more() {
            spill(numbers);
        }
    }

    /// Takes the numbers of the span, which `write` sees before: what it does counts only where this gives its result.
    /// None where they are not here, `write` gives None, or another thread is first. Not for [`FREE`] and [`BUSY`].
    #[inline(always)]
    pub(super) fn take<R>(&self, serial: u32, write: impl FnOnce(&Few) -> Option<R>) -> Option<R> {
        if self.span() != serial {
            return None;
        }
        let result = write(&self.few)?;
        self.change(serial, FREE).then_some(result)
    }

    #[inline(always)]
    fn change(&self, from: u32, to: u32) -> bool {
        let changed = self
            .span
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed);
        changed.is_ok()
    }

    /// Has the numbers of the span wait elsewhere: whoever looks for them waits until `put` has put them there. None
    /// where they are not here any more.
    pub(super) fn move_out<R>(&self, serial: u32, put: impl FnOnce(&Collected) -> R) -> Option<R> {
        if !self.change(serial, BUSY) {
            return None;
        }
        let result = put(&self.few.notes().collect());
        self.span.store(FREE, Ordering::Release);
        Some(result)
    }

    /// Looks at what is here, and leaves out what is just changing.
    pub(super) fn peek(&self, mut f: impl FnMut(u32, NumberNote)) {
        let span = self.span();
        let seen = self.few.glance();
        // No span comes back.
        if ![FREE, BUSY].contains(&span) && self.span() == span {
            seen.notes().for_each(|note| f(span, note));
        }
    }
}
