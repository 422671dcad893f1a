//! Serial numbers of spans as a set.

use rustc_hash::FxHashMap;

/// The numbers that a thread gives to its spans follow each other: the bits of so many lie together.
const TOGETHER: u32 = 512;

/// Numbers of spans, of one region or of several: a bit for each.
#[derive(Debug, Default)]
pub(crate) struct SpanSet(FxHashMap<u32, [u64; TOGETHER as usize / 64]>);

impl SpanSet {
    /// Adds a number. Gives whether it is new; 0, which is none, never is.
    pub(crate) fn insert(&mut self, span: u32) -> bool {
        if span == 0 {
            return false;
        }
        let (at, bit) = (span % TOGETHER / 64, 1 << (span % 64));
        let bits = &mut self.0.entry(span / TOGETHER).or_default()[at as usize];
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }

    /// Adds those of another region. Gives how many of them were there already.
    pub(crate) fn take(&mut self, other: Self) -> u64 {
        let mut common = 0;
        for (page, bits) in other.0 {
            for (mine, theirs) in self.0.entry(page).or_default().iter_mut().zip(bits) {
                common += u64::from((*mine & theirs).count_ones());
                *mine |= theirs;
            }
        }
        common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(numbers: &[u32]) -> SpanSet {
        let mut spans = SpanSet::default();
        for &number in numbers {
            assert_eq!(spans.insert(number), number != 0);
            assert!(!spans.insert(number));
        }
        spans
    }

    #[test]
    fn numbers_of_several_regions_are_counted() {
        let mut all = spans(&[1, 700, u32::MAX]);
        assert_eq!(all.take(spans(&[2, 701, 0])), 0);
        assert_eq!(all.take(spans(&[0, 3, 701, u32::MAX])), 2);
        assert_eq!(all.take(spans(&[u32::MAX])), 1);
    }
}
