//! The summary of a rank in its group `summary`: tables of its regions, of the paths in its call tree, and of how
//! durations are distributed.

use super::attributes::int;
use super::names;
use crate::error::Result;
use crate::profile::Value;
use crate::profile::{PathSummary, RowSummary, Sketch, Statistics, StoredSummary};
use crate::store::hdf5::{Group, NewGroup, Values, record};

/// How the tables are laid out. Summaries of other versions are not read.
const VERSION: i64 = 1;

/// Of the bytes of a rank's times its summary takes one in so many, or there is none: intervals that are so few for
/// their regions are read as fast.
const SHARE: u64 = 32;
/// Of the bytes of a region's times its distribution takes one in so many.
const SKETCH_SHARE: u64 = 64;
/// Bytes of the times of an interval.
const INTERVAL_BYTES: u64 = 16;
/// Bytes of a summary of nothing: its groups and the descriptions of its tables.
const FIXED_BYTES: u64 = 4096;
const REGION_BYTES: u64 = 88;
const PATH_BYTES: u64 = 92;
const BUCKET_BYTES: u64 = 8;
const THREAD_BYTES: u64 = 4;

/// More threads in the list of all paths are damage.
const MOST_THREADS: u64 = 1 << 26;

record! {
    /// All calls of a region.
    RegionRecord {
        calls: i64,
        total_ns: i64,
        inclusive_ns: i64,
        exclusive_ns: i64,
        min_ns: i64,
        max_ns: i64,
        m2: f64,
        first_start_ns: i64,
        last_end_ns: i64,
        recursion_depth: u32,
        bucket_bits: u32,
        first_bucket: u32,
        num_buckets: u32,
    }
}

record! {
    /// The calls of a region on one path of regions.
    PathRecord {
        region: u32,
        parent: i32,
        calls: i64,
        total_ns: i64,
        min_ns: i64,
        max_ns: i64,
        m2: f64,
        exclusive_ns: i64,
        outermost_calls: i64,
        folded_calls: i64,
        first_start_ns: i64,
        recursion_depth: u32,
        first_thread: u32,
        num_threads: u32,
    }
}

record! {
    /// Durations of about one length.
    BucketRecord {
        bucket: u32,
        calls: u32,
    }
}

/// Whether the summary of a rank with so many regions and intervals can be small enough.
pub(in crate::store) fn may_fit(regions: usize, intervals: u64) -> bool {
    let smallest = FIXED_BYTES + (regions as u64).saturating_mul(REGION_BYTES + PATH_BYTES);
    smallest <= intervals.saturating_mul(INTERVAL_BYTES) / SHARE
}

/// Makes the distributions as coarse as they have to be. Gives whether the summary is small enough then.
pub(in crate::store) fn fit(summary: &mut StoredSummary) -> bool {
    let intervals = summary.rows.iter().map(|row| row.statistics.count());
    let room = intervals
        .fold(0, u64::saturating_add)
        .saturating_mul(INTERVAL_BYTES)
        / SHARE;
    let mut bytes = FIXED_BYTES;
    for row in &mut summary.rows {
        bytes += REGION_BYTES;
        if let Some(sketch) = &mut row.sketch {
            let most = sketch.count().saturating_mul(INTERVAL_BYTES) / SKETCH_SHARE / BUCKET_BYTES;
            sketch.coarsen(usize::try_from(most).unwrap_or(usize::MAX));
            bytes += BUCKET_BYTES * sketch.parts().1.count() as u64;
        }
    }
    for path in &summary.paths {
        bytes += PATH_BYTES + THREAD_BYTES * path.threads.len() as u64;
    }
    bytes <= room
}

/// Writes the summary into the group of its rank.
pub(in crate::store) fn write(rank: &NewGroup, summary: &StoredSummary) -> Result<()> {
    let group = rank.create_region(names::SUMMARY)?;
    let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let (first, last) = summary.span_ns.unwrap_or((0, 0));
    for (key, value) in [
        (names::SUMMARY_VERSION, VERSION),
        (names::SUMMARY_FIRST, first),
        (names::SUMMARY_LAST, last),
        (names::SUMMARY_BUSY, summary.busy_ns),
        (names::SUMMARY_THREADS, int(summary.threads as u64)),
    ] {
        group.attribute(key, &Value::Int(value))?;
    }
    let (mut regions, mut buckets) = (Vec::new(), Vec::new());
    for row in &summary.rows {
        let first_bucket = buckets.len() as u32;
        let mut bucket_bits = 0;
        if let Some(sketch) = &row.sketch {
            let (bits, counts) = sketch.parts();
            bucket_bits = bits;
            for (bucket, mut calls) in counts {
                while calls > 0 {
                    let some = u32::try_from(calls).unwrap_or(u32::MAX);
                    buckets.push(BucketRecord { bucket, calls: some });
                    calls -= u64::from(some);
                }
            }
        }
        let of = &row.statistics;
        regions.push(RegionRecord {
            calls: int(of.count()),
            total_ns: of.total_ns(),
            inclusive_ns: row.inclusive_ns,
            exclusive_ns: row.exclusive_ns,
            min_ns: of.min_ns().unwrap_or(0),
            max_ns: of.max_ns().unwrap_or(0),
            m2: of.m2(),
            first_start_ns: row.span_ns.map_or(0, |(first, _)| first),
            last_end_ns: row.span_ns.map_or(0, |(_, last)| last),
            recursion_depth: row.recursion_depth,
            bucket_bits,
            first_bucket,
            num_buckets: buckets.len() as u32 - first_bucket,
        });
    }
    let (mut paths, mut threads) = (Vec::new(), Vec::new());
    for path in &summary.paths {
        let of = &path.statistics;
        paths.push(PathRecord {
            region: path.row as u32,
            parent: path.parent.map_or(-1, |parent| parent as i32),
            calls: int(of.count()),
            total_ns: of.total_ns(),
            min_ns: of.min_ns().unwrap_or(0),
            max_ns: of.max_ns().unwrap_or(0),
            m2: of.m2(),
            exclusive_ns: path.exclusive_ns,
            outermost_calls: int(path.outermost),
            folded_calls: int(path.folded),
            first_start_ns: path.first_start_ns.unwrap_or(0),
            recursion_depth: path.recursion_depth,
            first_thread: threads.len() as u32,
            num_threads: path.threads.len() as u32,
        });
        threads.extend_from_slice(&path.threads);
    }
    group.table(names::SUMMARY_REGIONS, &regions)?;
    group.table(names::SUMMARY_PATHS, &paths)?;
    group.table(names::SUMMARY_BUCKETS, &buckets)?;
    group.column(names::SUMMARY_PATH_THREADS, Values::Uint32(&threads))
}

/// Whether the group of a rank has a summary in the layout that is read.
pub(in crate::store) fn is_there(rank: &Group) -> bool {
    let group = rank
        .members()
        .and_then(|members| rank.find_group(&members, names::SUMMARY));
    let version = |group: Group| group.whole_number(names::SUMMARY_VERSION);
    matches!(
        group.and_then(|group| group.map_or(Ok(None), version)),
        Ok(Some(VERSION))
    )
}

/// What the group of a rank says of calls of so many intervals in each of its rows; none where it has no summary,
/// or one of other calls, as after a region was taken out of the file.
pub(in crate::store) fn read(rank: &Group, intervals: &[u64]) -> Result<Option<StoredSummary>> {
    let Some(group) = rank.find_group(&rank.members()?, names::SUMMARY)? else {
        return Ok(None);
    };
    let members = group.members()?;
    let facts = group.attributes(|_| true)?;
    if int(&facts, names::SUMMARY_VERSION) != Some(VERSION) {
        return Ok(None);
    }
    let Some(threads) = group.find_integers(&members, names::SUMMARY_PATH_THREADS, 0)? else {
        return Ok(None);
    };
    if threads.len() > MOST_THREADS {
        return Ok(None);
    }
    let tables = Tables {
        regions: group
            .find_table(&members, names::SUMMARY_REGIONS)?
            .unwrap_or_default(),
        paths: group
            .find_table(&members, names::SUMMARY_PATHS)?
            .unwrap_or_default(),
        buckets: group
            .find_table(&members, names::SUMMARY_BUCKETS)?
            .unwrap_or_default(),
        threads: threads.read_threads(0..threads.len())?,
    };
    let summary = || {
        let is_of_calls = |(record, &calls): (&RegionRecord, &u64)| u64::try_from(record.calls) == Ok(calls);
        let is_of_rows = tables.regions.len() == intervals.len();
        let is_theirs = is_of_rows && tables.regions.iter().zip(intervals).all(is_of_calls);
        let span = int(&facts, names::SUMMARY_FIRST)?..=int(&facts, names::SUMMARY_LAST)?;
        let rows: Option<Vec<_>> = tables.regions.iter().map(|record| tables.row(record)).collect();
        Some(StoredSummary {
            rows: rows.filter(|_| is_theirs)?,
            paths: tables.paths(intervals)?,
            span_ns: intervals
                .iter()
                .any(|&calls| calls > 0)
                .then_some((*span.start(), *span.end())),
            busy_ns: int(&facts, names::SUMMARY_BUSY)?,
            threads: u32::try_from(int(&facts, names::SUMMARY_THREADS)?).ok()? as usize,
        })
    };
    Ok(summary())
}

/// The tables as they are in the file.
struct Tables {
    regions: Vec<RegionRecord>,
    paths: Vec<PathRecord>,
    buckets: Vec<BucketRecord>,
    threads: Vec<u32>,
}

impl Tables {
    fn row(&self, record: &RegionRecord) -> Option<RowSummary> {
        let buckets = slice(&self.buckets, record.first_bucket, record.num_buckets)?;
        let sketch = Sketch::from_parts(
            record.bucket_bits,
            buckets.iter().map(|of| (of.bucket, u64::from(of.calls))),
        )?;
        let is_sketched = !buckets.is_empty();
        if is_sketched && i64::try_from(sketch.count()) != Ok(record.calls) {
            return None;
        }
        Some(RowSummary {
            statistics: statistics(
                record.calls,
                record.total_ns,
                record.min_ns,
                record.max_ns,
                record.m2,
            )?,
            inclusive_ns: record.inclusive_ns,
            exclusive_ns: record.exclusive_ns,
            recursion_depth: record.recursion_depth,
            span_ns: (record.calls > 0).then_some((record.first_start_ns, record.last_end_ns)),
            sketch: is_sketched.then_some(sketch),
        })
    }

    /// The paths, which have to have all calls.
    fn paths(&self, intervals: &[u64]) -> Option<Vec<PathSummary>> {
        let mut paths = Vec::with_capacity(self.paths.len());
        let mut calls = 0_u64;
        for record in &self.paths {
            let row = usize::try_from(record.region)
                .ok()
                .filter(|&row| row < intervals.len())?;
            let parent = usize::try_from(record.parent).ok();
            if parent.map_or(record.parent != -1, |parent| parent >= paths.len()) {
                return None;
            }
            let statistics = statistics(
                record.calls,
                record.total_ns,
                record.min_ns,
                record.max_ns,
                record.m2,
            )?;
            let folded = u64::try_from(record.folded_calls).ok()?;
            calls = calls.checked_add(statistics.count())?.checked_add(folded)?;
            paths.push(PathSummary {
                row,
                parent,
                statistics,
                exclusive_ns: record.exclusive_ns,
                outermost: u64::try_from(record.outermost_calls).ok()?,
                folded,
                first_start_ns: (statistics.count() > 0).then_some(record.first_start_ns),
                recursion_depth: record.recursion_depth,
                threads: slice(&self.threads, record.first_thread, record.num_threads)?.to_vec(),
            });
        }
        let of_rows = intervals
            .iter()
            .try_fold(0_u64, |sum, &calls| sum.checked_add(calls))?;
        (calls == of_rows).then_some(paths)
    }
}

fn slice<T>(all: &[T], first: u32, number: u32) -> Option<&[T]> {
    let first = usize::try_from(first).ok()?;
    let end = first.checked_add(usize::try_from(number).ok()?)?;
    all.get(first..end)
}

fn statistics(calls: i64, total: i64, min: i64, max: i64, m2: f64) -> Option<Statistics> {
    let calls = u64::try_from(calls).ok()?;
    (m2 >= 0.0 && min <= max).then(|| Statistics::from_sums(calls, total, min, max, Some(m2)))
}
