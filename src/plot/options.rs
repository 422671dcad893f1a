//! All that a call of `plot_gantt` and its likes takes.

use crate::analysis::selection::RegionFilter;
use crate::chart::ChartOptions;
use crate::error::Result;
use std::path::{Path, PathBuf};

/// What is drawn of a profile, how, and where it goes.
///
/// | setter | default |
/// |---|---|
/// | [`include`](Self::include), [`exclude`](Self::exclude), [`ranks`](Self::ranks) | everything |
/// | [`filepath`](Self::filepath) | none |
/// | [`show`](Self::show) | false |
/// | [`chart`](Self::chart) | [`ChartOptions::new`] |
/// | [`font_directories`](Self::font_directories) | the system's |
///
/// ```
/// use scope_profiler::PlotOptions;
/// use scope_profiler::chart::ChartOptions;
///
/// let options = PlotOptions::new()
///     .include(["solve"])?
///     .ranks([0, 1])
///     .filepath("gantt.png")
///     .chart(ChartOptions::new().title("weak scaling"));
/// # let _ = options;
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlotOptions {
    pub(crate) filter: RegionFilter,
    pub(crate) filepath: Option<PathBuf>,
    pub(crate) show: bool,
    pub(crate) chart: ChartOptions,
    pub(crate) font_directories: Option<Vec<PathBuf>>,
}

impl PlotOptions {
    /// The defaults of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws only regions that match one of these patterns, or one given before; see
    /// [`RegionFilter::include`].
    ///
    /// # Errors
    ///
    /// When a pattern is not a regular expression.
    pub fn include(mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        self.filter = self.filter.include(patterns)?;
        Ok(self)
    }

    /// Leaves out regions that match one of these patterns; see [`RegionFilter::exclude`].
    ///
    /// # Errors
    ///
    /// When a pattern is not a regular expression.
    pub fn exclude(mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        self.filter = self.filter.exclude(patterns)?;
        Ok(self)
    }

    /// Draws only these ranks and those given before.
    #[must_use]
    pub fn ranks(mut self, ranks: impl IntoIterator<Item = u32>) -> Self {
        self.filter = self.filter.ranks(ranks);
        self
    }

    /// Replaces the choice of regions and ranks as a whole.
    #[must_use]
    pub fn filter(mut self, filter: RegionFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Writes the picture to this file. Its extension says how: `png`, `svg`, or, for a Gantt chart, `html` for the
    /// interactive page.
    #[must_use]
    pub fn filepath(mut self, path: impl AsRef<Path>) -> Self {
        self.filepath = Some(path.as_ref().to_owned());
        self
    }

    /// Opens the interactive page in a browser.
    #[must_use]
    pub fn show(mut self, show: bool) -> Self {
        self.show = show;
        self
    }

    /// Sets how the chart is made.
    #[must_use]
    pub fn chart(mut self, chart: ChartOptions) -> Self {
        self.chart = chart;
        self
    }

    /// Looks for fonts in these directories and those below, instead of the places that are usual on the system: a
    /// PNG takes characters from there that the embedded font lacks.
    #[must_use]
    pub fn font_directories(mut self, directories: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        let directories = directories.into_iter().map(|path| path.as_ref().to_owned());
        self.font_directories = Some(directories.collect());
        self
    }
}
