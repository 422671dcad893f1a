//! How evenly the ranks share the work of each region.
//!
//! With *t* the [inclusive](super::inclusive) time of a region on one rank, and minimum, mean and maximum
//! taken over all *n* ranks of the run (a rank that never enters the region has *t* = 0), whatever a filter
//! shows of them:
//!
//! - the **imbalance factor** is *max / mean*: 1 where all ranks take equally long, *n* where one does
//!   everything. Its inverse is what the POP efficiency metrics call load balance;
//! - the **imbalance time** is *max − mean*: what the run could gain here at the most, if the work were
//!   shared evenly and all ranks met after it. This is the imbalance time of L. DeRose, B. Homer and
//!   D. Johnson, *Detecting Application Load Imbalance on High End Massively Parallel Systems*, Euro-Par
//!   2007, LNCS 4641.

use super::call_tree::CallTree;
use super::inclusive::Times;
use super::pass;
use super::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use std::collections::BTreeMap;

/// One region over the ranks of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionImbalance {
    name: String,
    calls: u64,
    ranks: usize,
    present: usize,
    total_ns: i128,
    min_ns: i64,
    max_ns: i64,
    slowest: u32,
}

impl RegionImbalance {
    /// The region.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls on all ranks.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many ranks have entered the region.
    #[must_use]
    pub fn num_ranks(&self) -> usize {
        self.present
    }

    /// How many ranks the run has.
    #[must_use]
    pub fn ranks_of_run(&self) -> usize {
        self.ranks
    }

    /// The shortest time of a rank, ns; 0 where a rank has not entered the region.
    #[must_use]
    pub fn min_ns(&self) -> i64 {
        self.min_ns
    }

    /// The mean time over all ranks of the run, ns.
    #[must_use]
    pub fn mean_ns(&self) -> f64 {
        self.total_ns as f64 / self.ranks.max(1) as f64
    }

    /// The longest time of a rank, ns.
    #[must_use]
    pub fn max_ns(&self) -> i64 {
        self.max_ns
    }

    /// The rank with the longest time; the lowest of several.
    #[must_use]
    pub fn slowest_rank(&self) -> u32 {
        self.slowest
    }

    /// max / mean; none where no rank has taken any time.
    #[must_use]
    pub fn imbalance_factor(&self) -> Option<f64> {
        (self.total_ns > 0).then(|| self.max_ns as f64 / self.mean_ns())
    }

    /// max − mean, ns.
    #[must_use]
    pub fn imbalance_time_ns(&self) -> f64 {
        self.max_ns as f64 - self.mean_ns()
    }
}

/// The chosen regions over all ranks of a source: the largest imbalance time first. Choosing ranks leaves
/// none out here, as it would change what is compared. Only rows are read whose inclusive time neither the
/// source nor `tree`, where there is one, states.
///
/// ```
/// use scope_profiler::analysis::imbalance;
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let regions = imbalance::filtered(&reader, &RegionFilter::new(), None)?;
/// let main = regions.iter().find(|region| region.name() == "main").expect("every rank has it");
/// assert_eq!(main.num_ranks(), 4);
/// assert!(main.imbalance_factor().is_some_and(|factor| (1.0..=4.0).contains(&factor)));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
///
/// # Errors
///
/// When intervals cannot be read.
pub fn filtered(
    source: &dyn Source,
    filter: &RegionFilter,
    tree: Option<&CallTree>,
) -> Result<Vec<RegionImbalance>> {
    let chosen = filter.chosen_regions(source);
    let rows = source.rows().iter().enumerate();
    let rows = rows.filter(|(_, row)| chosen[row.name]).map(|(index, _)| index);
    add_up(source, rows, source.ranks().len(), |row| {
        tree.and_then(|tree| Some(tree.row_times(row)?.inclusive_ns))
    })
}

/// The regions of the given rows, which are indices into [`Source::rows`], over `ranks` ranks: the
/// largest imbalance time first.
///
/// # Errors
///
/// When intervals cannot be read.
pub fn of(source: &dyn Source, rows: &[usize], ranks: usize) -> Result<Vec<RegionImbalance>> {
    add_up(source, rows.iter().copied(), ranks, |_| None)
}

fn add_up(
    source: &dyn Source,
    rows: impl Iterator<Item = usize>,
    ranks: usize,
    known: impl Fn(usize) -> Option<i64>,
) -> Result<Vec<RegionImbalance>> {
    let rows: Vec<usize> = rows.collect();
    let unknown = rows.iter().copied().filter(|&row| known(row).is_none());
    let mut times = Times::stated(source, unknown);
    pass::run(source, &mut [&mut times])?;
    let mut regions = Imbalance::default();
    for index in rows {
        let row = &source.rows()[index];
        let inclusive = known(index).unwrap_or_else(|| times.of(index));
        let time = inclusive.saturating_add(row.throttled_ns);
        regions.add(&source.names()[row.name], row.rank, row.calls, time);
    }
    Ok(regions.over(ranks))
}

/// Collects the times of regions rank by rank.
#[derive(Debug, Default)]
pub(crate) struct Imbalance(BTreeMap<String, RegionImbalance>);

impl Imbalance {
    /// A region on a rank; each rank comes once for a region.
    pub(crate) fn add(&mut self, name: &str, rank: u32, calls: u64, ns: i64) {
        if let Some(region) = self.0.get_mut(name) {
            region.calls = region.calls.saturating_add(calls);
            region.present += 1;
            region.total_ns += i128::from(ns);
            region.min_ns = region.min_ns.min(ns);
            if (ns, std::cmp::Reverse(rank)) > (region.max_ns, std::cmp::Reverse(region.slowest)) {
                (region.max_ns, region.slowest) = (ns, rank);
            }
            return;
        }
        let region = RegionImbalance {
            name: name.to_owned(),
            calls,
            ranks: 0,
            present: 1,
            total_ns: ns.into(),
            min_ns: ns,
            max_ns: ns,
            slowest: rank,
        };
        self.0.insert(name.to_owned(), region);
    }

    /// All regions of a run of so many ranks, the largest imbalance time first.
    pub(crate) fn over(self, ranks: usize) -> Vec<RegionImbalance> {
        let mut regions: Vec<RegionImbalance> = self.0.into_values().collect();
        for region in &mut regions {
            region.ranks = ranks.max(region.present);
            if region.present < region.ranks {
                region.min_ns = region.min_ns.min(0);
            }
        }
        // Sorting is stable: regions of equal imbalance stay in the order of their names.
        regions.sort_by(|a, b| b.imbalance_time_ns().total_cmp(&a.imbalance_time_ns()));
        regions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imbalance(times: &[(&str, u32, i64)], ranks: usize) -> Vec<RegionImbalance> {
        let mut regions = Imbalance::default();
        for &(name, rank, ns) in times {
            regions.add(name, rank, 1, ns);
        }
        regions.over(ranks)
    }

    #[test]
    fn an_even_region_has_the_factor_one_and_no_imbalance_time() {
        let [region] = &imbalance(&[("a", 0, 50), ("a", 1, 50)], 2)[..] else {
            panic!()
        };
        assert_eq!(region.imbalance_factor(), Some(1.0));
        assert_eq!(region.imbalance_time_ns(), 0.0);
        assert_eq!(region.slowest_rank(), 0);
    }

    #[test]
    fn a_rank_without_the_region_counts_as_no_time() {
        let [region] = &imbalance(&[("io", 2, 80)], 4)[..] else {
            panic!()
        };
        assert_eq!(
            (region.min_ns(), region.mean_ns(), region.max_ns()),
            (0, 20.0, 80)
        );
        assert_eq!(region.imbalance_factor(), Some(4.0));
        assert_eq!(region.imbalance_time_ns(), 60.0);
        assert_eq!((region.num_ranks(), region.slowest_rank()), (1, 2));
    }

    #[test]
    fn what_costs_most_comes_first() {
        let times = [
            ("even", 0, 900),
            ("even", 1, 900),
            ("skewed", 0, 10),
            ("skewed", 1, 90),
        ];
        let names: Vec<String> = imbalance(&times, 2)
            .into_iter()
            .map(|region| region.name)
            .collect();
        assert_eq!(names, ["skewed", "even"]);
    }

    #[test]
    fn a_region_that_took_no_time_has_no_factor() {
        assert_eq!(imbalance(&[("tick", 0, 0)], 1)[0].imbalance_factor(), None);
    }
}
