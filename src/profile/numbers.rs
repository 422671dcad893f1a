//! Numbers beside intervals: one, and a column of them.

/// A number that a program recorded of a call.
///
/// ```
/// use scope_profiler::profile::Number;
///
/// assert_eq!(Number::from(24_u32), Number::Int(24));
/// assert_eq!(Number::from(true), Number::Int(1));
/// assert_eq!(Number::from(u64::MAX), Number::Float(18_446_744_073_709_551_616.0)); // beyond i64: rounded
/// assert_eq!(Number::from(0.5_f32).as_f64(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A floating-point number. NaN is as good as none.
    Float(f64),
}

impl Number {
    /// The number as a floating-point number; whole ones beyond 2^53 are rounded.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Float(x) => x,
        }
    }
}

macro_rules! from_small {
    ($($small:ty),*) => {$(
        impl From<$small> for Number {
            #[inline]
            fn from(n: $small) -> Self {
                Self::Int(n.into())
            }
        }
    )*};
}

macro_rules! from_large {
    ($($large:ty),*) => {$(
        impl From<$large> for Number {
            #[inline]
            fn from(n: $large) -> Self {
                match i64::try_from(n) {
                    Ok(n) => Self::Int(n),
                    Err(_) => Self::Float(rounded(|| n as f64)),
                }
            }
        }
    )*};
}

/// Out of line, so that a number which is not that large does not pay for it.
#[cold]
#[inline(never)]
fn rounded(n: impl FnOnce() -> f64) -> f64 {
    n()
}

from_small!(i8, i16, i32, i64, u8, u16, u32, bool);
from_large!(u64, usize, isize, u128, i128);

impl From<f64> for Number {
    #[inline]
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<f32> for Number {
    #[inline]
    fn from(x: f32) -> Self {
        Self::Float(x.into())
    }
}

/// The values of an optional column, one for each interval.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Numbers {
    /// Whole numbers. In the column of a [field](super::Field), [`ABSENT`](Self::ABSENT) stands where an interval has
    /// none.
    Int(Vec<i64>),
    /// Floating-point numbers; NaN where an interval has none.
    Float(Vec<f64>),
}

impl Numbers {
    /// Stands for no number among the whole numbers of a field.
    pub const ABSENT: i64 = i64::MIN;

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Float(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those that are whole numbers.
    #[must_use]
    pub fn whole(&self) -> Option<&[i64]> {
        match self {
            Self::Int(values) => Some(values),
            Self::Float(_) => None,
        }
    }

    /// The number at `index`; none where the interval has none of the field.
    ///
    /// ```
    /// use scope_profiler::profile::{Number, Numbers};
    ///
    /// let bytes = Numbers::Int(vec![24, Numbers::ABSENT]);
    /// assert_eq!((bytes.get(0), bytes.get(1)), (Some(Number::Int(24)), None));
    /// ```
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Number> {
        match self {
            Self::Int(values) => Some(values[index])
                .filter(|&n| n != Self::ABSENT)
                .map(Number::Int),
            Self::Float(values) => Some(values[index]).filter(|x| !x.is_nan()).map(Number::Float),
        }
    }

    /// The numbers of the intervals one after the other; none where an interval has none of the field.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Number>> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    pub(super) fn pick(&self, order: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Int(values) => Self::Int(order.map(|index| values[index]).collect()),
            Self::Float(values) => Self::Float(order.map(|index| values[index]).collect()),
        }
    }
}

impl FromIterator<Option<Number>> for Numbers {
    /// Whole numbers if all are, and none is the one that stands for no number.
    fn from_iter<I: IntoIterator<Item = Option<Number>>>(numbers: I) -> Self {
        let numbers: Vec<Option<Number>> = numbers.into_iter().collect();
        let whole = numbers.iter().map(|number| match number {
            None => Some(Self::ABSENT),
            Some(Number::Int(n)) if *n != Self::ABSENT => Some(*n),
            Some(_) => None,
        });
        if let Some(whole) = whole.collect() {
            return Self::Int(whole);
        }
        let float = |number: Option<Number>| number.map_or(f64::NAN, Number::as_f64);
        Self::Float(numbers.into_iter().map(float).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_if_all_are_and_fit() {
        let of = |numbers: &[Option<Number>]| numbers.iter().copied().collect::<Numbers>();
        let whole = of(&[Some(Number::Int(3)), None]);
        assert_eq!(whole, Numbers::Int(vec![3, i64::MIN]));
        let Numbers::Float(mixed) = of(&[Some(Number::Int(3)), None, Some(Number::Float(0.5))]) else {
            panic!("0.5 is not whole");
        };
        assert_eq!((mixed[0], mixed[1].is_nan(), mixed[2]), (3.0, true, 0.5));
        // The mark for no number is not one.
        assert_eq!(
            of(&[Some(i64::MIN.into())]),
            Numbers::Float(vec![-9_223_372_036_854_775_808.0])
        );
        assert_eq!(
            of(&[Some(u64::MAX.into())]),
            Numbers::Float(vec![18_446_744_073_709_551_616.0])
        );
    }
}
