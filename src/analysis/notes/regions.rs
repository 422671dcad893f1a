//! Notes that name regions, and those on how calls nest.

use super::{Found, Note, NoteKind};
use crate::analysis::lifetimes::{RegionLifetimes, Spread};
use crate::analysis::selection::RegionFilter;
use crate::profile::Source;
use crate::text::clip;
use crate::units::{count, duration_f64, plural};
use std::collections::BTreeMap;

/// Regions named in one note; the others are counted.
const SHOWN: usize = 4;
/// Columns of a name in a note.
const LONGEST_NAME: usize = 36;

/// Region to calls, and their time in ns.
pub(crate) type ByRegion = BTreeMap<String, (u64, i64)>;

pub(super) fn add(regions: &mut ByRegion, name: String, calls: u64, ns: i64) {
    let (all_calls, all_ns) = regions.entry(name).or_default();
    *all_calls = all_calls.saturating_add(calls);
    *all_ns = all_ns.saturating_add(ns);
}

pub(super) fn calls(regions: &ByRegion) -> u64 {
    let calls = regions.values().map(|&(calls, _)| calls);
    calls.fold(0, u64::saturating_add)
}

/// What `say` says of the first regions by calls, and how many more there are.
pub(super) fn a_few(regions: &ByRegion, say: impl Fn(&str, u64, i64) -> String) -> Vec<String> {
    let mut most: Vec<(&String, &(u64, i64))> = regions.iter().collect();
    if most.len() > SHOWN {
        most.sort_by_key(|(_, (calls, _))| std::cmp::Reverse(*calls));
    }
    let shown = most.iter().take(SHOWN);
    let mut texts: Vec<String> = shown
        .map(|(name, (calls, ns))| say(&clipped(name), *calls, *ns))
        .collect();
    if most.len() > SHOWN {
        texts.push(plural((most.len() - SHOWN) as u64, "more region"));
    }
    texts
}

/// A name with its middle left out where it is long.
pub(super) fn clipped(name: &str) -> String {
    if name.is_empty() {
        return "\"\"".into();
    }
    clip(name, LONGEST_NAME, true)
}

/// The regions whose spans and calls differ most, with how long their spans lived where that is known. See
/// [`crate::analysis::spans`] for which those are.
pub(super) fn spans(
    source: &dyn Source,
    filter: &RegionFilter,
    lifetimes: &[RegionLifetimes],
) -> Option<Note> {
    let lived = |name: &str| {
        let region = lifetimes.iter().find(|region| region.name() == name)?;
        let mean = |spread: &Spread| duration_f64(spread.statistics().mean_ns());
        let (elapsed, busy) = (mean(region.elapsed()), mean(region.busy()));
        let average = if region.spans() == 1 { "" } else { " on average" };
        let open = match (region.open(), region.spans()) {
            (0, _) => String::new(),
            (_, 1) => ", and still open".into(),
            (open, _) => format!(", {} still open", count(open)),
        };
        Some(format!(", {elapsed} elapsed and {busy} busy{average}{open}"))
    };

    let regions = crate::analysis::spans::of(source, filter);
    let mut texts: Vec<String> = regions
        .iter()
        .take(SHOWN)
        .map(|region| {
            format!(
                "{} {} in {}{}",
                clipped(region.name()),
                count(region.spans()),
                plural(region.calls(), "call"),
                lived(region.name()).unwrap_or_default()
            )
        })
        .collect();
    if regions.len() > SHOWN {
        texts.push(plural((regions.len() - SHOWN) as u64, "more region"));
    }
    let note = Note::new(NoteKind::Spans, format!("spans: {}", texts.join("; "))).remark();
    (!regions.is_empty()).then(|| note.number("regions", regions.len() as u64))
}

/// What was found while the calls were nested.
pub(super) fn nesting(found: Found) -> Vec<Note> {
    let note =
        |kind, calls: u64, text: String| (calls > 0).then(|| Note::new(kind, text).number("calls", calls));
    let overlaps = format!(
        "{} partly {} another call on {} thread; while both are open, the time is the later one's",
        plural(found.overlaps, "call"),
        if found.overlaps == 1 {
            "overlaps"
        } else {
            "overlap"
        },
        if found.overlaps == 1 { "its" } else { "their" },
    );
    let reversed = match found.reversed {
        1 => "1 call ends before it starts".into(),
        n => format!("{} calls end before they start", count(n)),
    };
    let folded = match found.folded {
        1 => "1 call is too deep for the tree, or on too many paths; its time is in the row above it".into(),
        n => format!(
            "{} calls are too deep for the tree, or on too many paths; their time is in the rows above them",
            count(n)
        ),
    };
    [
        note(NoteKind::Reversed, found.reversed, reversed),
        note(NoteKind::Overlaps, found.overlaps, overlaps),
        note(NoteKind::Folded, found.folded, folded),
    ]
    .into_iter()
    .flatten()
    .collect()
}
