//! The bars of rows as bytes, beside their [blocks](super::blocks).
//!
//! Of each bar: the time since the one before has ended, its length, its calls less one and twice that, one more where
//! it has gaps, and then how long these are. Numbers are written seven bits to a byte, the lowest first, and the
//! highest bit is set on all bytes but the last.

use crate::profile::{RowBar, RowBars};

/// The bars as bytes; the first begins so long after `origin`.
pub(super) fn encode(bars: &RowBars, origin: i64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bars.bars.len() * 8);
    let mut end = origin;
    for bar in &bars.bars {
        let length = bar.end_ns.wrapping_sub(bar.start_ns) as u64;
        let idle = length.saturating_sub(bar.busy_ns);
        put(&mut bytes, bar.start_ns.wrapping_sub(end) as u64);
        put(&mut bytes, length);
        put(&mut bytes, (bar.calls - 1) << 1 | u64::from(idle > 0));
        if idle > 0 {
            put(&mut bytes, idle);
        }
        end = bar.end_ns;
    }
    bytes
}

/// So many bars of the level; none where the bytes are not theirs.
pub(super) fn decode(bytes: &[u8], number: u64, level: u32, origin: i64) -> Option<RowBars> {
    // A bar takes three bytes or more.
    let number = usize::try_from(number)
        .ok()
        .filter(|&number| number <= bytes.len() / 3)?;
    let mut bars = Vec::with_capacity(number);
    let (mut left, mut end) = (bytes, origin);
    for _ in 0..number {
        let start_ns = end.checked_add_unsigned(take(&mut left)?)?;
        let length = take(&mut left)?;
        let calls = take(&mut left)?;
        let idle = if calls & 1 == 1 { take(&mut left)? } else { 0 };
        end = start_ns.checked_add_unsigned(length)?;
        bars.push(RowBar {
            start_ns,
            end_ns: end,
            busy_ns: length.checked_sub(idle)?,
            calls: (calls >> 1).checked_add(1)?,
        });
    }
    left.is_empty().then_some(RowBars { level, bars })
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if (part << shift) >> shift != part {
            return None;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bars_come_back_from_their_bytes(
            pieces in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u32>(), 1_u64..1 << 40), 0..50),
            origin in -9_000_000_000_i64..9_000_000_000,
        ) {
            let mut end_ns = origin;
            let bars = pieces.into_iter().map(|(gap, length, busy, calls)| {
                let start_ns = end_ns + i64::from(gap);
                end_ns = start_ns + i64::from(length);
                RowBar { start_ns, end_ns, busy_ns: busy.min(length).into(), calls }
            });
            let bars = RowBars { level: 7, bars: bars.collect() };
            let bytes = encode(&bars, origin);
            let number = bars.bars.len() as u64;
            let same = decode(&bytes, number, 7, origin);
            prop_assert_eq!(same.as_ref(), Some(&bars));
            // Cut off anywhere, or followed by more, they are none.
            if number > 0 {
                prop_assert_eq!(decode(&bytes[..bytes.len() - 1], number, 7, origin), None);
            }
            prop_assert_eq!(decode(&[&bytes[..], &[0]].concat(), number, 7, origin), None);
        }

        #[test]
        fn any_bytes_are_bars_or_none(bytes in prop::collection::vec(any::<u8>(), 0..99), number in 0_u64..40) {
            let _ = decode(&bytes, number, 3, 0);
        }
    }
}
