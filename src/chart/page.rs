//! What the interactive page shows beside the Gantt chart.

use crate::analysis::call_tree::CallTree;
use crate::error::Result;
use crate::profile::{Source, Statistics};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers behind the page's table, and the names of threads.
///
/// ```
/// use scope_profiler::chart::page::{PageData, RegionStats};
/// let data = PageData {
///     regions: vec![RegionStats { name: "solve".into(), calls: 1, total_ns: 1_200, ..Default::default() }],
///     ..Default::default()
/// };
/// assert!(data.threads.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageData {
    /// One row of the table per region, in any order; matched to the chart by name. A region that
    /// is only in the chart has a row without numbers, one that is only here a row without lanes.
    pub regions: Vec<RegionStats>,
    /// The threads that have recorded something. May be empty: then the page shows thread numbers.
    pub threads: Vec<ThreadName>,
    /// Sentences that the reader of the page must know, such as "rank 3 is missing".
    pub notes: Vec<String>,
}

impl PageData {
    /// The numbers of the given rows, which are indices into [`Source::rows`].
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn of(source: &dyn Source, rows: &[usize]) -> Result<Self> {
        let tree = CallTree::of(source, rows)?;
        let mut regions: BTreeMap<&str, (u64, Statistics, i64)> = BTreeMap::new();
        for (_, node) in tree.walk() {
            let (calls, statistics, exclusive) = regions.entry(node.name()).or_default();
            *calls = calls.saturating_add(node.calls());
            statistics.merge(node.statistics());
            *exclusive = exclusive.saturating_add(node.exclusive_ns());
        }
        // Where calls overlap without nesting, time inside others cannot be told.
        let nests = tree.overlaps() == 0 && tree.reversed() == 0;
        let regions = regions
            .into_iter()
            .map(|(name, (calls, statistics, exclusive))| RegionStats {
                name: name.to_owned(),
                calls,
                total_ns: statistics.total_ns(),
                mean_ns: statistics.mean_ns(),
                min_ns: statistics.min_ns().unwrap_or(0),
                max_ns: statistics.max_ns().unwrap_or(0),
                std_ns: statistics.std_ns(),
                exclusive_ns: nests.then_some(exclusive),
            });
        let mut threads = Vec::new();
        for rank in rows
            .iter()
            .map(|&row| source.rows()[row].rank)
            .collect::<BTreeSet<_>>()
        {
            let names = source.thread_names(rank)?;
            threads.extend(
                names
                    .into_iter()
                    .map(|(thread, name)| ThreadName { rank, thread, name }),
            );
        }
        Ok(Self {
            regions: regions.collect(),
            threads,
            notes: Vec::new(),
        })
    }
}

/// The statistics of one region over the ranks drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionStats {
    /// The region's name, whole.
    pub name: String,
    /// The number of calls.
    pub calls: u64,
    /// The sum of all durations, ns.
    pub total_ns: i64,
    /// The mean duration, ns.
    pub mean_ns: f64,
    /// The shortest duration, ns.
    pub min_ns: i64,
    /// The longest duration, ns.
    pub max_ns: i64,
    /// The standard deviation of the durations (of the population), ns.
    pub std_ns: f64,
    /// The total without the time in nested regions, ns; `None` where it is not known.
    pub exclusive_ns: Option<i64>,
}

/// The name of one thread of one rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadName {
    /// The rank.
    pub rank: u32,
    /// The thread's number within the rank.
    pub thread: u32,
    /// The thread's name; may be empty.
    pub name: String,
}
