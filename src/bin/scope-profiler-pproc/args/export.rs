//! `export`: what was typed.

use super::Choice;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use scope_profiler::export::{EXPORTERS, ExportOption, Exporter, Window, exporter};
use std::path::PathBuf;

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
