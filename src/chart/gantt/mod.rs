//! The Gantt chart: when each region ran, on which rank and thread.

mod coverage;
mod layout;
mod picture;

pub use super::palette::Color;
use crate::analysis::notes::{Note, NoteKind};
use crate::units;

/// What every chart says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How long the run took, whatever is shown of it, ns; see [`Wall`](crate::analysis::wall::Wall).
    pub wall_ns: i64,
    /// Whether that is the time of the run; else it is from the first interval to the last.
    pub is_of_run: bool,
    /// Whether the clocks of the ranks were never compared, so that each rank has a time of its own.
    pub own_clocks: bool,
    /// How many consecutive ranks share a lane; 1, or 0 in an empty header, when none do.
    pub ranks_per_lane: usize,
    /// Whether threads that overlap in time share a lane because there were too many.
    pub threads_merged: bool,
    /// How many regions are drawn together as "others".
    pub regions_merged: usize,
    /// What has to be known beside the numbers, as table and JSON have it.
    pub run_notes: Vec<Note>,
}

impl Header {
    /// The header in words, without the title: `4 ranks × 8 threads · 12 345 intervals · 1.25 s`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        let per_rank = self.threads.div_ceil(self.ranks.max(1));
        parts.push(match (self.ranks, self.threads) {
            (ranks, threads) if threads <= ranks => plural(ranks, "rank"),
            (1, threads) => format!("1 rank × {}", plural(threads, "thread")),
            (ranks, threads) if threads % ranks == 0 => {
                format!("{} × {}", plural(ranks, "rank"), plural(per_rank, "thread"))
            }
            (ranks, threads) => format!("{}, {}", plural(ranks, "rank"), plural(threads, "thread")),
        });
        let intervals = if self.intervals == 1 {
            "interval"
        } else {
            "intervals"
        };
        parts.push(format!("{} {intervals}", units::count(self.intervals)));
        parts.push(format!("{} wall time", units::duration(self.wall_ns)));
        parts.join("  ·  ")
    }

    /// What the chart does not show as it was recorded, in words; empty when there is nothing.
    ///
    /// That is, of the [notes on the run](Self::run_notes), the filter and all that warns, and then what this chart
    /// draws together.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let of_run = self.run_notes.iter();
        let of_run = of_run.filter(|note| note.is_warning() || note.kind() == NoteKind::Filter);
        let mut notes: Vec<String> = of_run.map(|note| note.text().to_owned()).collect();
        notes.extend(self.drawing_notes());
        notes
    }

    /// What this chart draws together.
    pub(crate) fn drawing_notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.merged > 0 {
            notes.push(format!(
                "{} intervals merged for drawing",
                units::count(self.merged)
            ));
        }
        if self.threads_merged {
            notes.push("the threads of a rank share a lane".into());
        }
        if self.ranks_per_lane > 1 {
            notes.push(format!(
                "{} ranks share a lane, shaded by their mean",
                self.ranks_per_lane
            ));
        }
        if self.regions_merged > 0 {
            notes.push(format!(
                "the {} shortest regions share a lane",
                self.regions_merged
            ));
        }
        notes
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        units::count(n as u64),
        if n == 1 { "" } else { "s" }
    )
}

/// A Gantt chart, ready to be drawn: regions from top to bottom in order of their first start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GanttChart {
    /// What the chart is of.
    pub header: Header,
    /// The time, on the file's clock, that the axis calls 0, ns: the start of the run, or of the first interval where
    /// the file does not say when the run began. 0 where the clocks of the ranks were never compared: then the start of
    /// each rank is the 0 of its lanes.
    pub origin_ns: i64,
    /// The length of the time axis, ns; at least 1.
    pub span_ns: i64,
    /// The regions.
    pub regions: Vec<GanttRegion>,
}

impl GanttChart {
    /// What the time axis shows, in words.
    #[must_use]
    pub fn axis_title(&self) -> &'static str {
        match (self.header.is_of_run, self.header.own_clocks) {
            (true, false) => "Time since the start of the run",
            (true, true) => "Time since the start of the run on each rank",
            (false, false) => "Time since the first interval",
            (false, true) => "Time since the first interval of each rank",
        }
    }
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

/// One interval, or several that share a pixel at the chart's resolution.
///
/// Overlapping intervals of one lane (recursion) are one bar that covers them all.
#[derive(Clone, Copy, Debug, PartialEq)]
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
}
