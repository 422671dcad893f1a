//! The charts that there are.

use super::options::ChartOptions;
use super::subject::{Facts, GrowingFacts, Subject};
use super::{
    counters, density, durations, flame, gantt, heatmap, histogram, imbalance, timeline, timeseries,
};
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;

/// A chart of the list [`CHARTS`]: what the program and its help know of it.
pub trait Chart: Sync {
    /// One word, as `gantt`.
    fn name(&self) -> &'static str;

    /// What it shows, in a few words without a full stop.
    fn about(&self) -> &'static str;

    /// What its files are called, without the extension.
    fn file_stem(&self) -> &'static str;

    /// Whether its [`Facts`] need the [call tree](crate::analysis::call_tree).
    fn needs_tree(&self) -> bool {
        false
    }

    /// Whether a profile of this kind has what the chart is of; where all charts are wanted, one that it has nothing
    /// of is left out.
    fn is_possible_for(&self, _: &Subject<'_>) -> bool {
        true
    }

    /// Whether it is drawn of such a subject when nobody says which charts to draw.
    fn is_default_for(&self, _: &Subject<'_>) -> bool {
        false
    }

    /// Whether it is drawn with such options, too, when nobody says which charts to draw.
    fn is_called_for(&self, _: &ChartOptions) -> bool {
        false
    }

    /// Begins a chart of a subject, which takes what it needs in a [pass].
    ///
    /// # Errors
    ///
    /// When there is nothing to draw, or what has to be known before the pass cannot be read.
    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>>;

    /// The chart of what `filter` chooses of a source, in a pass of its own.
    ///
    /// ```
    /// use scope_profiler::chart::{ChartOptions, list};
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter, plot};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let flame = list::by_name("flame").expect("a chart of the list");
    /// let graph = flame.reduce(&reader, &RegionFilter::new(), &ChartOptions::new())?;
    /// let directory = tempfile::tempdir()?;
    /// plot::save(&*graph, directory.path().join("flame.svg"))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the source cannot be read.
    fn reduce(
        &self,
        source: &dyn Source,
        filter: &RegionFilter,
        options: &ChartOptions,
    ) -> Result<Box<dyn Figure>> {
        let subject = Subject::new(source, filter)?;
        let mut chart = self.observe(&subject, options)?;
        let mut facts = GrowingFacts::new(&subject, self.needs_tree())?;
        let mut observers = facts.observers();
        observers.extend(chart.observers());
        pass::run(source, &mut observers)?;
        chart.finish(&facts.finish())
    }
}

/// A chart while a pass goes on.
pub trait GrowingChart {
    /// What has to be part of the pass; none where the [`Facts`] are enough.
    fn observers(&mut self) -> Vec<&mut dyn Observer>;

    /// The chart, when the pass is over.
    ///
    /// # Errors
    ///
    /// When there was nothing to draw.
    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>>;
}

/// All charts. A further one is a file and a line here.
pub const CHARTS: &[&dyn Chart] = &[
    &gantt::entry::Gantt,
    &durations::Durations,
    &flame::Flame,
    &timeline::FlameChart,
    &heatmap::Heatmap,
    &histogram::DurationHistograms,
    &imbalance::RankImbalance,
    &timeseries::DurationsOverTime,
    &counters::CountersOverTime,
    &density::BusyShare,
];

/// The chart of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Chart> {
    CHARTS.iter().copied().find(|chart| chart.name() == name)
}
