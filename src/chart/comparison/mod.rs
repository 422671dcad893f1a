//! Comparison: the time of each region in several runs, the largest change first.

mod data;
mod picture;

use super::palette::{Color, Palette};
use crate::analysis::comparison::Comparison;

/// The end of the name of a file with the picture or its numbers: `comparison_plot.png`.
pub const FILE_STEM: &str = "comparison_plot";

/// Runs side by side, ready to be drawn: a bar for each region and run. What fits on a picture is drawn; the
/// [numbers](crate::render::Figure::data) are of all regions.
///
/// ```
/// use scope_profiler::analysis::comparison::{ComparedTime, Comparison};
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::chart::ComparisonChart;
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::RegionFilter;
///
/// let run = |label, ns| {
///     let profile = Profile::builder().interval(Call::new("solve", 0..ns)).build();
///     RunTimes::of(label, &profile, &RegionFilter::new())
/// };
/// let comparison = Comparison::of(vec![run("old", 100)?, run("new", 150)?], ComparedTime::Exclusive)?;
/// let chart = ComparisonChart::new(comparison);
/// assert_eq!(chart.comparison().regions()[0].change_ns(), 50.0);
/// # #[cfg(feature = "plot")]
/// scope_profiler::plot::save(&chart, tempfile::tempdir()?.path().join("comparison_plot.svg"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ComparisonChart {
    comparison: Comparison,
    /// By place in [`Comparison::regions`].
    colors: Vec<Color>,
}

impl ComparisonChart {
    /// Of these runs.
    #[must_use]
    pub fn new(comparison: Comparison) -> Self {
        let regions = comparison.regions().iter();
        let names: Vec<String> = regions.clone().map(|region| region.name().to_owned()).collect();
        let longest: Vec<i128> = regions.map(|region| region.longest_ns() as i128).collect();
        let palette = Palette::from_totals(&names, &longest);
        Self {
            colors: (0..names.len()).map(|region| palette.color(region)).collect(),
            comparison,
        }
    }

    /// What is drawn.
    #[must_use]
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }
}
