//! Profiles as text for people ([`table`], [`ranks_table`]) and for programs (`json`).

mod column;
#[cfg(feature = "pproc")]
pub mod json;
pub mod ranks_table;
pub mod table;
mod terminal;
pub(crate) mod text;
