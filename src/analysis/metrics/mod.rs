//! What the numbers of calls come to, by region: totals and rates of fields as `bytes`, extremes and percentiles of
//! any, as of a `residual`.

mod growing;
mod kind;
mod span_times;
mod statistics;

pub use growing::GrowingMetrics;
pub(super) use growing::MOST_KEPT;
pub(crate) use growing::{field_of, field_of_rows, none_has};
pub(crate) use kind::{adds_up, unit_of};
pub use statistics::FieldStatistics;
pub(crate) use statistics::percentile_of_sorted;

use super::pass;
use super::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Field, Source};
use std::collections::BTreeMap;

/// The numbers of some fields, by region, over the chosen ranks.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::metrics::Metrics;
/// use scope_profiler::profile::{Call, Number, Profile};
///
/// let profile = Profile::builder()
///     .interval(Call::new("axpy", 0..10).numbers(&[("bytes", Number::Int(240))]))
///     .interval(Call::new("axpy", 20..25)) // of this one the bytes are not known
///     .build();
/// let metrics = Metrics::of(&profile, &RegionFilter::new(), &["bytes"])?;
/// let bytes = metrics.of_region("axpy", 0).expect("axpy has bytes");
/// assert_eq!((bytes.calls(), bytes.total(), bytes.time_ns()), (1, 240.0, 10));
/// assert_eq!(bytes.per_second(), Some(24e9));
/// assert_eq!(metrics.unit(0), Some("B"));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    fields: Vec<Field>,
    /// By region; one entry for each field.
    regions: BTreeMap<String, Vec<FieldStatistics>>,
}

impl Metrics {
    /// The numbers of these fields, in this order, from a pass of its own.
    ///
    /// # Errors
    ///
    /// When there is no such field or no chosen rank, no region is left, or intervals cannot be read.
    pub fn of(source: &dyn Source, filter: &RegionFilter, fields: &[impl AsRef<str>]) -> Result<Self> {
        let mut growing = GrowingMetrics::new(source, filter, fields)?;
        pass::run(source, &mut [&mut growing])?;
        Ok(growing.finish())
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What the field at this place is measured in: the unit that the program gave it, or what its name says: `B` for
    /// `bytes`, `flop` for `flops`, also as a part as in `bytes_read`.
    #[must_use]
    pub fn unit(&self, field: usize) -> Option<&str> {
        unit_of(self.fields.get(field)?)
    }

    /// Whether the numbers of the field at this place add up, so that a total and a rate mean something: those with a
    /// unit do, unless it is one of what is measured at a moment, as `K`, or a ratio, as `%` and `m/s`; of plain
    /// numbers those whose name says that they count something, as `allocs` and `iterations`, or whose unit was
    /// declared as `1`.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::analysis::metrics::Metrics;
    /// use scope_profiler::profile::{Call, Number, Profile};
    ///
    /// let numbers = [("bytes", Number::Int(240)), ("residual", Number::Float(0.5))];
    /// let profile = Profile::builder().interval(Call::new("axpy", 0..10).numbers(&numbers)).build();
    /// let metrics = Metrics::of(&profile, &RegionFilter::new(), &["bytes", "residual"])?;
    /// assert_eq!([metrics.adds_up(0), metrics.adds_up(1)], [true, false]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn adds_up(&self, field: usize) -> bool {
        self.fields.get(field).is_some_and(adds_up)
    }

    /// The numbers of the field at this place in the calls of a region; none where no call has one.
    #[must_use]
    pub fn of_region(&self, region: &str, field: usize) -> Option<&FieldStatistics> {
        let of_field = self.regions.get(region)?.get(field)?;
        (of_field.calls() > 0).then_some(of_field)
    }
}
