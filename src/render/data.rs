//! The numbers of a figure.

use std::borrow::Cow;

/// The numbers of a figure as a table, for those who draw another one of them.
///
/// ```
/// use scope_profiler::render::{Column, Data, Datum};
///
/// const COLUMNS: &[Column] = &[
///     Column::new("region", "the region's name"),
///     Column::new("calls", "calls on all ranks"),
/// ];
/// let data = Data::new(COLUMNS, [("solve", 3_u64), ("io", 5)].into_iter().map(|(name, calls)| {
///     vec![name.into(), calls.into()]
/// }));
/// let solve = data.into_rows().next().expect("a row");
/// assert_eq!(solve, [Datum::Text("solve".into()), Datum::Whole(3)]);
/// ```
pub struct Data<'a> {
    columns: &'static [Column],
    rows: Box<dyn Iterator<Item = Vec<Datum<'a>>> + 'a>,
}

/// One column of [`Data`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    about: &'static str,
}

/// One field of [`Data`].
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// No value.
    None,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Whole(i128),
    /// Any number.
    Number(f64),
}

impl<'a> Data<'a> {
    /// Of rows that have a field for each column.
    pub fn new(columns: &'static [Column], rows: impl Iterator<Item = Vec<Datum<'a>>> + 'a) -> Self {
        Self {
            columns,
            rows: Box::new(rows),
        }
    }

    /// What a row has.
    #[must_use]
    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// The rows, each with a field for each of the [`columns`](Self::columns).
    pub fn into_rows(self) -> impl Iterator<Item = Vec<Datum<'a>>> + 'a {
        self.rows
    }
}

impl Column {
    /// `name` ends in the unit, if there is one, as in `start_ns`.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }

    /// Its name, with the unit.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it has, in a few words without a full stop.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }
}

impl<'a> From<&'a str> for Datum<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<f64> for Datum<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Datum<'_> {
    fn from(number: usize) -> Self {
        Self::Whole(number as i128)
    }
}

macro_rules! whole {
    ($($type:ty),*) => {
        $(impl From<$type> for Datum<'_> {
            fn from(number: $type) -> Self {
                Self::Whole(number.into())
            }
        })*
    };
}

whole!(i64, u64, u32);

impl<'a, T: Into<Datum<'a>>> From<Option<T>> for Datum<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
