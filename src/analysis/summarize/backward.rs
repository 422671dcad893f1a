//! Summarizes a rank whose calls come thread by thread, those that end last first.
//!
//! Within a thread an outer call then comes before those inside it, so that a stack is all it takes. The calls nest by
//! the same rules as [in order of start](crate::analysis::nesting): calls that touch are siblings; of two equal ones
//! the one whose row comes first is outside; a call without a length is inside what is open around it or starts with
//! it, and not inside what ends with it.

use super::SKETCHED_CALLS;
use super::busy::Busy;
use crate::analysis::call_tree::paths::{Paths, Target};
use crate::analysis::threads::ThreadIndex;
use crate::profile::{PathSummary, RowSummary, Sketch, Statistics, StoredSummary, saturate};
use std::cmp::Reverse;

/// What is known of a thread before its calls come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadCalls {
    pub(crate) thread: u32,
    /// Their number.
    pub(crate) calls: u64,
    /// When the last one ends, ns.
    pub(crate) last_end: i64,
}

/// A summary that grows.
#[derive(Debug)]
pub(crate) struct Backward {
    numbers: ThreadIndex,
    threads: Vec<Thread>,
    paths: Paths,
    nodes: Vec<Node>,
    rows: Vec<Row>,
    busy: Busy,
    nests: bool,
}

#[derive(Debug)]
struct Thread {
    /// Calls that are still to come.
    left: u64,
    stack: Vec<Frame>,
    /// Row and start of the last call: what comes next may end together with it, and be around it.
    held: Option<(usize, i64)>,
    held_end: i64,
    /// Calls before it with the same end.
    ties: Vec<(usize, i64)>,
}

/// A call around those that come.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: i64,
    end: i64,
    children_ns: i64,
    row: usize,
    node: usize,
    folded: bool,
    recursion: u32,
}

#[derive(Debug, Default)]
struct Node {
    statistics: Statistics,
    exclusive: i128,
    outermost: u64,
    folded: u64,
    first_start: i64,
    recursion_depth: u32,
    threads: Threads,
}

#[derive(Debug, Default)]
struct Threads {
    /// The last one + 1.
    last: usize,
    seen: Vec<u64>,
}

#[derive(Debug)]
struct Row {
    /// Of calls without a node.
    folded: Statistics,
    inclusive: i128,
    recursion_depth: u32,
    /// The first start and the last end.
    first: i64,
    last: i64,
    sketch: Option<Sketch>,
    /// The node around the last call, and where that went.
    recent: (usize, Target),
}

impl Backward {
    /// For a rank with rows of so many calls each, in the order of the file, and these threads.
    pub(crate) fn new(
        rows: impl IntoIterator<Item = u64>,
        threads: impl IntoIterator<Item = ThreadCalls>,
    ) -> Self {
        let nowhere = Target {
            node: 0,
            folded: false,
            recurs: false,
        };
        let rows = rows.into_iter().map(|calls| Row {
            folded: Statistics::default(),
            inclusive: 0,
            recursion_depth: 0,
            first: i64::MAX,
            last: i64::MIN,
            sketch: (calls >= SKETCHED_CALLS).then(Sketch::new),
            recent: (usize::MAX, nowhere),
        });
        let mut numbers = ThreadIndex::default();
        let threads = threads.into_iter().map(|of| {
            numbers.of(of.thread);
            Thread {
                left: of.calls,
                stack: Vec::new(),
                held: None,
                held_end: of.last_end,
                ties: Vec::new(),
            }
        });
        let threads: Vec<Thread> = threads.collect();
        Self {
            busy: Busy::new(threads.iter().map(|thread| thread.held_end)),
            numbers,
            threads,
            paths: Paths::new(),
            nodes: vec![Node::default()],
            rows: rows.collect(),
            nests: true,
        }
    }

    /// Whether all calls so far nest, which is what a summary is for.
    pub(crate) fn nests(&self) -> bool {
        self.nests && !self.paths.is_full()
    }

    /// Takes the next calls of a thread: row, start and end of each.
    pub(crate) fn calls(&mut self, thread: u32, calls: impl Iterator<Item = (usize, i64, i64)>) {
        let place = self.numbers.of(thread);
        if place >= self.threads.len() {
            self.nests = false;
            return;
        }
        for (row, start, end) in calls {
            let of = &mut self.threads[place];
            of.left = of.left.saturating_sub(1);
            let held_end = std::mem::replace(&mut of.held_end, end);
            match of.held.replace((row, start)) {
                Some((row, start)) if end < held_end && of.ties.is_empty() => {
                    self.call(place, row, start, held_end);
                }
                Some(held) => self.tie(place, held, held_end),
                None => self.nests &= end <= held_end,
            }
        }
        let of = &mut self.threads[place];
        if of.left == 0 {
            of.ties.extend(of.held.take());
            let end = of.held_end;
            self.release(place, end);
            self.close(place, i64::MIN);
            self.busy.no_more_of(place);
        }
    }

    /// Keeps a call that may end together with others until all of them have come.
    #[cold]
    fn tie(&mut self, place: usize, held: (usize, i64), end: i64) {
        let of = &mut self.threads[place];
        of.ties.push(held);
        if of.held_end != end {
            self.nests &= of.held_end < end;
            self.release(place, end);
        }
    }

    /// Takes the calls of a thread that end together in their order.
    fn release(&mut self, place: usize, end: i64) {
        let mut ties = std::mem::take(&mut self.threads[place].ties);
        ties.sort_by_key(|&(row, start)| (start != end, start, row));
        for &(row, start) in &ties {
            self.call(place, row, start, end);
        }
        ties.clear();
        self.threads[place].ties = ties;
    }

    #[inline]
    fn call(&mut self, place: usize, row: usize, start: i64, end: i64) {
        // What starts with a call that has no length is around it.
        self.close(place, if start == end { end.saturating_add(1) } else { end });
        let stack = &mut self.threads[place].stack;
        let (parent, is_folded) = match stack.last_mut() {
            Some(top) => {
                if start < top.start {
                    self.nests = false;
                    return;
                }
                top.children_ns += end - start;
                (top.node, top.folded)
            }
            None => {
                self.busy.add(place, start, end);
                (0, false)
            }
        };
        let of_row = &mut self.rows[row];
        if of_row.recent.0 != parent {
            of_row.recent = (parent, self.paths.target(parent, row));
        }
        let target = of_row.recent.1;
        let mut recursion = 1;
        if target.recurs || is_folded {
            let outer = stack.iter().rev().find(|frame| frame.row == row);
            recursion = outer.map_or(1, |frame| frame.recursion.saturating_add(1));
        }
        let ns = end - start;
        of_row.recursion_depth = of_row.recursion_depth.max(recursion);
        of_row.first = of_row.first.min(start);
        of_row.last = of_row.last.max(end);
        if recursion == 1 {
            of_row.inclusive += i128::from(ns);
        }
        if let Some(sketch) = &mut of_row.sketch {
            sketch.add(ns);
        }
        if target.node == self.nodes.len() {
            self.nodes.push(Node {
                first_start: start,
                ..Node::default()
            });
        }
        let node = &mut self.nodes[target.node];
        if target.folded {
            node.folded += 1;
            of_row.folded.add(ns);
        } else {
            node.statistics.add(ns);
            node.outermost += u64::from(target.node != parent);
            node.recursion_depth = node.recursion_depth.max(recursion);
            node.first_start = node.first_start.min(start);
            node.threads.add(place);
        }
        if start < end {
            stack.push(Frame {
                start,
                end,
                children_ns: 0,
                row,
                node: target.node,
                folded: target.folded || is_folded,
                recursion,
            });
        }
    }

    /// Ends the calls of a thread that start at `until` or later.
    #[inline]
    fn close(&mut self, place: usize, until: i64) {
        let stack = &mut self.threads[place].stack;
        while let Some(top) = stack.last().filter(|top| until == i64::MIN || top.start >= until) {
            self.nodes[top.node].exclusive += i128::from(top.end - top.start - top.children_ns);
            stack.pop();
        }
    }

    /// The summary, when all calls have come; none where they do not nest, or are on too many paths.
    pub(crate) fn finish(self) -> Option<StoredSummary> {
        if !self.nests() || self.threads.iter().any(|thread| thread.left > 0) {
            return None;
        }
        let mut statistics: Vec<Statistics> = self.rows.iter().map(|row| row.folded).collect();
        let mut exclusive = vec![0_i128; self.rows.len()];
        for (at, node) in self.nodes.iter().enumerate().skip(1) {
            let row = self.paths.region(at);
            statistics[row].merge(&node.statistics);
            exclusive[row] += node.exclusive;
        }
        let rows = self.rows.into_iter().zip(statistics).zip(exclusive);
        let rows = rows.map(|((row, statistics), exclusive)| RowSummary {
            statistics,
            inclusive_ns: saturate(row.inclusive),
            exclusive_ns: saturate(exclusive),
            recursion_depth: row.recursion_depth,
            span_ns: (row.first <= row.last).then_some((row.first, row.last)),
            sketch: row.sketch,
        });
        let rows: Vec<RowSummary> = rows.collect();
        let spans = rows.iter().filter_map(|row| row.span_ns);
        let span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let numbers = &self.numbers;
        let paths = &self.paths;
        let nodes = self.nodes.into_iter().enumerate().skip(1);
        let nodes = nodes.map(|(at, node)| PathSummary {
            row: paths.region(at),
            parent: paths.parent(at).checked_sub(1),
            statistics: node.statistics,
            exclusive_ns: saturate(node.exclusive),
            outermost: node.outermost,
            folded: node.folded,
            first_start_ns: Some(node.first_start),
            recursion_depth: node.recursion_depth,
            threads: node.threads.numbers(numbers.seen()),
        });
        Some(StoredSummary {
            rows,
            paths: in_order_of_start(nodes.collect()),
            span_ns: span,
            busy_ns: saturate(self.busy.finish()),
            threads: self.threads.len(),
        })
    }
}

impl Threads {
    #[inline]
    fn add(&mut self, place: usize) {
        if self.last != place + 1 {
            self.add_other(place);
        }
    }

    fn add_other(&mut self, place: usize) {
        self.last = place + 1;
        let word = place / 64;
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        self.seen[word] |= 1 << (place % 64);
    }

    fn numbers(&self, all: &[u32]) -> Vec<u32> {
        let places = (0..all.len()).filter(|place| {
            self.seen
                .get(place / 64)
                .is_some_and(|word| (word >> (place % 64)) & 1 == 1)
        });
        let mut numbers: Vec<u32> = places.map(|place| all[place]).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// The nodes in the order in which a forward reading meets them, each after the one above it.
fn in_order_of_start(nodes: Vec<PathSummary>) -> Vec<PathSummary> {
    let mut depths = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let depth = node.parent.map_or(0, |parent: usize| depths[parent] + 1);
        depths.push(depth);
    }
    // What is inside a call starts no earlier than it.
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&at| {
        (
            nodes[at].first_start_ns,
            depths[at],
            Reverse(nodes[at].statistics.max_ns()),
            nodes[at].row,
        )
    });
    let mut place = vec![0; nodes.len()];
    for (to, &from) in order.iter().enumerate() {
        place[from] = to;
    }
    let node = |&from: &usize| PathSummary {
        parent: nodes[from].parent.map(|parent| place[parent]),
        ..nodes[from].clone()
    };
    order.iter().map(node).collect()
}
