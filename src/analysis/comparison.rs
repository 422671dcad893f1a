//! Several runs of one program side by side: which regions took longer, and by how much.
//!
//! The first run is what the others are compared with, and the change is that from the first to the last. Times are
//! means of the ranks, so that runs with different numbers of ranks can be compared; a region that is not in a run took
//! no time there.

use super::run_times::{RegionTimes, RunTimes};
use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// Which time of the regions is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComparedTime {
    /// That in a region itself, without regions inside it: it says where a change comes from.
    #[default]
    Exclusive,
    /// That with everything inside: what a change means to the callers.
    Inclusive,
}

impl ComparedTime {
    /// The word for it: `exclusive` or `inclusive`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Inclusive => "inclusive",
        }
    }

    /// This time of a region, mean of the ranks, ns.
    #[must_use]
    pub fn of(self, region: &RegionTimes) -> f64 {
        match self {
            Self::Exclusive => region.exclusive_ns,
            Self::Inclusive => region.inclusive_ns,
        }
    }
}

/// Runs side by side, region by region.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::comparison::{ComparedTime, Comparison};
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::profile::{Call, Profile};
///
/// let profile = |solve_ns: i64| Profile::builder()
///     .interval(Call::new("setup", 0..20))
///     .interval(Call::new("solve", 20..20 + solve_ns))
///     .build();
/// let everything = RegionFilter::new();
/// let old = RunTimes::of("old", &profile(100), &everything)?;
/// let new = RunTimes::of("new", &profile(150), &everything)?;
/// let comparison = Comparison::of(vec![old, new], ComparedTime::Exclusive)?;
///
/// let [solve, setup] = comparison.regions() else { panic!("two regions") };
/// assert_eq!((solve.name(), solve.change_ns(), solve.relative_change()), ("solve", 50.0, Some(0.5)));
/// assert_eq!((setup.name(), setup.change_ns(), setup.relative_change()), ("setup", 0.0, Some(0.0)));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Comparison {
    time: ComparedTime,
    runs: Vec<RunTimes>,
    regions: Vec<ComparedRegion>,
}

/// One region in all runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedRegion {
    name: String,
    times_ns: Vec<Option<f64>>,
}

impl Comparison {
    /// Compares runs in this order: the region that changed most comes first.
    ///
    /// # Errors
    ///
    /// When there are less than two runs, or none of them has a region.
    pub fn of(runs: Vec<RunTimes>, time: ComparedTime) -> Result<Self> {
        if runs.len() < 2 {
            return Err(Error::config("a comparison takes two runs or more"));
        }
        let names: BTreeSet<&str> = runs
            .iter()
            .flat_map(|run| run.regions().map(|(name, _)| name))
            .collect();
        let region = |name: &str| ComparedRegion {
            name: name.to_owned(),
            times_ns: runs.iter().map(|run| Some(time.of(run.region(name)?))).collect(),
        };
        let mut regions: Vec<ComparedRegion> = names.into_iter().map(region).collect();
        if regions.is_empty() {
            return Err(Error::not_found(
                "there is nothing to compare: no run has a region",
            ));
        }
        // Sorting is stable: what is alike stays in the order of the names.
        regions.sort_by(|a, b| {
            let changed = b.change_ns().abs().total_cmp(&a.change_ns().abs());
            changed.then_with(|| b.longest_ns().total_cmp(&a.longest_ns()))
        });
        Ok(Self { time, runs, regions })
    }

    /// Which time is compared.
    #[must_use]
    pub fn time(&self) -> ComparedTime {
        self.time
    }

    /// The runs, at least two.
    #[must_use]
    pub fn runs(&self) -> &[RunTimes] {
        &self.runs
    }

    /// The regions of all runs: the one that changed most first.
    #[must_use]
    pub fn regions(&self) -> &[ComparedRegion] {
        &self.regions
    }

    /// What the change is from and to: the labels of the first run and the last.
    #[must_use]
    pub fn from_to(&self) -> (&str, &str) {
        (
            self.runs.first().map_or("", RunTimes::label),
            self.runs.last().map_or("", RunTimes::label),
        )
    }

    /// By how much the wall time of a run, by its place, differs from that of the first, as a share of it; none where
    /// that took no time.
    #[must_use]
    pub fn relative_wall_change(&self, run: usize) -> Option<f64> {
        let first = self.runs.first()?.wall_ns() as f64;
        relative(first, self.runs.get(run)?.wall_ns() as f64)
    }

    /// What the runs warn of, after the labels of those that do.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut by_text: Vec<(&str, Vec<&str>)> = Vec::new();
        for run in &self.runs {
            for note in run.warnings() {
                match by_text.iter_mut().find(|(text, _)| *text == note.text()) {
                    Some((_, labels)) => labels.push(run.label()),
                    None => by_text.push((note.text(), vec![run.label()])),
                }
            }
        }
        let line = |(text, labels): (&str, Vec<&str>)| match labels.len() {
            many if many == self.runs.len() => format!("all runs: {text}"),
            _ => format!("{}: {text}", labels.join(", ")),
        };
        by_text.into_iter().map(line).collect()
    }
}

impl ComparedRegion {
    /// The region.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its time in each of the runs, mean of the ranks, ns; none where it is not in a run.
    #[must_use]
    pub fn times_ns(&self) -> &[Option<f64>] {
        &self.times_ns
    }

    /// By how much longer it took in the last run than in the first, ns; negative where it was faster.
    #[must_use]
    pub fn change_ns(&self) -> f64 {
        self.change_to_ns(self.times_ns.len().saturating_sub(1))
    }

    /// The change as a share of the time in the first run: 0.5 is half as long again. None where that is 0.
    #[must_use]
    pub fn relative_change(&self) -> Option<f64> {
        self.relative_change_to(self.times_ns.len().saturating_sub(1))
    }

    /// By how much longer it took in a run, by its place, than in the first, ns.
    #[must_use]
    pub fn change_to_ns(&self, run: usize) -> f64 {
        self.time(run) - self.time(0)
    }

    /// The same as a share of the time in the first run; none where that is 0.
    #[must_use]
    pub fn relative_change_to(&self, run: usize) -> Option<f64> {
        relative(self.time(0), self.time(run))
    }

    /// The longest time in any run, ns.
    #[must_use]
    pub fn longest_ns(&self) -> f64 {
        self.times_ns.iter().flatten().copied().fold(0.0, f64::max)
    }

    fn time(&self, run: usize) -> f64 {
        self.times_ns.get(run).copied().flatten().unwrap_or(0.0)
    }
}

fn relative(from: f64, to: f64) -> Option<f64> {
    (from > 0.0).then(|| (to - from) / from)
}
