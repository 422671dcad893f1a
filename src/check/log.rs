//! Checks of a rank log.

use super::report::Report;
use crate::clock::Anchor;
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use crate::store::names;
use crate::store::rank_log::{Block, Ending, LogEvent, LogReader};
use crate::units::count;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn check(path: &Path) -> Result<Report> {
    let mut report = Report::new(path);
    let mut log = LogReader::open(path)?;
    let mut seen = Seen::default();
    loop {
        let at = log.position();
        match log.next() {
            Ok(Some(block)) => seen.block(at, block, &mut report),
            Ok(None) => break,
            Err(error) => return Err(Error::io(path, "cannot read the rank log", error)),
        }
    }
    seen.end(log.ending(), log.position(), log.remaining(), &mut report);
    Ok(report)
}

/// What the blocks have said so far.
#[derive(Debug, Default)]
struct Seen {
    facts: Metadata,
    /// Whether each region has a name.
    regions: BTreeMap<u32, bool>,
    names: BTreeSet<String>,
    dropped: BTreeMap<u32, u64>,
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
    fn block(&mut self, at: u64, block: Block, report: &mut Report) {
        match block {
            Block::Run(facts) => self.facts.extend(facts),
            Block::Name { region, name, .. } => {
                if self.regions.insert(region, true) == Some(true) {
                    report.find(format!("byte {at}: region {region} is named a second time"));
                } else if !self.names.insert(name.clone()) {
                    report.find(format!(
                        "byte {at}: region {region} is the second one called {name:?}"
                    ));
                }
            }
            Block::Thread { .. } => {}
            Block::Events { events, .. } => self.events(&events),
            Block::Anchor(anchor) => self.anchor(at, anchor, report),
            Block::Counters { region, counts } => {
                self.regions.entry(region).or_default();
                self.dropped.insert(region, counts.dropped);
            }
            Block::Open { region, .. } => {
                self.regions.entry(region).or_default();
                self.open += 1;
            }
            Block::Clock(measured) => {
                if i64::try_from(measured.bound).is_err() {
                    report.find(format!("byte {at}: a comparison of clocks has no sensible bound"));
                }
            }
            Block::End => self.ended = true,
        }
    }

    fn events(&mut self, events: &[LogEvent]) {
        for event in events {
            self.regions.entry(event.region).or_default();
            let (first, last) = self.reach.get_or_insert((event.start, event.end));
            (*first, *last) = ((*first).min(event.start), (*last).max(event.end));
            self.backwards += u64::from(event.end < event.start);
        }
        self.written += events.len() as u64;
    }

    fn anchor(&mut self, at: u64, anchor: Anchor, report: &mut Report) {
        if self
            .last
            .is_some_and(|last| anchor.tick < last.tick || anchor.ns < last.ns)
        {
            report.find(format!("byte {at}: the clock ran back"));
        }
        self.first.get_or_insert(anchor);
        self.last = Some(anchor);
    }

    fn end(mut self, ending: Ending, position: u64, remaining: u64, report: &mut Report) {
        if self.backwards > 0 {
            report.note(format!(
                "calls whose clock ran back, and whose length will be 0: {}",
                count(self.backwards)
            ));
        }
        for region in self.regions.iter().filter(|(_, named)| !**named).map(|(n, _)| n) {
            report.find(format!("region {region} has calls and no name"));
        }
        self.clock_bounds(report);
        let bytes = |n: u64| format!("{} byte{}", count(n), if n == 1 { "" } else { "s" });
        match ending {
            Ending::Clean => {}
            Ending::CutOff => report.note(format!(
                "cut off at byte {position}: the last {} are the beginning of a block",
                bytes(remaining)
            )),
            Ending::Damaged => report.find(format!(
                "byte {position}: damaged; {} from here on cannot be read",
                bytes(remaining)
            )),
        }
        if !self.ended {
            report.note(
                "there is no end mark: the process was killed, or is still running; what was in memory is not counted",
            );
        }
        (report.written, report.open) = (self.written, self.open);
        report.dropped = self.dropped.values().copied().fold(0, u64::saturating_add);
        report.recorded = match self.facts.remove(names::RECORDED) {
            Some(Value::Int(n)) => u64::try_from(n).ok(),
            _ => None,
        };
        if let Some(recorded) = report.recorded {
            report.account("the log", recorded, report.written, report.dropped, report.open);
        }
        let rank = match self.facts.get("rank") {
            Some(Value::Int(rank)) => format!("rank {rank}"),
            _ => "an unknown rank".into(),
        };
        report.contents = format!(
            "rank log of {rank}, {} regions, {} intervals",
            count(self.regions.len() as u64),
            count(self.written)
        );
    }

    /// A log that came to its end has an anchor before and after all its intervals.
    fn clock_bounds(&self, report: &mut Report) {
        let (true, Some(first), Some(last), Some((start, end))) =
            (self.ended, self.first, self.last, self.reach)
        else {
            return;
        };
        let rate = first.ns_of_ticks_until(last);
        let slack = if rate > 0.0 { SLACK_NS as f64 / rate } else { 0.0 } as u64;
        if start < first.tick.saturating_sub(slack) {
            report.find(format!(
                "a call starts {} ticks before the first reading of the clock",
                first.tick - start
            ));
        }
        if end > last.tick.saturating_add(slack) {
            report.find(format!(
                "a call ends {} ticks after the last reading of the clock",
                end - last.tick
            ));
        }
    }
}
