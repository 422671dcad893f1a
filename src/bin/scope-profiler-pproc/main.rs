//! Post-processing of profiles.

mod args;
mod draw;
mod plan;
mod show;
mod terminal;
mod write;

use args::Args;
use clap::Parser;
use plan::{Action, Output, Plan};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::export::table;
use scope_profiler::profile::Value;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::Path;
use std::process::ExitCode;
use terminal::print;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
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
    let plan = Plan::new(args);
    let patterns = plan::patterns(args)?;
    let reader = ProfilingH5Reader::open(&plan.file)?;
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
    let tree = CallTree::of(reader, &filter.rows(reader)?)?;
    let mut options = terminal::table_options();
    options.title = Some(title(reader));
    Ok(table::render(&tree, &options))
}

/// The run's label, or the file's name.
fn title(reader: &ProfilingH5Reader) -> String {
    match reader.metadata().get("label") {
        Some(Value::Text(label)) if !label.is_empty() => label.clone(),
        _ => reader
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    }
}

fn write_outputs(
    directory: &Path,
    outputs: &[Output],
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    quiet: bool,
) -> Result<(), Failure> {
    write::create_directory(directory)?;
    let drawn: Vec<(&Output, Vec<u8>)> = outputs
        .iter()
        .map(|output| Ok((output, draw::draw(output.kind, reader, filter)?)))
        .collect::<Result<_, String>>()?;
    for (output, content) in drawn {
        let path = output.path(directory);
        write::write_atomically(&path, &content)?;
        if !quiet {
            print(&format!("{}\n", path.display()))?;
        }
    }
    Ok(())
}

fn show_page(page: Option<&Path>, reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<(), Failure> {
    let temporary = show::temporary_page(reader.path());
    let page = match page {
        Some(written) => written,
        None => {
            write::write_atomically(&temporary, &draw::page(reader, filter)?)?;
            &temporary
        }
    };
    match show::show(page) {
        Some(told) => print(&format!("{told}\n")),
        None => Ok(()),
    }
}
