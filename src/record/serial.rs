//! The serial numbers of spans: one for each span of the process, whichever layer or subscriber it comes through.
//!
//! A thread takes a batch at a time, so threads that create spans share nothing in between. After 2^32 spans the
//! numbers start again. No span has the number 0.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many numbers a thread takes at once. The rest of the batch of a thread that ends is never used.
pub(super) const BATCH: u32 = 1 << 9;

/// What all serial numbers of one batch have in common, and no others. Not 0.
#[inline(always)]
pub(super) fn batch(serial: u32) -> u32 {
    serial | (BATCH - 1)
}

/// The rest of a thread's batch, as its next number. A multiple of [`BATCH`] says that the batch is used up, so no
/// span has such a number, 0 among them.
#[derive(Debug, Default)]
pub(super) struct Serials(std::cell::Cell<u32>);

impl Serials {
    /// A number for a span; None at the end of a batch.
    #[inline(always)]
    pub(super) fn take_fast(&self) -> Option<u32> {
        let serial = self.0.get();
        if serial % BATCH == 0 {
            return None;
        }
        self.0.set(serial.wrapping_add(1));
        Some(serial)
    }

    /// The slow path, which handles every case.
    pub(super) fn take(&self) -> u32 {
        self.take_fast().unwrap_or_else(|| {
            let first = of_a_new_batch();
            self.0.set(first.wrapping_add(1));
            first
        })
    }
}

/// The first number of a new batch; enough by itself where a thread has no buffer.
pub(super) fn of_a_new_batch() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(BATCH, Ordering::Relaxed) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_number_is_given_twice_and_none_is_0() {
        let of_a_thread = || {
            let serials = Serials::default();
            (0..3 * BATCH).map(|_| serials.take()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(of_a_thread)).collect();
        let taken = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        let mut seen = HashSet::from([0]);
        assert!(taken.into_iter().all(|serial| seen.insert(serial)));
    }

    #[test]
    fn numbers_that_start_again_leave_out_0() {
        let serials = Serials(std::cell::Cell::new(u32::MAX));
        assert_eq!(serials.take_fast(), Some(u32::MAX));
        assert_eq!(serials.take_fast(), None);
    }
}
