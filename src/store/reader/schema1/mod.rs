//! Schema 1: a group for each rank, in it a group for each region, in it a dataset for each column.
//!
//! Opening reads groups, headers of datasets and attributes; never events.

mod regions;
mod scan;

use super::column::Column;
use super::doubts::Doubts;
use super::open::Opened;
use super::{Contents, Decoder};
use crate::error::Result;
use crate::profile::{CallSite, Intervals, RankClock};
use scan::Scan;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A file of schema 1.
#[derive(Debug)]
pub(super) struct Schema1 {
    from: Arc<Opened>,
    contents: Contents,
    regions: Vec<Region>,
    threads: BTreeMap<u32, BTreeMap<u32, String>>,
    clocks: BTreeMap<u32, RankClock>,
}

#[derive(Debug)]
struct Region {
    from: Arc<Opened>,
    starts: Column,
    ends: Column,
    threads: Option<Column>,
    site: CallSite,
}

impl Schema1 {
    pub(super) fn open(from: Opened) -> Result<Self> {
        Self::scan(from, None).map(|(file, _)| file)
    }

    /// Opens what can be opened of the file; the doubts say what is wrong with the rest.
    pub(super) fn inspect(from: Opened) -> Result<(Self, Doubts)> {
        Self::scan(from, Some(Doubts::default()))
    }

    fn scan(from: Opened, doubts: Option<Doubts>) -> Result<(Self, Doubts)> {
        let from = Arc::new(from);
        let mut scan = Scan::new(from.clone(), doubts);
        scan.file()?;
        let Scan {
            contents,
            regions,
            threads,
            clocks,
            doubts,
            ..
        } = scan;
        let file = Self {
            contents,
            regions,
            threads,
            clocks,
            from,
        };
        Ok((file, doubts.unwrap_or_default()))
    }
}

impl Decoder for Schema1 {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let region = &self.regions[row];
        into.starts = region.starts.read(&region.from, range.clone())?;
        into.ends = region.ends.read(&region.from, range.clone())?;
        match &region.threads {
            Some(threads) => into.threads = threads.read_threads(&region.from, range)?,
            None => {
                into.threads.clear();
                into.threads.resize(into.starts.len(), 0);
            }
        }
        Ok(())
    }

    fn call_site(&self, row: usize) -> CallSite {
        self.regions[row].site.clone()
    }

    fn threads(&self, rank: u32) -> Option<&BTreeMap<u32, String>> {
        self.threads.get(&rank)
    }

    fn path(&self, row: usize) -> &str {
        self.regions[row].starts.group_path()
    }

    fn clock(&self, rank: u32) -> Option<&RankClock> {
        self.clocks.get(&rank)
    }

    fn damaged(&self, message: String) -> crate::Error {
        self.from.damaged(message)
    }
}
