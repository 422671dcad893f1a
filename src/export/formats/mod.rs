//! The formats, one file each.

mod chrome;
#[cfg(feature = "export")]
mod counter_values;
#[cfg(feature = "export")]
mod csv;
mod firefox;
#[cfg(feature = "export")]
mod flamegraph;
mod folded;
#[cfg(feature = "hdf5")]
mod hdf5;
#[cfg(feature = "export")]
mod json;
#[cfg(feature = "export")]
mod parquet;
mod perfetto;
#[cfg(feature = "hdf5")]
mod python;
#[cfg(any(feature = "export", feature = "hdf5"))]
mod python_lanes;
#[cfg(any(feature = "export", feature = "hdf5"))]
mod python_metadata;
mod speedscope;
mod stack_tree;

use super::exporter::Exporter;
#[cfg(feature = "export")]
use crate::profile::{Field, Intervals};
use std::path::Path;

/// The columns of a table of intervals that it has of every profile.
#[cfg(feature = "export")]
const OF_INTERVALS: [&str; 5] = ["region", "rank", "thread", "start_ns", "end_ns"];

/// What to call the column of a field in a table of intervals: as the field, unless another column is called so.
#[cfg(feature = "export")]
fn column_of(field: &Field) -> &str {
    let taken = OF_INTERVALS.iter().chain(&Intervals::OPTIONAL);
    match taken.into_iter().any(|column| *column == field.name()) {
        true => field.column(),
        false => field.name(),
    }
}

/// The formats of this crate, as help and documentation list them.
pub const EXPORTERS: &[&dyn Exporter] = &[
    &chrome::Chrome,
    &perfetto::Perfetto,
    &speedscope::Speedscope,
    &firefox::Firefox,
    &folded::Folded,
    #[cfg(feature = "export")]
    &flamegraph::FlameGraph,
    #[cfg(feature = "export")]
    &csv::Csv,
    #[cfg(feature = "export")]
    &counter_values::CounterValues,
    #[cfg(feature = "export")]
    &json::JsonProfile,
    #[cfg(feature = "export")]
    &parquet::Parquet,
    #[cfg(feature = "hdf5")]
    &self::hdf5::Hdf5,
    #[cfg(feature = "hdf5")]
    &python::Python,
];

/// The exporter of this name.
///
/// ```
/// use scope_profiler::export::{EXPORTERS, exporter};
///
/// for format in EXPORTERS {
///     assert_eq!(exporter(format.name()).map(|found| found.about()), Some(format.about()));
/// }
/// assert!(exporter("punched cards").is_none());
/// ```
#[must_use]
pub fn exporter(name: &str) -> Option<&'static dyn Exporter> {
    EXPORTERS.iter().copied().find(|exporter| exporter.name() == name)
}

/// The exporter that the end of a file's name stands for, whatever its case; the longest end decides.
///
/// ```
/// use scope_profiler::export::exporter_for;
///
/// # if cfg!(feature = "export") {
/// assert_eq!(exporter_for("out/run.csv").map(|found| found.name()), Some("csv"));
/// assert_eq!(exporter_for("out/run.CSV.gz").map(|found| found.name()), Some("csv"));
/// # }
/// assert!(exporter_for("out/run").is_none());
/// ```
#[must_use]
pub fn exporter_for(path: impl AsRef<Path>) -> Option<&'static dyn Exporter> {
    let name = path.as_ref().file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let ends = EXPORTERS
        .iter()
        .flat_map(|&exporter| exporter.extensions().iter().map(move |end| (*end, exporter)));
    let longest = ends
        .filter(|(end, _)| name.ends_with(end))
        .max_by_key(|(end, _)| end.len());
    longest.map(|(_, exporter)| exporter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_ends_mean_one_format_each() {
        let mut seen = BTreeSet::new();
        for exporter in EXPORTERS {
            assert!(seen.insert(exporter.name()), "{}", exporter.name());
            for end in exporter.extensions() {
                assert!(end.starts_with('.') && *end == end.to_lowercase(), "{end}");
                assert!(seen.insert(end), "{end}");
            }
        }
    }
}
