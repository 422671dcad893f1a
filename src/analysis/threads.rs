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
