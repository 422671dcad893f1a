//! A file as it is: nothing sorted, and what the reader would refuse is listed instead.

use super::doubts::Doubts;
use super::schema1::Schema1;
use super::{Decoder, open};
use crate::error::{Error, Result};
use crate::profile::{CallSite, Intervals, Metadata, Row, Value};
use crate::store::names;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// An open file for who wants to know what is wrong with it.
#[derive(Debug)]
pub(crate) struct Inspection {
    decoder: Box<dyn Decoder>,
}

impl Inspection {
    /// Opens the file and lists what the reader would refuse of its structure.
    pub(crate) fn open(path: &Path) -> Result<(Self, Doubts)> {
        let opened = open::open(path)?;
        let schema = open::schema(&opened)?;
        if schema != 1 {
            return Err(super::unreadable_schema(&opened, schema));
        }
        let (decoder, doubts) = Schema1::inspect(opened)?;
        let decoder = Box::new(decoder);
        Ok((Self { decoder }, doubts))
    }

    pub(crate) fn ranks(&self) -> &[u32] {
        &self.decoder.contents().ranks
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.decoder.contents().metadata
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.decoder.contents().rows
    }

    /// Where in the file a row is.
    pub(crate) fn path(&self, row: usize) -> &str {
        self.decoder.path(row)
    }

    pub(crate) fn call_site(&self, row: usize) -> CallSite {
        self.decoder.call_site(row)
    }

    /// An integer that a rank's group has as an attribute.
    pub(crate) fn rank_fact(&self, rank: u32, name: &str) -> Option<i64> {
        super::attributes::int(self.decoder.contents().rank_facts.get(&rank)?, name)
    }

    /// Integers that a rank's group, or that of its clock, has as one attribute; none where it has not.
    pub(crate) fn rank_list(&self, rank: u32, name: &str) -> Option<Vec<i64>> {
        match self.decoder.contents().rank_facts.get(&rank)?.get(name)? {
            Value::Int(number) => Some(vec![*number]),
            Value::List(texts) => texts.iter().map(|text| text.parse().ok()).collect(),
            _ => None,
        }
    }

    /// Whether the rows of a rank are said to be in order of start.
    pub(crate) fn promises_order(&self, rank: u32) -> bool {
        self.rank_fact(rank, names::SORTED) == Some(1)
    }

    /// The threads of a rank, where the file lists them.
    pub(crate) fn threads(&self, rank: u32) -> Option<&BTreeMap<u32, String>> {
        self.decoder.threads(rank)
    }

    /// The intervals of a row in the order of the file.
    pub(crate) fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<(), Error> {
        self.decoder.read(row, range, into)
    }
}
