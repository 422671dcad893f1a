//! Notes on calls that left no interval, or not a true one.

use super::regions::{self, ByRegion};
use super::{Note, NoteKind};
use crate::profile::Source;
use crate::units::{count, duration, plural};

/// Calls of all rows.
#[derive(Default)]
struct Calls {
    intervals: u64,
    dropped: u64,
    counted: u64,
    clamped: u64,
    open: ByRegion,
    throttled: ByRegion,
    throttled_ns: i64,
}

pub(super) fn notes(source: &dyn Source) -> Vec<Note> {
    let mut calls = Calls::default();
    for (index, row) in source.rows().iter().enumerate() {
        let facts = source.row_facts(index);
        let name = || source.names()[row.name].clone();
        calls.intervals = calls.intervals.saturating_add(row.intervals);
        calls.dropped = calls.dropped.saturating_add(facts.dropped);
        calls.clamped = calls.clamped.saturating_add(facts.clamped);
        let summed = facts.sums.map_or(0, |sums| sums.statistics.count());
        let other = [row.intervals, row.throttled, facts.dropped, summed];
        let counted = other.into_iter().fold(row.calls, u64::saturating_sub);
        calls.counted = calls.counted.saturating_add(counted);
        if facts.open > 0 {
            regions::add(&mut calls.open, name(), facts.open, 0);
        }
        if row.throttled > 0 {
            regions::add(&mut calls.throttled, name(), row.throttled, row.throttled_ns);
            calls.throttled_ns = calls.throttled_ns.saturating_add(row.throttled_ns);
        }
    }
    [
        dropped(calls.dropped, calls.dropped.saturating_add(calls.intervals)),
        dropped_samples(source),
        open(&calls.open),
        counted(calls.counted),
        throttled(&calls.throttled, calls.throttled_ns),
        clamped(calls.clamped),
        lost_numbers(source),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `dropped` of `all` intervals.
pub(crate) fn dropped(dropped: u64, all: u64) -> Option<Note> {
    let (were, intervals) = if dropped == 1 {
        ("was", "interval")
    } else {
        ("were", "intervals")
    };
    let intervals = if all == 1 { intervals } else { "intervals" };
    let text = format!(
        "{} of {} {intervals} {were} dropped: memory or disk ran out",
        count(dropped),
        count(all)
    );
    (dropped > 0).then(|| {
        Note::new(NoteKind::Dropped, text)
            .number("dropped", dropped)
            .number("of", all)
    })
}

/// Values of counters that were dropped.
fn dropped_samples(source: &dyn Source) -> Option<Note> {
    let rows = source.counter_rows().iter();
    let (dropped, kept) = rows.fold((0_u64, 0_u64), |(dropped, kept), row| {
        (
            dropped.saturating_add(row.dropped),
            kept.saturating_add(row.samples),
        )
    });
    let all = dropped.saturating_add(kept);
    let were = if dropped == 1 { "was" } else { "were" };
    let text = format!(
        "{} of {} of counters {were} dropped: memory or disk ran out",
        count(dropped),
        plural(all, "value")
    );
    (dropped > 0).then(|| {
        Note::new(NoteKind::DroppedSamples, text)
            .number("dropped", dropped)
            .number("of", all)
    })
}

/// Numbers that no interval has.
fn lost_numbers(source: &dyn Source) -> Option<Note> {
    let run = source.run();
    let lost = run.ranks.values().map(|rank| rank.lost_numbers);
    let lost = lost.fold(0, u64::saturating_add);
    let (were, are) = if lost == 1 { ("was", "is") } else { ("were", "are") };
    let text = format!(
        "{} {were} recorded of calls or spans that left no interval, and {are} not in the profile",
        plural(lost, "number")
    );
    (lost > 0).then(|| Note::new(NoteKind::LostNumbers, text).number("lost", lost))
}

/// Calls that were open when recording ended, by region.
pub(crate) fn open(regions: &ByRegion) -> Option<Note> {
    let calls: u64 = regions::calls(regions);
    let text = regions::a_few(regions, |name, calls, _| match calls {
        1 => name.to_owned(),
        n => format!("{name} ({} calls)", count(n)),
    });
    let note = Note::new(
        NoteKind::Open,
        format!("still open at the end: {}", text.join(", ")),
    );
    (calls > 0).then(|| note.number("calls", calls))
}

fn counted(calls: u64) -> Option<Note> {
    let text = if calls == 1 {
        "1 call was counted without its time".into()
    } else {
        format!("{} calls were counted without their times", count(calls))
    };
    (calls > 0).then(|| Note::new(NoteKind::Counted, text).number("calls", calls))
}

fn throttled(regions: &ByRegion, ns: i64) -> Option<Note> {
    let calls = regions::calls(regions);
    let text = regions::a_few(regions, |name, calls, ns| {
        format!("{name} {}, {}", plural(calls, "call"), duration(ns))
    });
    let was = if calls == 1 { "was" } else { "were" };
    let text = format!(
        "{} {was} throttled, and {was} only added up: {}",
        plural(calls, "call"),
        text.join("; ")
    );
    (calls > 0).then(|| {
        Note::new(NoteKind::Throttled, text)
            .number("calls", calls)
            .number("time_ns", ns)
    })
}

fn clamped(calls: u64) -> Option<Note> {
    let has = if calls == 1 { "has" } else { "have" };
    let text = format!(
        "{} {has} the length 0 because the clock ran backwards meanwhile",
        plural(calls, "call")
    );
    (calls > 0).then(|| Note::new(NoteKind::Clamped, text).number("calls", calls))
}
