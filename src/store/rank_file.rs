//! One rank's log as HDF5: ticks become nanoseconds, events are sorted into their regions.
//!
//! The log is read twice: once to learn what is in it, once for the events. Events are collected in
//! batches of bounded size, split by region and sorted. A log of a single batch goes straight into
//! the HDF5 file; of a larger one each sorted batch goes to a scratch file, from which every region
//! is merged. So memory does not grow with the log.

use super::clock_sync::ClockCorrection;
use super::codec::clip;
use super::rank_log::{Block, Counts, ENDED_BY, LogReader};
use super::sorted_runs::{Rows, Runs};
use super::{hdf5_values as values, names};
use crate::clock::{Anchor, ClockMeasurement, Timeline};
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Rows that are sorted at once: 96 MB.
const BATCH_ROWS: usize = 4 << 20;

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
    /// How many calls the recording side says there were.
    recorded: Option<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct RegionEntry {
    pub(crate) name: Option<String>,
    source: Option<(String, u32)>,
    intervals: u64,
    counts: Counts,
    open: u64,
    /// Intervals that end before they start, which is set right.
    clamped: u64,
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
                        let region = contents.region(run[0].region);
                        region.intervals += run.len() as u64;
                        region.clamped += run.iter().filter(|event| event.end < event.start).count() as u64;
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
        contents.recorded = contents.run.remove(names::RECORDED);
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
        let dropped = self.regions.values().map(|region| region.counts.dropped);
        dropped.fold(0, u64::saturating_add)
    }

    pub(crate) fn open(&self) -> u64 {
        self.regions.values().map(|region| region.open).sum()
    }

    /// Writes the rank with its `rows` into its group of the HDF5 file `output`.
    pub(crate) fn write(&self, rows: &Runs, group: &hdf5::Group, output: &Path) -> Result<()> {
        let failed = |error| Error::hdf5(output, "cannot write", error);
        let regions = group.create_group(names::REGIONS).map_err(failed)?;
        values::attribute(group, names::SORTED, &Value::Int(1)).map_err(failed)?;
        if let Some(signal) = self.run.get(ENDED_BY) {
            values::attribute(group, ENDED_BY, signal).map_err(failed)?;
        }
        values::attribute(group, names::COMPLETE, &Value::Int(self.complete.into())).map_err(failed)?;
        if let Some(recorded) = &self.recorded {
            values::attribute(group, names::RECORDED, recorded).map_err(failed)?;
        }
        self.write_threads(group).map_err(failed)?;
        self.write_clock(group).map_err(failed)?;

        let mut group_names = GroupNames::default();
        let mut region_names = RegionNames::default();
        for (number, entry) in &self.regions {
            let name = region_names.of(entry.name.as_deref(), *number);
            let group_name = group_names.of(&name);
            let region = regions.create_group(&group_name).map_err(failed)?;
            let total = rows.write(*number, entry.intervals, &region, output)?;
            entry
                .write_attributes(&region, &name, &group_name, total, &self.timeline)
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

    /// The events by region, sorted, in nanoseconds. What does not fit into memory goes into a file
    /// in the directory `scratch`.
    pub(crate) fn rows(&self, scratch: &Path) -> Result<Runs, LogFailure> {
        let mut timeline = self.timeline.converter();
        let mut ns = |tick| self.clock.apply(timeline.ns(tick));
        let mut batch: FxHashMap<u32, Rows> = FxHashMap::default();
        let mut in_batch = 0;
        let mut runs = Runs::new(scratch);
        let damaged = |error| LogFailure::Log(cannot_read(&self.path, error));
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
                let rows = batch.entry(run[0].region).or_default();
                rows.extend(run.iter().map(|event| {
                    let (start, end) = (ns(event.start), ns(event.end));
                    (start, end.max(start), thread)
                }));
                in_batch += run.len();
            }
            if in_batch >= BATCH_ROWS && left > 0 {
                runs.spill(&mut batch).map_err(LogFailure::Output)?;
                in_batch = 0;
            }
        }
        runs.finish(batch).map_err(LogFailure::Output)
    }
}

impl RegionEntry {
    fn write_attributes(
        &self,
        group: &hdf5::Group,
        name: &str,
        group_name: &str,
        total: i64,
        timeline: &Timeline,
    ) -> hdf5::Result<()> {
        let mut attributes = vec![(names::TOTAL, Value::Int(total))];
        if name != group_name {
            attributes.push((names::NAME, Value::Text(name.into())));
        }
        if let Some((file, line)) = &self.source {
            attributes.push((names::SOURCE_FILE, Value::Text(file.clone())));
            attributes.push((names::SOURCE_LINE, Value::Int((*line).into())));
        }
        let throttled_ns = timeline.length_ns(self.counts.throttled_ticks).unsigned_abs();
        let Counts {
            counted,
            dropped,
            throttled,
            ..
        } = self.counts;
        let calls = [counted, dropped, throttled]
            .into_iter()
            .fold(self.intervals, u64::saturating_add);
        for (key, n) in [
            (names::NUM_CALLS, calls),
            (names::DROPPED, self.counts.dropped),
            (names::NUM_SPANS, self.counts.spans),
            (names::THROTTLED, self.counts.throttled),
            (names::THROTTLED_NS, throttled_ns),
            (names::OPEN, self.open),
            (names::CLAMPED, self.clamped),
        ] {
            let needed = if key == names::NUM_CALLS {
                n > self.intervals
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

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(path, "cannot read the rank log", error)
}

/// Names of regions as an attribute can hold them, each of them once: two regions must not become one
/// because a NUL or the end of a very long name is lost.
#[derive(Debug, Default)]
struct RegionNames(HashSet<String>);

/// What is left of a name that is too long for an attribute.
const MAX_NAME_BYTES: usize = 32 << 10;

impl RegionNames {
    fn of(&mut self, name: Option<&str>, number: u32) -> String {
        let name = name.map_or_else(
            || format!("region {number}"),
            |name| name.replace('\0', "\u{2400}"),
        );
        let name = match clip(&name, MAX_NAME_BYTES) {
            cut if cut.len() < name.len() => format!("{cut}…"),
            _ => name,
        };
        let mut unique = name.clone();
        let mut n = 1;
        while !self.0.insert(unique.clone()) {
            n += 1;
            unique = format!("{name} ({n})");
        }
        unique
    }
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
