//! From a profile to a file or a stream in some format.

use super::exporter::{ExportOption, ExportOptions, Exporter};
use super::formats::EXPORTERS;
use super::output::Output;
use super::selected::Selected;
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::output;
use crate::profile::Source;
use crate::profile::Window;
use std::fmt;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Larger than what most exporters write at once.
const BUFFER: usize = 1 << 17;

/// Writes a profile, or a part of it, in the format of another tool.
///
/// ```
/// use scope_profiler::export::{Export, Window, exporter};
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
/// let csv = exporter("csv").expect("a format of this crate");
/// let mut table = Vec::new();
/// Export::new(&reader, csv)
///     .filter(RegionFilter::new().include(["solver"])?.ranks([0]))
///     .window("..1min".parse()?)
///     .write(&mut table)?;
/// assert!(String::from_utf8_lossy(&table).starts_with("region,rank,thread,start_ns,end_ns\n"));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub struct Export<'a> {
    source: &'a dyn Source,
    exporter: &'a dyn Exporter,
    filter: RegionFilter,
    window: Option<Window>,
    options: ExportOptions,
    on_progress: Box<dyn Fn(ExportProgress) + 'a>,
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportProgress {
    /// Intervals that have been read.
    pub intervals: u64,
    /// All that were selected; a window of time may need fewer.
    pub of_intervals: u64,
}

impl<'a> Export<'a> {
    /// Of a whole profile in the format of an exporter.
    pub fn new(source: &'a dyn Source, exporter: &'a dyn Exporter) -> Self {
        Self {
            source,
            exporter,
            filter: RegionFilter::new(),
            window: None,
            options: ExportOptions::new(),
            on_progress: Box::new(|_| ()),
        }
    }

    /// Of these regions and ranks only.
    pub fn filter(mut self, filter: RegionFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Of this time only. Intervals that reach beyond it are cut at its edges.
    pub fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// With this option of the format.
    pub fn option(mut self, option: ExportOption) -> Self {
        self.options = self.options.with(option);
        self
    }

    /// Calls `show` from time to time while intervals are read.
    pub fn on_progress(mut self, show: impl Fn(ExportProgress) + 'a) -> Self {
        self.on_progress = Box::new(show);
        self
    }

    /// Writes the export to a file, which appears when it is complete and replaces an older one. It is compressed
    /// where its name ends in `.gz`.
    ///
    /// # Errors
    ///
    /// When the selection or an option cannot be used, the profile cannot be read, or the file cannot be written.
    pub fn save(self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        self.check()?;
        output::file_to_write(path)?;
        let failed = |error| Error::io(path, "cannot write the export", error);
        let file = output::temporary_beside(path).map_err(failed)?;
        let place = file.path().to_owned();
        let mut buffer = BufWriter::with_capacity(BUFFER, file);
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz")) {
            self.write_compressed(&mut buffer, path)?;
        } else {
            self.run(&mut Output::to_file(&mut buffer, path, &place))?;
        }
        let file = buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        output::replace(file.into_temp_path(), path).map_err(failed)?;
        Ok(())
    }

    /// Writes the export to a stream, uncompressed.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub fn write(self, stream: &mut dyn Write) -> Result<()> {
        self.check()?;
        let path = Path::new("standard output");
        let mut buffer = BufWriter::with_capacity(BUFFER, stream);
        let mut out = Output::new(&mut buffer, path);
        self.run(&mut out)?;
        buffer
            .flush()
            .map_err(|error| Error::io(path, "cannot write the export", error))
    }

    fn write_compressed(&self, file: &mut (dyn Write + Send), path: &Path) -> Result<()> {
        let failed = |error| Error::io(path, "cannot write the export", error);
        super::packing::gzip(file, |stream| self.run(&mut Output::new(stream, path)), failed)
    }

    fn run(&self, out: &mut Output<'_>) -> Result<()> {
        let of_intervals = Selected::new(self.source, &self.filter, self.window, &|_| ())?.num_intervals();
        let show = |intervals: u64| {
            (self.on_progress)(ExportProgress {
                intervals: intervals.min(of_intervals),
                of_intervals,
            });
        };
        let selected = Selected::new(self.source, &self.filter, self.window, &show)?;
        self.exporter.write(&selected, &self.options, out)
    }

    /// Refuses options that the format does not know.
    fn check(&self) -> Result<()> {
        let known = self.exporter.options();
        let Some(unknown) = self.options.iter().find(|option| !known.contains(option)) else {
            return Ok(());
        };
        let others: Vec<&str> = EXPORTERS
            .iter()
            .filter(|exporter| exporter.options().contains(&unknown))
            .map(|exporter| exporter.name())
            .collect();
        Err(Error::config(format!(
            "{} is not for the format {}; it is for {}",
            unknown.flag(),
            self.exporter.name(),
            others.join(", ")
        )))
    }
}

impl fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("exporter", &self.exporter.name())
            .field("filter", &self.filter)
            .field("window", &self.window)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
