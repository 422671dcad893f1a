//! The Gantt chart: when each region ran, on which rank and thread.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// What every chart says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The run's label, or the file's name.
    pub title: String,
    /// The number of ranks drawn.
    pub ranks: usize,
    /// The number of threads drawn, over all ranks.
    pub threads: usize,
    /// The number of intervals in the selection.
    pub intervals: u64,
    /// How many of them share a bar with others.
    pub merged: u64,
    /// From the first start to the last end, ns.
    pub wall_ns: i64,
}

/// A Gantt chart, ready to be drawn: regions from top to bottom in order of their first start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GanttChart {
    /// What the chart is of.
    pub header: Header,
    /// The time, on the file's clock, that the axis calls 0, ns.
    pub origin_ns: i64,
    /// The length of the time axis, ns; at least 1.
    pub span_ns: i64,
    /// The regions.
    pub regions: Vec<GanttRegion>,
}

/// All lanes of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct GanttRegion {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// By rank, then by thread.
    pub lanes: Vec<Lane>,
}

/// One horizontal lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// The rank.
    pub rank: u32,
    /// The thread, where the region's threads overlap in time and have a lane each; `None` for a
    /// lane that carries all threads.
    pub thread: Option<u32>,
    /// In order of time, never overlapping.
    pub bars: Vec<Bar>,
}

/// One interval, or several that are too close to be told apart at the chart's resolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Start, ns after the origin.
    pub start_ns: i64,
    /// End, ns after the origin; never before the start.
    pub end_ns: i64,
    /// The share of the bar's time in which the region ran, 0 to 1; 1 for a single interval.
    pub busy: f32,
    /// The number of intervals.
    pub calls: u32,
}
