//! A profile in the format of another tool.

use crate::args::{Args, ExportArgs};
use crate::terminal::{self, print_line};
use crate::{Failure, open};
use scope_profiler::export::{EXPORTERS, Export, ExportOption, ExportProgress, Exporter, exporter_for};
use scope_profiler::units;
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Writes what was asked for, and says where it is.
pub(crate) fn export(args: &Args, export: &ExportArgs) -> Result<(), Failure> {
    let target = export.output.as_deref().filter(|path| *path != Path::new("-"));
    let exporter = chosen(export, target)?;
    if target.is_none() && !exporter.is_text() && io::stdout().is_terminal() {
        return Err(Failure::Message(format!(
            "{} is no text and cannot be shown on a terminal; give a file with -o, as in -o run{}",
            exporter.name(),
            exporter.extensions().first().unwrap_or(&"")
        )));
    }
    let (reader, filter) = open(args, &export.choice, &export.file, export.quiet)?;
    let bar = Bar::new(target.unwrap_or(Path::new("-")), export.quiet);
    let mut job = Export::new(&reader, exporter)
        .filter(filter)
        .on_progress(|progress| bar.show(progress));
    if let Some(window) = export.window {
        job = job.window(window);
    }
    for (is_wanted, option) in [
        (export.stats, ExportOption::Statistics),
        (export.compress, ExportOption::Compress),
    ] {
        if is_wanted {
            job = job.option(option);
        }
    }
    let Some(path) = target else {
        let mut out = Stdout::default();
        let written = job.write(&mut out);
        bar.clear();
        return written.map_err(|error| {
            if out.broken {
                Failure::BrokenPipe
            } else {
                error.into()
            }
        });
    };
    let written = job.save(path);
    bar.clear();
    written?;
    if export.quiet {
        return Ok(());
    }
    print_line(&path.to_string_lossy())
}

fn chosen(export: &ExportArgs, target: Option<&Path>) -> Result<&'static dyn Exporter, Failure> {
    let guessed = || exporter_for(target?);
    export.to.or_else(guessed).ok_or_else(|| {
        let names: Vec<&str> = EXPORTERS.iter().map(|format| format.name()).collect();
        let names = names.join(", ");
        Failure::Message(match target {
            Some(path) => format!(
                "{}: the end of the name says no format; give one of these with --to: {names}",
                path.display()
            ),
            None => format!("standard output has no name that says the format; give one with --to: {names}"),
        })
    })
}

/// Standard output, and whether its reader has gone.
#[derive(Debug, Default)]
struct Stdout {
    broken: bool,
}

impl Stdout {
    fn seen<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.broken |= matches!(&result, Err(error) if error.kind() == io::ErrorKind::BrokenPipe);
        result
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = io::stdout().write(bytes);
        self.seen(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = io::stdout().flush();
        self.seen(flushed)
    }
}

/// One line on a terminal that is written over and over.
#[derive(Debug)]
struct Bar {
    /// What is written; none where nobody sees it.
    what: Option<String>,
    began: Instant,
    shown: Cell<Option<Instant>>,
}

impl Bar {
    const CELLS: usize = 24;
    /// What takes less is not worth a line.
    const SILENT: Duration = Duration::from_secs(1);
    /// Often enough to look alive.
    const EVERY: Duration = Duration::from_millis(100);

    fn new(path: &Path, quiet: bool) -> Self {
        let what = terminal::one_line(&format!("writing {}", path.display()), true);
        Self {
            what: (!quiet && io::stderr().is_terminal()).then_some(what),
            began: Instant::now(),
            shown: Cell::new(None),
        }
    }

    fn show(&self, progress: ExportProgress) {
        let Some(what) = &self.what else { return };
        let is_due = match self.shown.get() {
            Some(shown) => shown.elapsed() >= Self::EVERY,
            None => self.began.elapsed() >= Self::SILENT,
        };
        if is_due {
            self.shown.set(Some(Instant::now()));
            terminal::progress(&format!("{what}: {}", Self::line(progress)));
        }
    }

    fn line(progress: ExportProgress) -> String {
        let part = progress.intervals as f64 / progress.of_intervals.max(1) as f64;
        let filled = (part * Self::CELLS as f64) as usize;
        format!(
            "[{:<cells$}] {} of {}",
            "#".repeat(filled.min(Self::CELLS)),
            units::count(progress.intervals),
            units::plural(progress.of_intervals, "interval"),
            cells = Self::CELLS
        )
    }

    fn clear(&self) {
        if self.shown.take().is_some() {
            terminal::progress("");
        }
    }
}
