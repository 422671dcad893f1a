//! The native trace of the Python package's C API: one rank, its regions one after the other, the columns
//! of each as they are in memory.
//!
//! ```text
//! trace  = "SCOPEPRF" version:i32 rank:i32 regions:i64 region*
//! region = text (text line:i32 in version 2) n:i64 starts:i64[n] ends:i64[n]
//! text   = length:i32 byte[length]
//! ```
//!
//! The byte order is that of the machine that wrote it, and can be seen in the version.

use super::catalog::{Catalog, Names, RankEntry};
use super::decoder::Decoder;
use super::issues::Issues;
use super::probe::Probe;
use crate::error::{Error, Result};
use crate::profile::{CallSite, Intervals, Row};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const MAGIC: &[u8; 8] = b"SCOPEPRF";
const NEWEST_VERSION: i32 = 2;
const TIME_BYTES: u64 = 8;
/// The longest name or path; longer ones are damage.
const MAX_TEXT_BYTES: i32 = 1 << 20;

/// A native trace.
#[derive(Debug)]
struct Trace {
    path: PathBuf,
    file: Mutex<File>,
    order: Order,
    catalog: Catalog,
    /// The position of each row's starts; its ends follow them.
    columns: Vec<u64>,
}

/// Opens a file that begins like a native trace.
pub(super) fn open(probe: &Probe, issues: &mut Issues) -> Result<Option<Box<dyn Decoder>>> {
    if !probe.head().starts_with(MAGIC) {
        return Ok(None);
    }
    let path = probe.path();
    let file = File::open(path).map_err(|error| Error::io(path, "cannot be opened", error))?;
    let mut scan = Scan {
        path,
        input: BufReader::new(file),
        order: Order::Little,
        at: 0,
        len: probe.len(),
    };
    let mut catalog = Catalog::default();
    let mut columns = Vec::new();
    scan.trace(&mut catalog, &mut columns, issues)?;
    Ok(Some(Box::new(Trace {
        path: path.into(),
        order: scan.order,
        file: Mutex::new(scan.input.into_inner()),
        catalog,
        columns,
    })))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn int(self, bytes: [u8; 4]) -> i32 {
        match self {
            Self::Little => i32::from_le_bytes(bytes),
            Self::Big => i32::from_be_bytes(bytes),
        }
    }

    fn long(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(bytes),
            Self::Big => i64::from_be_bytes(bytes),
        }
    }
}

/// Scans a trace without reading its times.
struct Scan<'a> {
    path: &'a Path,
    input: BufReader<File>,
    order: Order,
    at: u64,
    len: u64,
}

impl Scan<'_> {
    fn trace(&mut self, catalog: &mut Catalog, columns: &mut Vec<u64>, issues: &mut Issues) -> Result<()> {
        self.bytes::<8>()?;
        let version = self.version()?;
        let rank = self.int()?;
        let rank = u32::try_from(rank).map_err(|_| self.damaged(format!("{rank} is no rank")))?;
        catalog.format = format!("native trace, version {version}");
        catalog.of_one_rank = true;
        catalog.ranks = vec![rank];
        catalog.of_rank = BTreeMap::from([(rank, RankEntry::default())]);
        let regions = self.long()?;
        if regions < 0 {
            return Err(self.damaged(format!(
                "{regions} is not a number of regions; the file is damaged"
            )));
        }
        let mut names = Names::default();
        let mut met = HashSet::new();
        for _ in 0..regions {
            // Each region begins where the previous one ends, so nothing after a damaged one can be found.
            let outcome = self.region(version, rank, &mut names);
            let Some((row, site, column)) = issues.part(outcome)? else {
                break;
            };
            if !met.insert(row.name) {
                let name = names.get(row.name);
                issues.part::<()>(Err(
                    self.damaged(format!("there is a second region called {name:?}"))
                ))?;
                continue;
            }
            catalog.rows.push(row);
            catalog.sites.push(site);
            columns.push(column);
        }
        catalog.names = names.into_list();
        Ok(())
    }

    fn version(&mut self) -> Result<i32> {
        let bytes = self.bytes()?;
        let known = |order: Order| (1..=NEWEST_VERSION).contains(&order.int(bytes));
        let order = [Order::Little, Order::Big]
            .into_iter()
            .find(|&order| known(order));
        let Some(order) = order else {
            let [little, big] = [Order::Little, Order::Big].map(|order| order.int(bytes));
            return Err(self.damaged(format!(
                "a native trace of version {}; versions up to {NEWEST_VERSION} are read",
                little.min(big).max(0)
            )));
        };
        self.order = order;
        Ok(order.int(bytes))
    }

    /// A region, and the position of its columns.
    fn region(&mut self, version: i32, rank: u32, names: &mut Names) -> Result<(Row, CallSite, u64)> {
        let name = self.text()?;
        let mut site = CallSite::default();
        if version >= 2 {
            site.source_file = Some(self.text()?).filter(|file| !file.is_empty());
            site.source_line = u32::try_from(self.int()?).ok();
        }
        let n = self.long()?;
        let column = self.at;
        let intervals = u64::try_from(n).ok();
        let end = intervals
            .and_then(|n| n.checked_mul(2 * TIME_BYTES))
            .and_then(|bytes| bytes.checked_add(column))
            .filter(|&end| end <= self.len);
        let (Some(intervals), Some(end)) = (intervals, end) else {
            return Err(self.damaged(format!(
                "the region {name:?} has {n} calls by its header, and the file ends before; it is truncated or damaged"
            )));
        };
        let skipped = self.input.seek(SeekFrom::Start(end));
        skipped.map_err(|error| Error::io(self.path, "cannot be read", error))?;
        self.at = end;
        let row = Row::new(rank, names.index(name), intervals);
        Ok((row, site, column))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.input.read_exact(bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                self.damaged(
                    "the file is truncated: the run that wrote it was interrupted, or a copy is incomplete",
                )
            } else {
                Error::io(self.path, "cannot be read", error)
            }
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn int(&mut self) -> Result<i32> {
        let bytes = self.bytes()?;
        Ok(self.order.int(bytes))
    }

    fn long(&mut self) -> Result<i64> {
        let bytes = self.bytes()?;
        Ok(self.order.long(bytes))
    }

    fn text(&mut self) -> Result<String> {
        let length = self.int()?;
        if !(0..=MAX_TEXT_BYTES).contains(&length) {
            return Err(self.damaged(format!(
                "byte {}: {length} is not the length of a text; the file is damaged",
                self.at - 4
            )));
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[cold]
    fn damaged(&self, message: impl Into<String>) -> Error {
        Error::format(self.path, message)
    }
}

impl Trace {
    fn times(&self, file: &mut File, from: u64, n: u64) -> Result<Vec<i64>> {
        let cannot = |error| Error::io(&self.path, "cannot be read", error);
        let mut bytes = vec![0; (n * TIME_BYTES) as usize];
        file.seek(SeekFrom::Start(from)).map_err(cannot)?;
        file.read_exact(&mut bytes).map_err(cannot)?;
        let times = bytes.chunks_exact(TIME_BYTES as usize);
        let time = |bytes: &[u8]| self.order.long(bytes.try_into().expect("8 bytes"));
        Ok(times.map(time).collect())
    }
}

impl Decoder for Trace {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let n = range.end - range.start;
        let starts = self.columns[row] + range.start * TIME_BYTES;
        let ends = starts + self.catalog.rows[row].intervals * TIME_BYTES;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let starts = self.times(&mut file, starts, n)?;
        into.set(starts, self.times(&mut file, ends, n)?, None);
        Ok(())
    }

    fn place(&self, row: usize) -> String {
        format!("region {:?}", self.catalog.names[self.catalog.rows[row].name])
    }
}
