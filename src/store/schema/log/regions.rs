//! What a log says about regions, threads and clocks.

use super::counters::LogCounters;
use super::ticks::Ticks;
use crate::clock::{Anchor, ClockMeasurement};
use crate::profile::{CallSite, Field, Metadata, OpenSpan, Row};
use crate::span_numbers::{Origin, SpanNumbers};
use crate::store::rank_log::{Block, Counts, OpenCalls};
use crate::store::span_notes::SpanNotes;
use std::collections::BTreeMap;

/// The most clock comparisons that are kept; a run has two.
const MAX_MEASUREMENTS: usize = 64;

/// What has been read so far.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) facts: Metadata,
    /// By number.
    pub(super) regions: BTreeMap<u32, Region>,
    /// By number.
    pub(super) fields: BTreeMap<u32, Field>,
    /// The names of the threads, by number.
    pub(super) threads: BTreeMap<u32, String>,
    pub(super) anchors: Vec<Anchor>,
    pub(super) spans: SpanNotes,
    pub(super) counters: LogCounters,
    pub(super) span_numbers: SpanNumbers,
    pub(super) measurements: Vec<ClockMeasurement>,
    /// Whether recording ended normally.
    pub(super) complete: bool,
}

/// A region and its intervals.
#[derive(Debug, Default)]
pub(super) struct Region {
    pub(super) name: Option<String>,
    source: Option<(String, u32)>,
    counts: Counts,
    open: OpenCalls,
    pub(super) ticks: Ticks,
}

impl Said {
    /// Adds the next block.
    pub(super) fn take(&mut self, block: Block) {
        match block {
            Block::Run(facts) => self.facts.extend(facts),
            Block::Name {
                region,
                name,
                file,
                line,
            } => {
                let region = self.regions.entry(region).or_default();
                region.name = Some(name);
                region.source = (!file.is_empty()).then_some((file, line));
            }
            Block::Thread { thread, name, .. } => {
                self.threads.insert(thread, name);
            }
            Block::Field { field, name, unit } => {
                let named = Field::new(&name);
                let named = if unit.is_empty() {
                    named
                } else {
                    named.with_unit(unit)
                };
                self.fields.insert(field, named);
            }
            Block::Events {
                thread,
                events,
                numbers,
            } => {
                self.threads.entry(thread).or_default();
                let (mut first, mut numbers) = (0, numbers.as_slice());
                for run in events.chunk_by(|a, b| a.region == b.region) {
                    let region = self.regions.entry(run[0].region).or_default();
                    let end = first + run.len();
                    let of_run;
                    (of_run, numbers) =
                        numbers.split_at(numbers.partition_point(|number| (number.at as usize) < end));
                    region.ticks.extend(thread, run);
                    region.ticks.add_numbers(end, of_run);
                    first = end;
                }
            }
            Block::Counter { counter, name, unit } => self.counters.name(counter, &name, &unit),
            Block::Samples { thread, samples } => {
                self.threads.entry(thread).or_default();
                self.counters.add(thread, &samples);
            }
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
            Block::Anchor(anchor) => self.anchors.push(anchor),
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
            Block::Clock(measured) if self.measurements.len() < MAX_MEASUREMENTS => {
                self.measurements.push(measured);
            }
            Block::Clock(_) => {}
            Block::End => self.complete = true,
        }
    }

    /// Puts everything where it belongs among what has been read before.
    pub(super) fn put_in_order(&mut self) {
        for region in self.regions.values_mut() {
            region.ticks.put_in_order();
        }
        self.span_numbers.gather();
        if !self.span_numbers.is_empty() {
            for (&number, region) in &self.regions {
                region.ticks.each_event(number, |thread, event| {
                    self.span_numbers.see(Origin::in_log(thread), event)
                });
            }
        }
        let mut span_numbers = self.span_numbers.pass();
        for (&number, region) in &mut self.regions {
            region.ticks.take_span_numbers(number, &mut span_numbers);
        }
    }
}

impl Region {
    /// The calls of spans that were open at the end, in order of start. `ns` turns a tick into ns.
    pub(super) fn open_spans(&self, ns: impl FnMut(u64) -> i64) -> Vec<OpenSpan> {
        self.open.of_spans(ns)
    }

    /// The region on `rank`, with the number of its name. `length_ns` turns a number of ticks into ns.
    pub(super) fn row(&self, rank: u32, name: usize, length_ns: impl Fn(u64) -> i64) -> (Row, CallSite) {
        let intervals = self.ticks.len();
        let Counts {
            throttled,
            throttled_ticks,
            spans,
            ..
        } = self.counts;
        let throttled_ns = length_ns(throttled_ticks).max(0);
        let spans = (spans > 0).then_some(spans);
        let row = Row {
            rank,
            name,
            intervals,
            calls: intervals.saturating_add(self.counts.calls()),
            spans,
            throttled,
            throttled_ns,
            total_ns: None,
        };
        let site = CallSite {
            source_file: self.source.as_ref().map(|(file, _)| file.clone()),
            source_line: self.source.as_ref().map(|(_, line)| *line),
            dropped: self.counts.dropped,
            open: self.open.number(),
            clamped: self.ticks.clamped(),
            spans,
            throttled,
            throttled_ns,
            ..CallSite::default()
        };
        (row, site)
    }
}
