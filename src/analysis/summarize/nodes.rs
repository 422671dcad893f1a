//! What the calls on each path add up to, when those around a call come before it.
//!
//! Most calls are plain: no other call of their region is around them. Calls of a region on a plain path are one after
//! the other on their thread. So what their rows and the nodes above them need can be worked out from a few sums, when
//! all have come.

use super::SKETCHED_CALLS;
use super::durations::Durations;
use crate::analysis::call_tree::paths::{Paths, Target};
use crate::profile::{PathSummary, RowSummary, Sketch, Statistics, saturate};

/// A call of a row; `start` is not after `end`, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedCall {
    pub(crate) row: u32,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A call around those that come.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: i64,
    inside: Inside,
    row: u32,
    recursion: u32,
}

/// The calls of a thread that are around those that come, from the outermost to the innermost.
#[derive(Debug)]
pub(super) struct Stack {
    /// The first is around all calls; those behind `depth` are left from before.
    frames: Vec<Frame>,
    depth: usize,
}

impl Stack {
    const BOTTOM: Frame = Frame {
        start: i64::MIN,
        inside: Inside::TOP,
        row: u32::MAX,
        recursion: 0,
    };

    /// In the place of a stack that is elsewhere.
    pub(super) const NONE: Self = Self {
        frames: Vec::new(),
        depth: 0,
    };

    pub(super) fn new() -> Self {
        Self {
            frames: vec![Self::BOTTOM],
            depth: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    #[inline]
    fn top(&self) -> &Frame {
        &self.frames[self.depth]
    }

    /// When the innermost call starts; before all times where there is none.
    #[inline]
    pub(super) fn start(&self) -> i64 {
        self.top().start
    }

    /// Takes calls away that start at `until` or later.
    #[inline]
    pub(super) fn close(&mut self, until: i64) {
        for frame in self.frames[1..=self.depth].iter().rev() {
            if frame.start < until {
                break;
            }
            self.depth -= 1;
        }
    }

    #[inline]
    fn push(&mut self, frame: Frame) {
        self.depth += 1;
        match self.frames.get_mut(self.depth) {
            Some(place) => *place = frame,
            None => self.frames.push(frame),
        }
    }

    /// How many calls of a row are one inside the other.
    fn recursion(&self, row: u32) -> u32 {
        let mut frames = self.frames[..=self.depth].iter().rev();
        frames
            .find(|frame| frame.row == row)
            .map_or(0, |frame| frame.recursion)
    }
}

/// The node that calls are inside of, and whether that is so because theirs is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inside(u32);

impl Inside {
    const TOP: Self = Self(0);
    const FOLDED: u32 = 1 << 31;

    fn node(self) -> usize {
        (self.0 & !Self::FOLDED) as usize
    }

    fn is_folded(self) -> bool {
        self.0 & Self::FOLDED != 0
    }
}

/// The nodes and the rows of a rank.
#[derive(Debug)]
pub(super) struct Nodes {
    paths: Paths,
    nodes: Vec<Node>,
    rows: Vec<Row>,
    sketches: Vec<Option<Sketch>>,
    links: Box<[Link; LINKS]>,
}

/// Where calls of a row inside a node go, as [`Paths`] says: a call rarely needs to ask it.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// What calls are inside of, and their row.
    from: u64,
    to: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
    /// To a node for calls that no other of their row is around.
    Plain,
    Recursive,
    Folded,
}

/// Links that are kept; a power of two.
const LINKS: usize = if cfg!(test) { 2 } else { 1 << 10 };

#[derive(Debug)]
struct Node {
    plain: Durations,
    /// The first start of any call, and the last end of plain ones.
    first: i64,
    last: i64,
    threads: Threads,
    others: Statistics,
    /// Of calls that are not plain: their durations, without those of calls inside them.
    exclusive: i128,
    outermost: u64,
    folded: u64,
    recursion_depth: u32,
}

#[derive(Debug, Default)]
struct Threads {
    /// The last one + 1.
    last: usize,
    seen: Vec<u64>,
}

/// The calls of a row that are not plain.
#[derive(Clone, Debug)]
struct Row {
    folded: Statistics,
    inclusive: i128,
    recursion_depth: u32,
    /// The first start and the last end.
    first: i64,
    last: i64,
}

impl Nodes {
    /// For rows of so many calls each, or fewer.
    pub(super) fn new(calls: impl IntoIterator<Item = u64>) -> Self {
        let sketch = |calls| (calls >= SKETCHED_CALLS).then(Sketch::new);
        let sketches: Vec<_> = calls.into_iter().map(sketch).collect();
        let nowhere = Link {
            from: u64::MAX,
            to: 0,
            kind: Kind::Folded,
        };
        Self {
            paths: Paths::new(),
            nodes: vec![Node::NEW],
            rows: vec![Row::NEW; sketches.len()],
            sketches,
            links: Box::new([nowhere; LINKS]),
        }
    }

    /// Whether there is no room for more paths.
    pub(super) fn is_full(&self) -> bool {
        self.paths.is_full()
    }

    /// Takes a call of a thread inside those on the stack, and puts it there.
    #[inline(always)]
    pub(super) fn add(&mut self, place: usize, stack: &mut Stack, call: TimedCall) {
        let TimedCall { row, start, end } = call;
        let inside = stack.top().inside;
        let from = u64::from(inside.0) << 32 | u64::from(row);
        let at = inside.0.wrapping_mul(31).wrapping_add(row) as usize % LINKS;
        let mut link = self.links[at];
        if link.from != from {
            link = self.other_link(inside, row, at);
        }
        let ns = end.wrapping_sub(start) as u64;
        if link.kind != Kind::Plain || !Durations::takes(ns) {
            return self.add_other(place, stack, call, (inside, link));
        }
        self.nodes[link.to as usize].add_plain(place, start, end, ns);
        if let Some(sketch) = &mut self.sketches[row as usize] {
            sketch.add(ns as i64);
        }
        if start < end {
            stack.push(Frame {
                start,
                inside: Inside(link.to),
                row,
                recursion: 1,
            });
        }
    }

    #[cold]
    fn other_link(&mut self, inside: Inside, row: u32, at: usize) -> Link {
        let Target { node, folded, recurs } = self.paths.target(inside.node(), row as usize);
        if node == self.nodes.len() {
            self.nodes.push(Node::NEW);
        }
        let link = Link {
            from: u64::from(inside.0) << 32 | u64::from(row),
            to: node as u32,
            kind: if folded {
                Kind::Folded
            } else if recurs || inside.is_folded() {
                Kind::Recursive
            } else {
                Kind::Plain
            },
        };
        self.links[at] = link;
        link
    }

    /// Takes a call that is not plain, or is longer than sums are made for.
    #[inline(never)]
    fn add_other(&mut self, place: usize, stack: &mut Stack, call: TimedCall, to: (Inside, Link)) {
        let TimedCall { row, start, end } = call;
        let (inside, link) = to;
        let to = link.to as usize;
        let is_left_out = link.kind == Kind::Folded;
        let is_folded = is_left_out || inside.is_folded();
        let recursion = match link.kind {
            Kind::Plain => 1,
            _ => stack.recursion(row).saturating_add(1),
        };
        let ns = end.saturating_sub(start);
        self.nodes[inside.node()].exclusive -= i128::from(ns);
        let node = &mut self.nodes[to];
        node.exclusive += i128::from(ns);
        let of_row = &mut self.rows[row as usize];
        of_row.recursion_depth = of_row.recursion_depth.max(recursion);
        of_row.first = of_row.first.min(start);
        of_row.last = of_row.last.max(end);
        if recursion == 1 {
            of_row.inclusive += i128::from(ns);
        }
        if is_left_out {
            node.folded += 1;
            of_row.folded.add(ns);
        } else {
            node.others.add(ns);
            node.outermost += u64::from(to != inside.node());
            node.recursion_depth = node.recursion_depth.max(recursion);
            node.first = node.first.min(start);
            node.threads.add(place);
        }
        if let Some(sketch) = &mut self.sketches[row as usize] {
            sketch.add(ns);
        }
        if start < end {
            stack.push(Frame {
                start,
                inside: Inside(link.to | if is_folded { Inside::FOLDED } else { 0 }),
                row,
                recursion,
            });
        }
    }

    /// What the rows and the nodes add up to, where threads have these numbers.
    pub(super) fn finish(mut self, numbers: &[u32]) -> (Vec<RowSummary>, Vec<PathSummary>) {
        let mut statistics: Vec<Statistics> = self.rows.iter().map(|row| row.folded).collect();
        let mut exclusive = vec![0_i128; self.rows.len()];
        for at in 1..self.nodes.len() {
            let plain = self.nodes[at].plain.total();
            self.nodes[at].exclusive += plain;
            self.nodes[self.paths.parent(at)].exclusive -= plain;
        }
        for (at, node) in self.nodes.iter_mut().enumerate().skip(1) {
            let row = self.paths.region(at);
            let of_row = &mut self.rows[row];
            if node.plain.count() > 0 {
                node.recursion_depth = node.recursion_depth.max(1);
                of_row.recursion_depth = of_row.recursion_depth.max(1);
                of_row.first = of_row.first.min(node.first);
                of_row.last = of_row.last.max(node.last);
                of_row.inclusive += node.plain.total();
            }
            node.outermost += node.plain.count();
            node.others.merge(&node.plain.statistics());
            statistics[row].merge(&node.others);
            exclusive[row] += node.exclusive;
        }
        let rows = self.rows.iter().zip(statistics).zip(exclusive).zip(self.sketches);
        let rows = rows.map(|(((row, statistics), exclusive), sketch)| RowSummary {
            statistics,
            inclusive_ns: saturate(row.inclusive),
            exclusive_ns: saturate(exclusive),
            recursion_depth: row.recursion_depth,
            span_ns: (row.first <= row.last).then_some((row.first, row.last)),
            // More may have been expected.
            sketch: sketch.filter(|sketch| sketch.count() >= SKETCHED_CALLS),
        });
        let nodes = self.nodes.iter().enumerate().skip(1);
        let paths = nodes.map(|(at, node)| PathSummary {
            row: self.paths.region(at),
            parent: self.paths.parent(at).checked_sub(1),
            statistics: node.others,
            exclusive_ns: saturate(node.exclusive),
            outermost: node.outermost,
            folded: node.folded,
            first_start_ns: Some(node.first),
            recursion_depth: node.recursion_depth,
            threads: node.threads.numbers(numbers),
        });
        (rows.collect(), paths.collect())
    }
}

impl Node {
    const NEW: Self = Self {
        plain: Durations::NONE,
        first: i64::MAX,
        last: i64::MIN,
        threads: Threads {
            last: 0,
            seen: Vec::new(),
        },
        others: Statistics::NONE,
        exclusive: 0,
        outermost: 0,
        folded: 0,
        recursion_depth: 0,
    };

    #[inline]
    fn add_plain(&mut self, place: usize, start: i64, end: i64, ns: u64) {
        self.plain.add(ns);
        self.first = self.first.min(start);
        if self.threads.last != place + 1 {
            // What comes next on the same thread ends no later.
            self.last = self.last.max(end);
            self.threads.add(place);
        }
    }
}

impl Row {
    const NEW: Self = Self {
        folded: Statistics::NONE,
        inclusive: 0,
        recursion_depth: 0,
        first: i64::MAX,
        last: i64::MIN,
    };
}

impl Threads {
    #[cold]
    fn add(&mut self, place: usize) {
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
