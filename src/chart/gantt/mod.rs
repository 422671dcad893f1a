//! The Gantt chart: when each region ran, on which rank and thread.

mod blocks;
mod coverage;
mod data;
pub(super) mod density;
pub(super) mod entry;
mod layout;
#[cfg(feature = "plot")]
pub(crate) mod nested;
mod picture;
mod plan;
mod reduction;
mod row;
mod tinted;
mod value_lane;
mod valued;

pub use reduction::GrowingGantt;

use super::header::Header;
use super::palette::Color;
use super::value_colors::ValueColors;
use crate::analysis::lane::{RawBar, offset};

/// A Gantt chart, ready to be drawn: regions from top to bottom in order of their first start.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct GanttChart {
    /// What the chart is of.
    pub header: Header,
    /// The time, on the file's clock, that the axis calls 0, ns: the start of the run, or of the first interval where
    /// the file does not say when the run began. 0 where the clocks of the ranks were never compared: then the start of
    /// each rank is the 0 of its lanes.
    pub origin_ns: i64,
    /// Where the axis begins, ns after its 0: 0 but for a [window](crate::chart::ChartOptions::window).
    pub from_ns: i64,
    /// The length of the time axis, ns; at least 1.
    pub span_ns: i64,
    /// What the colours of bars mean, where these are [by value](crate::chart::ChartOptions::color_by).
    pub colors: Option<ValueColors>,
    /// The regions.
    pub regions: Vec<GanttRegion>,
}

impl GanttChart {
    /// What the time axis shows, in words.
    #[must_use]
    pub fn axis_title(&self) -> &'static str {
        self.header.time_axis_title()
    }
}

/// All lanes of one region.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GanttRegion {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// By rank, then by thread.
    pub lanes: Vec<Lane>,
}

impl GanttRegion {
    /// A region without lanes.
    #[must_use]
    pub fn new(name: impl Into<String>, color: Color) -> Self {
        GanttRegion {
            name: name.into(),
            color,
            lanes: Vec::new(),
        }
    }
}

/// One horizontal lane.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Lane {
    /// The rank, or the first of several that share the lane.
    pub rank: u32,
    /// The last of the ranks that share the lane; the same as `rank` unless
    /// [`Header::ranks_per_lane`] is above 1.
    pub last_rank: u32,
    /// The thread, where the region's threads overlap in time and have a lane each; `None` for a
    /// lane that carries all threads.
    pub thread: Option<u32>,
    /// The [label](crate::profile::thread_label) of the thread; empty for a lane that carries all threads.
    pub thread_label: String,
    /// How many calls of the thread are around those of the lane, where lanes tell calls apart by that; else 0.
    pub depth: u32,
    /// In order of time, never overlapping.
    pub bars: Vec<Bar>,
}

impl Lane {
    /// A lane of all threads of a rank, without bars.
    #[must_use]
    pub fn new(rank: u32) -> Self {
        Lane {
            rank,
            last_rank: rank,
            thread: None,
            thread_label: String::new(),
            depth: 0,
            bars: Vec::new(),
        }
    }
}

/// One interval, or several that share a pixel at the chart's resolution.
///
/// Overlapping intervals of one lane (recursion) are one bar that covers them all.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bar {
    /// Start, ns after the origin.
    pub start_ns: i64,
    /// End, ns after the origin; never before the start.
    pub end_ns: i64,
    /// The share of the bar's time in which the region ran, 0 to 1; 1 for a single interval. In a
    /// lane of several ranks, the mean over them.
    pub busy: f32,
    /// The number of intervals; in a lane of several ranks, of those that begin here, maybe 0.
    pub calls: u32,
    /// In a chart that is coloured [by value](crate::chart::ChartOptions::color_by): the value of the call, or the
    /// mean of several, weighted by how long each took. None where no call has one.
    pub value: Option<f64>,
}

impl Bar {
    /// That of a bar on the clock of the file, after an origin.
    fn of(raw: RawBar, origin: i64) -> Self {
        let length = raw.length();
        Bar {
            start_ns: offset(origin, raw.start),
            end_ns: offset(origin, raw.end),
            busy: if length == 0 {
                1.0
            } else {
                (raw.busy as f64 / length as f64).min(1.0) as f32
            },
            calls: raw.calls,
            value: None,
        }
    }

    /// The same, so many ns later.
    fn shifted(self, ns: i64) -> Self {
        Bar {
            start_ns: self.start_ns.saturating_add(ns),
            end_ns: self.end_ns.saturating_add(ns),
            ..self
        }
    }

    /// The bar of one interval, in ns after the origin.
    ///
    /// A chart can be put together of what did not come from a profile:
    ///
    /// ```
    /// use scope_profiler::chart::gantt::{Bar, GanttChart, GanttRegion, Lane};
    /// use scope_profiler::chart::Color;
    ///
    /// let mut lane = Lane::new(0);
    /// lane.bars = vec![Bar::new(0, 200), Bar::new(300, 1_000)];
    /// let mut region = GanttRegion::new("solve", Color(0, 114, 178));
    /// region.lanes.push(lane);
    /// let mut chart = GanttChart::default();
    /// chart.span_ns = 1_000;
    /// chart.regions.push(region);
    /// ```
    #[must_use]
    pub fn new(start_ns: i64, end_ns: i64) -> Self {
        Bar {
            start_ns,
            end_ns: end_ns.max(start_ns),
            busy: 1.0,
            calls: 1,
            value: None,
        }
    }
}
