//! What the numbers of calls come to, by region: totals, rates and percentiles of fields as `bytes` or `residual`.

mod growing;
mod statistics;

pub use growing::GrowingMetrics;
pub(crate) use growing::{field_of, none_has};
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

    /// The numbers of the field at this place in the calls of a region; none where no call has one.
    #[must_use]
    pub fn of_region(&self, region: &str, field: usize) -> Option<&FieldStatistics> {
        let of_field = self.regions.get(region)?.get(field)?;
        (of_field.calls() > 0).then_some(of_field)
    }
}

/// What a field is measured in, as the program or its name says.
pub(crate) fn unit_of(field: &Field) -> Option<&str> {
    field.unit().or_else(|| unit_by_name(field.name()))
}

fn unit_by_name(name: &str) -> Option<&'static str> {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.find_map(|word| match word.to_ascii_lowercase().as_str() {
        "bytes" | "byte" => Some("B"),
        "flops" | "flop" => Some("flop"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_unit_by_whole_words() {
        let units = ["bytes", "bytes_read", "Flops", "kilobytes", "residual"].map(unit_by_name);
        assert_eq!(units, [Some("B"), Some("B"), Some("flop"), None, None]);
    }
}
