//! Post-processing of profiles.

mod args;
mod contained;
mod draw;
mod plan;
mod terminal;
mod verify;
mod watch;

use args::{Args, Command};
use plan::{Action, Output, Plan};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::imbalance;
use scope_profiler::export::ranks_table;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::plot::{show_gantt, viewer};
use scope_profiler::profile::Source;
use scope_profiler::{GanttOptions, ProfilingH5Reader, RegionFilter, find_logs, merge, units};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use terminal::print;
use watch::Watch;

fn main() -> ExitCode {
    let args = Args::of_command_line();
    // Merging reads logs, of which nothing that HDF5 makes is a part.
    if args.command.is_none() {
        if let Some(code) = contained::run(&args) {
            return code;
        }
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Message(message)) => {
            terminal::complain(&message);
            ExitCode::FAILURE
        }
    }
}

/// Why a run ended early.
enum Failure {
    /// Nobody reads our output any more, as after `| head`.
    BrokenPipe,
    Message(String),
    /// All has been said.
    Told,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<scope_profiler::Error> for Failure {
    fn from(error: scope_profiler::Error) -> Self {
        Self::Message(error.to_string())
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    if let Some(Command::Merge { logs, output, quiet }) = &args.command {
        return merge_logs(logs, output, *quiet);
    }
    if args.check {
        return verify::check(args);
    }
    let plan = Plan::new(args);
    let patterns = plan::patterns(args)?;
    let watch = Watch::over(args, &plan.file);
    let reader = ProfilingH5Reader::open(&plan.file)?;
    drop(watch);
    let filter = plan::with_ranks(patterns, args, &reader);
    // A selection that cannot be used is noticed before the first file is written.
    filter.rows(&reader)?;
    for action in &plan.actions {
        match action {
            Action::Table => print(&statistics_table(&reader, &filter)?)?,
            Action::Write { directory, outputs } => {
                write_outputs(directory, outputs, &reader, &filter, plan.quiet)?;
            }
            Action::Show { page } => show_page(page.as_deref(), &reader, &filter)?,
        }
    }
    Ok(())
}

fn statistics_table(reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<String, Failure> {
    let rows = filter.rows(reader)?;
    let tree = CallTree::of(reader, &rows)?;
    let mut options = TableOptions::for_stdout();
    options.title = Some(reader.title());
    options.clocks = Some(reader.clocks(reader.ranks()));
    let mut text = table::render(&tree, &options);
    let ranks = reader
        .ranks()
        .iter()
        .filter(|&&rank| filter.keeps_rank(rank))
        .count();
    if ranks > 1 {
        let regions = imbalance::of(reader, &rows, ranks)?;
        text += &format!("\n{}", ranks_table::render(&regions, &options));
    }
    Ok(text)
}

fn write_outputs(
    directory: &Path,
    outputs: &[Output],
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    quiet: bool,
) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| {
        format!(
            "{}: cannot be created as a directory for the output: {error}",
            directory.display()
        )
    })?;
    for output in outputs {
        let path = output.path(directory);
        draw::draw(output.kind, reader, filter, &path)?;
        if !quiet {
            print(&format!("{}\n", path.display()))?;
        }
    }
    Ok(())
}

fn show_page(page: Option<&Path>, reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<(), Failure> {
    let shown = match page {
        Some(written) => viewer::open_in_browser(written)?,
        None => show_gantt(reader, &GanttOptions::new().filter(filter.clone()))?,
    };
    print(&format!("{shown}\n"))
}

/// Makes one file of rank logs.
fn merge_logs(logs: &[PathBuf], output: &Path, quiet: bool) -> Result<(), Failure> {
    let logs = find_logs(logs)?;
    let merged = merge(&logs, output)?;
    if quiet {
        return Ok(());
    }
    let count =
        |n: u64, one: &str, many: &str| format!("{} {}", units::count(n), if n == 1 { one } else { many });
    let mut text = format!(
        "{}: {}, {}",
        output.display(),
        count(merged.ranks.len() as u64, "rank", "ranks"),
        count(merged.intervals, "interval", "intervals")
    );
    for (n, what) in [
        (merged.dropped, "dropped while recording"),
        (merged.open, "open at the end"),
    ] {
        if n > 0 {
            text += &format!(", {} {what}", units::count(n));
        }
    }
    for log in &merged.incomplete {
        text += &format!(
            "\n{}: ends in the middle of the run; all up to there is in the file",
            log.display()
        );
    }
    print(&format!("{text}\n"))
}
