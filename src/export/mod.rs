//! Profiles as text for people ([`table`], [`ranks_table`]), for programs (`json`), and in the formats of other
//! tools ([`Export`]).

mod column;
mod exporter;
mod formats;
mod job;
#[cfg(feature = "plot")]
pub mod json;
mod output;
pub mod ranks_table;
mod selected;
pub mod table;
mod terminal;
pub(crate) mod text;
mod window;

pub use exporter::{ExportOption, ExportOptions, Exporter};
pub use formats::{EXPORTERS, exporter, exporter_for};
pub use job::{Export, ExportProgress};
pub use output::Output;
pub use selected::{RowStatistics, Selected};
pub use window::Window;
