//! Profiles as text for people ([`table`], [`ranks_table`], [`comparison_table`], [`groups_table`],
//! [`counters_table`]), for programs (`json`), and in the
//! formats of other tools ([`Export`]).

mod calls;
mod column;
pub mod comparison_table;
mod counters;
pub mod counters_table;
mod exporter;
mod formats;
pub mod groups_table;
mod job;
#[cfg(feature = "plot")]
pub mod json;
mod json_text;
mod lives;
mod output;
mod packing;
mod protobuf;
pub mod ranks_table;
mod selected;
mod spool;
pub mod table;
mod terminal;
mod waiting;

pub use crate::profile::Window;
pub use exporter::{ExportOption, ExportOptions, Exporter};
pub use formats::{EXPORTERS, exporter, exporter_for};
pub use job::{Export, ExportProgress};
pub use output::Output;
pub use selected::{RowStatistics, Selected};
