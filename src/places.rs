//! Small consecutive numbers for things that have numbers of their own, as threads and regions.

use rustc_hash::FxHashMap;

/// Gives each number the next place when it first appears, so that what is kept for numbers can be a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    seen: Vec<u32>,
    /// By number: its place + 1, for the small numbers that our own files use.
    small: Vec<u32>,
    large: FxHashMap<u32, usize>,
}

impl Places {
    const SMALL: usize = 4096;

    /// The place of a number.
    #[inline]
    pub(crate) fn of(&mut self, number: u32) -> usize {
        match self.small.get(number as usize) {
            Some(&place @ 1..) => place as usize - 1,
            _ => self.find_or_add(number),
        }
    }

    #[cold]
    fn find_or_add(&mut self, number: u32) -> usize {
        let index = number as usize;
        let new = self.seen.len();
        if index >= Self::SMALL {
            let place = *self.large.entry(number).or_insert(new);
            if place == new {
                self.seen.push(number);
            }
            return place;
        }
        if self.small.len() <= index {
            self.small.resize(index + 1, 0);
        }
        self.seen.push(number);
        self.small[index] = self.seen.len() as u32;
        new
    }

    /// The numbers in the order in which they appeared.
    pub(crate) fn seen(&self) -> &[u32] {
        &self.seen
    }
}

#[cfg(any(feature = "hdf5", test))]
impl FromIterator<u32> for Places {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut places = Self::default();
        for number in numbers {
            places.of(number);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_places_in_the_order_in_which_they_appear() {
        let mut numbers: Places = [7].into_iter().collect();
        let places = [7, 0, 7, 100_000, u32::MAX, 0, 100_000].map(|number| numbers.of(number));
        assert_eq!(places, [0, 1, 0, 2, 3, 1, 2]);
        assert_eq!(numbers.seen(), [7, 0, 100_000, u32::MAX]);
    }
}
