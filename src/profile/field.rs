//! A numeric field: what numbers of calls are called, and what they are measured in.

/// What stands before the name of a field where it names a column.
const PREFIX: &str = "fields/";

/// A number that calls may have, as `bytes` or `residual`: its name and its unit.
///
/// A [`Source`](super::Source) says which fields it has, and hands out their values as
/// [optional columns](super::Intervals::with_column):
///
/// ```
/// use scope_profiler::profile::{Call, Intervals, Number, Numbers, Profile, Source};
///
/// let profile = Profile::builder()
///     .interval(Call::new("axpy", 0..10).numbers(&[("bytes", Number::Int(240))]))
///     .interval(Call::new("axpy", 20..25))
///     .unit("bytes", "B")
///     .build();
///
/// let field = &profile.fields()[0];
/// assert_eq!((field.name(), field.unit()), ("bytes", Some("B")));
/// assert_eq!(profile.fields_of(0), [0]);
/// let mut intervals = Intervals::new().with_column(field.column());
/// profile.read(0, 0..2, &mut intervals)?;
/// let bytes = intervals.column(field.column()).expect("a field of this row");
/// assert_eq!(*bytes, Numbers::Int(vec![240, Numbers::ABSENT]));
/// assert_eq!(bytes.get(0), Some(Number::Int(240)));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    column: String,
    unit: Option<String>,
}

impl Field {
    /// A field of this name, without a unit.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            column: format!("{PREFIX}{name}"),
            unit: None,
        }
    }

    /// Sets the unit, as in `B` or `J`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The name, as the program gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.column[PREFIX.len()..]
    }

    /// The unit, where it is known.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The name of the [optional column](super::Intervals::with_column) with its values. No other column is called so.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }
}
