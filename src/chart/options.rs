//! What the caller of a chart can choose.

use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use std::path::{Path, PathBuf};

/// How a Gantt chart is made: of what, how fine, and where it goes.
///
/// | setter | default |
/// |---|---|
/// | [`include`](Self::include), [`exclude`](Self::exclude), [`ranks`](Self::ranks) | everything |
/// | [`filepath`](Self::filepath) | none |
/// | [`show`](Self::show) | false |
/// | [`title`](Self::title) | the run's label, or the file's name |
/// | [`font_directories`](Self::font_directories) | the system's |
/// | [`columns`](Self::columns) | 2048 |
/// | [`max_lanes`](Self::max_lanes) | 1400 |
/// | [`max_regions`](Self::max_regions) | 120 |
///
/// ```
/// use scope_profiler::chart::GanttOptions;
///
/// let options = GanttOptions::new().include(["solve"])?.ranks([0, 1]).filepath("gantt.png");
/// # let _ = options;
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GanttOptions {
    pub(crate) filter: RegionFilter,
    pub(crate) filepath: Option<PathBuf>,
    pub(crate) show: bool,
    pub(crate) title: Option<String>,
    pub(crate) font_directories: Option<Vec<PathBuf>>,
    pub(crate) columns: u32,
    pub(crate) max_lanes: usize,
    pub(crate) max_regions: usize,
}

impl Default for GanttOptions {
    fn default() -> Self {
        GanttOptions {
            filter: RegionFilter::new(),
            filepath: None,
            show: false,
            title: None,
            font_directories: None,
            columns: 2048,
            max_lanes: 1400,
            max_regions: 120,
        }
    }
}

impl GanttOptions {
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

    /// Writes the picture to this file. Its extension says how: `png`, `svg`, or `html` for the
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

    /// Sets the chart's title. The default is the run's label, or else the file's name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
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

    /// Cuts the time axis into at least this many columns and less than twice as many; intervals
    /// shorter than a column are drawn together. At least 1.
    #[must_use]
    pub fn columns(mut self, columns: u32) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Draws at most about this many lanes: threads, then ranks, share lanes when there are more.
    /// At least 2.
    #[must_use]
    pub fn max_lanes(mut self, lanes: usize) -> Self {
        self.max_lanes = lanes.max(2);
        self
    }

    /// Draws at most this many regions; those with the smallest totals share lanes when there are
    /// more. At least 1.
    #[must_use]
    pub fn max_regions(mut self, regions: usize) -> Self {
        self.max_regions = regions.max(1);
        self
    }
}

/// How a chart of durations is made; the setters are those of [`GanttOptions`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DurationsOptions {
    pub(crate) filter: RegionFilter,
    pub(crate) filepath: Option<PathBuf>,
    pub(crate) title: Option<String>,
    pub(crate) font_directories: Option<Vec<PathBuf>>,
    pub(crate) max_bars: usize,
}

impl Default for DurationsOptions {
    fn default() -> Self {
        DurationsOptions {
            filter: RegionFilter::new(),
            filepath: None,
            title: None,
            font_directories: None,
            max_bars: 40,
        }
    }
}

impl DurationsOptions {
    /// All regions and ranks, at most 40 bars, the run's label for a title, no file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses regions and ranks.
    #[must_use]
    pub fn filter(mut self, filter: RegionFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Writes the picture to this file. Its extension says how: `png`, `svg`, or `html` for the
    /// interactive page.
    #[must_use]
    pub fn filepath(mut self, path: impl AsRef<Path>) -> Self {
        self.filepath = Some(path.as_ref().to_owned());
        self
    }

    /// Sets the chart's title. The default is the run's label, or else the file's name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
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

    /// Draws at most this many bars; where there are more regions, the last bar stands for the
    /// rest. At least 2.
    #[must_use]
    pub fn max_bars(mut self, bars: usize) -> Self {
        self.max_bars = bars.max(2);
        self
    }
}
