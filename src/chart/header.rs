//! What every chart says about itself.

use crate::analysis::notes::{Note, NoteKind};
use crate::units;

/// What every chart says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
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
    /// The regions that a chart of how busy ranks are does not count, as they are open nearly all the time.
    pub not_counted: Vec<String>,
    /// What would show more than this chart does, in words.
    pub advice: Option<String>,
    /// What else is not drawn, in words.
    pub not_drawn: Vec<String>,
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

    /// What a time axis shows that begins with the run, in words.
    pub(super) fn time_axis_title(&self) -> &'static str {
        match (self.is_of_run, self.own_clocks) {
            (true, false) => "Time since the start of the run",
            (true, true) => "Time since the start of the run on each rank",
            (false, false) => "Time since the first interval",
            (false, true) => "Time since the first interval of each rank",
        }
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
        notes.extend(self.not_drawn.iter().cloned());
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
        if !self.not_counted.is_empty() {
            notes.push(format!(
                "not counted, as they are open nearly all the time: {}",
                self.not_counted.join(", ")
            ));
        }
        notes.extend(self.advice.clone());
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
