//! Profiles as text for people ([`table`]) and for programs (`json`).

#[cfg(feature = "pproc")]
pub mod json;
pub mod table;
mod terminal;
pub(crate) mod text;
