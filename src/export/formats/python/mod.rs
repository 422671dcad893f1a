//! HDF5 in schema 3, as the Python package 0.7.5 writes it.
//!
//! ```text
//! /metadata            attributes
//! /region_table        names
//! /rank_region_index   a row for each region and rank: which events, sums, place in the source
//! /events              columns that all rows share
//! /thread_table, /task_table
//! ```
//!
//! A profile of sums alone has no events, and its rows are the sums.

mod events;
mod fields;
mod index;
mod lane_tables;

use super::python_lanes::Lanes;
use super::python_metadata;
use crate::error::Result;
use crate::export::{ExportOption, ExportOptions, Exporter, Output, Selected};
use crate::profile::{Metadata, Value};
use crate::store::hdf5::NewFile;
use crate::store::names::{self, columnar};
use std::collections::BTreeMap;

pub(super) struct Python;

impl Exporter for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn about(&self) -> &'static str {
        "the Python package scope-profiler: HDF5 with threads, for read_h5 and its reports"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".python.h5"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Compress]
    }

    fn write(&self, profile: &Selected<'_>, options: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let path = out.path().to_owned();
        out.as_file(|file| {
            let file = NewFile::create(file, &path, options.has(ExportOption::Compress))?;
            write(profile, &file)?;
            file.close()
        })
    }
}

fn write(profile: &Selected<'_>, file: &NewFile) -> Result<()> {
    file.attribute(names::SCHEMA, &Value::Int(columnar::SCHEMA_VERSION))?;
    write_metadata(file, &python_metadata::of(profile))?;
    if profile.source().run().sums_only {
        file.attribute(names::LAYOUT, &Value::Text(columnar::AGGREGATE.into()))?;
        index::write_sums(file, profile)?;
    } else {
        file.attribute(names::LAYOUT, &Value::Text(columnar::COLUMNAR.into()))?;
        let mut counts = BTreeMap::new();
        let lanes = Lanes::of(profile, |row, intervals| {
            *counts.entry(row).or_default() += intervals
        })?;
        let (rows, fields) = events::write(file, profile, &lanes, counts.values().sum())?;
        index::write(file, profile, rows, fields)?;
        if lanes.are_told_apart() {
            lane_tables::write(file, &lanes)?;
        }
    }
    Ok(())
}

fn write_metadata(file: &NewFile, metadata: &Metadata) -> Result<()> {
    let group = file.create_group(names::METADATA)?;
    let named = metadata.iter().filter(|(key, _)| !key.is_empty());
    for (key, value) in named {
        // A name ends at a NUL.
        group.attribute(&key.replace('\0', "\u{2400}"), value)?;
    }
    Ok(())
}
