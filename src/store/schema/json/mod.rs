//! The profile as JSON, plain or packed with gzip, of the Python package: one document, whose columns stay in
//! memory.

mod columns;
mod contents;
mod document;
mod input;
mod lanes;
mod value;

use super::catalog::Catalog;
use super::decoder::Decoder;
use super::issues::Issues;
use super::probe::Probe;
use crate::error::{Error, Result};
use crate::profile::Intervals;
use columns::Columns;
use document::{Document, Header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::io;
use std::ops::Range;

const FORMAT: &str = "scope-profiler-profile";
const NEWEST_VERSION: i64 = 1;

/// A profile that was JSON.
#[derive(Debug)]
struct JsonFile {
    catalog: Catalog,
    /// Of each row.
    columns: Vec<Columns>,
}

/// Opens what begins as a JSON object, or as something that gzip has packed.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    let packed = probe.head().starts_with(input::GZIP);
    if !packed && !probe.head().trim_ascii_start().starts_with(b"{") {
        return Ok(None);
    }
    let file = File { probe, packed };
    let document = file.document()?;
    let (catalog, columns) = contents::of(probe.path(), document, issues)?;
    Ok(Some(Box::new(JsonFile { catalog, columns })))
}

/// A document that has not been read.
struct File<'a> {
    probe: &'a Probe,
    packed: bool,
}

impl File<'_> {
    fn document(&self) -> Result<Document> {
        let document: Document = match self.parse() {
            Ok(document) => document,
            // Of another kind of document it is no news that it does not look like a profile.
            Err(error) if error.is_data() && !self.is_profile() => return Err(self.of_another_kind()),
            Err(error) => return Err(self.cannot_read(error)),
        };
        if document.format.0 != FORMAT {
            return Err(self.of_another_kind());
        }
        match document.format_version.map_or(0, |version| version.0) {
            ..=NEWEST_VERSION => Ok(document),
            newer => Err(self.damaged(format!(
                "profile JSON of version {newer}; versions up to {NEWEST_VERSION} are read, update scope-profiler"
            ))),
        }
    }

    fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        let text = input::open(self.probe.path(), self.probe.len(), self.packed);
        let mut parser = serde_json::Deserializer::from_reader(text.map_err(serde_json::Error::io)?);
        let value = T::deserialize(&mut parser)?;
        parser.end()?;
        Ok(value)
    }

    fn is_profile(&self) -> bool {
        let header: serde_json::Result<Header> = self.parse();
        header.is_ok_and(|header| header.format.is_some_and(|format| format == FORMAT))
    }

    #[cold]
    fn of_another_kind(&self) -> Error {
        self.damaged(format!(
            "this is JSON, but no profile of scope-profiler: those say \"format\": \"{FORMAT}\""
        ))
    }

    #[cold]
    fn cannot_read(&self, error: serde_json::Error) -> Error {
        let what = if self.packed { "gzip or JSON" } else { "JSON" };
        match error.classify() {
            Category::Eof => self.truncated(),
            Category::Syntax => self.damaged(format!("not valid JSON: {error}; the file is damaged")),
            Category::Data => self.damaged(format!("no valid profile: {error}")),
            Category::Io => {
                let error = io::Error::from(error);
                match error.kind() {
                    io::ErrorKind::UnexpectedEof => self.truncated(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                        self.damaged(format!("not valid {what}: {error}"))
                    }
                    _ => Error::io(self.probe.path(), "cannot be read", error),
                }
            }
        }
    }

    #[cold]
    fn truncated(&self) -> Error {
        self.damaged("the file is truncated: the run that wrote it was interrupted, or a copy is incomplete")
    }

    #[cold]
    fn damaged(&self, message: impl Into<String>) -> Error {
        Error::format(self.probe.path(), message)
    }
}

impl Decoder for JsonFile {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.columns[row].read(range, into);
        Ok(())
    }

    fn place(&self, row: usize) -> String {
        let row = &self.catalog.rows[row];
        format!("region {:?} on rank {}", self.catalog.names[row.name], row.rank)
    }
}
