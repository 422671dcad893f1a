//! The life of one span while its entries stream past, in order of start.

use super::ends::CreatedAndClosed;
use crate::profile::Interval;

/// A last entry that is no longer than this, ns, and no longer than any other of its span, is no poll: a future enters
/// its span once more when it is dropped.
const LONGEST_DROP_NS: i64 = 1_000;

/// How long a span lived, and for how much of that it was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Life {
    /// The rank.
    pub rank: u32,
    /// Its serial number, which no other span of the rank has.
    pub span: u32,
    /// When it was created, ns; where that is not known, when it was first entered.
    pub start_ns: i64,
    /// When its last handle was dropped, ns; where that is not known, when it was left for the last time.
    pub end_ns: i64,
    /// When it was first entered, ns.
    pub entered_ns: i64,
    /// When it was left for the last time, ns.
    pub left_ns: i64,
    /// For how long it was entered, on whatever threads, ns: moments at which it was entered more than once count once.
    pub busy_ns: i64,
    /// How often it was entered, all told.
    pub entries: u64,
    /// How often it was polled: an entry inside another of the same thread is part of that, and what a future does
    /// with its span when it is dropped is none.
    pub polls: u64,
    /// The thread that entered it first.
    pub first_thread: u32,
    /// The number of threads that entered it.
    pub threads: u32,
    /// Whether it was still entered when recording ended: then that is its end so far.
    pub is_open: bool,
}

impl Life {
    /// From its creation to its end, ns.
    #[must_use]
    pub fn elapsed_ns(&self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    /// What of that was before it was first entered, ns.
    #[must_use]
    pub fn waited_ns(&self) -> i64 {
        self.entered_ns.saturating_sub(self.start_ns)
    }

    /// Whether it began before it was first entered, or ended after it was left for the last time.
    pub(crate) fn is_longer(&self) -> bool {
        self.start_ns < self.entered_ns || self.end_ns > self.left_ns
    }

    /// What of that it was not entered, ns.
    #[must_use]
    pub fn idle_ns(&self) -> i64 {
        self.elapsed_ns().saturating_sub(self.busy_ns)
    }
}

/// A thread that has entered the span.
#[derive(Clone, Copy, Debug)]
struct Lane {
    thread: u32,
    /// The end of its last entry, ns.
    until: i64,
}

/// A span of which more entries may come.
#[derive(Debug)]
pub(super) struct Alive {
    start: i64,
    end: i64,
    busy: i64,
    entries: u64,
    /// Polls that are no longer the last one.
    polls: u64,
    /// The shortest of them, ns.
    shortest: i64,
    /// The last entry, ns.
    last: i64,
    /// Whether the last entry had not been left when recording ended.
    last_is_open: bool,
    is_open: bool,
    lane: Lane,
    other_lanes: Vec<Lane>,
}

impl Alive {
    /// A span with its first entry.
    pub(super) fn new(entry: Interval) -> Self {
        let end = entry.end_ns.max(entry.start_ns);
        let length = end.saturating_sub(entry.start_ns);
        Self {
            start: entry.start_ns,
            end,
            busy: length,
            entries: 1,
            polls: 0,
            shortest: i64::MAX,
            last: length,
            last_is_open: false,
            is_open: false,
            lane: Lane {
                thread: entry.thread,
                until: end,
            },
            other_lanes: Vec::new(),
        }
    }

    /// Adds an entry. Gives the length of the one before, ns, which was a poll, unless this one is inside it.
    pub(super) fn enter(&mut self, entry: Interval) -> Option<i64> {
        let (start, end) = (entry.start_ns, entry.end_ns.max(entry.start_ns));
        self.entries += 1;
        // They come in order of start, so what was busy before this one is known.
        self.busy = self
            .busy
            .saturating_add(end.saturating_sub(start.max(self.end)).max(0));
        self.end = self.end.max(end);
        let lanes = std::iter::once(&mut self.lane).chain(&mut self.other_lanes);
        match lanes.into_iter().find(|lane| lane.thread == entry.thread) {
            Some(lane) if start < lane.until => {
                lane.until = lane.until.max(end);
                return None;
            }
            Some(lane) => lane.until = end,
            None => self.other_lanes.push(Lane {
                thread: entry.thread,
                until: end,
            }),
        }
        self.polls += 1;
        let before = std::mem::replace(&mut self.last, end.saturating_sub(start));
        if std::mem::take(&mut self.last_is_open) {
            return None;
        }
        self.shortest = self.shortest.min(before);
        Some(before)
    }

    /// Says that the entry that was added last had not been left when recording ended.
    pub(super) fn set_open(&mut self) {
        self.is_open = true;
        self.last_is_open = true;
    }

    /// The whole life, when no more entries are to come; and the length of the last poll, ns, if the last entry was
    /// one. `ends` says when it was created and closed, where that is known.
    pub(super) fn finish(&self, rank: u32, span: u32, ends: CreatedAndClosed) -> (Life, Option<i64>) {
        let is_short = self.last <= self.shortest.min(LONGEST_DROP_NS);
        let is_drop = self.polls > 0 && is_short && !self.is_open;
        let life = Life {
            rank,
            span,
            start_ns: ends.0.map_or(self.start, |created| created.min(self.start)),
            end_ns: ends.1.map_or(self.end, |closed| closed.max(self.end)),
            entered_ns: self.start,
            left_ns: self.end,
            busy_ns: self.busy,
            entries: self.entries,
            polls: self.polls + u64::from(!is_drop),
            first_thread: self.lane.thread,
            threads: 1 + self.other_lanes.len() as u32,
            is_open: self.is_open,
        };
        let is_poll = !is_drop && !self.last_is_open;
        (life, is_poll.then_some(self.last))
    }
}
