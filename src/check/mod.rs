//! Is a file whole, and do its numbers agree with each other?

mod account;
mod blocks;
mod clocks;
mod counters;
mod log;
mod profile_file;
mod ranks;
mod report;
mod rows;
mod spans;
mod summaries;
mod sums;

pub use report::{Finding, Report};

use crate::error::Result;
use crate::store::rank_log;
use crate::store::schema::Issues;
use std::path::Path;

/// Checks a profiling file or a rank log from its first byte to its last.
///
/// What is looked at:
///
/// - the invariant recorded = written + dropped + still open, with numbers that were counted
///   independently while the program ran,
/// - columns of equal length, rows in order of start where the file promises it, no end before its
///   start, threads that the file knows,
/// - counts, sums and summaries as the file states them,
/// - numbers of spans, and when they were created and closed,
/// - samples of counters: in order of time, and as many as were recorded,
/// - ranks: none missing, none beyond the size of the run,
/// - in a log: checksums, names of all regions, a clock that does not run back.
///
/// Memory does not grow with the number of intervals, save for a bit for each span. What does not hold is in the
/// report, not an error, so that one damaged region does not hide the next:
///
/// ```
/// let report = scope_profiler::check::check("tests/golden/s1_len_mismatch.h5")?;
/// assert!(!report.is_ok());
/// assert_eq!(
///     report.findings()[0].to_string(),
///     "rank0/regions/solve has 3 start_times but 2 end_times; the file is damaged"
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When there is no such file, it cannot be read, is neither a profiling file nor a rank log, or has
/// a schema that this version does not read.
pub fn check(path: impl AsRef<Path>) -> Result<Report> {
    let path = path.as_ref();
    let mut issues = Issues::lenient();
    let checked = if rank_log::is_log(path) {
        log::check(path, &mut issues)?
    } else {
        profile_file::check(path, &mut issues)?
    };
    Ok(Report::new(path, checked, &issues))
}
