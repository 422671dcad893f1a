//! What a format has to say of itself, and do.

use super::output::Output;
use super::selected::Selected;
use crate::error::Result;
use std::fmt;

/// Writes profiles in one format. [`EXPORTERS`](super::EXPORTERS) lists those of this crate; [`Export`](super::Export)
/// takes any.
///
/// ```
/// use scope_profiler::export::{Export, ExportOptions, Exporter, Output, Selected};
/// use scope_profiler::profile::{Call, Intervals, Profile};
///
/// /// One line for each interval: region and duration.
/// struct Lines;
///
/// impl Exporter for Lines {
///     fn name(&self) -> &'static str {
///         "lines"
///     }
///     fn about(&self) -> &'static str {
///         "one line for each interval"
///     }
///     fn extensions(&self) -> &'static [&'static str] {
///         &[".lines"]
///     }
///     fn write(
///         &self,
///         profile: &Selected<'_>,
///         _: &ExportOptions,
///         out: &mut Output<'_>,
///     ) -> scope_profiler::Result<()> {
///         for &row in profile.rows() {
///             let name = profile.name(row);
///             profile.each_chunk(row, &mut Intervals::new(), |chunk| {
///                 chunk.durations().try_for_each(|ns| writeln!(out, "{name} {ns}"))
///             })?;
///         }
///         Ok(())
///     }
/// }
///
/// let profile = Profile::builder().interval(Call::new("solve", 100..150)).build();
/// let mut text = Vec::new();
/// Export::new(&profile, &Lines).write(&mut text)?;
/// assert_eq!(text, b"solve 50\n");
/// # Ok::<(), scope_profiler::Error>(())
/// ```
pub trait Exporter: Send + Sync {
    /// What the format is called on the command line.
    fn name(&self) -> &'static str;

    /// What opens it, in a few words.
    fn about(&self) -> &'static str;

    /// The ends of file names that mean this format, the one to propose first. Any may be followed by `.gz`.
    fn extensions(&self) -> &'static [&'static str];

    /// Whether it is text, which can be shown on a terminal.
    fn is_text(&self) -> bool {
        true
    }

    /// The options that it knows; asking for another one is an error.
    fn options(&self) -> &'static [ExportOption] {
        &[]
    }

    /// Writes what was selected of a profile.
    ///
    /// Memory must not grow with the number of intervals. What has to be read at random places goes to a
    /// temporary file first: `out` may be a pipe.
    ///
    /// # Errors
    ///
    /// When the profile cannot be read or the output cannot be written.
    fn write(&self, profile: &Selected<'_>, options: &ExportOptions, out: &mut Output<'_>) -> Result<()>;
}

impl fmt::Debug for dyn Exporter + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An option that some formats know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportOption {
    /// One row for each region and rank instead of one for each interval.
    Statistics,
    /// A file that is compressed in itself, as its readers expect it.
    Compress,
}

impl ExportOption {
    /// The option on the command line.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Statistics => "--stats",
            Self::Compress => "--compress",
        }
    }
}

/// The options that were asked for.
///
/// ```
/// use scope_profiler::export::{ExportOption, ExportOptions};
///
/// let options = ExportOptions::new().with(ExportOption::Statistics);
/// assert!(options.has(ExportOption::Statistics));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExportOptions(Vec<ExportOption>);

impl ExportOptions {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    pub fn with(mut self, option: ExportOption) -> Self {
        if !self.has(option) {
            self.0.push(option);
        }
        self
    }

    /// Whether this one was asked for.
    #[must_use]
    pub fn has(&self, option: ExportOption) -> bool {
        self.0.contains(&option)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ExportOption> + '_ {
        self.0.iter().copied()
    }
}
