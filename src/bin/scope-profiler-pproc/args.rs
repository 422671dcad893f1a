//! What was typed on the command line.

use bytesize::ByteSize;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use scope_profiler::analysis::call_tree::TreeBy;
use scope_profiler::analysis::comparison::ComparedTime;
use scope_profiler::chart::CHARTS;
use scope_profiler::export::{EXPORTERS, ExportOption, Exporter, Window, exporter};
use scope_profiler::merge::MergeMode;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Statistics and charts from a profiling file.
///
/// Without --output and --show, prints a table: regions as a tree by nesting, with calls, times and
/// the share of the wall time.
#[derive(Debug, Parser)]
#[command(name = "scope-profiler-pproc", version, after_help = EXAMPLES, override_usage = "scope-profiler-pproc FILE [OPTIONS]\n       scope-profiler-pproc --check FILE...\n       scope-profiler-pproc serve FILE...\n       scope-profiler-pproc export FILE --to FORMAT [-o OUT]\n       scope-profiler-pproc compare FILE FILE... [-o DIR]\n       scope-profiler-pproc merge DIR_OR_FILES... -o FILE")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// The profiling file (HDF5), or the log of a rank
    #[arg(required = true, value_name = "FILE", num_args = 1..)]
    pub(crate) files: Vec<PathBuf>,

    /// Verify the files, which may also be rank logs: nothing lost, rows in order, numbers that agree
    #[arg(long, conflicts_with_all = ["output", "show", "include", "exclude", "ranks", "plots", "lanes", "format", "window", "data", "exact"])]
    pub(crate) check: bool,

    /// Write charts and region_statistics.json into DIR, which is created
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Open the interactive page in the browser, from a server on this machine; without a display, say how to get
    /// there
    #[arg(long)]
    pub(crate) show: bool,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Which charts to write; without it gantt and durations, and of four ranks or more heatmap
    #[arg(long, value_name = "CHART", num_args = 1.., value_delimiter = ',', value_parser = charts(), requires = "output")]
    pub(crate) plots: Vec<String>,

    /// What the lanes of the Gantt chart are of
    #[arg(long, value_name = "LANES", default_value = "auto", requires = "output")]
    pub(crate) lanes: Lanes,

    /// Formats of the charts; html is the interactive page
    #[arg(long, value_name = "FORMAT", num_args = 1.., value_delimiter = ',', default_value = "png", requires = "output")]
    pub(crate) format: Vec<Format>,

    /// Of the Gantt chart only this time, counted from the start of the run, as in 1.5s..2s, 200ms.. or ..30us: calls that
    /// reach beyond it are cut at its edges. The statistics of the whole run are not written then
    #[arg(long, value_name = "FROM..UNTIL", requires = "output")]
    pub(crate) window: Option<Window>,

    /// Also write the numbers of each chart, as CSV
    #[arg(long, requires = "output")]
    pub(crate) data: bool,

    /// How large the interactive page may get: short calls that are close together are merged as far as that takes
    #[arg(long, value_name = "SIZE", default_value = "8MB")]
    pub(crate) max_html_size: ByteSize,

    /// Print every row of the table, not only those with the most time
    #[arg(long)]
    pub(crate) all: bool,

    /// Print only so many rows of the table
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top: Option<u32>,

    /// The order of the regions of one caller in the table, and which of them --top prints
    #[arg(long, value_name = "KEY")]
    pub(crate) sort: Option<Sort>,

    /// Print a region in one row, whoever has called it; without --sort by exclusive time
    #[arg(long)]
    pub(crate) flat: bool,

    /// Print the statistics as JSON instead of the table: what region_statistics.json has
    #[arg(long, conflicts_with_all = ["check", "output", "show", "all", "top", "sort", "flat", "quiet"])]
    pub(crate) json: bool,

    /// What is above a region in trees and flame graphs: what is open on its thread, or for spans of other threads what
    /// started them
    #[arg(long, value_name = "HOW", default_value = "thread")]
    pub(crate) tree: Tree,

    /// Read the intervals, also where the file has a summary of them
    #[arg(long)]
    pub(crate) exact: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Set in the subprocess, see `subprocess.rs`
    #[arg(long, hide = true, global = true)]
    pub(crate) in_subprocess: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
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

/// Regions and ranks.
#[derive(Debug, clap::Args)]
pub(crate) struct Choice {
    /// Only regions whose names match one of these regular expressions from their first character
    /// on: '.*' in front matches anywhere
    #[arg(short, long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) include: Vec<String>,

    /// Leave out regions whose names match one of these
    #[arg(short, long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) exclude: Vec<String>,

    /// Only these ranks: numbers and ranges, as in 0-3,5
    #[arg(short, long, value_name = "SPEC", num_args = 1.., value_delimiter = ',')]
    pub(crate) ranks: Vec<RankSpec>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a profile in the format of another tool
    Export(ExportArgs),

    /// Show several runs side by side: which regions took longer, and by how much
    Compare(CompareArgs),

    /// Show profiles in the browser, from a server on this machine that ends when the page is closed
    Serve(ServeArgs),

    /// Make one profiling file from the logs of a run that was killed, or whose ranks could not talk to
    /// each other. The logs are kept
    Merge {
        /// Rank logs, or the directory that holds them
        #[arg(required = true, value_name = "DIR_OR_FILES")]
        logs: Vec<PathBuf>,

        /// The file to write; an older one is replaced
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,

        /// The run to merge, when a directory holds several: the part of the log names before -rank
        #[arg(long, value_name = "NAME")]
        run: Option<String>,

        /// One file with everything, or an index of links to a file for each rank
        #[arg(long, value_name = "MODE", default_value = "auto")]
        mode: Mode,

        /// Compress the file: about 4 bytes an interval instead of 16. Every program that reads HDF5 reads it
        #[arg(long)]
        compress: bool,

        /// Print nothing but errors
        #[arg(short, long)]
        quiet: bool,
    },
}

/// What was typed after `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The profiling file, or the log of a rank
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The format; without it, the end of OUT says which
    #[arg(long, value_name = "FORMAT", value_parser = formats(), required_unless_present = "output")]
    pub(crate) to: Option<&'static dyn Exporter>,

    /// The file to write, which replaces an older one, compressed where its name ends in .gz; without it, or with
    /// -, standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Only this time, counted from the start of the run, as in 1.5s..2s, 200ms.. or ..30us: intervals that reach
    /// beyond it are cut at its edges
    #[arg(long, value_name = "FROM..UNTIL")]
    pub(crate) window: Option<Window>,

    #[arg(long, help = help_of(ExportOption::Statistics, "One row for each region and rank instead of one for each interval"))]
    pub(crate) stats: bool,

    #[arg(long, help = help_of(ExportOption::Compress, "Compress the file in itself: about a quarter of the size, for the same readers"))]
    pub(crate) compress: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What was typed after `compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The profiling files, or the logs of ranks, the oldest first; LABEL= before a file names its run, which otherwise
    /// goes by the file's name
    #[arg(required = true, value_name = "[LABEL=]FILE", num_args = 2..)]
    pub(crate) files: Vec<LabelledFile>,

    /// Write comparison_plot into DIR, which is created, instead of printing a table, and of runs with different numbers
    /// of ranks also scaling_plot: speedup and efficiency
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

/// What was typed after `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The profiling files, or the logs of ranks
    #[arg(required = true, value_name = "FILE", num_args = 1..)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) choice: Choice,

    #[command(flatten)]
    pub(crate) how: ServeHow,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// How the page is served.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServeHow {
    /// The port, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// Open no browser: print the link alone
    #[arg(long)]
    pub(crate) no_open: bool,

    /// How long after the page was closed the server ends
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(crate) end_after: Duration,
}

impl Default for ServeHow {
    fn default() -> Self {
        Self {
            port: 0,
            no_open: false,
            end_after: Duration::from_secs(30),
        }
    }
}

/// A time such as `30s` or `5min`.
fn time(text: &str) -> Result<Duration, String> {
    let time: Option<jiff::SignedDuration> = text.parse().ok();
    let time = time.and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "expected a time such as 30s or 5min".to_owned())
}

fn formats() -> impl TypedValueParser<Value = &'static dyn Exporter> {
    let values = EXPORTERS.iter().map(|format| {
        let ends = format.extensions().join(", ");
        PossibleValue::new(format.name()).help(format!("{} ({ends})", format.about()))
    });
    PossibleValuesParser::new(values).map(|name| exporter(&name).expect("clap takes only names of the list"))
}

fn help_of(option: ExportOption, what: &str) -> String {
    let formats = EXPORTERS
        .iter()
        .filter(|format| format.options().contains(&option));
    let names: Vec<&str> = formats.map(|format| format.name()).collect();
    format!("{what} ({})", names.join(", "))
}

/// No line is longer than a narrow terminal is wide: a line that is broken twice cannot be read.
const EXAMPLES: &str = "\
Examples:
  scope-profiler-pproc run.h5
      print the statistics of all regions and ranks
  scope-profiler-pproc run.h5 -o figures
      write gantt_plot.png, durations_plot.png and region_statistics.json
  scope-profiler-pproc run.h5 -i solver io -e 'io\\.read' -r 0-3,8
      regions that begin with solver or io, but not with io.read, on some ranks
  scope-profiler-pproc run.h5 -o figures --format svg html
      vector graphics and an interactive page
  scope-profiler-pproc run.h5 --show
      explore the run in the browser, down to the single call
  scope-profiler-pproc serve before.h5 after.h5 --port 8080
      the same of several runs, by a port of your choice
  scope-profiler-pproc export run.h5 -o run.csv
      write the intervals in the format of another tool
  scope-profiler-pproc compare old.h5 new.h5
      which regions took longer, and by how much
  scope-profiler-pproc merge run.h5.d -o run.h5
      make the file of a run that was killed, from its logs
  scope-profiler-pproc --check run.h5
      verify that nothing is lost or damaged

Exit status:
  0  success
  1  the file or the selection cannot be used, or a check found something
  2  the command line is wrong";

/// What stands for all charts.
pub(crate) const EVERY_CHART: &str = "all";

/// The names of the charts.
fn charts() -> PossibleValuesParser {
    let values = CHARTS.iter();
    let values = values.map(|chart| PossibleValue::new(chart.name()).help(chart.about()));
    let all = PossibleValue::new(EVERY_CHART).help("all of these");
    values.chain([all]).collect::<Vec<_>>().into()
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

impl Args {
    /// Whether the page is served.
    pub(crate) fn serves(&self) -> bool {
        self.show || matches!(self.command, Some(Command::Serve(_)))
    }

    /// The profiles to read.
    pub(crate) fn profiles(&self) -> Vec<&PathBuf> {
        match &self.command {
            Some(Command::Export(export)) => vec![&export.file],
            Some(Command::Serve(serve)) => serve.files.iter().collect(),
            Some(Command::Compare(compare)) => compare.files.iter().map(|file| &file.path).collect(),
            _ => self.files.iter().collect(),
        }
    }

    /// The directory for several files.
    pub(crate) fn directory(&self) -> Option<&PathBuf> {
        match &self.command {
            Some(Command::Compare(compare)) => compare.output.as_ref(),
            _ => self.output.as_ref(),
        }
    }
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

/// `7` or `0-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankSpec(pub(crate) RangeInclusive<u32>);

impl FromStr for RankSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            digits
                .trim()
                .parse::<u32>()
                .map_err(|_| "expected a rank such as 5 or a range such as 0-3".to_owned())
        };
        match text.split_once('-') {
            None => number(text).map(|rank| Self(rank..=rank)),
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                if first > last {
                    return Err(format!(
                        "the range ends before it starts; did you mean {last}-{first}?"
                    ));
                }
                Ok(Self(first..=last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn ranks_are_numbers_and_ranges() {
        assert_eq!("7".parse(), Ok(RankSpec(7..=7)));
        assert_eq!("0-3".parse(), Ok(RankSpec(0..=3)));
        assert!("3-0".parse::<RankSpec>().unwrap_err().contains("0-3"));
        for wrong in ["", "-", "-1", "a", "1-", "1-2-3", "4294967296"] {
            assert!(wrong.parse::<RankSpec>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_file_may_stand_before_options_with_several_values() {
        let args = Args::parse_from(["pproc", "run.h5", "-i", "a", "b", "-r", "0-3,5", "8", "-q"]);
        assert_eq!(args.files, [PathBuf::from("run.h5")]);
        assert_eq!(args.choice.include, ["a", "b"]);
        assert_eq!(
            args.choice.ranks,
            [RankSpec(0..=3), RankSpec(5..=5), RankSpec(8..=8)]
        );
        assert!(args.quiet);
    }
}
