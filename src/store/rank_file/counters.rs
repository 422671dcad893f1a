//! The counters in a log: which there are, and their samples, which are sorted like intervals.

use super::{LogContents, LogFailure, cannot_read};
use crate::error::Error;
use crate::note::SampleNote;
use crate::profile::{Counter, Number, Numbers};
use crate::store::columns::{Entry, WRITE_ROWS};
use crate::store::counter_columns::{CounterGroups, KnownCounter};
use crate::store::counter_names::CounterNames;
use crate::store::hdf5::NewGroup;
use crate::store::rank_log::{Block, LogReader};
use crate::store::sorted_runs::Runs;
use crate::store::tick_times::TickTimes;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows that are sorted at once: 36 MB.
const BATCH_ROWS: usize = if cfg!(test) { 500 } else { 3 << 19 };
/// Blocks whose place is kept. After these the log is read on block by block.
const MOST_BLOCKS: usize = if cfg!(test) { 4 } else { 1 << 20 };

/// What is found of counters while a log is read through.
#[derive(Debug, Default)]
pub(super) struct FoundCounters {
    names: CounterNames,
    /// By number.
    known: BTreeMap<u32, KnownCounter>,
    /// Where blocks of samples begin.
    places: Vec<u64>,
    samples: u64,
}

impl FoundCounters {
    pub(super) fn name(&mut self, counter: u32, name: &str, unit: &str) {
        self.names.name(counter, name, unit);
    }

    /// Takes note of a block of samples at this place of the log.
    pub(super) fn count(&mut self, place: u64, thread: u32, samples: &[SampleNote]) {
        if self.places.len() < MOST_BLOCKS {
            self.places.push(place);
        }
        self.samples += samples.len() as u64;
        for sample in samples {
            let known = self.known.entry(sample.counter).or_default();
            known.samples += 1;
            known.has_threads |= thread != 0;
            known.is_float |= !matches!(sample.value, Number::Int(n) if n != Numbers::ABSENT);
        }
    }

    pub(super) fn lost(&mut self, counter: u32, samples: u64) {
        self.known.entry(counter).or_default().dropped = samples;
    }

    /// The counters by name: two numbers may have the same one. With them the place of each number.
    fn by_name(&self) -> (Vec<(Counter, KnownCounter)>, BTreeMap<u32, usize>) {
        let (counters, places) = self.names.by_name(self.known.keys().copied());
        let mut all: Vec<_> = counters
            .into_iter()
            .map(|counter| (counter, KnownCounter::default()))
            .collect();
        for (number, known) in &self.known {
            let of_name = &mut all[places[number]].1;
            of_name.samples += known.samples;
            of_name.dropped = of_name.dropped.saturating_add(known.dropped);
            of_name.is_float |= known.is_float;
            of_name.has_threads |= known.has_threads;
        }
        (all, places)
    }
}

impl LogContents {
    /// Writes the counters of the rank into its group.
    pub(super) fn write_counters(&self, group: &NewGroup, scratch: &Path) -> Result<(), LogFailure> {
        if self.counters.known.is_empty() {
            return Ok(());
        }
        let (counters, places) = self.counters.by_name();
        let rows = self.sort_samples(&counters, &places, scratch)?;
        let mut groups = CounterGroups::new(group).map_err(LogFailure::Output)?;
        for (place, (counter, known)) in counters.iter().enumerate() {
            write(&mut groups, counter, *known, &rows, place).map_err(LogFailure::Output)?;
        }
        Ok(())
    }

    /// The samples in order of time: at twice the place of their counter with their value, and behind that with their
    /// thread, where there are several.
    fn sort_samples(
        &self,
        counters: &[(Counter, KnownCounter)],
        places: &BTreeMap<u32, usize>,
        scratch: &Path,
    ) -> Result<Runs, LogFailure> {
        let damaged = |error| LogFailure::Log(cannot_read(&self.path, error));
        let changed = || LogFailure::Log(Error::format(&self.path, "the log changed while it was read"));
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let mut batch: Vec<Vec<Entry>> = vec![Vec::new(); 2 * counters.len()];
        let mut runs = Runs::new(scratch, batch.len());
        let mut log = LogReader::open(&self.path).map_err(LogFailure::Log)?;
        let mut known = self.counters.places.iter();
        let (mut in_batch, mut left) = (0, self.counters.samples);
        while left > 0 {
            if let Some(&place) = known.next() {
                log.go_to(place).map_err(damaged)?;
            }
            let block = log.next().map_err(damaged)?.ok_or_else(changed)?;
            let Block::Samples { thread, samples } = block else {
                continue;
            };
            left = left.saturating_sub(samples.len() as u64);
            for sample in &samples {
                let &place = places.get(&sample.counter).ok_or_else(changed)?;
                let known = counters[place].1;
                let ns = clock.ns(sample.tick);
                batch[2 * place].push(entry(ns, sample.tick, bits(sample.value, known.is_float)));
                if known.has_threads {
                    batch[2 * place + 1].push(entry(ns, sample.tick, thread.into()));
                }
                in_batch += 1 + usize::from(known.has_threads);
            }
            if in_batch >= BATCH_ROWS && left > 0 {
                runs.spill(&mut batch).map_err(LogFailure::Output)?;
                in_batch = 0;
            }
        }
        runs.finish(batch).map_err(LogFailure::Output)
    }
}

/// A row at this time, with eight bytes in the place of thread and span. Rows of one nanosecond are sorted by their
/// ticks: those that end later come first.
fn entry(ns: i64, tick: u64, bits: u64) -> Entry {
    Entry {
        start_ns: ns,
        end_ns: (!tick ^ (1 << 63)) as i64,
        thread: bits as u32,
        span: (bits >> 32) as u32,
    }
}

fn bits(value: Number, is_float: bool) -> u64 {
    match value {
        Number::Int(n) if !is_float => n as u64,
        value => value.as_f64().to_bits(),
    }
}

fn write(
    groups: &mut CounterGroups,
    counter: &Counter,
    known: KnownCounter,
    rows: &Runs,
    place: usize,
) -> crate::error::Result<()> {
    let mut columns = groups.create(counter, known)?;
    let mut threads: Vec<u32> = Vec::new();
    if known.has_threads {
        rows.each(2 * place + 1, |row| {
            threads.push(row.thread);
            Ok(())
        })?;
    }
    let mut piece: Vec<Entry> = Vec::new();
    let mut next = 0;
    let mut flush = |piece: &mut Vec<Entry>| {
        let times: Vec<i64> = piece.iter().map(|row| row.start_ns).collect();
        let bits = piece
            .iter()
            .map(|row| u64::from(row.thread) | u64::from(row.span) << 32);
        let values = if known.is_float {
            Numbers::Float(bits.map(f64::from_bits).collect())
        } else {
            Numbers::Int(bits.map(|bits| bits as i64).collect())
        };
        let of_piece = threads.get(next..next + piece.len()).unwrap_or_default();
        next += piece.len();
        piece.clear();
        columns.write(&times, &values, of_piece)
    };
    rows.each(2 * place, |row| {
        piece.push(row);
        if piece.len() == WRITE_ROWS {
            flush(&mut piece)?;
        }
        Ok(())
    })?;
    if piece.is_empty() {
        Ok(())
    } else {
        flush(&mut piece)
    }
}
