//! One region with the intervals of every rank, loaded.

use super::statistics::{Statistics, percentiles};
use super::{Field, Intervals, Metadata, Numbers, OpenSpan, RowFacts, Source, Sums};
use crate::error::Result;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Index;
use std::sync::{Arc, OnceLock};

/// A region on every rank that has it.
///
/// Obtained from [`ProfilingH5Reader::get_region`](crate::ProfilingH5Reader::get_region). Indexing
/// by a rank gives that rank's calls:
///
/// ```
/// let reader = scope_profiler::ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let solver = reader.get_region("solver: cg")?;
/// assert_eq!(solver[0].num_calls(), 12);
/// for (rank, calls) in solver.regions() {
///     println!("rank {rank}: {} ns", calls.total_duration_ns());
/// }
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MpiRegion {
    name: String,
    regions: BTreeMap<u32, RankRegion>,
}

impl MpiRegion {
    pub(crate) fn new(name: String, regions: BTreeMap<u32, RankRegion>) -> Self {
        Self { name, regions }
    }

    /// The region's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rank to the region's calls on it; a rank that never knew the region is not there.
    #[must_use]
    pub fn regions(&self) -> &BTreeMap<u32, RankRegion> {
        &self.regions
    }

    /// The region's calls on `rank`, if it knew the region.
    #[must_use]
    pub fn get(&self, rank: u32) -> Option<&RankRegion> {
        self.regions.get(&rank)
    }

    /// The earliest start over all ranks, ns; `None` without any timed call.
    #[must_use]
    pub fn first_start_ns(&self) -> Option<i64> {
        self.regions.values().filter_map(RankRegion::first_start_ns).min()
    }
}

impl Index<u32> for MpiRegion {
    type Output = RankRegion;

    /// The region's calls on `rank`.
    ///
    /// # Panics
    ///
    /// When the rank does not have the region; [`get`](MpiRegion::get) tells.
    fn index(&self, rank: u32) -> &RankRegion {
        self.get(rank)
            .unwrap_or_else(|| panic!("rank {rank} does not have the region {:?}", self.name))
    }
}

/// Where a region comes from and what was not recorded of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallSite {
    pub(crate) source_file: Option<String>,
    pub(crate) source_line: Option<u32>,
    pub(crate) source_text: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) dropped: u64,
    pub(crate) open: u64,
    /// Those of the open calls that are of spans.
    pub(crate) open_spans: Vec<OpenSpan>,
    pub(crate) clamped: u64,
    pub(crate) spans: Option<u64>,
    pub(crate) throttled: u64,
    pub(crate) throttled_ns: i64,
    pub(crate) inclusive_ns: Option<i64>,
    /// Metadata of each call, in the order of the file; none where no call has any.
    pub(crate) of_calls: Vec<Metadata>,
    /// In a file of sums alone: those of the calls.
    pub(crate) sums: Option<Sums>,
    /// The fields that calls have, as places in the list of all.
    pub(crate) fields: Vec<usize>,
}

impl From<CallSite> for RowFacts {
    fn from(site: CallSite) -> Self {
        Self {
            dropped: site.dropped,
            open: site.open,
            clamped: site.clamped,
            inclusive_ns: site.inclusive_ns,
            sums: site.sums,
        }
    }
}

/// Exclusive time of each row of one rank, worked out when first asked for and kept.
pub(crate) type OwnTimes = OnceLock<Result<BTreeMap<usize, i64>>>;

/// A region's calls on one rank: their intervals in order of start, and statistics.
///
/// All times are nanoseconds on `CLOCK_MONOTONIC`. Without calls, statistics are 0 and there is no
/// first start and no last end. A call whose end lies before its start has a negative duration.
///
/// Of a file that has the sums of calls alone there are statistics, and no intervals.
#[derive(Clone)]
pub struct RankRegion {
    intervals: Intervals,
    calls: u64,
    statistics: Statistics,
    site: CallSite,
    pub(crate) source: Arc<dyn Source + Send + Sync>,
    pub(crate) row: usize,
    pub(crate) own_times: Arc<OwnTimes>,
}

impl RankRegion {
    pub(crate) fn new(
        intervals: Intervals,
        site: CallSite,
        source: Arc<dyn Source + Send + Sync>,
        row: usize,
        own_times: Arc<OwnTimes>,
    ) -> Self {
        let mut statistics: Statistics = intervals.durations().collect();
        if let Some(sums) = &site.sums {
            statistics.merge(&sums.statistics);
        }
        Self {
            statistics,
            calls: source.rows()[row].calls,
            intervals,
            site,
            source,
            row,
            own_times,
        }
    }

    /// The number of completed calls. It is larger than the number of intervals where calls were
    /// only counted or intervals were [`dropped`](Self::dropped).
    #[must_use]
    pub fn num_calls(&self) -> u64 {
        self.calls
    }

    /// Start of each interval, ns, ascending.
    #[must_use]
    pub fn start_times_ns(&self) -> &[i64] {
        self.intervals.starts()
    }

    /// End of each interval, ns.
    #[must_use]
    pub fn end_times_ns(&self) -> &[i64] {
        self.intervals.ends()
    }

    /// Thread of each interval, as an index into the rank's threads; all 0 where the file does not
    /// say.
    #[must_use]
    pub fn thread_ids(&self) -> &[u32] {
        self.intervals.threads()
    }

    /// An [optional column](Intervals::OPTIONAL) of the intervals; none where the file does not have it.
    ///
    /// ```
    /// use scope_profiler::ProfilingH5Reader;
    /// use scope_profiler::profile::Intervals;
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py075_nested.h5")?;
    /// let leaf = &reader.get_region("leaf")?[0];
    /// let inner = &reader.get_region("inner")?[0];
    /// let parents = leaf.column(Intervals::PARENT).and_then(|numbers| numbers.whole());
    /// assert_eq!(parents, inner.column(Intervals::CALL).and_then(|numbers| numbers.whole()));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Numbers> {
        self.intervals.column(name)
    }

    /// The [fields](Field) that calls of the region have on this rank, with their values, one for each interval.
    pub fn fields(&self) -> impl Iterator<Item = (&Field, &Numbers)> + '_ {
        let of_row = self.source.fields_of(self.row).iter();
        of_row.filter_map(|&field| {
            let field = &self.source.fields()[field];
            Some((field, self.column(field.column())?))
        })
    }

    /// The values of a [field](Field), one for each interval; none where no call of the region has any on this rank.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Numbers> {
        self.fields()
            .find(|(field, _)| field.name() == name)
            .map(|(_, numbers)| numbers)
    }

    /// The time that a GPU took for each call, ns, -1 where it has none; none where no call has any.
    #[must_use]
    pub fn gpu_durations_ns(&self) -> Option<&[i64]> {
        let durations = self.column(Intervals::GPU)?.whole()?;
        durations.iter().any(|&ns| ns >= 0).then_some(durations)
    }

    /// End minus start of each interval, ns.
    #[must_use]
    pub fn durations_ns(&self) -> Vec<i64> {
        self.intervals.durations().collect()
    }

    /// Count, sum, extremes, mean and standard deviation of the durations.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Sum of the durations, ns.
    #[must_use]
    pub fn total_duration_ns(&self) -> i64 {
        self.statistics.total_ns()
    }

    /// Mean duration, ns.
    #[must_use]
    pub fn average_duration_ns(&self) -> f64 {
        self.statistics.mean_ns()
    }

    /// Shortest duration, ns; 0 without calls.
    #[must_use]
    pub fn min_duration_ns(&self) -> i64 {
        self.statistics.min_ns().unwrap_or(0)
    }

    /// Longest duration, ns; 0 without calls.
    #[must_use]
    pub fn max_duration_ns(&self) -> i64 {
        self.statistics.max_ns().unwrap_or(0)
    }

    /// Standard deviation of the durations, ns, of the population (division by the count); NaN where the file has
    /// sums that do not tell it.
    #[must_use]
    pub fn std_duration_ns(&self) -> f64 {
        self.statistics.std_ns()
    }

    /// The `p`th percentile of the durations, ns, 0 to 100, interpolated linearly between
    /// neighbours as `numpy.percentile` does it; 0 without calls, NaN where the file has their sums alone.
    #[must_use]
    pub fn percentile_ns(&self, p: f64) -> f64 {
        if self.sums().is_some_and(|sums| sums.statistics.count() > 0) {
            return f64::NAN;
        }
        let [value] = percentiles(&mut self.durations_ns(), [p]);
        value
    }

    /// What the file says of calls whose intervals it does not have: none where it has them all.
    #[must_use]
    pub fn sums(&self) -> Option<&Sums> {
        self.site.sums.as_ref()
    }

    /// The earliest start, ns.
    #[must_use]
    pub fn first_start_ns(&self) -> Option<i64> {
        let stated = self.site.sums.and_then(|sums| sums.span_ns);
        let first = self.intervals.starts().iter().copied().min();
        [first, stated.map(|span| span.0)].into_iter().flatten().min()
    }

    /// The latest end, ns.
    #[must_use]
    pub fn last_end_ns(&self) -> Option<i64> {
        let stated = self.site.sums.and_then(|sums| sums.span_ns);
        self.intervals
            .ends()
            .iter()
            .copied()
            .max()
            .max(stated.map(|span| span.1))
    }

    /// The source file of the region's call site, where known.
    #[must_use]
    pub fn source_file(&self) -> Option<&str> {
        self.site.source_file.as_deref()
    }

    /// The line of the region's call site, where known.
    #[must_use]
    pub fn source_line(&self) -> Option<u32> {
        self.site.source_line
    }

    /// The source code of the region, where the Python package has stored it.
    #[must_use]
    pub fn source_text(&self) -> Option<&str> {
        self.site.source_text.as_deref()
    }

    /// Tags given to the region by the Python package.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.site.tags
    }

    /// What the program has said of each call, in the order of the intervals; empty where it has said nothing of any.
    ///
    /// ```
    /// use scope_profiler::ProfilingH5Reader;
    /// use scope_profiler::profile::Value;
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py075_nested.h5")?;
    /// let step = &reader.get_region("tagged_step")?[0];
    /// assert_eq!(step.call_metadata()[1]["step"], Value::Int(1));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn call_metadata(&self) -> &[Metadata] {
        &self.site.of_calls
    }

    /// Intervals that were dropped for want of memory or disk.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.site.dropped
    }

    /// Spans created, where the region is one of spans and the file says so. A span that is entered
    /// several times, as that of a future is for each poll, is one span and several calls.
    #[must_use]
    pub fn num_spans(&self) -> Option<u64> {
        self.site.spans
    }

    /// Calls whose time was only summed up since the region was throttled. They are among
    /// [`num_calls`](Self::num_calls) and have no interval.
    #[must_use]
    pub fn throttled_calls(&self) -> u64 {
        self.site.throttled
    }

    /// The time of the [`throttled_calls`](Self::throttled_calls), ns. It is no part of the statistics.
    #[must_use]
    pub fn throttled_ns(&self) -> i64 {
        self.site.throttled_ns
    }

    /// Calls that were still open when the file was made, and are not in it.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.site.open
    }

    /// Calls whose end was before their start, since the clock ran backwards meanwhile, as the counters of
    /// two processors may differ. In the file they have the length 0.
    #[must_use]
    pub fn clamped(&self) -> u64 {
        self.site.clamped
    }
}

impl fmt::Debug for RankRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RankRegion")
            .field("calls", &self.calls)
            .field("intervals", &self.intervals.len())
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}
