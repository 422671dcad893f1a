//! Every file of the Python package is read as its own reader reads it, or refused with the reason.
#![cfg(feature = "hdf5")]
#![cfg(feature = "plot")]

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod made;
mod profile_json;
mod values;
