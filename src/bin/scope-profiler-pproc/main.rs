//! Post-processing of profiles.

mod args;
mod check;
mod command_line;
mod comparing;
mod draw;
mod exporting;
mod made;
mod merging;
mod plan;
mod progress;
mod serving;
mod signals;
mod similar;
mod subprocess;
mod terminal;
mod together;
mod watchdog;

use args::{Args, Choice, Command};
use plan::{Action, Plan};
use progress::Progress;
use scope_profiler::analysis::call_tree::GrowingTree;
use scope_profiler::analysis::counters;
use scope_profiler::analysis::distributions::Effort;
use scope_profiler::analysis::groups::Groups;
use scope_profiler::analysis::imbalance;
use scope_profiler::analysis::metrics::GrowingMetrics;
use scope_profiler::analysis::pass;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::export::{counters_table, groups_table, json, ranks_table};
use scope_profiler::merge::MergeOptions;
use scope_profiler::profile::Source;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::Path;
use std::process::ExitCode;
use terminal::print;
use watchdog::Watchdog;

fn main() -> ExitCode {
    let args = command_line::args();
    if args.serves() {
        signals::handle();
    }
    // Merging reads logs alone, which HDF5 has no part in.
    if !matches!(args.command, Some(Command::Merge { .. })) {
        if let Some(code) = subprocess::run(&args) {
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
        run,
        mode,
        compress,
        quiet,
    }) = &args.command
    {
        let options = MergeOptions::new().mode((*mode).into()).compress(*compress);
        return merging::merge_logs(logs, run.as_deref(), output, options, *quiet);
    }
    if let Some(Command::Export(export)) = &args.command {
        return exporting::export(args, export);
    }
    if let Some(Command::Compare(compare)) = &args.command {
        return comparing::compare(args, compare);
    }
    if let Some(Command::Serve(serve)) = &args.command {
        return serving::serve(args, serve);
    }
    if args.check {
        return check::check(args);
    }
    if args.files.len() > 1 {
        return together::show(args);
    }
    let plan = Plan::new(args);
    let (reader, filter) = open(args, &args.choice, &plan.file, plan.quiet)?;
    for action in plan.actions {
        match &action {
            Action::Table => {
                let progress = Progress::of("reading", &plan.file, plan.quiet);
                let table = statistics_table(&reader, &filter, args)?;
                drop(progress);
                print(&table)?;
            }
            Action::Json => {
                let progress = Progress::of("reading", &plan.file, false);
                let statistics = json::region_statistics(&reader, &filter)?;
                drop(progress);
                print(&statistics)?;
            }
            Action::Write { directory, outputs } => {
                draw::write(directory, outputs, &reader, &filter, &plan.options, plan.quiet)?;
            }
            Action::Show => return serving::show(args, vec![(reader, filter, None)]),
        }
    }
    Ok(())
}

/// Opens a profile. A selection that cannot be used is noticed before the first file is written.
fn open(
    args: &Args,
    choice: &Choice,
    file: &Path,
    quiet: bool,
) -> Result<(ProfilingH5Reader, RegionFilter), Failure> {
    let patterns = plan::patterns(choice)?;
    let reader = reader(args, file, quiet)?;
    if patterns.rows(&reader).is_err() {
        return Err(similar::nothing_matches(&reader, &choice.include, &choice.exclude).into());
    }
    let filter = plan::with_ranks(patterns, choice, &reader).tree_by(args.tree.into());
    filter.rows(&reader)?;
    Ok((reader, filter))
}

/// Opens a profile, whatever is to be shown of it.
fn reader(args: &Args, file: &Path, quiet: bool) -> Result<ProfilingH5Reader, Failure> {
    let watchdog = Watchdog::over(args, file);
    let progress = Progress::of("opening", file, quiet);
    let reader = if args.exact {
        ProfilingH5Reader::open_exact(file)?
    } else {
        ProfilingH5Reader::open(file)?
    };
    drop((progress, watchdog));
    Ok(reader)
}

fn statistics_table(
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    args: &Args,
) -> Result<String, Failure> {
    let options = table_options(reader, args);
    if let Some(field) = &args.group_by {
        let groups = Groups::of(reader, filter, field)?;
        return Ok(groups_table::render(&groups, &options));
    }
    let effort = percentiles(args, &options);
    let mut tree = GrowingTree::with_metrics(reader, filter, effort, &args.metrics)?;
    let mut metrics = GrowingMetrics::new(reader, filter, &args.metrics)?;
    pass::run(reader, &mut [&mut tree, &mut metrics])?;
    let (tree, metrics) = (tree.finish(), metrics.finish());
    let mut text = if args.flat {
        table::render_with(&tree.flat(reader), &metrics, &options)
    } else {
        table::render_with(&tree, &metrics, &options)
    };
    if reader.num_ranks() > 1 {
        let regions = imbalance::filtered(reader, filter, Some(&tree))?;
        text += &format!("\n{}", ranks_table::render(&regions, &options));
    }
    let counters = counters::of(reader, filter)?;
    if !counters.is_empty() {
        text += &format!("\n{}", counters_table::render(reader, &counters, &options));
    }
    Ok(text)
}

/// Columns of a terminal from which on there may be room for percentiles.
const WIDE: usize = 110;

/// What is read for percentiles, where they are wanted or fit.
fn percentiles(args: &Args, options: &TableOptions) -> Option<Effort> {
    let is_wide = options.columns().is_some_and(|columns| columns >= WIDE);
    match (args.percentiles, args.exact) {
        (true, true) => Some(Effort::Exact),
        (true, false) => Some(Effort::Enough),
        (false, true) if is_wide => Some(Effort::Exact),
        (false, false) if is_wide => Some(Effort::Little),
        _ => None,
    }
}

/// How tables are laid out.
fn table_options(reader: &ProfilingH5Reader, args: &Args) -> TableOptions {
    let mut options = TableOptions::for_stdout()
        .title(reader.title())
        .all_hint("--all")
        .percentiles_first(args.percentiles);
    if args.all {
        options = options.max_rows(None);
    }
    if let Some(top) = args.top {
        options = options.max_rows(top as usize);
    }
    let sort = args.sort.or(args.flat.then_some(args::Sort::Exclusive));
    if let Some(sort) = sort {
        options = options.sort(sort.into());
    }
    options
}
