//! The formats that can be read.
//!
//! A format is a file here with a [`Decoder`] and a line in [`FORMATS`]. Everything above a decoder is
//! the same for all of them.

#[cfg(feature = "hdf5")]
mod aggregate;
mod attributes;
mod catalog;
#[cfg(feature = "hdf5")]
mod columnar;
mod decoder;
#[cfg(feature = "hdf5")]
mod extras;
#[cfg(feature = "hdf5")]
mod fields;
mod issues;
mod json;
mod json_values;
mod lanes;
mod log;
#[cfg(feature = "hdf5")]
mod metadata;
#[cfg_attr(
    not(feature = "hdf5"),
    allow(dead_code, reason = "logs share a few of the names")
)]
pub(crate) mod names;
#[cfg(feature = "hdf5")]
mod place;
mod probe;
pub(super) mod run;
mod spt;
#[cfg(feature = "hdf5")]
pub(super) mod summary;
mod sums;
#[cfg(feature = "hdf5")]
mod v1;

pub(crate) use catalog::Catalog;
pub(crate) use decoder::{Decoder, RawSamples};
pub(crate) use issues::Issues;
pub use log::LogSource;
pub(crate) use run::left_out;

use crate::error::Result;
use probe::Probe;
use std::path::Path;

/// Opens a file of one format; none for files of other formats.
type Open = fn(&Probe, &mut Issues) -> Result<Option<Box<dyn Decoder>>>;

/// All formats. Those recognized by their first bytes come before those in HDF5.
const FORMATS: &[Open] = &[
    log::open,
    spt::open,
    json::open,
    #[cfg(feature = "hdf5")]
    v1::open,
    #[cfg(feature = "hdf5")]
    columnar::open,
    #[cfg(feature = "hdf5")]
    aggregate::open,
];

/// Opens `path` with the decoder for its format. What is wrong with it goes to `issues`.
///
/// # Errors
///
/// When there is no such file, it cannot be read, or it has a format that this version does not read;
/// where `issues` are strict, also when any part of it cannot be read.
pub(crate) fn open(path: &Path, issues: &mut Issues) -> Result<Box<dyn Decoder>> {
    let probe = Probe::new(path)?;
    for open in FORMATS {
        if let Some(decoder) = open(&probe, issues)? {
            return Ok(decoder);
        }
    }
    Err(probe.of_no_format())
}
