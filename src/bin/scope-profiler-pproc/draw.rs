//! One function for each kind of file.

use crate::args::Format;
use crate::plan::Kind;
use scope_profiler::export::json;
use scope_profiler::{ProfilingH5Reader, RegionFilter};

/// The bytes of a file.
pub(crate) fn draw(kind: Kind, reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<Vec<u8>, String> {
    match kind {
        Kind::Gantt(Format::Html) => page(reader, filter),
        Kind::Gantt(format) => gantt(format, reader, filter),
        Kind::Durations(format) => durations(format, reader, filter),
        Kind::Statistics => json::region_statistics(reader, filter)
            .map(String::into_bytes)
            .map_err(|error| error.to_string()),
    }
}

fn gantt(_: Format, _: &ProfilingH5Reader, _: &RegionFilter) -> Result<Vec<u8>, String> {
    Err("the Gantt chart is not built yet".into())
}

fn durations(_: Format, _: &ProfilingH5Reader, _: &RegionFilter) -> Result<Vec<u8>, String> {
    Err("the durations chart is not built yet".into())
}

/// The interactive page.
pub(crate) fn page(_: &ProfilingH5Reader, _: &RegionFilter) -> Result<Vec<u8>, String> {
    Err("the page is not built yet".into())
}
