//! Sorting more rows than fit into memory: sorted batches in a scratch file, merged region by region.

use super::columns::{Columns, Row, key};
use crate::error::{Error, Result};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The intervals of one region.
pub(crate) type Rows = Vec<Row>;

const ROW_BYTES: usize = 20;
/// Rows that are read ahead from each run of a merge.
const READ_ROWS: usize = 1 << 12;

/// All rows of a rank, by region, in order of start (ties: the longer first).
#[derive(Debug)]
pub(crate) struct Runs {
    directory: PathBuf,
    scratch: Option<BufWriter<File>>,
    position: u64,
    runs: FxHashMap<u32, Vec<Run>>,
    in_memory: FxHashMap<u32, Rows>,
}

/// A sorted stretch of the scratch file.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: u64,
    rows: u64,
}

fn sort(rows: &mut Rows) {
    // The stable sort uses stretches that are in order already, as most are.
    rows.sort_by_key(key);
}

impl Runs {
    /// Scratch files go into `directory` and have no name.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.into(),
            scratch: None,
            position: 0,
            runs: FxHashMap::default(),
            in_memory: FxHashMap::default(),
        }
    }

    /// Sorts a batch and writes it to the scratch file.
    pub(crate) fn spill(&mut self, batch: &mut FxHashMap<u32, Rows>) -> Result<()> {
        self.write_out(batch)
            .map_err(|error| Error::io(&self.directory, "cannot write a scratch file", error))
    }

    fn write_out(&mut self, batch: &mut FxHashMap<u32, Rows>) -> io::Result<()> {
        let scratch = match &mut self.scratch {
            Some(scratch) => scratch,
            none => {
                let file = tempfile::tempfile_in(&self.directory)?;
                none.insert(BufWriter::with_capacity(1 << 20, file))
            }
        };
        for (&region, rows) in batch.iter_mut().filter(|(_, rows)| !rows.is_empty()) {
            sort(rows);
            for (start, end, thread) in rows.iter() {
                scratch.write_all(&start.to_le_bytes())?;
                scratch.write_all(&end.to_le_bytes())?;
                scratch.write_all(&thread.to_le_bytes())?;
            }
            let run = Run {
                offset: self.position,
                rows: rows.len() as u64,
            };
            self.position += run.rows * ROW_BYTES as u64;
            self.runs.entry(region).or_default().push(run);
            rows.clear();
        }
        Ok(())
    }

    /// Takes the last batch.
    pub(crate) fn finish(mut self, mut batch: FxHashMap<u32, Rows>) -> Result<Self> {
        if self.scratch.is_none() {
            batch.values_mut().for_each(sort);
            self.in_memory = batch;
        } else {
            self.spill(&mut batch)?;
            if let Some(scratch) = &mut self.scratch {
                scratch
                    .flush()
                    .map_err(|error| Error::io(&self.directory, "cannot write a scratch file", error))?;
            }
        }
        Ok(self)
    }

    /// Writes the rows of a region into its columns.
    pub(crate) fn write(&self, region: u32, columns: &mut Columns) -> Result<()> {
        if let Some(scratch) = &self.scratch {
            let scratch = scratch.get_ref();
            for row in Merge::new(scratch, self.runs.get(&region).map_or(&[], Vec::as_slice)) {
                let row =
                    row.map_err(|error| Error::io(&self.directory, "cannot read a scratch file", error))?;
                columns.push(row)?;
            }
        } else {
            for &row in self.in_memory.get(&region).into_iter().flatten() {
                columns.push(row)?;
            }
        }
        Ok(())
    }
}

/// Merges the runs of one region.
struct Merge<'a> {
    scratch: &'a File,
    runs: Vec<Cursor>,
    /// The next row of each run that has one, the smallest on top.
    heads: BinaryHeap<Reverse<(i64, Reverse<i64>, usize)>>,
    started: bool,
}

struct Cursor {
    run: Run,
    rows: Vec<Row>,
    next: usize,
}

impl<'a> Merge<'a> {
    fn new(scratch: &'a File, runs: &[Run]) -> Self {
        let runs = runs
            .iter()
            .map(|&run| Cursor {
                run,
                rows: Vec::new(),
                next: 0,
            })
            .collect();
        Self {
            scratch,
            runs,
            heads: BinaryHeap::new(),
            started: false,
        }
    }

    fn advance(&mut self, index: usize) -> io::Result<()> {
        let cursor = &mut self.runs[index];
        if cursor.next == cursor.rows.len() {
            cursor.refill(self.scratch)?;
        }
        if let Some(row) = cursor.rows.get(cursor.next) {
            let (start, end) = key(row);
            self.heads.push(Reverse((start, end, index)));
        }
        Ok(())
    }

    fn step(&mut self) -> io::Result<Option<Row>> {
        if !std::mem::replace(&mut self.started, true) {
            for index in 0..self.runs.len() {
                self.advance(index)?;
            }
        }
        let Some(Reverse((_, _, index))) = self.heads.pop() else {
            return Ok(None);
        };
        let cursor = &mut self.runs[index];
        let row = cursor.rows[cursor.next];
        cursor.next += 1;
        self.advance(index)?;
        Ok(Some(row))
    }
}

impl Iterator for Merge<'_> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

impl Cursor {
    fn refill(&mut self, mut scratch: &File) -> io::Result<()> {
        let rows = self.run.rows.min(READ_ROWS as u64);
        let mut bytes = vec![0; rows as usize * ROW_BYTES];
        scratch.seek(SeekFrom::Start(self.run.offset))?;
        scratch.read_exact(&mut bytes)?;
        self.run.offset += bytes.len() as u64;
        self.run.rows -= rows;
        self.next = 0;
        self.rows.clear();
        self.rows.extend(bytes.chunks_exact(ROW_BYTES).map(|row| {
            let (start, rest) = row.split_at(8);
            let (end, thread) = rest.split_at(8);
            (
                i64::from_le_bytes(start.try_into().expect("8 bytes")),
                i64::from_le_bytes(end.try_into().expect("8 bytes")),
                u32::from_le_bytes(thread.try_into().expect("4 bytes")),
            )
        }));
        Ok(())
    }
}
