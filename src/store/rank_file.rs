//! One rank's log as HDF5: ticks become nanoseconds, events are sorted into their regions.
//!
//! The log is read twice: once to learn what is in it, once for the events. The events of a large log
//! go straight into the HDF5 file where they are in order of start already: those of a region that was
//! never entered twice at a time. All others are collected in batches of bounded size, split by region
//! and sorted; when there is more than one batch, each goes to a scratch file, from which every region
//! is merged. So memory does not grow with the log.

use super::clock_sync::ClockCorrection;
use super::columns::{Columns, WRITE_ROWS};
use super::rank_log::{Block, Counts, LogEvent, LogReader};
use super::sorted_runs::{Rows, Runs};
use super::{hdf5_values as values, names};
use crate::clock::{Anchor, ClockMeasurement, Timeline};
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Rows that are sorted at once: 96 MB.
const BATCH_ROWS: usize = 4 << 20;

/// Regions whose columns are filled at the same time: each one open takes some ten kilobytes, and its
/// rows up to 1.3 MB.
const MOST_STREAMED: usize = 64;
/// Comparisons of clocks that are kept; a run has two.
const MAX_MEASUREMENTS: usize = 64;

/// What is in a log, events aside.
#[derive(Debug, Default)]
pub(crate) struct LogContents {
    pub(crate) path: PathBuf,
    pub(crate) run: Metadata,
    pub(crate) regions: BTreeMap<u32, RegionEntry>,
    threads: BTreeMap<u32, (i64, String)>,
    timeline: Timeline,
    clock: ClockCorrection,
    measurements: Vec<ClockMeasurement>,
    pub(crate) intervals: u64,
    /// Whether recording came to an orderly end.
    pub(crate) complete: bool,
    /// Bytes at the end that are no whole block.
    pub(crate) lost_bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct RegionEntry {
    pub(crate) name: Option<String>,
    source: Option<(String, u32)>,
    intervals: u64,
    counts: Counts,
    open: u64,
    /// Start and end of the last interval, ticks.
    last_start: u64,
    last_end: u64,
    /// Whether two intervals overlap, or start together.
    overlaps: bool,
    /// Whether there are intervals of another thread than 0.
    has_threads: bool,
}

/// Why a log was not converted.
#[derive(Debug)]
pub(crate) enum LogFailure {
    /// It cannot be read: other logs can be all the same.
    Log(Error),
    /// What is made of it cannot be written.
    Output(Error),
}

impl LogContents {
    /// Reads a log through.
    pub(crate) fn scan(path: &Path) -> Result<Self> {
        let mut log = LogReader::open(path)?;
        let mut contents = Self {
            path: path.into(),
            ..Self::default()
        };
        let mut anchors: Vec<Anchor> = Vec::new();
        while let Some(block) = log.next().map_err(|error| cannot_read(path, error))? {
            match block {
                Block::Run(facts) => contents.run.extend(facts),
                Block::Name {
                    region,
                    name,
                    file,
                    line,
                } => {
                    let entry = contents.region(region);
                    entry.name = Some(name);
                    entry.source = (!file.is_empty()).then_some((file, line));
                }
                Block::Thread {
                    thread,
                    native_id,
                    name,
                } => {
                    contents.threads.insert(thread, (native_id, name));
                }
                Block::Events { thread, events } => {
                    contents.threads.entry(thread).or_insert((-1, String::new()));
                    contents.intervals += events.len() as u64;
                    for run in events.chunk_by(|a, b| a.region == b.region) {
                        contents.region(run[0].region).count(thread, run);
                    }
                }
                Block::Anchor(anchor) => anchors.push(anchor),
                Block::Counters { region, counts } => contents.region(region).counts = counts,
                Block::Open { region, .. } => contents.region(region).open += 1,
                Block::End => contents.complete = true,
                Block::Clock(measured) if contents.measurements.len() < MAX_MEASUREMENTS => {
                    contents.measurements.push(measured);
                }
                Block::Clock(_) => {}
            }
        }
        contents.lost_bytes = log.remaining();
        contents.timeline = Timeline::new(anchors);
        let (first, last) = contents.timeline.ends_ns();
        contents.clock = ClockCorrection::new(&contents.measurements, first, last);
        Ok(contents)
    }

    fn region(&mut self, number: u32) -> &mut RegionEntry {
        self.regions.entry(number).or_default()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.regions.values().map(|region| region.counts.dropped).sum()
    }

    pub(crate) fn open(&self) -> u64 {
        self.regions.values().map(|region| region.open).sum()
    }

    /// Writes the rank into its group of the HDF5 file `output`. What does not fit into memory meanwhile
    /// goes into a file in the directory `scratch`.
    pub(crate) fn write(&self, group: &hdf5::Group, output: &Path, scratch: &Path) -> Result<(), LogFailure> {
        let failed = |error| LogFailure::Output(Error::hdf5(output, "cannot write", error));
        let regions = group.create_group(names::REGIONS).map_err(failed)?;
        values::attribute(group, names::SORTED, &Value::Int(1)).map_err(failed)?;
        self.write_threads(group).map_err(failed)?;
        self.write_clock(group).map_err(failed)?;

        let mut group_names = GroupNames::default();
        let mut targets = self.regions.iter().map(|(&number, entry)| {
            let name = entry.name.clone().unwrap_or_else(|| format!("region {number}"));
            let group_name = group_names.of(&name);
            Target {
                number,
                entry,
                name,
                group_name,
            }
        });
        let (streamed, rest): (Vec<_>, Vec<_>) = {
            let mut room = MOST_STREAMED;
            targets.by_ref().partition(|target| {
                let streams = room > 0
                    && self.intervals > BATCH_ROWS as u64
                    && target.entry.intervals > WRITE_ROWS as u64
                    && !target.entry.overlaps;
                room -= usize::from(streams);
                streams
            })
        };
        let mut columns: FxHashMap<u32, (hdf5::Group, Columns)> = FxHashMap::default();
        for target in &streamed {
            let created = target.create(&regions).map_err(failed)?;
            columns.insert(target.number, created);
        }
        let rows = self.rows(&mut columns, output, scratch)?;
        for target in &streamed {
            if let Some((region, columns)) = columns.remove(&target.number) {
                let total = columns.finish().map_err(failed)?;
                target
                    .write_attributes(&region, total, &self.timeline)
                    .map_err(failed)?;
            }
        }
        for target in &rest {
            let (region, mut columns) = target.create(&regions).map_err(failed)?;
            rows.write(target.number, &mut columns, output)
                .map_err(LogFailure::Output)?;
            let total = columns.finish().map_err(failed)?;
            target
                .write_attributes(&region, total, &self.timeline)
                .map_err(failed)?;
        }
        Ok(())
    }

    fn write_clock(&self, group: &hdf5::Group) -> hdf5::Result<()> {
        let is_alone = matches!(self.run.get("size"), None | Some(Value::Int(..=1)));
        if is_alone {
            return Ok(());
        }
        if let Some(host) = self.run.get(names::HOST) {
            values::attribute(group, names::HOST, host)?;
        }
        let clock = group.create_group(names::CLOCK)?;
        if let Some(id) = self.run.get(names::CLOCK_ID) {
            values::attribute(&clock, names::CLOCK_ID, id)?;
        }
        let Some(bound) = self.clock.bound() else {
            return Ok(());
        };
        let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        values::attribute(&clock, names::CLOCK_BOUND, &Value::Int(int(bound)))?;
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
            clock.new_attr_builder().with_data(&column).create(name)?;
        }
        Ok(())
    }

    fn write_threads(&self, group: &hdf5::Group) -> hdf5::Result<()> {
        let threads = group.create_group(names::THREADS)?;
        let index: Vec<u32> = self.threads.keys().copied().collect();
        let native: Vec<i64> = self.threads.values().map(|(native_id, _)| *native_id).collect();
        let text: Vec<_> = self
            .threads
            .values()
            .map(|(_, name)| values::text(name))
            .collect();
        threads
            .new_dataset_builder()
            .with_data(&index)
            .create(names::THREAD_INDEX)?;
        threads
            .new_dataset_builder()
            .with_data(&native)
            .create(names::THREAD_NATIVE_ID)?;
        threads
            .new_dataset_builder()
            .with_data(&text)
            .create(names::THREAD_NAME)?;
        Ok(())
    }

    /// The events in nanoseconds: into the columns of their region where there are any, else by
    /// region and sorted.
    fn rows(
        &self,
        columns: &mut FxHashMap<u32, (hdf5::Group, Columns)>,
        output: &Path,
        scratch: &Path,
    ) -> Result<Runs, LogFailure> {
        let failed = |error| LogFailure::Output(Error::hdf5(output, "cannot write", error));
        let damaged = |error| LogFailure::Log(cannot_read(&self.path, error));
        let mut timeline = self.timeline.converter();
        let mut ns = |tick| self.clock.apply(timeline.ns(tick));
        let mut batch: FxHashMap<u32, Rows> = FxHashMap::default();
        let mut in_batch = 0;
        let mut runs = Runs::new(scratch);
        let mut log = LogReader::open(&self.path).map_err(LogFailure::Log)?;
        let mut left = self.intervals;
        while left > 0 {
            let Some(block) = log.next().map_err(damaged)? else {
                let message = "the log became shorter while it was read";
                return Err(LogFailure::Log(Error::format(&self.path, message)));
            };
            let Block::Events { thread, events } = block else {
                continue;
            };
            left = left.saturating_sub(events.len() as u64);
            for run in events.chunk_by(|a, b| a.region == b.region) {
                let mut rows = run.iter().map(|event| (ns(event.start), ns(event.end), thread));
                if let Some((_, columns)) = columns.get_mut(&run[0].region) {
                    rows.try_for_each(|row| columns.push(row)).map_err(failed)?;
                } else {
                    batch.entry(run[0].region).or_default().extend(rows);
                    in_batch += run.len();
                }
            }
            if in_batch >= BATCH_ROWS && left > 0 {
                runs.spill(&mut batch).map_err(LogFailure::Output)?;
                in_batch = 0;
            }
        }
        runs.finish(batch).map_err(LogFailure::Output)
    }
}

/// A region and where it goes.
struct Target<'a> {
    number: u32,
    entry: &'a RegionEntry,
    name: String,
    group_name: String,
}

impl Target<'_> {
    fn create(&self, regions: &hdf5::Group) -> hdf5::Result<(hdf5::Group, Columns)> {
        let group = regions.create_group(&self.group_name)?;
        let columns = Columns::create(&group, self.entry.intervals, self.entry.has_threads)?;
        Ok((group, columns))
    }

    fn write_attributes(&self, group: &hdf5::Group, total: i64, timeline: &Timeline) -> hdf5::Result<()> {
        let entry = self.entry;
        let mut attributes = vec![(names::TOTAL, Value::Int(total))];
        if self.name != self.group_name {
            attributes.push((names::NAME, Value::Text(self.name.clone())));
        }
        if let Some((file, line)) = &entry.source {
            attributes.push((names::SOURCE_FILE, Value::Text(file.clone())));
            attributes.push((names::SOURCE_LINE, Value::Int((*line).into())));
        }
        let throttled_ns = timeline.length_ns(entry.counts.throttled_ticks).unsigned_abs();
        let calls = entry.intervals + entry.counts.counted + entry.counts.dropped + entry.counts.throttled;
        for (key, n) in [
            (names::NUM_CALLS, calls),
            (names::DROPPED, entry.counts.dropped),
            (names::NUM_SPANS, entry.counts.spans),
            (names::THROTTLED, entry.counts.throttled),
            (names::THROTTLED_NS, throttled_ns),
            (names::OPEN, entry.open),
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
            .try_for_each(|(key, value)| values::attribute(group, key, value))
    }
}

impl RegionEntry {
    /// Takes note of intervals of one thread.
    fn count(&mut self, thread: u32, events: &[LogEvent]) {
        self.has_threads |= thread != 0;
        for event in events {
            // One that starts with the last one, both without a length, could belong before it.
            self.overlaps |= event.start < self.last_end || event.end < event.start;
            self.overlaps |= self.intervals > 0 && event.start == self.last_start;
            self.last_start = event.start;
            self.last_end = event.end;
            self.intervals += 1;
        }
    }
}

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(path, "cannot read the rank log", error)
}

/// Names of HDF5 groups for names of regions. HDF5 reads `/`, `.` and the empty name as paths and
/// cannot hold a NUL; the region's true name is then an attribute.
#[derive(Debug, Default)]
struct GroupNames(HashMap<String, u32>);

impl GroupNames {
    fn of(&mut self, name: &str) -> String {
        let plain = match name {
            "" | "." | ".." => format!("|{name}"),
            _ => name.replace(['/', '\0'], "|"),
        };
        let mut unique = plain.clone();
        // A region may itself be called what another's replacement is.
        while self.0.contains_key(&unique) {
            let n = self.0.entry(plain.clone()).or_insert(1);
            *n += 1;
            unique = format!("{plain}|{n}");
        }
        self.0.insert(unique.clone(), 1);
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_are_legal_and_different_for_different_regions() {
        let mut groups = GroupNames::default();
        let given = [
            "solve",
            "a/b",
            "a|b",
            "a\0b",
            "",
            ".",
            "..",
            "|",
            "GET /users",
            "a|b|2",
        ]
        .map(|name| groups.of(name));
        let mut different = given.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), given.len(), "{given:?}");
        assert_eq!(given[0], "solve");
        assert_eq!(given[1], "a|b");
        assert!(
            given
                .iter()
                .all(|name| !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..")
        );
    }
}
