//! All intervals of several rows in one order of start, with bounded memory.

use super::linked::Link;
use crate::error::Result;
use crate::profile::{Intervals, Source};
use crate::tournament::{Head, Tournament};

/// Bytes of intervals held in memory by one merge.
const BUDGET: usize = 64 << 20;
/// As many of them as stay in the cache of a core, where reading is not slower for it.
const CACHE: usize = 1 << 20;
/// Bytes of one interval in memory: start, end, thread.
const INTERVAL: usize = 20;
/// Reads shorter than this cost more in calls than in data.
const SHORTEST_READ: usize = 64;
/// Longer reads gain nothing; also the length of a chunk in large files.
const LONGEST_READ: usize = 1 << 16;

/// One call of a rank. A [`profile::Call`](crate::profile::Call) is what a profile in memory takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RankCall {
    /// Index into the rows that were merged.
    pub row: usize,
    /// Start, ns.
    pub start: i64,
    /// End, ns.
    pub end: i64,
    /// The thread, as an index into the rank's threads.
    pub thread: u32,
}

impl RankCall {
    /// End minus start, ns; it stops at the largest and smallest `i64`.
    #[must_use]
    pub fn duration(&self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// The intervals of several rows in order of start; at the same start the longer first, then in the order of the rows.
pub(crate) struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    /// None before the first calls are taken.
    tournament: Option<Tournament>,
    /// Of the calls that were taken last, where the source has links.
    links: Option<Vec<Link>>,
}

impl<'a> Merge<'a> {
    /// Of rows of a source, which are indices into [`Source::rows`]. The pieces that [`next_calls`](Self::next_calls)
    /// shows have the optional columns that `columns` names for their row.
    pub(crate) fn new<N: Into<String>>(
        source: &'a dyn Source,
        rows: &[usize],
        columns: impl Fn(usize) -> Vec<N>,
    ) -> Self {
        let part = |bytes: usize| bytes / INTERVAL / rows.len().max(1);
        let longest = part(BUDGET).clamp(SHORTEST_READ, LONGEST_READ);
        let step = |row| {
            let worth = usize::try_from(source.worth_reading(row)).unwrap_or(LONGEST_READ);
            part(CACHE).max(worth).min(longest)
        };
        let has = |wanted: &str| source.columns().contains(&wanted);
        let links = has(Intervals::CALL) && has(Intervals::PARENT);
        let of_links: &[&str] = if links {
            &[Intervals::CALL, Intervals::PARENT]
        } else {
            &[]
        };
        let buffer = |row| {
            with_columns(
                of_links.iter().copied(),
                with_columns(columns(row), Intervals::new()),
            )
        };
        let cursor = |&row: &usize| Cursor::new(source, row, step(row), buffer(row));
        Self {
            cursors: rows.iter().map(cursor).collect(),
            tournament: None,
            links: links.then(Vec::new),
        }
    }

    /// What the source says of each of the calls that were taken last; none where it does not say which call each is
    /// inside.
    pub(crate) fn links(&self) -> Option<&[Link]> {
        self.links.as_deref()
    }

    /// Adds the next calls to `calls` until there are `most` of them; fewer when no more are left. `loaded` is told of
    /// each piece of a row when it is read.
    pub(crate) fn next_calls(
        &mut self,
        calls: &mut Vec<RankCall>,
        most: usize,
        mut loaded: impl FnMut(usize, &Intervals) -> Result<()>,
    ) -> Result<()> {
        let cursors = &mut self.cursors;
        let tournament = match &mut self.tournament {
            Some(tournament) => tournament,
            none => {
                let heads = cursors.iter_mut().enumerate();
                let heads = heads.map(|(index, cursor)| cursor.head(index, &mut loaded));
                none.insert(Tournament::new(heads.collect::<Result<_>>()?))
            }
        };
        if let Some(links) = &mut self.links {
            links.clear();
        }
        while calls.len() < most {
            let Some(row) = tournament.winner() else { break };
            let cursor = &mut cursors[row];
            let interval = cursor.loaded.get(cursor.at);
            calls.push(RankCall {
                row,
                start: interval.start_ns,
                end: interval.end_ns,
                thread: interval.thread,
            });
            if let Some(links) = &mut self.links {
                links.push(cursor.link());
            }
            cursor.at += 1;
            tournament.replace_winner(cursor.head(row, &mut loaded)?);
        }
        Ok(())
    }
}

/// Asks for these optional columns, too.
fn with_columns<N: Into<String>>(names: impl IntoIterator<Item = N>, intervals: Intervals) -> Intervals {
    names.into_iter().fold(intervals, Intervals::with_column)
}

struct Cursor<'a> {
    source: &'a dyn Source,
    row: usize,
    loaded: Intervals,
    at: usize,
    next: u64,
    len: u64,
    step: u64,
}

impl<'a> Cursor<'a> {
    fn new(source: &'a dyn Source, row: usize, step: usize, buffer: Intervals) -> Self {
        let len = source.rows()[row].intervals;
        Self {
            source,
            row,
            loaded: buffer,
            at: 0,
            next: 0,
            len,
            step: step as u64,
        }
    }

    #[inline]
    fn head(
        &mut self,
        index: usize,
        loaded: &mut impl FnMut(usize, &Intervals) -> Result<()>,
    ) -> Result<Head> {
        if self.at == self.loaded.len() && !self.load(loaded)? {
            return Ok(Head::NONE);
        }
        let interval = self.loaded.get(self.at);
        Ok(Head::new(interval.start_ns, interval.end_ns, index))
    }

    /// What the source says of the next interval.
    fn link(&self) -> Link {
        let number = |name| {
            let numbers = self.loaded.column(name).and_then(|numbers| numbers.whole());
            numbers.map_or(-1, |numbers| numbers[self.at])
        };
        Link {
            call: number(Intervals::CALL),
            parent: number(Intervals::PARENT),
        }
    }

    /// Loads the next intervals; false, and the memory given back, when there are no more.
    fn load(&mut self, loaded: &mut impl FnMut(usize, &Intervals) -> Result<()>) -> Result<bool> {
        self.at = 0;
        if self.next == self.len {
            self.loaded = Intervals::default();
            return Ok(false);
        }
        let end = self.len.min(self.next + self.step);
        self.source.read(self.row, self.next..end, &mut self.loaded)?;
        self.next = end;
        loaded(self.row, &self.loaded)?;
        Ok(true)
    }
}
