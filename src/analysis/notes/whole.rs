//! Notes on the run as a whole.

use super::{Note, NoteKind};
use crate::analysis::selection::RegionFilter;
use crate::profile::{ClockAgreement, RunFacts, Source};
use crate::ranges::runs;
use crate::units::{duration, duration_f64, plural, ranks_in_words};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Groups of ranks that ended differently, beyond which the rest is only counted.
const SIGNALS_SHOWN: usize = 4;

pub(super) fn notes(source: &dyn Source, filter: &RegionFilter) -> Vec<Note> {
    let (run, ranks) = (source.run(), source.ranks());
    // Of one rank alone there is nothing to compare.
    let shown: Vec<u32> = ranks
        .iter()
        .copied()
        .filter(|&rank| filter.keeps_rank(rank))
        .collect();
    let measured = if shown.len() < ranks.len() {
        "times are of the whole run, shares of the ranks shown"
    } else {
        "times and shares are of the whole run"
    };
    [
        filter
            .only_these_are_shown(source)
            .map(|what| Note::new(NoteKind::Filter, format!("{what}; {measured}")).remark()),
        sums_only(&run),
        missing(&run.missing),
        incomplete(&run.incomplete, ranks.len()),
        signals(&run, ranks.len()),
        clocks(source, &shown),
        suspended(run.suspended_ns),
        wall_time(source, &run, &ranks),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sums_only(run: &RunFacts) -> Option<Note> {
    let text = "the file has the sums of calls and no intervals: there is no timeline, no call tree and no percentile";
    run.sums_only
        .then(|| Note::new(NoteKind::SumsOnly, text).remark())
}

fn is_or_are(ranges: &[RangeInclusive<u32>]) -> &'static str {
    if number(ranges) == 1 { "is" } else { "are" }
}

fn number(ranges: &[RangeInclusive<u32>]) -> u64 {
    let length = |range: &RangeInclusive<u32>| u64::from(*range.end()) - u64::from(*range.start()) + 1;
    ranges.iter().map(length).sum()
}

/// Ranks of which there is nothing.
pub(crate) fn missing(ranks: &[RangeInclusive<u32>]) -> Option<Note> {
    let text = format!("{} {} missing", ranks_in_words(ranks), is_or_are(ranks));
    let note = Note::new(NoteKind::MissingRanks, text).number("ranks", number(ranks));
    (!ranks.is_empty()).then_some(note)
}

fn incomplete(ranks: &[RangeInclusive<u32>], of: usize) -> Option<Note> {
    let logs = if number(ranks) == 1 {
        "its log has"
    } else {
        "their logs have"
    };
    let what = if of == 1 {
        "the run".into()
    } else {
        ranks_in_words(ranks)
    };
    let text = format!("{what} {} incomplete: {logs} no end mark", is_or_are(ranks));
    let note = Note::new(NoteKind::IncompleteRanks, text).number("ranks", number(ranks));
    (!ranks.is_empty()).then_some(note)
}

fn signals(run: &RunFacts, ranks: usize) -> Option<Note> {
    let mut by_signal: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (&rank, of_rank) in &run.ranks {
        if let Some(signal) = &of_rank.ended_by {
            by_signal.entry(signal).or_default().push(rank);
        }
    }
    let total: usize = by_signal.values().map(Vec::len).sum();
    let more = by_signal.len().saturating_sub(SIGNALS_SHOWN);
    let mut texts: Vec<String> = by_signal
        .iter()
        .take(SIGNALS_SHOWN)
        .map(|(signal, of)| match of.len() {
            _ if ranks == 1 => format!("the run was ended by {signal}"),
            1 => format!("{} was ended by {signal}", ranks_in_words(&runs(of))),
            _ => format!("{} were ended by {signal}", ranks_in_words(&runs(of))),
        })
        .collect();
    if more > 0 {
        texts.push(format!("others by {}", plural(more as u64, "more signal")));
    }
    let note = Note::new(NoteKind::EndedBySignal, texts.join("; ")).number("ranks", total as u64);
    (total > 0).then_some(note)
}

fn clocks(source: &dyn Source, ranks: &[u32]) -> Option<Note> {
    if ranks.len() < 2 {
        return None;
    }
    let note = |text: &str| Note::new(NoteKind::Clocks, text);
    Some(match source.clocks(ranks) {
        ClockAgreement::Same => note("clocks: all ranks read the same clock").remark(),
        ClockAgreement::Within(ns) => note(&format!(
            "clocks: times of different ranks agree within {}",
            duration_f64(ns as f64)
        ))
        .remark()
        .number("bound_ns", ns),
        ClockAgreement::Unknown => note(
            "clocks: not compared; each rank has its own run time, and times of different ranks cannot be compared",
        ),
    })
}

fn suspended(ns: i64) -> Option<Note> {
    let text = format!(
        "the machine was suspended for {}, which no time includes",
        duration(ns)
    );
    (ns > 0).then(|| Note::new(NoteKind::Suspended, text).number("suspended_ns", ns))
}

fn wall_time(source: &dyn Source, run: &RunFacts, ranks: &[u32]) -> Option<Note> {
    let has_intervals = source.rows().iter().any(|row| row.intervals > 0);
    (has_intervals && run.spans(ranks).is_none()).then(|| {
        Note::new(
            NoteKind::WallTime,
            "wall time is from the first to the last interval: the file does not say when the run began and ended",
        )
        .remark()
    })
}
