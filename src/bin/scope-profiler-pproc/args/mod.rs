//! What was typed on the command line.

mod compare;
mod export;
mod ranks;
mod serve;
mod words;

pub(crate) use compare::{CompareArgs, LabelledFile};
pub(crate) use export::ExportArgs;
pub(crate) use ranks::RankSpec;
pub(crate) use serve::ServeArgs;
pub(crate) use words::{EVERY_CHART, Format, Lanes, Mode, Sort, Tree};

use bytesize::ByteSize;
use clap::{Parser, Subcommand};
use scope_profiler::export::Window;
use std::path::PathBuf;

/// Statistics and charts from a profiling file.
///
/// Without --output and --show, prints a table: regions as a tree by nesting, with calls, times and
/// the share of the wall time.
#[derive(Debug, Parser)]
#[command(name = "scope-profiler-pproc", version, after_help = EXAMPLES, override_usage = "scope-profiler-pproc FILE [OPTIONS]\n       scope-profiler-pproc [LABEL=]FILE... --show\n       scope-profiler-pproc [LABEL=]FILE... -o DIR --format html\n       scope-profiler-pproc --check FILE...\n       scope-profiler-pproc serve [LABEL=]FILE...\n       scope-profiler-pproc export FILE --to FORMAT [-o OUT]\n       scope-profiler-pproc compare FILE FILE... [-o DIR]\n       scope-profiler-pproc merge DIR_OR_FILES... -o FILE")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// The profiling file (HDF5), or the log of a rank; several, which LABEL= names, with --show and with --format html
    /// alone: their page shows them together
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

    /// Which charts to write; without it gantt and durations, of four ranks or more heatmap, with --metrics
    /// timeseries, and counters where there are any
    #[arg(long, value_name = "CHART", num_args = 1.., value_delimiter = ',', value_parser = words::charts(), requires = "output")]
    pub(crate) plots: Vec<String>,

    /// What the lanes of the Gantt chart are of
    #[arg(long, value_name = "LANES", default_value = "auto", requires = "output")]
    pub(crate) lanes: Lanes,

    /// Colour the bars of the Gantt chart and the flame chart by the numbers that the program recorded of its calls in
    /// this field, not by region. The interactive page opens with these colours
    #[arg(long, value_name = "FIELD")]
    pub(crate) color_by: Option<String>,

    /// Formats of the charts; html is the interactive page
    #[arg(long, value_name = "FORMAT", num_args = 1.., value_delimiter = ',', default_value = "png", requires = "output")]
    pub(crate) format: Vec<Format>,

    /// Of the Gantt chart only this time, counted from the start of the run, as in 1.5s..2s, 200ms.. or ..30us: calls
    /// that reach beyond it are cut at its edges. The statistics of the whole run are not written then
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

    /// Show percentiles of the durations and a histogram of each region in the table, which wide terminals have anyway
    #[arg(long)]
    pub(crate) percentiles: bool,

    /// Show numbers that the program recorded of its calls in the table, by the names of their fields: the total of
    /// each region, how much that is in a second of these calls, and the median, or of those that do not add up, as a
    /// residual, mean, extremes and the last. With --output, draw their values over the run:
    /// the chart timeseries
    #[arg(long, value_name = "FIELD", num_args = 1.., value_delimiter = ',')]
    pub(crate) metrics: Vec<String>,

    /// Instead of the table of all regions print how long calls took by the number that they have in this field: a
    /// row for each region and number
    #[arg(long, value_name = "FIELD", conflicts_with_all = ["sort", "flat", "percentiles", "metrics"])]
    pub(crate) group_by: Option<String>,

    /// Print the statistics as JSON instead of the table: what region_statistics.json has
    #[arg(long, conflicts_with_all = ["check", "output", "show", "all", "top", "sort", "flat", "percentiles", "metrics", "group_by", "quiet"])]
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
  scope-profiler-pproc old=a.h5 new=b.h5 -o figures --format html
      two runs in one interactive page, compared
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

impl Args {
    /// Whether the page is served.
    pub(crate) fn serves(&self) -> bool {
        self.show || matches!(self.command, Some(Command::Serve(_)))
    }

    /// The profiles to read.
    pub(crate) fn profiles(&self) -> Vec<&PathBuf> {
        match &self.command {
            Some(Command::Export(export)) => vec![&export.file],
            Some(Command::Serve(serve)) => serve.files.iter().map(|file| &file.path).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
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
