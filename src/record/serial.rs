//! The serial numbers of spans: one for each span of the process, whatever door it comes through.
//!
//! A thread takes a batch at a time, so that threads that create spans share nothing. After 2^32 spans the
//! numbers come again. 0 is no span's.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many numbers a thread takes at once. A thread that ends leaves the rest of its batch unused.
const BATCH: u32 = 1 << 9;

/// The rest of a thread's batch, as its next number. A multiple of [`BATCH`] says that there is none, so
/// such numbers, 0 among them, are no span's.
#[derive(Debug, Default)]
pub(super) struct Serials(std::cell::Cell<u32>);

impl Serials {
    /// A number for a span; None at the end of a batch.
    #[inline(always)]
    pub(super) fn take_quickly(&self) -> Option<u32> {
        let serial = self.0.get();
        if serial % BATCH == 0 {
            return None;
        }
        self.0.set(serial.wrapping_add(1));
        Some(serial)
    }

    /// The slow path, which handles every case.
    pub(super) fn take(&self) -> u32 {
        self.take_quickly().unwrap_or_else(|| {
            let first = of_a_new_batch();
            self.0.set(first.wrapping_add(1));
            first
        })
    }
}

/// The first number of a batch that no other thread takes: enough where a thread has no lane.
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
    fn numbers_that_come_again_pass_0_over() {
        let serials = Serials(std::cell::Cell::new(u32::MAX));
        assert_eq!(serials.take_quickly(), Some(u32::MAX));
        assert_eq!(serials.take_quickly(), None);
    }
}
