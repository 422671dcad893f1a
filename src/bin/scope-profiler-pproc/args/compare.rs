//! `compare`: what was typed.

use super::Choice;
use clap::ValueEnum;
use scope_profiler::analysis::comparison::ComparedTime;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What was typed after `compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The profiling files, or the logs of ranks, the oldest first; LABEL= before a file names its run, which otherwise
    /// goes by the file's name
    #[arg(required = true, value_name = "[LABEL=]FILE", num_args = 2..)]
    pub(crate) files: Vec<LabelledFile>,

    /// Write comparison_plot into DIR, which is created, instead of printing a table, and of runs with different
    /// numbers of ranks also scaling_plot: speedup and efficiency
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Scaling over this number in the metadata of the runs, not over their ranks
    #[arg(long, value_name = "KEY", requires = "output")]
    pub(crate) by: Option<String>,

    /// Which time of the regions is compared
    #[arg(long, value_name = "TIME", default_value = "exclusive")]
    pub(crate) time: Time,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Formats of the picture
    #[arg(long, value_name = "FORMAT", num_args = 1.., value_delimiter = ',', default_value = "png", value_parser = ["png", "svg"], requires = "output")]
    pub(crate) format: Vec<String>,

    /// Also write the numbers of the picture, as CSV
    #[arg(long, requires = "output")]
    pub(crate) data: bool,

    /// Print every region, not only those that changed most
    #[arg(long, conflicts_with = "output")]
    pub(crate) all: bool,

    /// Print only so many regions
    #[arg(long, value_name = "N", conflicts_with_all = ["all", "output"], value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top: Option<u32>,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// A file, and what its run is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelledFile {
    pub(crate) label: Option<String>,
    pub(crate) path: PathBuf,
}

impl From<OsString> for LabelledFile {
    fn from(word: OsString) -> Self {
        let labelled = || {
            let (label, path) = word.to_str()?.split_once('=')?;
            let is_label = !label.is_empty() && !path.is_empty();
            is_label.then(|| (label.to_owned(), PathBuf::from(path)))
        };
        // A file may have the sign in its name.
        match labelled().filter(|_| !Path::new(&word).exists()) {
            Some((label, path)) => Self {
                label: Some(label),
                path,
            },
            None => Self {
                label: None,
                path: word.into(),
            },
        }
    }
}

/// Which time of a region is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// That in the region itself: where a change comes from
    Exclusive,
    /// That with everything inside: what it means to the callers
    Inclusive,
}

impl From<Time> for ComparedTime {
    fn from(time: Time) -> Self {
        match time {
            Time::Exclusive => Self::Exclusive,
            Time::Inclusive => Self::Inclusive,
        }
    }
}
