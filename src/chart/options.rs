//! How charts are made.

use super::subject::Subject;
use crate::error::Result;
use crate::profile::{Source, Window};
use std::collections::BTreeSet;

/// So many lanes of regions, and so many regions, can be told apart at a glance.
const MOST_REGION_LANES: usize = 120;
const MOST_REGIONS: usize = 30;
/// So many lanes of threads have room for their nested calls.
const MOST_THREAD_LANES: usize = 40;
const RANKS_TO_LOOK_AT: usize = 4;
/// Where calls inside others of their region have more than this share of all time, lanes of regions show solid bars.
const MUCH_RECURSION: f64 = 0.25;

/// How fine charts are, and what they are called. Every chart takes from it what concerns it.
///
/// | setter | default | |
/// |---|---|---|
/// | [`title`](Self::title) | the run's label, or the file's name | every chart |
/// | [`columns`](Self::columns) | 2048 | Gantt chart |
/// | [`max_lanes`](Self::max_lanes) | 1400 | Gantt chart |
/// | [`max_regions`](Self::max_regions) | 120 | Gantt chart |
/// | [`window`](Self::window) | the whole run | Gantt chart |
/// | [`max_bars`](Self::max_bars) | 40 | durations |
/// | [`lanes`](Self::lanes) | [`Lanes::Auto`] | Gantt chart |
/// | [`color_by`](Self::color_by) | the region | Gantt chart, flame chart |
/// | [`fields`](Self::fields) | none | time series |
/// | [`max_page_bytes`](Self::max_page_bytes) | 8 000 000 | interactive page |
///
/// ```
/// use scope_profiler::chart::ChartOptions;
///
/// let options = ChartOptions::new().title("weak scaling").max_regions(20);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChartOptions {
    pub(crate) title: Option<String>,
    pub(crate) columns: u32,
    pub(crate) max_lanes: usize,
    pub(crate) max_regions: usize,
    pub(crate) window: Option<Window>,
    pub(crate) max_bars: usize,
    pub(crate) color_by: Option<String>,
    pub(crate) fields: Vec<String>,
    pub(crate) max_page_bytes: usize,
    pub(crate) lanes: Lanes,
}

/// What the lanes of a Gantt chart are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lanes {
    /// Those of the others that show most of a run of this size.
    #[default]
    Auto,
    /// Each region has a lane for each rank, and each thread where threads overlap.
    Region,
    /// Each rank has a lane, of the regions that it was in, without those around them.
    Rank,
    /// Each thread has a lane, in which nested calls are stacked below those around them: a flame chart.
    Thread,
    /// Each span that was entered several times, as those of futures are for each poll, has a lane.
    Task,
}

impl Lanes {
    /// What [`Auto`](Self::Auto) stands for, of what is to be drawn.
    fn for_subject(self, subject: &Subject<'_>) -> Result<Self> {
        if self != Self::Auto {
            return Ok(self);
        }
        let source = subject.source();
        let rows = || subject.rows().iter().map(|&row| &source.rows()[row]);
        let ranks: BTreeSet<u32> = rows().map(|row| row.rank).collect();
        let regions: BTreeSet<usize> = rows().map(|row| row.name).collect();
        // Ranks are much alike, so that a few tell how many threads one has.
        let mut most_threads = 1;
        for &rank in ranks.iter().take(RANKS_TO_LOOK_AT) {
            most_threads = source.thread_names(rank)?.len().max(most_threads);
        }
        let threads = ranks.len() * most_threads;
        let recurses = threads <= MOST_THREAD_LANES && recursion(subject) > MUCH_RECURSION;
        Ok(
            if regions.len() * threads <= MOST_REGION_LANES && regions.len() <= MOST_REGIONS && !recurses {
                Self::Region
            } else if threads <= MOST_THREAD_LANES {
                Self::Thread
            } else {
                Self::Rank
            },
        )
    }
}

/// The share of the time of all calls that is inside others of their region, as far as the file states it.
fn recursion(subject: &Subject<'_>) -> f64 {
    let source = subject.source();
    let (mut all, mut inside) = (0.0, 0.0);
    for &row in subject.rows() {
        let Some(total) = source.rows()[row].total_ns else {
            continue;
        };
        let inclusive = source.row_facts(row).inclusive_ns.unwrap_or(total);
        all += total as f64;
        inside += total.saturating_sub(inclusive) as f64;
    }
    if all > 0.0 { inside / all } else { 0.0 }
}

impl Default for ChartOptions {
    fn default() -> Self {
        ChartOptions {
            title: None,
            columns: 2048,
            max_lanes: 1400,
            max_regions: 120,
            window: None,
            max_bars: 40,
            color_by: None,
            fields: Vec::new(),
            max_page_bytes: 8_000_000,
            lanes: Lanes::Auto,
        }
    }
}

impl ChartOptions {
    /// The defaults of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the chart's title. The default is the run's label, or else the file's name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The title of a chart of this source.
    pub(crate) fn title_for(&self, source: &dyn Source) -> String {
        self.title.clone().unwrap_or_else(|| source.title())
    }

    /// Says what the lanes of the Gantt chart are of. [`GanttChart::reduce`](super::GanttChart::reduce) always has
    /// those of [`Lanes::Region`]; the Gantt chart of the [list](super::list) has any.
    #[must_use]
    pub fn lanes(mut self, lanes: Lanes) -> Self {
        self.lanes = lanes;
        self
    }

    /// The lanes of the Gantt chart of what is to be drawn, once it is known.
    pub(super) fn lanes_for(&self, subject: &Subject<'_>) -> Result<Lanes> {
        match (self.lanes, &self.color_by) {
            (Lanes::Auto, Some(_)) => Ok(Lanes::Region),
            (lanes, _) => lanes.for_subject(subject),
        }
    }

    /// Makes an interactive page of at most this many bytes: short calls that are close together share a bar as far as
    /// that takes. Names and statistics are never left out, nor is the page's own code of about 210 KB; paths
    /// of the call tree and times of single ranks are, those with the least time first.
    #[must_use]
    pub fn max_page_bytes(mut self, bytes: usize) -> Self {
        self.max_page_bytes = bytes;
        self
    }

    /// Cuts the time axis into at least this many columns and less than twice as many; intervals
    /// shorter than a column are drawn together. At least 1.
    #[must_use]
    pub fn columns(mut self, columns: u32) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Draws at most about this many lanes: threads, then ranks, share lanes when there are more.
    /// At least 2.
    #[must_use]
    pub fn max_lanes(mut self, lanes: usize) -> Self {
        self.max_lanes = lanes.max(2);
        self
    }

    /// Draws at most this many regions; those with the smallest totals share lanes when there are
    /// more. At least 1.
    #[must_use]
    pub fn max_regions(mut self, regions: usize) -> Self {
        self.max_regions = regions.max(1);
        self
    }

    /// Draws only this part of the run. Calls that reach beyond it are cut at its edges, and regions without a call
    /// in it are left out. Where the file has blocks of its calls, none outside of it are read.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::chart::{ChartOptions, GanttChart};
    /// use scope_profiler::profile::{Call, Profile};
    ///
    /// let profile = Profile::builder().session(0, 0, 100).interval(Call::new("solve", 20..90)).build();
    /// let options = ChartOptions::new().window("50ns..80ns".parse()?);
    /// let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &options)?;
    /// assert_eq!((chart.from_ns, chart.span_ns), (50, 30));
    /// assert_eq!((chart.regions[0].lanes[0].bars[0].start_ns, chart.header.intervals), (50, 1));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// Colours the bars of the Gantt chart and of timelines by the value of a field, not by region; with
    /// [`Lanes::Auto`] lanes are those of [`Lanes::Region`], which say what region a bar is of. A bar of several
    /// calls has the mean of their values, weighted by how long each took; bars without a number are grey. The chart
    /// fails where the profile has no such field, or none of the chosen calls has it.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::chart::{ChartOptions, GanttChart};
    /// use scope_profiler::profile::{Call, Number, Profile};
    ///
    /// let bytes = |n| [("bytes", Number::Int(n))];
    /// let profile = Profile::builder()
    ///     .interval(Call::new("send", 0..90).numbers(&bytes(100)))
    ///     .interval(Call::new("send", 100..190).numbers(&bytes(4_000)))
    ///     .build();
    /// let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new().color_by("bytes"))?;
    /// let values: Vec<_> = chart.regions[0].lanes[0].bars.iter().map(|bar| bar.value).collect();
    /// assert_eq!(values, [Some(100.0), Some(4_000.0)]);
    /// assert_eq!(chart.colors.expect("it is coloured by value").ends(), ["100 B", "4.00 kB"]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn color_by(mut self, field: impl Into<String>) -> Self {
        self.color_by = Some(field.into());
        self
    }

    /// Draws the values of these fields over the run, above durations. A chart that takes them fails where the
    /// profile has no such field, or none of the chosen calls has it.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::chart::{ChartOptions, list};
    /// use scope_profiler::profile::{Call, Number, Profile};
    /// use scope_profiler::render::Datum;
    ///
    /// let residual = |x| [("residual", Number::Float(x))];
    /// let profile = Profile::builder()
    ///     .interval(Call::new("iterate", 0..90).numbers(&residual(1.0)))
    ///     .interval(Call::new("iterate", 100..190).numbers(&residual(1e-7)))
    ///     .build();
    /// let chart = list::by_name("timeseries").expect("a chart of the list");
    /// let options = ChartOptions::new().fields(["residual"]);
    /// let figure = chart.reduce(&profile, &RegionFilter::new(), &options)?;
    /// let median = figure.data().columns().iter().position(|column| column.name() == "median").expect("a column");
    /// let second = figure.data().into_rows().nth(1).expect("a row for each call, as they are few");
    /// assert_eq!(second[median], Datum::Number(1e-7));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn fields(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = names.into_iter().map(Into::into).collect();
        self
    }

    /// Draws at most this many bars; where there are more regions, the last bar stands for the
    /// rest. At least 2.
    #[must_use]
    pub fn max_bars(mut self, bars: usize) -> Self {
        self.max_bars = bars.max(2);
        self
    }
}
