//! The tree while it grows: all regions, shown or not.

use super::callers::Callers;
use super::numbers::Numbered;
use super::paths::{Paths, Target};
use super::{RankTimes, RowTimes};
use crate::analysis::inclusive::Covered;
use crate::analysis::nesting::{Frame, Visitor};
use crate::analysis::pass::RankCall;
use crate::error::Result;
use crate::profile::{ClockAgreement, Source, Statistics, saturate};
use std::collections::BTreeMap;

/// A node while the tree grows.
#[derive(Debug, Default)]
pub(super) struct Growing {
    pub(super) region: usize,
    pub(super) parent: usize,
    pub(super) statistics: Statistics,
    pub(super) exclusive: i128,
    /// Calls that are not inside another one of the node.
    pub(super) outermost: u64,
    pub(super) folded: u64,
    /// What the first start is ordered by among those of all ranks, and the first start.
    pub(super) first_start: Option<(i64, i64)>,
    pub(super) recursion_depth: u32,
    pub(super) threads: Threads,
}

/// The threads that a node was seen on.
#[derive(Debug, Default)]
pub(super) struct Threads {
    /// Over all ranks.
    pub(super) number: u64,
    /// The last one, and those of its rank, by their place.
    last: Option<(u32, usize)>,
    seen: Vec<u64>,
    /// Those of all ranks, where nodes are going to be merged.
    all: Vec<(u32, u32)>,
}

impl Threads {
    #[inline]
    pub(super) fn add(&mut self, rank: u32, thread: usize, keep: bool) {
        if self.last != Some((rank, thread)) {
            self.add_other(rank, thread, keep);
        }
    }

    fn add_other(&mut self, rank: u32, thread: usize, keep: bool) {
        if self.last.is_some_and(|(last, _)| last != rank) {
            self.seen.clear();
        }
        self.last = Some((rank, thread));
        let (word, bit) = (thread / 64, 1 << (thread % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.number += 1;
            if keep {
                self.all.push((rank, u32::try_from(thread).unwrap_or(u32::MAX)));
            }
        }
    }

    /// Those of the last rank, ascending. `threads` are its threads by their place.
    pub(super) fn of_rank(&self, threads: &[u32]) -> Vec<u32> {
        let is_seen = |place: &usize| {
            self.seen
                .get(place / 64)
                .is_some_and(|word| (word >> (place % 64)) & 1 == 1)
        };
        let places = (0..threads.len()).filter(is_seen);
        let mut threads: Vec<u32> = places.map(|place| threads[place]).collect();
        threads.sort_unstable();
        threads
    }

    /// Adds those of another node.
    pub(super) fn merge(&mut self, mut other: Self) {
        if self.number == 0 {
            *self = other;
            return;
        }
        self.all.append(&mut other.all);
        self.all.sort_unstable();
        self.all.dedup();
        self.number = self.number.max(other.number).max(self.all.len() as u64);
    }
}

/// What is kept with an open call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    node: usize,
    /// Calls of its region that are open, itself included.
    recursion: u32,
}

/// The region at hand, on the rank at hand.
#[derive(Debug)]
struct RowState {
    row: usize,
    region: usize,
    /// By the thread's place.
    covered: Vec<Covered>,
    inclusive: i128,
    exclusive: i128,
    recursion_depth: u32,
    /// The node above the last call, and where that went: mostly where the next one goes too.
    recent: (usize, Target),
}

pub(super) struct Builder<'a> {
    pub(super) source: &'a dyn Source,
    /// The first is above the top level.
    pub(super) nodes: Vec<Growing>,
    paths: Paths,
    pub(super) rows: BTreeMap<usize, RowTimes>,
    pub(super) ranks: BTreeMap<u32, RankTimes>,
    pub(super) overlaps: u64,
    pub(super) reversed: u64,
    pub(super) folded: u64,
    /// Whether nodes are going to be merged, as some are not shown.
    pub(super) keep_threads: bool,
    /// Whether times of different ranks cannot be compared.
    pub(super) own_clocks: bool,
    /// Of ranks whose spans are below what is not open on their threads.
    pub(super) callers: BTreeMap<u32, Callers>,
    /// Where they are asked for.
    pub(super) numbers: Option<Numbered<'a>>,
    rank: RankState,
    state: Vec<RowState>,
}

/// The rank at hand.
#[derive(Debug, Default)]
struct RankState {
    number: u32,
    threads: usize,
    intervals: u64,
    span: Option<(i64, i64)>,
    busy: i128,
    not_nested: u64,
    covered: Option<Covered>,
}

impl<'a> Builder<'a> {
    /// For a tree of which only the regions that are `shown` will be left.
    pub(super) fn new(source: &'a dyn Source, shown: &[bool]) -> Self {
        Self {
            source,
            keep_threads: shown.contains(&false),
            own_clocks: source.clocks(&source.ranks()) == ClockAgreement::Unknown,
            callers: BTreeMap::new(),
            numbers: None,
            nodes: vec![Growing::default()],
            paths: Paths::new(),
            rows: BTreeMap::new(),
            ranks: BTreeMap::new(),
            overlaps: 0,
            reversed: 0,
            folded: 0,
            rank: RankState::default(),
            state: Vec::new(),
        }
    }

    /// The calls of these rows come next, which are all that the rank has.
    pub(super) fn begin_rank(&mut self, number: u32, rows: &[usize]) {
        let nowhere = Target {
            node: 0,
            folded: false,
            recurs: false,
        };
        let state = rows.iter().map(|&row| RowState {
            row,
            region: self.source.rows()[row].name,
            covered: Vec::new(),
            inclusive: 0,
            exclusive: 0,
            recursion_depth: 0,
            recent: (usize::MAX, nowhere),
        });
        self.state = state.collect();
        self.rank = RankState {
            number,
            ..RankState::default()
        };
    }

    /// All calls of the rank were visited.
    pub(super) fn end_rank(&mut self) {
        for state in &self.state {
            let times = RowTimes {
                inclusive_ns: saturate(state.inclusive),
                exclusive_ns: saturate(state.exclusive),
                recursion_depth: state.recursion_depth,
            };
            self.rows.insert(state.row, times);
        }
        let times = RankTimes {
            threads: self.rank.threads,
            intervals: self.rank.intervals,
            intervals_span_ns: self.rank.span,
            busy_ns: saturate(self.rank.busy),
            not_nested: self.rank.not_nested,
        };
        self.ranks.insert(self.rank.number, times);
    }

    #[inline]
    fn target(&mut self, parent: usize, row: usize) -> Target {
        let state = &self.state[row];
        if state.recent.0 == parent {
            return state.recent.1;
        }
        let target = self.find_target(parent, state.region);
        self.state[row].recent = (parent, target);
        target
    }

    /// The node that a call is below in the tree by caller, and its span where that counts. All nodes above get its
    /// thread.
    #[cold]
    fn placed(&mut self, nested: usize, thread: usize, call: &RankCall) -> (usize, Option<u32>) {
        let row = self.state[call.row].row;
        let Some(callers) = self.callers.get_mut(&self.rank.number) else {
            return (nested, None);
        };
        let span = callers.span_of(row, call);
        let Some(above) = span.and_then(|span| callers.above(span)) else {
            return (nested, span);
        };
        let mut node = above;
        while node != 0 {
            self.nodes[node]
                .threads
                .add(self.rank.number, thread, self.keep_threads);
            node = self.nodes[node].parent;
        }
        (above, span)
    }

    #[inline(never)]
    fn numbered(&mut self, call: &RankCall, node: usize) {
        if let Some(numbers) = &mut self.numbers {
            numbers.begun(self.state[call.row].row, call, node);
        }
    }

    #[cold]
    fn begun(&mut self, span: Option<u32>, call: &RankCall, node: usize) {
        if let Some(callers) = self.callers.get_mut(&self.rank.number) {
            callers.begun(span, call, node);
        }
    }

    /// Where calls of a region inside a node go, with a node there.
    pub(super) fn find_target(&mut self, parent: usize, region: usize) -> Target {
        let target = self.paths.target(parent, region);
        if target.node == self.nodes.len() {
            self.nodes.push(Growing {
                region,
                parent,
                ..Growing::default()
            });
        }
        target
    }
}

impl RankState {
    #[inline]
    fn see(&mut self, thread: usize, call: &RankCall) {
        self.threads = self.threads.max(thread + 1);
        self.intervals += 1;
        let last = call.end.max(call.start);
        self.span = Some(match self.span {
            None => (call.start, last),
            Some((first, latest)) => (first.min(call.start), latest.max(last)),
        });
        let covered = self.covered.get_or_insert(Covered::NONE);
        self.busy += covered.add(call.start, call.end);
    }
}

/// How many calls of a region are open when another one begins inside `open`, that one included.
#[cold]
fn recursion(open: &[Frame<Tag>], row: usize) -> u32 {
    let outer = open.iter().rev().find(|frame| frame.call.row == row);
    outer.map_or(1, |frame| frame.tag.recursion.saturating_add(1))
}

impl Visitor for Builder<'_> {
    type Tag = Tag;

    #[inline]
    fn enter(&mut self, thread: usize, open: &[Frame<Tag>], call: &RankCall) -> Tag {
        self.rank.see(thread, call);
        let row = &mut self.state[call.row];
        if row.covered.len() <= thread {
            row.covered.resize(thread + 1, Covered::NONE);
        }
        let covered = &mut row.covered[thread];
        let is_open = covered.is_open_at(call.start);
        row.inclusive += covered.add(call.start, call.end);
        let recursion = if is_open { recursion(open, call.row) } else { 1 };
        row.recursion_depth = row.recursion_depth.max(recursion);

        let nested = open.last().map_or(0, |frame| frame.tag.node);
        let (parent, span) = match self.callers.is_empty() {
            true => (nested, None),
            false => self.placed(nested, thread, call),
        };
        let target = self.target(parent, call.row);
        if !self.callers.is_empty() {
            self.begun(span, call, target.node);
        }
        let rank = &self.rank;
        let node = &mut self.nodes[target.node];
        if target.folded {
            node.folded += 1;
            self.folded += 1;
        } else {
            node.statistics.add(call.duration());
            node.outermost += u64::from(target.node != parent);
            node.recursion_depth = node.recursion_depth.max(recursion);
            node.threads.add(rank.number, thread, self.keep_threads);
            let order = match rank.span {
                Some((first, _)) if self.own_clocks => call.start.saturating_sub(first),
                _ => call.start,
            };
            if node.first_start.is_none_or(|(earliest, _)| order < earliest) {
                node.first_start = Some((order, call.start));
            }
            if self.numbers.is_some() {
                self.numbered(call, target.node);
            }
        }
        Tag {
            node: target.node,
            recursion,
        }
    }

    #[inline]
    fn leave(&mut self, tag: Tag, call: &RankCall, own_ns: i128) {
        self.nodes[tag.node].exclusive += own_ns;
        self.state[call.row].exclusive += own_ns;
    }

    fn overlap(&mut self, _: &RankCall, _: &RankCall) -> Result<()> {
        self.overlaps += 1;
        self.rank.not_nested += 1;
        Ok(())
    }

    fn reversed(&mut self, _: &RankCall) -> Result<()> {
        self.reversed += 1;
        self.rank.not_nested += 1;
        Ok(())
    }
}
