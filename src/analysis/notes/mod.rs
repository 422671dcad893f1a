//! What the reader of any output has to know beside the numbers: what is missing, what was lost or only
//! summed up, what cannot be compared, what is left out.
//!
//! There is one list, with one text for each note: table, JSON, pictures and page carry the same.

mod lost;
mod regions;
mod threads;
mod whole;

use super::lifetimes::RegionLifetimes;
use super::selection::RegionFilter;
use crate::profile::Source;

/// What a [`Note`] is about, in the order in which notes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// A filter is on: only a part is shown.
    Filter,
    /// There are sums of calls alone, and no intervals.
    SumsOnly,
    /// Ranks of the run are missing.
    MissingRanks,
    /// Ranks are incomplete: their logs have no end mark.
    IncompleteRanks,
    /// Ranks were ended by a signal.
    EndedBySignal,
    /// Intervals were dropped for want of memory or disk.
    Dropped,
    /// Values of counters were dropped for want of memory or disk.
    DroppedSamples,
    /// Numbers were recorded of calls and spans that left no interval.
    LostNumbers,
    /// Calls were open when recording ended.
    Open,
    /// Calls were only counted.
    Counted,
    /// Calls were summed up without intervals, since their regions were throttled.
    Throttled,
    /// Calls got the length 0, as the clock ran backwards.
    Clamped,
    /// Calls end before they start.
    Reversed,
    /// Calls overlap others of their thread without being inside them.
    Overlaps,
    /// Calls are too deep for the tree, or on too many paths.
    Folded,
    /// How far times of different ranks can be compared.
    Clocks,
    /// The machine was suspended.
    Suspended,
    /// The wall time is not that of the run, as the file does not say when it began and ended.
    WallTime,
    /// Spans that were entered more or less often than once each.
    Spans,
    /// The threads of a run of one rank, where there are several and they have names.
    Threads,
}

impl NoteKind {
    /// The kind as one word, for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::SumsOnly => "sums_only",
            Self::MissingRanks => "missing_ranks",
            Self::IncompleteRanks => "incomplete_ranks",
            Self::EndedBySignal => "ended_by_signal",
            Self::Dropped => "dropped",
            Self::DroppedSamples => "dropped_samples",
            Self::LostNumbers => "lost_numbers",
            Self::Open => "open",
            Self::Counted => "counted",
            Self::Throttled => "throttled",
            Self::Clamped => "clamped",
            Self::Reversed => "reversed",
            Self::Overlaps => "overlaps",
            Self::Folded => "folded",
            Self::Clocks => "clocks",
            Self::Suspended => "suspended",
            Self::WallTime => "wall_time",
            Self::Spans => "spans",
            Self::Threads => "threads",
        }
    }
}

/// One thing to know, in words and in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    kind: NoteKind,
    text: String,
    is_warning: bool,
    numbers: Vec<(&'static str, i64)>,
}

impl Note {
    fn new(kind: NoteKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            is_warning: true,
            numbers: Vec::new(),
        }
    }

    /// Something that is as it should be, and good to know.
    fn remark(mut self) -> Self {
        self.is_warning = false;
        self
    }

    fn number(mut self, name: &'static str, n: impl TryInto<i64>) -> Self {
        self.numbers.push((name, n.try_into().unwrap_or(i64::MAX)));
        self
    }

    /// What the note is about.
    #[must_use]
    pub fn kind(&self) -> NoteKind {
        self.kind
    }

    /// One sentence without a full stop, in which names of regions stand as they are: a terminal has to
    /// escape what they may hold.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether something is missing, lost or not to be relied on. The others, such as clocks that agree, are
    /// good to know where there is room.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.is_warning
    }

    /// The numbers in the text, by name: counts, and times in ns as `..._ns`.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, i64)> + '_ {
        self.numbers.iter().copied()
    }
}

/// What a source says by itself, without its intervals being read. Sorted by [`NoteKind`], at most one of each.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::notes;
/// use scope_profiler::profile::{Call, Profile};
///
/// let profile = Profile::builder()
///     .session(0, 0, 9)
///     .interval(Call::new("solve", 0..9))
///     .calls(0, "solve", 4)
///     .dropped(0, "solve", 3)
///     .build();
/// let notes = notes::of(&profile, &RegionFilter::new());
/// assert_eq!(notes[0].text(), "3 of 4 intervals were dropped: memory or disk ran out");
/// assert_eq!(notes[0].kind().key(), "dropped");
/// ```
#[must_use]
pub fn of(source: &dyn Source, filter: &RegionFilter) -> Vec<Note> {
    let mut notes = whole::notes(source, filter);
    notes.extend(lost::notes(source));
    notes.extend(regions::spans(source, filter, &[]));
    notes.extend(threads::note(source));
    notes.sort_by_key(Note::kind);
    notes
}

/// What was found while calls were nested.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    pub(crate) overlaps: u64,
    pub(crate) reversed: u64,
    pub(crate) folded: u64,
}

/// As [`of`], with what was found while the calls were nested, and how long spans lived;
/// [`CallTree::notes`](super::call_tree::CallTree::notes) are these.
pub(crate) fn with(
    source: &dyn Source,
    filter: &RegionFilter,
    found: Found,
    lifetimes: &[RegionLifetimes],
) -> Vec<Note> {
    let mut notes = of(source, filter);
    if let Some(spans) = regions::spans(source, filter, lifetimes) {
        notes.retain(|note| note.kind() != NoteKind::Spans);
        notes.push(spans);
    }
    notes.extend(regions::nesting(found));
    notes.sort_by_key(Note::kind);
    notes
}

pub(crate) use lost::{dropped, open};
pub(crate) use whole::missing;
