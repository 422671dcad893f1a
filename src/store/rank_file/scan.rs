//! Learns what is in a log, and sums its calls up.
//!
//! First its outline: all blocks but those of events, which are passed over. Then these from the last to the first:
//! they are verified and counted, and what a summary needs is known by then, so that calls are nested in the same
//! reading.

use super::fields::{FoundFields, LogFields};
use super::summary::Nesting;
use super::times::{GrowingTimes, RegionTimes};
use super::{LogContents, RegionEntry, cannot_read};
use crate::clock::{Anchor, Timeline};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::places::Places;
use crate::profile::{StoredSummary, Value};
use crate::span_numbers::{Origin, SpanNumbers};
use crate::store::clock_sync::ClockCorrection;
use crate::store::names;
use crate::store::rank_log::{Block, LogReader, OtherThread, Outlined, StretchReader, Verify, whole_bytes};
use crate::store::schema::summary::may_fit;
use std::path::Path;
use std::sync::Arc;

/// The most clock comparisons that are kept; a run has two.
const MAX_MEASUREMENTS: usize = 64;

/// With more regions their calls have to be counted before they are nested: each that may have many takes room for the
/// distribution of their durations.
const MOST_NESTED: usize = if cfg!(test) { 3 } else { 256 };

/// What was learnt of a log.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) contents: Arc<LogContents>,
    /// The columns of a short log whose regions have no others, and need not be sorted.
    pub(crate) times: Option<RegionTimes>,
    pub(crate) summary: Summarized,
}

/// What was read from the end of a log.
struct Events {
    regions: Regions,
    times: Option<RegionTimes>,
    summary: Summarized,
}

/// The summary of a log that was read once.
#[derive(Debug)]
pub(crate) enum Summarized {
    /// None where it has none.
    Now(Option<StoredSummary>),
    /// It is to be read again, as it could not be told before what is in it.
    Later,
}

impl LogContents {
    /// Reads a log through.
    pub(crate) fn scan(path: &Path, other_thread: OtherThread) -> Result<Scanned> {
        if let Some(scanned) = Self::outline(path, u64::MAX)?.read_events(other_thread)? {
            return Ok(scanned);
        }
        // Events are damaged: what is before them is whole.
        let scanned = Self::outline(path, whole_bytes(path)?)?.read_events(other_thread)?;
        scanned.ok_or_else(|| Error::format(path, "the log changed while it was read"))
    }

    /// What is in a log up to a position, apart from its events.
    fn outline(path: &Path, until: u64) -> Result<Self> {
        let mut log = LogReader::open_outline(path, until)?;
        let mut contents = Self {
            path: path.into(),
            ..Self::default()
        };
        let mut anchors: Vec<Anchor> = Vec::new();
        let mut fields = FoundFields::default();
        loop {
            let start = log.position();
            let Some(found) = log.outline().map_err(|error| cannot_read(path, error))? else {
                break;
            };
            contents.stretches.add(start, log.position(), &found);
            match found {
                Outlined::Other => {}
                Outlined::Events {
                    thread,
                    number,
                    last_end,
                } => contents.add_calls(thread, number, last_end),
                Outlined::Block(Block::Samples { thread, samples }) => {
                    contents.threads.entry(thread).or_insert((-1, String::new()));
                    contents.counters.count(start, thread, &samples);
                }
                Outlined::Block(block) => contents.add(block, &mut fields, &mut anchors),
            }
        }
        contents.stretches.close(log.position());
        contents.found_fields = fields;
        contents.recorded = contents.run.remove(names::RECORDED);
        contents.lost_numbers = contents.run.remove(names::LOST_NUMBERS);
        contents.recorded_samples = contents.run.remove(names::RECORDED_SAMPLES);
        contents.lost_bytes = log.remaining();
        contents.timeline = Timeline::new(anchors);
        let (first, last) = contents.timeline.ends_ns();
        contents.clock = ClockCorrection::new(&contents.measurements, first, last);
        Ok(contents)
    }

    fn add(&mut self, block: Block, fields: &mut FoundFields, anchors: &mut Vec<Anchor>) {
        match block {
            Block::Run(facts) => self.run.extend(facts),
            Block::Name {
                region,
                name,
                file,
                line,
            } => {
                let entry = self.regions.entry(region).or_default();
                entry.name = Some(name);
                entry.source = (!file.is_empty()).then_some((file, line));
            }
            Block::Thread {
                thread,
                native_id,
                name,
            } => {
                self.threads.insert(thread, (native_id, name));
            }
            Block::Field { field, name, unit } => fields.name(field, &name, &unit),
            Block::Events {
                thread,
                events,
                numbers,
            } => {
                let last_end = events.last().map_or(0, |event| event.end);
                self.add_calls(thread, events.len() as u64, last_end);
                fields.count(&events, &numbers);
            }
            Block::Counter { counter, name, unit } => self.counters.name(counter, &name, &unit),
            // Taken with its place.
            Block::Samples { .. } => {}
            Block::LostSamples { counter, samples } => self.counters.lost(counter, samples),
            Block::SpanNumbers(numbers) => {
                numbers
                    .into_iter()
                    .for_each(|number| self.span_numbers.add(number));
            }
            Block::Waiting { instead, numbers } => self.span_numbers.set_waiting(instead, numbers),
            Block::Spans { thread, notes } => {
                notes.into_iter().for_each(|note| self.spans.add(thread, note));
            }
            Block::Anchor(anchor) => anchors.push(anchor),
            Block::Counts { region, counts } => self.regions.entry(region).or_default().counts = counts,
            Block::Open {
                thread,
                region,
                start,
                serial,
            } => self
                .regions
                .entry(region)
                .or_default()
                .open
                .add(thread, start, serial),
            Block::End => self.complete = true,
            Block::Clock(measured) if self.measurements.len() < MAX_MEASUREMENTS => {
                self.measurements.push(measured);
            }
            Block::Clock(_) => {}
        }
    }

    fn add_calls(&mut self, thread: u32, number: u64, last_end: u64) {
        self.threads.entry(thread).or_insert((-1, String::new()));
        self.intervals += number;
        let calls = self.calls.entry(thread).or_default();
        calls.number += number;
        calls.last_end = calls.last_end.max(last_end);
    }

    /// Reads the events after all else; none where they are damaged.
    fn read_events(mut self, other_thread: OtherThread) -> Result<Option<Scanned>> {
        let mut span_numbers = std::mem::take(&mut self.span_numbers);
        span_numbers.gather();
        let Some(events) = self.read_backward(other_thread, &mut span_numbers)? else {
            return Ok(None);
        };
        let Events {
            regions,
            mut times,
            summary,
        } = events;
        let mut fields = std::mem::take(&mut self.found_fields);
        span_numbers
            .placed()
            .for_each(|(region, number)| fields.count_one(region, *number));
        self.fields = LogFields::new(fields);
        let is_over = self.complete || self.run.contains_key(names::ENDED_BY);
        self.lose_numbers(span_numbers.lost(is_over));
        self.span_numbers = span_numbers;
        for (&number, seen) in regions.places.seen().iter().zip(&regions.seen) {
            let entry = self.regions.entry(number).or_default();
            entry.intervals = seen.intervals;
            entry.clamped = seen.clamped;
            entry.overlaps = seen.overlaps;
            entry.has_threads = seen.threads != 0;
            entry.has_spans = seen.serials != 0;
        }
        let of_times_alone = |entry: &RegionEntry| !entry.overlaps && !entry.has_threads && !entry.has_spans;
        if self.fields.len() > 0 || !self.regions.values().all(of_times_alone) {
            times = None;
        }
        Ok(Some(Scanned {
            contents: Arc::new(self),
            times,
            summary,
        }))
    }

    /// Adds to the numbers that no interval has.
    fn lose_numbers(&mut self, more: u64) {
        let stated = match self.lost_numbers {
            Some(Value::Int(lost)) => lost,
            _ => 0,
        };
        let lost = stated.saturating_add(i64::try_from(more).unwrap_or(i64::MAX));
        if more > 0 {
            self.lost_numbers = Some(Value::Int(lost));
        }
    }

    /// Reads the events from the last to the first, of which `span_numbers` sees each.
    fn read_backward(
        &self,
        other_thread: OtherThread,
        span_numbers: &mut SpanNumbers,
    ) -> Result<Option<Events>> {
        let order = self.order();
        let mut regions = Regions::new(&order);
        let unfit = !may_fit(order.len(), self.intervals);
        let mut otherwise = if unfit {
            Summarized::Now(None)
        } else {
            Summarized::Later
        };
        let is_nested_now = !unfit && order.len() <= MOST_NESTED;
        let mut times = GrowingTimes::new(order.len(), self.intervals).filter(|_| is_nested_now);
        let mut nesting = is_nested_now.then(|| Nesting::new(self, order.iter().map(|_| u64::MAX)));
        let stretches = self.stretches.all().iter().rev().copied();
        let mut log = StretchReader::open(&self.path, stretches, Verify::Yes, other_thread)?;
        while let Some(is_sound) = log.next() {
            if !is_sound.map_err(|error| cannot_read(&self.path, error))? {
                return Ok(None);
            }
            for events in log.blocks().rev() {
                let Some(growing) = &mut nesting else {
                    for event in events.events().rev() {
                        span_numbers.see(Origin::in_log(events.thread), &event);
                        regions.count(events.thread, &event);
                    }
                    continue;
                };
                let calls = growing.convert(&events, |event| {
                    span_numbers.see(Origin::in_log(events.thread), event);
                    regions.count(events.thread, event)
                });
                if regions.seen.len() > order.len() {
                    // A region without a name: where it is among the others was not known.
                    (nesting, times) = (None, None);
                    continue;
                }
                if let Some(times) = &mut times {
                    times.add(calls);
                }
                if !growing.nest(events.thread) {
                    (nesting, times, otherwise) = (None, None, Summarized::Now(None));
                }
            }
        }
        Ok(Some(Events {
            regions,
            times: times.map(|times| times.finish(&order)),
            summary: nesting.map_or(otherwise, |nesting| Summarized::Now(nesting.finish())),
        }))
    }
}

/// The regions of a log while it is read from its end.
struct Regions {
    places: Places,
    seen: Vec<Seen>,
}

/// The intervals of a region so far.
#[derive(Clone, Copy, Debug)]
struct Seen {
    intervals: u64,
    clamped: u64,
    /// When the one after those that come starts, ticks.
    next_start: u64,
    overlaps: bool,
    /// All bits of any thread, and of any serial number.
    threads: u32,
    serials: u32,
}

impl Seen {
    const NONE: Self = Self {
        intervals: 0,
        clamped: 0,
        next_start: u64::MAX,
        overlaps: false,
        threads: 0,
        serials: 0,
    };
}

impl Regions {
    fn new(numbers: &[u32]) -> Self {
        Self {
            places: numbers.iter().copied().collect(),
            seen: vec![Seen::NONE; numbers.len()],
        }
    }

    /// Takes note of an interval before those that came so far. Gives the place of its region.
    #[inline]
    fn count(&mut self, thread: u32, event: &Event) -> usize {
        let place = self.places.of(event.region);
        if place >= self.seen.len() {
            self.seen.push(Seen::NONE);
        }
        let seen = &mut self.seen[place];
        seen.threads |= thread;
        seen.serials |= event.serial;
        seen.clamped += u64::from(event.end < event.start);
        // Two that start together, both without a length, could be in either order.
        let is_apart = event.start < seen.next_start && event.end <= seen.next_start;
        seen.overlaps |= !is_apart && seen.intervals > 0;
        seen.next_start = event.start;
        seen.intervals += 1;
        place
    }
}
