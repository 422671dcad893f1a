//! The times of the regions of one run, to be set against those of others.

use super::call_tree::CallTree;
use super::notes::Note;
use super::selection::RegionFilter;
use super::wall::Wall;
use crate::error::{Error, Result};
use crate::profile::{Source, Value};
use std::collections::BTreeMap;

/// How long one run and each of its regions took. It keeps nothing of the source, so that many files are read one after
/// the other.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::profile::{Call, Profile};
///
/// let profile = Profile::builder()
///     .interval(Call::new("main", 0..100))
///     .interval(Call::new("solve", 10..90)) // inside main
///     .build();
/// let run = RunTimes::of("new", &profile, &RegionFilter::new())?;
/// let main = run.region("main").expect("it was called");
/// assert_eq!((main.exclusive_ns, main.inclusive_ns, run.wall_ns()), (20.0, 100.0, 100));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RunTimes {
    label: String,
    ranks: usize,
    wall_ns: i64,
    regions: BTreeMap<String, RegionTimes>,
    notes: Vec<Note>,
    numbers: BTreeMap<String, f64>,
}

/// The times of one region in one run, where a rank that never entered it has 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RegionTimes {
    /// Calls on all ranks.
    pub calls: u64,
    /// The calls' own time, mean of the ranks, ns.
    pub exclusive_ns: f64,
    /// [Inclusive](super::inclusive) time, mean of the ranks, ns.
    pub inclusive_ns: f64,
}

impl RunTimes {
    /// The chosen regions on the chosen ranks of a run that goes by this label. A run without any of the regions has
    /// none: another one may have them.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, calls were counted but not timed, or intervals cannot be read.
    pub fn of(label: impl Into<String>, source: &dyn Source, filter: &RegionFilter) -> Result<Self> {
        let label = label.into();
        if !filter.chosen_regions(source).contains(&true) {
            return Ok(Self {
                label,
                ranks: filter.chosen_ranks(source).len(),
                wall_ns: Wall::of(source)?.ns(),
                numbers: numbers(source),
                ..Self::default()
            });
        }
        let tree = CallTree::filtered(source, filter)?;
        let ranks = tree.ranks().max(1) as f64;
        let mut regions: BTreeMap<String, RegionTimes> = BTreeMap::new();
        for index in filter.rows(source)? {
            let row = &source.rows()[index];
            let times = tree.row_times(index).copied().unwrap_or_default();
            let region = regions.entry(source.names()[row.name].clone()).or_default();
            region.calls = region.calls.saturating_add(row.calls);
            region.exclusive_ns += times.exclusive_ns as f64 / ranks;
            region.inclusive_ns += times.inclusive_ns as f64 / ranks;
        }
        let has_time = regions.values().any(|region| region.inclusive_ns != 0.0);
        if tree.intervals() == 0 && !has_time && regions.values().any(|region| region.calls > 0) {
            return Err(Error::not_found(format!(
                "{label}: there are no times to compare: its calls were counted but not timed"
            )));
        }
        Ok(Self {
            label,
            ranks: tree.ranks(),
            wall_ns: tree.wall_ns(),
            regions,
            notes: tree.notes().to_vec(),
            numbers: numbers(source),
        })
    }

    /// What the run is called.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The number of ranks that are shown.
    #[must_use]
    pub fn ranks(&self) -> usize {
        self.ranks
    }

    /// The [wall time](Wall::ns) of the run, whatever is shown of it, ns.
    #[must_use]
    pub fn wall_ns(&self) -> i64 {
        self.wall_ns
    }

    /// The times of a region; none where it is not in the run.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&RegionTimes> {
        self.regions.get(name)
    }

    /// All regions with their times, in order of their names.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &RegionTimes)> {
        self.regions.iter().map(|(name, times)| (name.as_str(), times))
    }

    /// The numbers among the [metadata](Source::metadata) of the run, by their keys.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.numbers.iter().map(|(key, number)| (key.as_str(), *number))
    }

    /// What is missing, lost or not to be relied on in this run.
    pub fn warnings(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.is_warning())
    }
}

/// The metadata that are numbers, or text that reads as one.
fn numbers(source: &dyn Source) -> BTreeMap<String, f64> {
    let metadata = source.metadata().into_iter();
    let number = |value: Value| match value {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::List(_) => None,
    };
    metadata
        .filter_map(|(key, value)| Some((key, number(value)?)))
        .collect()
}
