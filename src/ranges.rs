//! Numbers of ranks as ranges.

use std::ops::RangeInclusive;

/// Ascending numbers as ranges.
pub(crate) fn runs(numbers: &[u32]) -> Vec<RangeInclusive<u32>> {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    runs.map(|run| run[0]..=run[run.len() - 1]).collect()
}

/// Each range as text: `2`, `5-6`.
pub(crate) fn texts(ranges: &[RangeInclusive<u32>]) -> Vec<String> {
    let text = |range: &RangeInclusive<u32>| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect()
}

/// Whether a number is in one of them.
pub(crate) fn contains(ranges: &[RangeInclusive<u32>], rank: u32) -> bool {
    ranges.iter().any(|range| range.contains(&rank))
}

/// Sorted and merged.
pub(crate) fn merged(mut ranges: Vec<RangeInclusive<u32>>) -> Vec<RangeInclusive<u32>> {
    ranges.sort_by_key(|range| *range.start());
    let mut merged: Vec<RangeInclusive<u32>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if u64::from(*range.start()) <= u64::from(*last.end()) + 1 => {
                *last = *last.start()..=*last.end().max(range.end());
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// These ranks without those; both are sorted and merged.
pub(crate) fn without(
    ranks: Vec<RangeInclusive<u32>>,
    those: &[RangeInclusive<u32>],
) -> Vec<RangeInclusive<u32>> {
    let mut left = Vec::new();
    let mut those = those.iter().peekable();
    for range in ranks {
        let (mut next, last) = (u64::from(*range.start()), u64::from(*range.end()));
        while let Some(out) = those.peek() {
            let (first_out, last_out) = (u64::from(*out.start()), u64::from(*out.end()));
            if first_out > last {
                break;
            }
            if first_out > next {
                left.push(next as u32..=*out.start() - 1);
            }
            next = next.max(last_out + 1);
            if last_out > last {
                break;
            }
            those.next();
        }
        if next <= last {
            left.push(next as u32..=*range.end());
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers below `size` that are neither here nor elsewhere.
    fn rest(size: u32, here: &[u32], elsewhere: &[RangeInclusive<u32>]) -> String {
        let known = runs(here).into_iter().chain(elsewhere.iter().cloned()).collect();
        let all = size.checked_sub(1).map(|last| 0..=last);
        texts(&without(all.into_iter().collect(), &merged(known))).join(",")
    }

    #[test]
    fn what_is_left_without_others() {
        assert_eq!(rest(10, &[2, 5], &[3..=3, 7..=8]), "0-1,4,6,9");
        assert_eq!(rest(4, &[1], &[]), "0,2-3");
        assert_eq!(rest(2, &[0, 1], &[]), "");
        assert_eq!(rest(0, &[0, 4], &[]), "");
        assert_eq!(rest(5, &[], &[0..=u32::MAX]), "");
    }
}
