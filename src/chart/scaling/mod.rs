//! Scaling: speedup and efficiency over the number of ranks.

mod data;
mod panel;
mod picture;

use super::palette::{Color, Palette};
use crate::analysis::scaling::{Scaling, ScalingLine};

/// The end of the name of a file with the picture or its numbers: `scaling_plot.png`.
pub const FILE_STEM: &str = "scaling_plot";

/// At most so many regions have a line.
const MOST: usize = 5;

/// Speedup and efficiency of the whole run and of the regions that took longest in the smallest, ready to be drawn. The
/// [numbers](crate::render::Figure::data) are of all regions.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::comparison::ComparedTime;
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::analysis::scaling::Scaling;
/// use scope_profiler::chart::ScalingChart;
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::render::Figure;
///
/// let run = |ranks: u32, ns| {
///     let calls = (0..ranks).map(|rank| Call::new("solve", 0..ns).rank(rank));
///     let profile = calls.fold(Profile::builder(), |profile, call| profile.interval(call)).build();
///     RunTimes::of(format!("{ranks}"), &profile, &RegionFilter::new())
/// };
/// let runs = [run(1, 900)?, run(2, 500)?, run(4, 300)?];
/// let chart = ScalingChart::new(Scaling::of(&runs, ComparedTime::Exclusive, None)?);
/// assert_eq!(chart.data().into_rows().count(), 2 * 3);
/// # #[cfg(feature = "plot")]
/// scope_profiler::plot::save(&chart, tempfile::tempdir()?.path().join("scaling_plot.svg"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScalingChart {
    scaling: Scaling,
    /// By place among the regions.
    colors: Vec<Color>,
}

impl ScalingChart {
    /// Of these runs.
    #[must_use]
    pub fn new(scaling: Scaling) -> Self {
        let regions = scaling.lines().iter().filter_map(ScalingLine::region);
        let names: Vec<String> = regions.map(str::to_owned).collect();
        let palette = Palette::from_totals(&names, &vec![1; names.len()]);
        Self {
            colors: (0..names.len()).map(|region| palette.color(region)).collect(),
            scaling,
        }
    }

    /// What is drawn.
    #[must_use]
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }
}
