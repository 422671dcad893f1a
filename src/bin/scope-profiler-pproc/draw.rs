//! One function for each kind of file.

use crate::plan::Kind;
use scope_profiler::export::json;
use scope_profiler::{DurationsOptions, GanttOptions, ProfilingH5Reader, RegionFilter, Result};
use scope_profiler::{plot_durations, plot_gantt};
use std::path::Path;

/// Writes one file; it appears when it is complete.
pub(crate) fn draw(kind: Kind, reader: &ProfilingH5Reader, filter: &RegionFilter, path: &Path) -> Result<()> {
    match kind {
        Kind::Gantt => plot_gantt(reader, &GanttOptions::new().filter(filter.clone()).filepath(path)),
        Kind::Durations => plot_durations(
            reader,
            &DurationsOptions::new().filter(filter.clone()).filepath(path),
        ),
        Kind::Statistics => json::write_region_statistics(reader, filter, path),
    }
}
