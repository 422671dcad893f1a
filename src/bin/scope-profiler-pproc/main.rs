//! Post-processing of profiles.

mod args;
mod contained;
mod draw;
mod merging;
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
use scope_profiler::{GanttOptions, ProfilingH5Reader, RegionFilter};
use std::path::Path;
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
    if let Some(Command::Merge {
        logs,
        output,
        mode,
        quiet,
    }) = &args.command
    {
        return merging::merge_logs(logs, output, (*mode).into(), *quiet);
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
            Action::Table => print(&statistics_table(&reader, &filter, args.all)?)?,
            Action::Write { directory, outputs } => {
                write_outputs(directory, outputs, &reader, &filter, plan.quiet)?;
            }
            Action::Show { page } => show_page(page.as_deref(), &reader, &filter)?,
        }
    }
    Ok(())
}

fn statistics_table(reader: &ProfilingH5Reader, filter: &RegionFilter, all: bool) -> Result<String, Failure> {
    let tree = CallTree::filtered(reader, filter)?;
    let mut options = TableOptions::for_stdout();
    options.title = Some(reader.title());
    options.all_hint = Some("--all".into());
    if all {
        options.max_rows = None;
    }
    let mut text = table::render(&tree, &options);
    if reader.num_ranks() > 1 {
        let regions = imbalance::filtered(reader, filter, Some(&tree))?;
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
