//! Small consecutive numbers for the threads of a rank.

use rustc_hash::FxHashMap;

/// Gives each thread the next small number when it first appears, so that what is kept for threads can be a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadIndex {
    seen: Vec<u32>,
    /// By thread: its number + 1, for the small thread numbers that our own files use.
    small: Vec<u32>,
    large: FxHashMap<u32, usize>,
}

impl ThreadIndex {
    const SMALL: usize = 4096;

    /// The number of a thread.
    #[inline]
    pub(crate) fn of(&mut self, thread: u32) -> usize {
        match self.small.get(thread as usize) {
            Some(&number @ 1..) => number as usize - 1,
            _ => self.find_or_add(thread),
        }
    }

    #[cold]
    fn find_or_add(&mut self, thread: u32) -> usize {
        let index = thread as usize;
        let new = self.seen.len();
        if index >= Self::SMALL {
            let number = *self.large.entry(thread).or_insert(new);
            if number == new {
                self.seen.push(thread);
            }
            return number;
        }
        if self.small.len() <= index {
            self.small.resize(index + 1, 0);
        }
        self.seen.push(thread);
        self.small[index] = self.seen.len() as u32;
        new
    }

    /// The threads in the order in which they appeared.
    pub(crate) fn seen(&self) -> &[u32] {
        &self.seen
    }
}

/// Whether calls of different threads overlap, of calls in order of start.
#[derive(Clone, Debug)]
pub(crate) struct ThreadOverlap {
    /// The latest end so far, its thread, and the latest end of all other threads.
    latest: (u32, i64),
    latest_of_others: i64,
    found: bool,
}

impl ThreadOverlap {
    /// No call so far.
    pub(crate) const NONE: Self = Self {
        latest: (0, i64::MIN),
        latest_of_others: i64::MIN,
        found: false,
    };

    /// They do.
    pub(crate) const FOUND: Self = Self {
        found: true,
        ..Self::NONE
    };

    /// Takes the next call.
    #[inline]
    pub(crate) fn add(&mut self, thread: u32, start: i64, end: i64) {
        let (latest_thread, latest_end) = self.latest;
        if thread == latest_thread {
            self.found |= start < self.latest_of_others;
            self.latest.1 = latest_end.max(end);
        } else {
            self.found |= start < latest_end;
            if end > latest_end {
                self.latest_of_others = latest_end;
                self.latest = (thread, end);
            } else {
                self.latest_of_others = self.latest_of_others.max(end);
            }
        }
    }

    /// Takes calls of the only thread so far, of which the last ends at `last_end`.
    pub(crate) fn add_only(&mut self, thread: u32, last_end: i64) {
        self.latest = (thread, self.latest.1.max(last_end));
    }

    /// Whether any did.
    pub(crate) fn found(&self) -> bool {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_numbered_in_the_order_in_which_they_appear() {
        let mut threads = ThreadIndex::default();
        let numbers = [7, 0, 7, 100_000, u32::MAX, 0, 100_000].map(|thread| threads.of(thread));
        assert_eq!(numbers, [0, 1, 0, 2, 3, 1, 2]);
        assert_eq!(threads.seen(), [7, 0, 100_000, u32::MAX]);
    }
}
