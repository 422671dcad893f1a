//! Multiplying many numbers by one fraction, without a division for each.

/// A fraction, to take of many numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction {
    whole: u64,
    /// What it is beyond `whole`: `rest` / `of`, and the same in 2^-64, rounded down.
    rest: u64,
    of: u64,
    share: u64,
    reach: u64,
}

impl Fraction {
    /// `numerator` / `denominator`, which is not 0.
    pub(crate) fn new(numerator: u64, denominator: u64) -> Self {
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        Self {
            whole,
            rest,
            of: denominator,
            share: ((u128::from(rest) << 64) / u128::from(denominator)) as u64,
            reach: if denominator >> 63 == 0 {
                (1 << 61) / whole.saturating_add(1)
            } else {
                0
            },
        }
    }

    /// It can be taken of numbers below this; what comes of them is no larger than 2^61.
    pub(crate) fn reach(&self) -> u64 {
        self.reach
    }

    /// The fraction of a number, rounded down, and whether there was anything to round. Three multiplications take a
    /// fraction of the time of a division.
    #[inline]
    pub(crate) fn of(&self, number: u64) -> (u64, bool) {
        debug_assert!(number < self.reach);
        // What the share lacks makes this too small by at most one.
        let about = ((u128::from(number) * u128::from(self.share)) >> 64) as u64;
        // The rest is less than twice the denominator, so that what overflows does not matter.
        let rest = number
            .wrapping_mul(self.rest)
            .wrapping_sub(about.wrapping_mul(self.of));
        let is_short = rest >= self.of;
        let exact = number * self.whole + about + u64::from(is_short);
        (exact, rest != 0 && rest != self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fraction_of_a_number_is_that_of_a_division(
            (numerator, shift) in (any::<u64>(), 0_u32..64),
            (denominator, bits) in (any::<u64>(), 0_u32..64),
            number in any::<u64>(),
            near in 0_u64..3,
        ) {
            let (numerator, denominator) = (numerator >> shift, (denominator >> bits).max(1));
            let fraction = Fraction::new(numerator, denominator);
            // Multiples, where rounding shows, and anything else.
            let multiple = (number / denominator * denominator).saturating_add(near).saturating_sub(1);
            for number in [number, multiple].map(|number| number.checked_rem(fraction.reach())) {
                let Some(number) = number else { continue };
                let product = u128::from(number) * u128::from(numerator);
                let (of, is_rounded) = fraction.of(number);
                prop_assert_eq!(u128::from(of), product / u128::from(denominator));
                prop_assert_eq!(is_rounded, product % u128::from(denominator) != 0);
                prop_assert!(of <= 1 << 61);
            }
        }
    }

    #[test]
    fn usual_counters_are_within_reach_for_years() {
        for ticks_per_ns in [1, 2, 3, 5] {
            let fraction = Fraction::new(1_000_000_007, 1_000_000_000 * ticks_per_ns);
            assert!(fraction.reach() >= 1 << 60, "{fraction:?}");
        }
    }
}
