//! Checks of a rank log.

use super::account::{Account, Checked, cut_short, signal};
use super::counters::Samples;
use super::spans;
use crate::analysis::span_set::SpanSet;
use crate::clock::Anchor;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::profile::{Metadata, Value};
use crate::store::names;
use crate::store::rank_log::{Block, Ending, LogReader};
use crate::store::schema::Issues;
use crate::store::span_notes::SpanNotes;
use crate::units::{count, plural};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn check(path: &Path, issues: &mut Issues) -> Result<Checked> {
    let mut log = LogReader::open(path)?;
    let mut seen = Seen::default();
    loop {
        let at = log.position();
        match log.next() {
            Ok(Some(block)) => seen.block(at, block, issues),
            Ok(None) => break,
            Err(error) => return Err(Error::io(path, "cannot read the rank log", error)),
        }
    }
    Ok(seen.end(log.ending(), log.position(), log.remaining(), issues))
}

/// What the blocks have said so far.
#[derive(Debug, Default)]
struct Seen {
    facts: Metadata,
    /// Whether each region has a name.
    regions: BTreeMap<u32, bool>,
    names: BTreeSet<String>,
    fields: BTreeSet<u32>,
    field_names: BTreeSet<String>,
    dropped: BTreeMap<u32, u64>,
    /// Whether each counter has a name.
    counters: BTreeMap<u32, bool>,
    samples: u64,
    lost_samples: BTreeMap<u32, u64>,
    spans: BTreeMap<u32, SpanSet>,
    span_notes: SpanNotes,
    first: Option<Anchor>,
    last: Option<Anchor>,
    /// The earliest start and the latest end of any interval, ticks.
    reach: Option<(u64, u64)>,
    written: u64,
    backwards: u64,
    open: u64,
    ended: bool,
}

/// What the counters of two cores may differ by: they are synchronised, but not to the tick.
const SLACK_NS: i64 = 1_000_000;

impl Seen {
    fn block(&mut self, at: u64, block: Block, issues: &mut Issues) {
        match block {
            Block::Run(facts) => self.facts.extend(facts),
            Block::Name { region, name, .. } => {
                if self.regions.insert(region, true) == Some(true) {
                    issues.find(format!("byte {at}: region {region} is named a second time"));
                } else if !self.names.insert(name.clone()) {
                    issues.find(format!(
                        "byte {at}: region {region} is the second one called {name:?}"
                    ));
                }
            }
            Block::Thread { .. } => {}
            Block::Spans { thread, notes } => {
                (notes.into_iter()).for_each(|note| self.span_notes.add(thread, note));
            }
            Block::Field { field, name, .. } => {
                if !self.fields.insert(field) || !self.field_names.insert(name.clone()) {
                    issues.find(format!(
                        "byte {at}: field {field}, {name:?}, is named a second time"
                    ));
                }
            }
            Block::Events { events, numbers, .. } => {
                self.events(&events);
                self.numbers(at, "a call", numbers.iter().map(|number| number.field), issues);
            }
            Block::SpanNumbers(numbers) | Block::Waiting { numbers, .. } => {
                self.numbers(
                    at,
                    "a span",
                    numbers.iter().map(|number| number.note.field),
                    issues,
                );
            }
            Block::Counter { counter, name, .. } => {
                if self.counters.insert(counter, true) == Some(true) {
                    issues.find(format!(
                        "byte {at}: counter {counter}, {name:?}, is named a second time"
                    ));
                }
            }
            Block::Samples { samples, .. } => {
                self.samples += samples.len() as u64;
                for sample in &samples {
                    self.counters.entry(sample.counter).or_default();
                }
            }
            Block::LostSamples { counter, samples } => {
                self.counters.entry(counter).or_default();
                self.lost_samples.insert(counter, samples);
            }
            Block::Anchor(anchor) => self.anchor(at, anchor, issues),
            Block::Counts { region, counts } => {
                self.regions.entry(region).or_default();
                self.dropped.insert(region, counts.dropped);
            }
            Block::Open { region, .. } => {
                self.regions.entry(region).or_default();
                self.open += 1;
            }
            Block::Clock(measured) => {
                if i64::try_from(measured.bound).is_err() {
                    issues.find(format!(
                        "byte {at}: the bound of a clock comparison is out of range"
                    ));
                }
            }
            Block::End => self.ended = true,
        }
    }

    /// Every number is of a field with a name.
    fn numbers(&self, at: u64, whose: &str, mut fields: impl Iterator<Item = u32>, issues: &mut Issues) {
        if let Some(field) = fields.find(|field| !self.fields.contains(field)) {
            issues.find(format!(
                "byte {at}: {whose} has a number of field {field}, which has no name"
            ));
        }
    }

    fn events(&mut self, events: &[Event]) {
        for run in events.chunk_by(|a, b| a.region == b.region) {
            self.regions.entry(run[0].region).or_default();
            let spans = self.spans.entry(run[0].region).or_default();
            for event in run {
                spans.insert(event.serial);
                let (first, last) = self.reach.get_or_insert((event.start, event.end));
                (*first, *last) = ((*first).min(event.start), (*last).max(event.end));
                self.backwards += u64::from(event.end < event.start);
            }
        }
        self.written += events.len() as u64;
    }

    fn anchor(&mut self, at: u64, anchor: Anchor, issues: &mut Issues) {
        if self
            .last
            .is_some_and(|last| anchor.tick < last.tick || anchor.ns < last.ns)
        {
            issues.find(format!("byte {at}: the clock ran backwards"));
        }
        self.first.get_or_insert(anchor);
        self.last = Some(anchor);
    }

    fn end(mut self, ending: Ending, position: u64, remaining: u64, issues: &mut Issues) -> Checked {
        if self.backwards > 0 {
            issues.note(format!(
                "calls that end before they start, because the clock ran backwards; their length will be 0: {}",
                count(self.backwards)
            ));
        }
        for region in self.regions.iter().filter(|(_, named)| !**named).map(|(n, _)| n) {
            issues.find(format!("region {region} has calls and no name"));
        }
        self.counters(issues);
        let mut of_all = SpanSet::default();
        let of_regions = std::mem::take(&mut self.spans).into_values();
        let in_several = of_regions.map(|spans| of_all.take(spans)).sum();
        spans::report("the log", in_several, issues);
        if let Some(span) = self.span_notes.closed_before_created() {
            issues.find(format!("span {span} is closed before it is created"));
        }
        self.clock_bounds(issues);
        let bytes = |n: u64| plural(n, "byte");
        match ending {
            Ending::Clean => {}
            Ending::CutOff => issues.note(format!(
                "cut off at byte {position}: the last {} are the beginning of a block",
                bytes(remaining)
            )),
            Ending::Damaged => issues.find(format!(
                "byte {position}: damaged; {} from here on cannot be read",
                bytes(remaining)
            )),
        }
        let account = Account {
            written: self.written,
            dropped: self.dropped.values().copied().fold(0, u64::saturating_add),
            open: self.open,
        };
        let recorded = match self.facts.remove(names::RECORDED) {
            Some(Value::Int(n)) => u64::try_from(n).ok(),
            _ => None,
        };
        if !self.ended {
            let whole = recorded == Some(account.sum());
            let ending = cut_short(signal(&self.facts), whole);
            issues.note(format!("there is no end mark: {ending}"));
        }
        if let Some(recorded) = recorded {
            account.compare("the log", recorded, issues);
        }
        let rank = match self.facts.get("rank") {
            Some(Value::Int(rank)) => format!("rank {rank}"),
            _ => "an unknown rank".into(),
        };
        let contents = format!(
            "rank log of {rank}, {}, {}",
            plural(self.regions.len() as u64, "region"),
            plural(self.written, "interval")
        );
        Checked {
            contents,
            recorded,
            account,
        }
    }

    fn counters(&mut self, issues: &mut Issues) {
        for counter in self.counters.iter().filter(|(_, named)| !**named).map(|(n, _)| n) {
            issues.find(format!("counter {counter} has samples and no name"));
        }
        let samples = Samples {
            written: self.samples,
            dropped: self.lost_samples.values().copied().fold(0, u64::saturating_add),
        };
        samples.report("the log", issues);
        if let Some(Value::Int(recorded)) = self.facts.remove(names::RECORDED_SAMPLES) {
            samples.compare("the log", recorded.unsigned_abs(), issues);
        }
    }

    /// A log that came to its end has an anchor before and after all its intervals.
    fn clock_bounds(&self, issues: &mut Issues) {
        let (true, Some(first), Some(last), Some((start, end))) =
            (self.ended, self.first, self.last, self.reach)
        else {
            return;
        };
        let rate = first.ns_of_ticks_until(last);
        let slack = if rate > 0.0 { SLACK_NS as f64 / rate } else { 0.0 } as u64;
        if start < first.tick.saturating_sub(slack) {
            issues.find(format!(
                "a call starts {} ticks before the first reading of the clock",
                first.tick - start
            ));
        }
        if end > last.tick.saturating_add(slack) {
            issues.find(format!(
                "a call ends {} ticks after the last reading of the clock",
                end - last.tick
            ));
        }
    }
}
