//! What to draw, as data: no pixels, no fonts, no files.
//!
//! A chart is a streaming reduction of a [`Source`](crate::profile::Source): its size is bounded by
//! lanes times columns, whatever the number of intervals. PNG, SVG and the interactive page draw
//! the same model.
//!
//! ```
//! use scope_profiler::chart::{ChartOptions, GanttChart};
//! use scope_profiler::{RegionFilter, profile::{Call, Profile}};
//!
//! let profile = Profile::builder()
//!     .interval(Call::new("step", 1_000..5_000))
//!     .interval(Call::new("solve", 2_000..4_000))
//!     .build();
//! let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new())?;
//! assert_eq!(chart.regions[1].name, "solve");
//! assert_eq!(chart.regions[1].lanes[0].bars[0].start_ns, 1_000);
//! # Ok::<(), scope_profiler::Error>(())
//! ```

pub mod axis;
mod backdrop;
mod call_numbers;
pub mod comparison;
mod counters;
mod density;
#[cfg(feature = "plot")]
pub(crate) mod details;
pub mod durations;
pub mod flame;
pub mod gantt;
mod header;
mod heading;
pub mod heatmap;
mod histogram;
mod imbalance;
#[cfg(feature = "plot")]
pub(crate) mod known_rows;
mod legend;
pub mod list;
mod log_scale;
pub(crate) mod moments;
mod options;
pub mod palette;
mod panels;
mod rank_times;
pub mod scaling;
mod sentence;
pub(crate) mod subject;
pub mod timeline;
mod timeseries;
mod totals;
mod value_colors;
mod value_legend;
pub(crate) mod value_mean;
mod value_scale;

pub use comparison::ComparisonChart;
#[cfg(feature = "plot")]
pub(crate) use counters::{Cell, GrowingLine};
pub use durations::DurationsChart;
pub use flame::FlameGraph;
pub use gantt::{GanttChart, GrowingGantt};
pub use header::Header;
pub use heatmap::RankHeatmap;
pub use list::{CHARTS, Chart, GrowingChart};
pub use options::{ChartOptions, Lanes};
pub use palette::{Color, Palette};
pub use scaling::ScalingChart;
pub use subject::{Facts, GrowingFacts, Subject};
pub use value_colors::ValueColors;
