//! Timelines: what each rank, thread or task was doing when.
//!
//! The [Gantt chart](super::gantt) has a lane for each region; here each rank, thread or task has one, and the colours
//! say in which region it was.

mod data;
mod growing;
mod innermost;
mod labels;
mod legend;
mod mix;
mod names;
mod nested;
mod picture;
mod pixels;
mod strip;
mod tasks;
mod valued;

pub(super) use growing::{FlameChart, observe};

use super::header::Header;
use super::options::{ChartOptions, Lanes};
use super::palette::Color;
use super::subject::Subject;
use super::value_colors::ValueColors;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;

/// A timeline, ready to be drawn: lanes from top to bottom.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Timeline {
    /// What the chart is of.
    pub header: Header,
    /// Where the time axis begins, ns after its 0: more than that in a [window](ChartOptions::window).
    pub from_ns: i64,
    /// The length of the time axis, ns; at least 1.
    pub span_ns: i64,
    /// What the colours of pieces mean, where these are [by value](ChartOptions::color_by).
    pub colors: Option<ValueColors>,
    /// The regions that pieces are of: that with the most time first.
    pub regions: Vec<TimelineRegion>,
    /// The lanes.
    pub lanes: Vec<TimelineLane>,
}

impl Timeline {
    /// The timeline of the chosen regions and ranks of a source, with lanes for ranks, threads or tasks; those of
    /// regions are a [`GanttChart`](super::GanttChart), and for [`Lanes::Region`] and [`Lanes::Auto`] there are
    /// threads.
    ///
    /// It takes one pass; for tasks, regions of their spans are read once more.
    ///
    /// ```
    /// use scope_profiler::chart::timeline::Timeline;
    /// use scope_profiler::chart::{ChartOptions, Lanes};
    /// use scope_profiler::profile::{Call, Profile};
    /// use scope_profiler::RegionFilter;
    ///
    /// let profile = Profile::builder()
    ///     .interval(Call::new("step", 0..100))
    ///     .interval(Call::new("solve", 20..90)) // inside step
    ///     .build();
    /// let (everything, options) = (RegionFilter::new(), ChartOptions::new());
    /// let threads = Timeline::reduce(&profile, &everything, &options, Lanes::Thread)?;
    /// assert_eq!((threads.lanes.len(), threads.lanes[0].rows.len()), (1, 2));
    /// let ranks = Timeline::reduce(&profile, &everything, &options, Lanes::Rank)?;
    /// let pieces = ranks.lanes[0].rows[0].iter().map(|piece| ranks.regions[piece.region].name.as_str());
    /// assert_eq!(pieces.collect::<Vec<_>>(), ["step", "solve", "step"]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the source cannot be read.
    pub fn reduce(
        source: &dyn Source,
        filter: &RegionFilter,
        options: &ChartOptions,
        lanes: Lanes,
    ) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        let mut growing = growing::Growing::new(&subject, options, lanes)?;
        let facts = subject.observe(&mut [growing.observer()])?;
        growing.finish(&facts)
    }
}

/// A region of a [`Timeline`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimelineRegion {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// The time of its pieces, ns.
    pub busy_ns: u64,
}

/// What a lane is of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaneOf {
    /// A rank, or this and all up to the last one; the innermost regions of all threads.
    Ranks(u32, u32),
    /// A thread of a rank, with its [label](crate::profile::thread_label).
    Thread(u32, u32, String),
    /// A span of a rank, by its number there, and its region.
    Task(u32, u32, String),
}

/// One lane.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimelineLane {
    /// What it is of.
    pub of: LaneOf,
    /// One row, or for nested calls several: those in the second are inside those in the first.
    pub rows: Vec<Vec<Piece>>,
    /// Of a task, from when to when it [lived](crate::analysis::lifetimes), ns on the axis; in its
    /// [rows](Self::rows) it was entered.
    pub life_ns: Option<(i64, i64)>,
    /// In a timeline that is coloured [by value](ChartOptions::color_by), the last value that a task had; none
    /// without one.
    pub life_value: Option<f64>,
}

/// A call, or several that are short and close together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// An index into [`Timeline::regions`]: the region, or of several that with the most time.
    pub region: usize,
    /// Start on the axis, ns.
    pub start_ns: i64,
    /// End on the axis, ns.
    pub end_ns: i64,
    /// The share of this time in which any of the calls was open, up to 1; in a lane of several ranks, the mean of
    /// them.
    pub busy: f32,
    /// The calls that begin here.
    pub calls: u32,
    /// In a timeline that is coloured [by value](ChartOptions::color_by): the value of the call, or the mean of
    /// several, weighted by how long each took here. Entries of a task have the value that it had then. None without
    /// one.
    pub value: Option<f64>,
}
