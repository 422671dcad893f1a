//! Sorting more rows than fit into memory: sorted batches in a scratch file, merged region by region.

use super::columns::Entry;
use crate::error::{Error, Result};
use crate::tournament::{Head, Tournament};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of a row in the scratch file.
const ROW_BYTES: usize = 24;
/// Rows that are read ahead from each run of a merge.
const READ_ROWS: usize = 1 << 12;

/// All rows of a rank, by the places of their regions, in order of start (ties: the longer first).
#[derive(Debug)]
pub(crate) struct Runs {
    directory: PathBuf,
    scratch: Option<BufWriter<File>>,
    position: u64,
    runs: Vec<Vec<Run>>,
    in_memory: Vec<Vec<Entry>>,
}

/// A sorted stretch of the scratch file.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: u64,
    rows: u64,
}

fn sort(rows: &mut [Entry]) {
    // The stable sort uses stretches that are in order already, as most are.
    rows.sort_by_key(|row| row.key());
}

impl Runs {
    /// For so many regions. Scratch files go into `directory` and have no name.
    pub(crate) fn new(directory: &Path, regions: usize) -> Self {
        Self {
            directory: directory.into(),
            scratch: None,
            position: 0,
            runs: vec![Vec::new(); regions],
            in_memory: Vec::new(),
        }
    }

    /// Sorts a batch and writes it to the scratch file.
    pub(crate) fn spill(&mut self, batch: &mut [Vec<Entry>]) -> Result<()> {
        self.write_out(batch)
            .map_err(|error| Error::io(&self.directory, "cannot write a scratch file", error))
    }

    fn write_out(&mut self, batch: &mut [Vec<Entry>]) -> io::Result<()> {
        let scratch = match &mut self.scratch {
            Some(scratch) => scratch,
            none => {
                let file = tempfile::tempfile_in(&self.directory)?;
                none.insert(BufWriter::with_capacity(1 << 20, file))
            }
        };
        for (place, rows) in batch.iter_mut().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            sort(rows);
            for row in rows.iter() {
                scratch.write_all(&row.start_ns.to_le_bytes())?;
                scratch.write_all(&row.end_ns.to_le_bytes())?;
                scratch.write_all(&row.thread.to_le_bytes())?;
                scratch.write_all(&row.span.to_le_bytes())?;
            }
            let run = Run {
                offset: self.position,
                rows: rows.len() as u64,
            };
            self.position += run.rows * ROW_BYTES as u64;
            self.runs[place].push(run);
            rows.clear();
        }
        Ok(())
    }

    /// Takes the last batch.
    pub(crate) fn finish(mut self, mut batch: Vec<Vec<Entry>>) -> Result<Self> {
        if self.scratch.is_none() {
            batch.iter_mut().for_each(|rows| sort(rows));
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

    /// Calls `take` with the rows of the region at a place, in order.
    #[inline]
    pub(crate) fn each(&self, place: usize, mut take: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        if let Some(scratch) = &self.scratch {
            let scratch = scratch.get_ref();
            for row in Merge::new(scratch, &self.runs[place]) {
                let row =
                    row.map_err(|error| Error::io(&self.directory, "cannot read a scratch file", error))?;
                take(row)?;
            }
        } else {
            for &row in &self.in_memory[place] {
                take(row)?;
            }
        }
        Ok(())
    }
}

/// Merges the runs of one region.
struct Merge<'a> {
    scratch: &'a File,
    runs: Vec<Cursor>,
    /// None before the first row is taken.
    tournament: Option<Tournament>,
}

struct Cursor {
    run: Run,
    rows: Vec<Entry>,
    next: usize,
}

impl<'a> Merge<'a> {
    fn new(scratch: &'a File, runs: &[Run]) -> Self {
        let runs = runs.iter().map(|&run| Cursor {
            run,
            rows: Vec::new(),
            next: 0,
        });
        Self {
            scratch,
            runs: runs.collect(),
            tournament: None,
        }
    }

    fn step(&mut self) -> io::Result<Option<Entry>> {
        let tournament = match &mut self.tournament {
            Some(tournament) => tournament,
            none => {
                let runs = self.runs.iter_mut().enumerate();
                let heads = runs.map(|(index, run)| run.head(index, self.scratch));
                none.insert(Tournament::new(heads.collect::<io::Result<_>>()?))
            }
        };
        let Some(index) = tournament.winner() else {
            return Ok(None);
        };
        let run = &mut self.runs[index];
        let row = run.rows[run.next];
        run.next += 1;
        tournament.replace_winner(run.head(index, self.scratch)?);
        Ok(Some(row))
    }
}

impl Iterator for Merge<'_> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

impl Cursor {
    fn head(&mut self, index: usize, scratch: &File) -> io::Result<Head> {
        if self.next == self.rows.len() {
            self.refill(scratch)?;
        }
        let row = self.rows.get(self.next);
        Ok(row.map_or(Head::NONE, |row| Head::new(row.start_ns, row.end_ns, index)))
    }

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
            let (end, rest) = rest.split_at(8);
            let (thread, span) = rest.split_at(4);
            Entry {
                start_ns: i64::from_le_bytes(start.try_into().expect("8 bytes")),
                end_ns: i64::from_le_bytes(end.try_into().expect("8 bytes")),
                thread: u32::from_le_bytes(thread.try_into().expect("4 bytes")),
                span: u32::from_le_bytes(span.try_into().expect("4 bytes")),
            }
        }));
        Ok(())
    }
}
