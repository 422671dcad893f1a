//! Durations of which percentiles are taken: exact ones need them all.

use crate::profile::percentiles;

/// Durations, ns, in any order; in 4 bytes each as long as all are from 0 to 4.29 s.
pub(super) enum Durations {
    Short(Vec<u32>),
    Any(Vec<i64>),
}

impl Default for Durations {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Durations {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(values) => values.len(),
            Self::Any(values) => values.len(),
        }
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        match self {
            Self::Short(values) => values.reserve_exact(more),
            Self::Any(values) => values.reserve_exact(more),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, ns: i64) {
        match self {
            Self::Short(values) => match u32::try_from(ns) {
                Ok(ns) => values.push(ns),
                Err(_) => self.widen().push(ns),
            },
            Self::Any(values) => values.push(ns),
        }
    }

    #[cold]
    fn widen(&mut self) -> &mut Vec<i64> {
        if let Self::Short(values) = self {
            let mut wide = Vec::with_capacity(values.capacity());
            wide.extend(values.iter().copied().map(i64::from));
            *self = Self::Any(wide);
        }
        match self {
            Self::Any(values) => values,
            Self::Short(_) => unreachable!("they were widened"),
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Short(values), Self::Short(others)) => values.extend(others),
            (_, Self::Short(others)) => self.widen().extend(others.into_iter().map(i64::from)),
            (_, Self::Any(others)) => self.widen().extend(others),
        }
    }

    /// See [`percentiles`].
    pub(super) fn percentiles<const N: usize>(&mut self, ps: [f64; N]) -> [f64; N] {
        match self {
            Self::Short(values) => percentiles(values, ps),
            Self::Any(values) => percentiles(values, ps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_beyond_4_seconds_and_below_zero_are_kept_whole() {
        for odd in [-7, 5_000_000_000, i64::MAX] {
            let (mut first, mut second) = (Durations::default(), Durations::default());
            first.push(3);
            second.push(odd);
            second.push(4);
            assert!(matches!(second, Durations::Any(_)));
            second.append(first);
            assert_eq!(second.len(), 3);
            let expected = if odd < 0 {
                [-7.0, 3.0, 4.0]
            } else {
                [3.0, 4.0, odd as f64]
            };
            assert_eq!(second.percentiles([0.0, 50.0, 100.0]), expected);
        }
    }
}
