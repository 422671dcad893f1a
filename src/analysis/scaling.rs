//! How much faster a program becomes with more ranks.
//!
//! With *T(p)* the time on *p* ranks and *p0* the fewest ranks of any run, the **speedup** is *S(p) = T(p0) / T(p)*,
//! and the **efficiency** *E(p) = S(p) p0 / p*: the share of the ideal speedup *p / p0* that is reached. These are the
//! definitions of D. L. Eager, J. Zahorjan and E. D. Lazowska, *Speedup Versus Efficiency in Parallel Systems*, IEEE
//! Transactions on Computers 38(3), 1989, relative to the smallest run instead of one processor. They suppose that all
//! runs solve the same problem.
//!
//! *T* of the whole run is its wall time, that of a region the mean of its ranks. Of several runs with as many ranks
//! the one with the shortest wall time counts.

use super::comparison::ComparedTime;
use super::run_times::RunTimes;
use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// Times over the number of ranks, or over a number in the metadata of the runs.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::comparison::ComparedTime;
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::analysis::scaling::Scaling;
/// use scope_profiler::profile::{Call, Profile};
///
/// let run = |ranks: u32, ns| {
///     let calls = (0..ranks).map(|rank| Call::new("solve", 0..ns).rank(rank));
///     let profile = calls.fold(Profile::builder(), |profile, call| profile.interval(call)).build();
///     RunTimes::of(format!("{ranks}"), &profile, &RegionFilter::new())
/// };
/// let scaling = Scaling::of(&[run(1, 900)?, run(4, 300)?], ComparedTime::Exclusive, None)?;
/// let whole = &scaling.lines()[0];
/// assert_eq!((scaling.numbers(), whole.region()), (&[1.0, 4.0][..], None));
/// assert_eq!((whole.speedup(1), whole.efficiency(1)), (Some(3.0), Some(0.75)));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    by: Option<String>,
    time: ComparedTime,
    numbers: Vec<f64>,
    labels: Vec<String>,
    lines: Vec<ScalingLine>,
}

/// The whole run or one region.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingLine {
    region: Option<String>,
    numbers: Vec<f64>,
    times_ns: Vec<Option<f64>>,
}

impl Scaling {
    /// Of these runs, by their number of ranks, or by the number that their metadata has under a key.
    ///
    /// # Errors
    ///
    /// When a run has no such number above 0, or all runs have the same.
    pub fn of(runs: &[RunTimes], time: ComparedTime, by: Option<&str>) -> Result<Self> {
        let mut at: Vec<(f64, &RunTimes)> = Vec::with_capacity(runs.len());
        for run in runs {
            at.push((number(run, by)?, run));
        }
        at.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.wall_ns().cmp(&b.1.wall_ns())));
        at.dedup_by(|later, earlier| later.0 == earlier.0);
        if at.len() < 2 {
            let what = by.map_or("as many ranks".to_owned(), |key| format!("the same {key:?}"));
            return Err(Error::not_found(format!(
                "there is no scaling to show: all runs have {what}"
            )));
        }
        let numbers: Vec<f64> = at.iter().map(|(number, _)| *number).collect();
        let line = |region: Option<&str>| {
            let time = |run: &RunTimes| match region {
                None => Some(run.wall_ns() as f64),
                Some(name) => Some(time.of(run.region(name)?)),
            };
            ScalingLine {
                region: region.map(str::to_owned),
                numbers: numbers.clone(),
                times_ns: at
                    .iter()
                    .map(|(_, run)| time(run).filter(|&ns| ns > 0.0))
                    .collect(),
            }
        };
        let names: BTreeSet<&str> = at
            .iter()
            .flat_map(|(_, run)| run.regions().map(|(name, _)| name))
            .collect();
        let mut regions: Vec<ScalingLine> = names.into_iter().map(|name| line(Some(name))).collect();
        // Sorting is stable: what is alike stays in the order of the names.
        regions.sort_by(|a, b| b.first_ns().total_cmp(&a.first_ns()));
        let lines = std::iter::once(line(None)).chain(regions).collect();
        Ok(Self {
            by: by.map(str::to_owned),
            time,
            labels: at.iter().map(|(_, run)| run.label().to_owned()).collect(),
            numbers,
            lines,
        })
    }

    /// What the numbers are of, where not of ranks: a key of the metadata.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// Which time of the regions is taken.
    #[must_use]
    pub fn time(&self) -> ComparedTime {
        self.time
    }

    /// The numbers of ranks, ascending, at least two.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The label of the run of each number.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The whole run, then all regions: the one that took longest with the least number first.
    #[must_use]
    pub fn lines(&self) -> &[ScalingLine] {
        &self.lines
    }
}

impl ScalingLine {
    /// The region; none for the whole run.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The time at a place of [`Scaling::numbers`], ns; none where it took none.
    #[must_use]
    pub fn time_ns(&self, place: usize) -> Option<f64> {
        self.times_ns.get(place).copied().flatten()
    }

    /// How many times faster it is than with the least number; none where it took no time in one of the two.
    #[must_use]
    pub fn speedup(&self, place: usize) -> Option<f64> {
        Some(self.time_ns(0)? / self.time_ns(place)?)
    }

    /// The share of the ideal speedup that is reached: 1 is all of it.
    #[must_use]
    pub fn efficiency(&self, place: usize) -> Option<f64> {
        Some(self.speedup(place)? * self.numbers[0] / self.numbers[place])
    }

    fn first_ns(&self) -> f64 {
        self.time_ns(0).unwrap_or(0.0)
    }
}

/// What a run is placed by.
fn number(run: &RunTimes, by: Option<&str>) -> Result<f64> {
    let Some(key) = by else {
        return Ok(run.ranks() as f64);
    };
    let missing = || {
        let keys: Vec<&str> = run.numbers().map(|(key, _)| key).collect();
        let there = match keys.as_slice() {
            [] => "it has no numbers".to_owned(),
            keys => format!("numbers there: {}", keys.join(", ")),
        };
        Error::not_found(format!(
            "{}: the metadata has no number {key:?} above 0; {there}",
            run.label()
        ))
    };
    let mut numbers = run.numbers();
    let found = numbers.find(|(name, _)| *name == key).map(|(_, number)| number);
    found
        .filter(|number| number.is_finite() && *number > 0.0)
        .ok_or_else(missing)
}
