//! The words that options take, and what they stand for in the library.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use scope_profiler::analysis::call_tree::TreeBy;
use scope_profiler::chart::CHARTS;
use scope_profiler::merge::MergeMode;

/// What stands for all charts.
pub(crate) const EVERY_CHART: &str = "all";

/// The names of the charts.
pub(super) fn charts() -> PossibleValuesParser {
    let values = CHARTS.iter();
    let values = values.map(|chart| PossibleValue::new(chart.name()).help(chart.about()));
    let all = PossibleValue::new(EVERY_CHART).help("all of these");
    values.chain([all]).collect::<Vec<_>>().into()
}

/// What is above a region in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tree {
    Thread,
    Caller,
}

impl From<Tree> for TreeBy {
    fn from(tree: Tree) -> Self {
        match tree {
            Tree::Thread => Self::Thread,
            Tree::Caller => Self::Caller,
        }
    }
}

/// How ranks are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// `copy`, or `link` for very many ranks or very large logs
    Auto,
    /// One file that holds everything
    Copy,
    /// An index, and beside it a directory with a file for each rank; after an interruption the same
    /// command resumes with the remaining ranks
    Link,
}

impl From<Mode> for MergeMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Auto => Self::Auto,
            Mode::Copy => Self::Copy,
            Mode::Link => Self::Link,
        }
    }
}

/// The order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// By first start
    Start,
    /// The most inclusive time first
    Total,
    /// The most exclusive time first
    Exclusive,
    /// The most calls first
    Calls,
    /// The longest calls on average first
    Average,
    /// The longest single call first
    Max,
    /// By name
    Name,
}

impl From<Sort> for scope_profiler::export::table::Sort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Start => Self::Start,
            Sort::Total => Self::Total,
            Sort::Exclusive => Self::Exclusive,
            Sort::Calls => Self::Calls,
            Sort::Average => Self::Average,
            Sort::Max => Self::Max,
            Sort::Name => Self::Name,
        }
    }
}

/// What the lanes of the Gantt chart are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lanes {
    /// Those of the others that show most of a run of this size
    Auto,
    /// Each region, on each rank
    Region,
    /// Each rank: which region it was in
    Rank,
    /// Each thread: nested calls below those around them, as in the flame chart
    Thread,
    /// Each task: the spans of futures, with their polls
    Task,
}

impl From<Lanes> for scope_profiler::chart::Lanes {
    fn from(lanes: Lanes) -> Self {
        match lanes {
            Lanes::Auto => Self::Auto,
            Lanes::Region => Self::Region,
            Lanes::Rank => Self::Rank,
            Lanes::Thread => Self::Thread,
            Lanes::Task => Self::Task,
        }
    }
}

/// The format of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Format {
    /// Pixels
    Png,
    /// Vectors
    Svg,
    /// An interactive page
    Html,
}

impl Format {
    /// The end of the file's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Html => "html",
        }
    }
}
