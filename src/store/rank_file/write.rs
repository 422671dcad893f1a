//! A rank's group in an HDF5 file.

use super::super::blocks::RankBlocks;
use super::super::columns::{Columns, Entry, Known, Sums, WRITE_ROWS};
use super::super::field_columns::{FieldColumn, FieldColumns};
use super::super::hdf5::{NewGroup, Values};
use super::super::names;
use super::super::open_spans;
use super::super::rank_log::{Counts, ENDED_BY, OtherThread, StretchReader, Verify};
use super::super::region_names::{GroupNames, RegionNames};
use super::super::schema::summary;
use super::super::sorted_runs::Runs;
use super::super::span_table;
use super::super::tick_times::TickTimes;
use super::fields::{NumbersOfCalls, RegionField};
use super::times::{RegionTimes, Times};
use super::{LogContents, LogFailure, RegionEntry, cannot_read};
use crate::clock::{ClockMeasurement, Timeline};
use crate::error::{Error, Result};
use crate::places::Places;
use crate::profile::{OpenSpan, StoredSummary, Value};
use crate::span_numbers::Origin;
use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

/// Rows that are sorted at once: 36 MB.
const BATCH_ROWS: usize = if cfg!(test) { 500 } else { 3 << 19 };

/// The most regions whose columns are written at the same time: each takes about ten kilobytes beside its rows.
const MOST_STREAMED: usize = if cfg!(test) { 2 } else { 64 };

/// Rows of these regions that are in memory at the same time: 4 MB.
const STREAMED_ROWS: usize = if cfg!(test) { 60 } else { 1 << 18 };

impl LogContents {
    /// Writes the rank into its group of the HDF5 file; its summary is asked for at the end. Without its `times` the
    /// log is read again, and what does not fit into memory meanwhile goes into a file in the directory `scratch`.
    pub(in crate::store) fn write(
        &self,
        group: &NewGroup,
        scratch: &Path,
        times: Option<RegionTimes>,
        summary: impl FnOnce() -> Option<StoredSummary>,
    ) -> Result<(), LogFailure> {
        let failed = LogFailure::Output;
        // Where there are very many, those that are read one after the other lie side by side.
        let regions = group.create_ordered_group(names::REGIONS).map_err(failed)?;
        group.attribute(names::SORTED, &Value::Int(1)).map_err(failed)?;
        if let Some(signal) = self.run.get(ENDED_BY) {
            group.attribute(ENDED_BY, signal).map_err(failed)?;
        }
        group
            .attribute(names::COMPLETE, &Value::Int(self.complete.into()))
            .map_err(failed)?;
        group
            .attribute(names::STATES_INCLUSIVE, &Value::Int(1))
            .map_err(failed)?;
        if let Some((start, end)) = self.timeline.span_ns() {
            for (key, ns) in [(names::SESSION_START, start), (names::SESSION_END, end)] {
                group
                    .attribute(key, &Value::Int(self.clock.apply(ns)))
                    .map_err(failed)?;
            }
        }
        if let Some(recorded) = &self.recorded {
            group.attribute(names::RECORDED, recorded).map_err(failed)?;
        }
        if let Some(lost) = &self.lost_numbers {
            group.attribute(names::LOST_NUMBERS, lost).map_err(failed)?;
        }
        if let Some(recorded) = &self.recorded_samples {
            group
                .attribute(names::RECORDED_SAMPLES, recorded)
                .map_err(failed)?;
        }
        self.write_threads(group).map_err(failed)?;
        self.write_clock(group).map_err(failed)?;
        self.write_spans(group).map_err(failed)?;
        self.write_counters(group, scratch)?;

        let blocks = match times {
            Some(times) => self.write_times(&regions, times).map_err(failed)?,
            None => self.write_regions(&regions, &self.targets(), scratch)?,
        };
        blocks.write(group).map_err(failed)?;
        summary().map_or(Ok(()), |summary| summary::write(group, &summary).map_err(failed))
    }

    /// The regions in the order of their groups' names.
    pub(super) fn order(&self) -> Vec<u32> {
        let targets = self.targets();
        let mut order: Vec<&Target> = targets.iter().collect();
        order.sort_by_key(|target| target.group_name());
        order.iter().map(|target| target.number).collect()
    }

    /// Whether all rows can be sorted at once.
    fn is_one_batch(&self) -> bool {
        self.intervals <= BATCH_ROWS as u64
    }

    fn targets(&self) -> Vec<Target<'_>> {
        let mut group_names = GroupNames::default();
        let mut region_names = RegionNames::default();
        let targets = self.regions.iter().map(|(&number, entry)| {
            let name = region_names.of(entry.name.as_deref(), number);
            let group_name = match group_names.of(&name) {
                Cow::Borrowed(_) => None,
                Cow::Owned(other) => Some(other),
            };
            Target {
                number,
                entry,
                name,
                group_name,
            }
        });
        targets.collect()
    }

    /// Writes the columns of all regions. Gives what they add up to block by block.
    fn write_regions(
        &self,
        regions: &NewGroup,
        targets: &[Target<'_>],
        scratch: &Path,
    ) -> Result<RankBlocks, LogFailure> {
        let failed = LogFailure::Output;
        let mut room = MOST_STREAMED;
        // Of a large log the regions that would be most to sort.
        let fewest = if self.is_one_batch() { 0 } else { WRITE_ROWS as u64 };
        let streams = |target: &Target| {
            let streams = room > 0
                && target.entry.intervals > fewest
                && !target.entry.overlaps
                // Its numbers are sorted together with its intervals.
                && self.fields.of(target.number).is_empty();
            room -= usize::from(streams);
            streams
        };
        let streams: Vec<bool> = targets.iter().map(streams).collect();
        let streamed = streams.iter().filter(|&&streams| streams).count();
        let at_once = WRITE_ROWS.min(STREAMED_ROWS / streamed.max(1));
        let create = |(target, &streams): (&Target, &bool)| {
            let columns = streams.then(|| target.create(regions, at_once));
            columns.transpose()
        };
        let streamed = targets.iter().zip(&streams).map(create);
        let mut streamed = streamed.collect::<Result<Vec<_>>>().map_err(failed)?;
        let rows = self.rows(targets, &mut streamed, scratch)?;
        let mut of_rank = RankBlocks::default();
        let mut finish = |target: &Target, columns| self.finish(target, columns, &mut of_rank);
        for (target, columns) in targets.iter().zip(streamed) {
            columns
                .map_or(Ok(()), |columns| finish(target, columns).map(drop))
                .map_err(failed)?;
        }
        for (place, target) in targets.iter().enumerate().filter(|&(place, _)| !streams[place]) {
            let mut columns = target.create(regions, WRITE_ROWS).map_err(failed)?;
            rows.each(place, |row| columns.push(row)).map_err(failed)?;
            let region = finish(target, columns).map_err(failed)?;
            self.write_fields(target, &region, &rows, targets.len())
                .map_err(failed)?;
        }
        Ok(of_rank)
    }

    /// Writes the columns of all regions, which were kept. Gives what they add up to block by block.
    fn write_times(&self, regions: &NewGroup, mut times: RegionTimes) -> Result<RankBlocks> {
        let mut of_rank = RankBlocks::default();
        for target in self.targets() {
            let mut columns = target.create(regions, 0)?;
            let Times { starts, ends } = times.take(target.number);
            columns.take_all(starts, ends);
            self.finish(&target, columns, &mut of_rank)?;
        }
        Ok(of_rank)
    }

    /// Writes what is left of a region, whose rows have all come. Gives its group.
    fn finish(&self, target: &Target<'_>, columns: Columns, of_rank: &mut RankBlocks) -> Result<NewGroup> {
        let (region, sums, blocks) = columns.finish()?;
        of_rank.add(target.group_name(), blocks);
        target.write_attributes(&region, sums, &self.timeline)?;
        open_spans::write(&region, &self.open_spans(target.entry))?;
        Ok(region)
    }

    /// Writes the numbers of a region's calls; `first` is the place of the first rows of numbers.
    fn write_fields(&self, target: &Target<'_>, region: &NewGroup, rows: &Runs, first: usize) -> Result<()> {
        let len = usize::try_from(target.entry.intervals).unwrap_or(usize::MAX);
        let mut columns = FieldColumns::new(region, len);
        for field in self.fields.of(target.number) {
            let name = self.fields.name(field);
            let mut column = FieldColumn::default();
            let mut piece = Vec::with_capacity(WRITE_ROWS.min(len));
            rows.each(first + field.place(), |row| {
                piece.push(row);
                if piece.len() == WRITE_ROWS {
                    columns.write(name, &mut column, &field.numbers(&piece))?;
                    piece.clear();
                }
                Ok(())
            })?;
            columns.write(name, &mut column, &field.numbers(&piece))?;
            columns.finish(column)?;
        }
        Ok(())
    }

    /// The calls of spans that were open at the end, in order of start.
    fn open_spans(&self, entry: &RegionEntry) -> Vec<OpenSpan> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        entry.open.of_spans(|tick| clock.ns(tick))
    }

    fn write_clock(&self, group: &NewGroup) -> Result<()> {
        let is_alone = matches!(self.run.get("size"), None | Some(Value::Int(..=1)));
        if is_alone {
            return Ok(());
        }
        if let Some(host) = self.run.get(names::HOST) {
            group.attribute(names::HOST, host)?;
        }
        let clock = group.create_group(names::CLOCK)?;
        if let Some(id) = self.run.get(names::CLOCK_ID) {
            clock.attribute(names::CLOCK_ID, id)?;
        }
        let Some(bound) = self.clock.bound() else {
            return Ok(());
        };
        let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        clock.attribute(names::CLOCK_BOUND, &Value::Int(int(bound)))?;
        let points = self.clock.points();
        let measured = |field: fn(&ClockMeasurement) -> i64| self.measurements.iter().map(field).collect();
        for (name, column) in [
            (
                names::CLOCK_ADDED_AT,
                points.iter().map(|point| point.0).collect(),
            ),
            (names::CLOCK_ADDED, points.iter().map(|point| point.1).collect()),
            (names::CLOCK_MEASURED_AT, measured(|m| m.at)),
            (names::CLOCK_MEASURED, measured(|m| m.offset)),
            (
                names::CLOCK_MEASURED_BOUND,
                measured(|m| i64::try_from(m.bound).unwrap_or(i64::MAX)),
            ),
            (names::CLOCK_HOPS, measured(|m| m.hops.into())),
        ] {
            let column: Vec<i64> = column;
            if column.is_empty() {
                continue;
            }
            clock.list(name, &column)?;
        }
        Ok(())
    }

    fn write_spans(&self, group: &NewGroup) -> Result<()> {
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let facts = self.spans.facts(|tick| clock.ns(tick));
        span_table::write(group, &facts)
    }

    fn write_threads(&self, group: &NewGroup) -> Result<()> {
        let threads = group.create_group(names::THREADS)?;
        let index: Vec<u32> = self.threads.keys().copied().collect();
        let native: Vec<i64> = self.threads.values().map(|(native_id, _)| *native_id).collect();
        threads.column(names::THREAD_INDEX, Values::Uint32(&index))?;
        threads.column(names::THREAD_NATIVE_ID, Values::Int64(&native))?;
        let names_of_threads = self.threads.values().map(|(_, name)| name.as_str());
        threads.texts(names::THREAD_NAME, names_of_threads)
    }

    /// Converts the events to nanoseconds: straight into the columns of their region where these are open, else
    /// into the batches to be sorted.
    fn rows(
        &self,
        targets: &[Target<'_>],
        columns: &mut [Option<Columns>],
        scratch: &Path,
    ) -> Result<Runs, LogFailure> {
        let changed = |message| LogFailure::Log(Error::format(&self.path, message));
        let mut clock = TickTimes::new(&self.timeline, &self.clock);
        let mut places: Places = targets.iter().map(|target| target.number).collect();
        let fields: Vec<&[RegionField]> = targets
            .iter()
            .map(|target| self.fields.of(target.number))
            .collect();
        let regions = targets.len();
        let known = if self.is_one_batch() { usize::MAX } else { 0 };
        let list = |(target, columns): (&Target, &Option<Columns>)| {
            let rows = if columns.is_none() {
                target.entry.intervals
            } else {
                0
            };
            Vec::with_capacity(known.min(rows as usize))
        };
        let mut batch: Vec<Vec<Entry>> = targets.iter().zip(&*columns).map(list).collect();
        batch.resize_with(regions + self.fields.len(), Vec::new);
        let mut in_batch = 0;
        let mut runs = Runs::new(scratch, batch.len());
        let stretches = self.stretches.all().iter().copied();
        // The scan has verified them.
        let log = StretchReader::open(&self.path, stretches, Verify::No, OtherThread::Yes);
        let mut log = log.map_err(LogFailure::Log)?;
        let mut left = self.intervals;
        let mut span_numbers = self.span_numbers.pass();
        while let Some(is_sound) = log.next() {
            match is_sound {
                Ok(true) => {}
                Ok(false) => return Err(changed("the log changed while it was read")),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(changed("the log became shorter while it was read"));
                }
                Err(error) => return Err(LogFailure::Log(cannot_read(&self.path, error))),
            }
            for block in log.blocks() {
                let numbers = block.numbers();
                let mut numbers = NumbersOfCalls::new(&numbers);
                left = left.saturating_sub(block.len() as u64);
                for (at, event) in block.events().enumerate() {
                    let start_ns = clock.ns(event.start);
                    let entry = Entry {
                        start_ns,
                        end_ns: clock.ns(event.end).max(start_ns),
                        thread: block.thread,
                        span: event.serial,
                    };
                    let place = places.of(event.region);
                    match columns.get_mut(place) {
                        Some(Some(columns)) => columns.push(entry).map_err(LogFailure::Output)?,
                        Some(None) => {
                            batch[place].push(entry);
                            in_batch += 1 + fields[place].len();
                            let of_call = numbers.of(at);
                            let outside = span_numbers.of(Origin::in_log(block.thread), &event);
                            for field in fields[place] {
                                batch[regions + field.place()].push(field.row(entry, of_call, outside));
                            }
                        }
                        None => return Err(changed("the log changed while it was read")),
                    }
                }
                if in_batch >= BATCH_ROWS && left > 0 {
                    runs.spill(&mut batch).map_err(LogFailure::Output)?;
                    in_batch = 0;
                }
            }
        }
        if left > 0 {
            return Err(changed("the log changed while it was read"));
        }
        runs.finish(batch).map_err(LogFailure::Output)
    }
}

/// A region and its group.
struct Target<'a> {
    number: u32,
    entry: &'a RegionEntry,
    name: Cow<'a, str>,
    /// The name of its group where that cannot be the region's.
    group_name: Option<String>,
}

impl Target<'_> {
    fn group_name(&self) -> &str {
        self.group_name.as_deref().unwrap_or(&self.name)
    }

    /// Its columns, of which so many rows are written in one call.
    fn create(&self, regions: &NewGroup, at_once: usize) -> Result<Columns> {
        let group = regions.create_region(self.group_name())?;
        let known = Known {
            rows: self.entry.intervals,
            threads: self.entry.has_threads,
            spans: self.entry.has_spans,
            overlaps: self.entry.overlaps,
            at_once,
        };
        Columns::new(group, known)
    }

    fn write_attributes(&self, group: &NewGroup, sums: Sums, timeline: &Timeline) -> Result<()> {
        let entry = self.entry;
        let mut attributes = vec![(names::TOTAL, Value::Int(sums.total))];
        if sums.inclusive != sums.total {
            attributes.push((names::INCLUSIVE, Value::Int(sums.inclusive)));
        }
        if self.group_name.is_some() {
            attributes.push((names::NAME, Value::Text(self.name.clone().into_owned())));
        }
        if let Some((file, line)) = &entry.source {
            attributes.push((names::SOURCE_FILE, Value::Text(file.clone())));
            attributes.push((names::SOURCE_LINE, Value::Int((*line).into())));
        }
        let throttled_ns = timeline.length_ns(entry.counts.throttled_ticks).unsigned_abs();
        let Counts {
            counted,
            dropped,
            throttled,
            ..
        } = entry.counts;
        let calls = [counted, dropped, throttled]
            .into_iter()
            .fold(entry.intervals, u64::saturating_add);
        for (key, n) in [
            (names::NUM_CALLS, calls),
            (names::DROPPED, entry.counts.dropped),
            (names::NUM_SPANS, entry.counts.spans),
            (names::THROTTLED, entry.counts.throttled),
            (names::THROTTLED_NS, throttled_ns),
            (names::OPEN, entry.open.number()),
            (names::CLAMPED, entry.clamped),
        ] {
            let needed = if key == names::NUM_CALLS {
                n > entry.intervals
            } else {
                n > 0
            };
            if needed {
                attributes.push((key, Value::Int(i64::try_from(n).unwrap_or(i64::MAX))));
            }
        }
        attributes
            .iter()
            .try_for_each(|(key, value)| group.attribute(key, value))
    }
}
