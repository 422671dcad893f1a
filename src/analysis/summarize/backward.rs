//! Summarizes a rank whose calls come thread by thread, those that end last first.
//!
//! Within a thread an outer call then comes before those inside it, so that a stack is all it takes. The calls nest by
//! the same rules as [in order of start](crate::analysis::nesting): calls that touch are siblings; of two equal ones
//! the one whose row comes first is outside; a call without a length is inside what is open around it or starts with
//! it, and not inside what ends with it.

use super::busy::Busy;
use super::nodes::{Nodes, Stack, TimedCall};
use crate::analysis::threads::ThreadIndex;
use crate::profile::{PathSummary, StoredSummary, saturate};
use std::cmp::Reverse;
use std::mem;

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
    nodes: Nodes,
    busy: Busy,
    nests: bool,
}

#[derive(Debug)]
struct Thread {
    /// Calls that are still to come.
    left: u64,
    stack: Stack,
    /// When the last calls ended.
    end: i64,
    /// All that end then: more may come, and be around them.
    waiting: Vec<TimedCall>,
}

impl Thread {
    const NONE: Self = Self {
        left: 0,
        stack: Stack::NONE,
        end: 0,
        waiting: Vec::new(),
    };
}

impl Backward {
    /// For a rank with rows of so many calls each, or fewer, in the order of the file, and these threads.
    pub(crate) fn new(
        rows: impl IntoIterator<Item = u64>,
        threads: impl IntoIterator<Item = ThreadCalls>,
    ) -> Self {
        let mut numbers = ThreadIndex::default();
        let threads = threads.into_iter().map(|of| {
            numbers.of(of.thread);
            Thread {
                left: of.calls,
                end: of.last_end,
                stack: Stack::new(),
                ..Thread::NONE
            }
        });
        let threads: Vec<Thread> = threads.collect();
        Self {
            busy: Busy::new(threads.iter().map(|thread| thread.end)),
            numbers,
            threads,
            nodes: Nodes::new(rows),
            nests: true,
        }
    }

    /// Whether all calls so far nest, which is what a summary is for.
    pub(crate) fn nests(&self) -> bool {
        self.nests && !self.nodes.is_full()
    }

    /// Takes the calls of a thread before those that came so far, in ascending order of their ends.
    pub(crate) fn calls(&mut self, thread: u32, calls: &[TimedCall]) {
        let place = self.numbers.of(thread);
        let Some(of) = self.threads.get_mut(place) else {
            self.nests = false;
            return;
        };
        let mut of = mem::replace(of, Thread::NONE);
        of.left = of.left.saturating_sub(calls.len() as u64);
        let together = calls.iter().rev().take_while(|call| call.end == of.end).count();
        let (calls, last) = calls.split_at(calls.len() - together);
        of.waiting.extend_from_slice(last);
        if let Some(last) = calls.last() {
            self.nests &= last.end <= of.end;
            self.release(place, &mut of);
            self.descend(place, &mut of, calls);
        }
        if of.left == 0 {
            self.release(place, &mut of);
            self.busy.no_more_of(place);
        }
        self.threads[place] = of;
    }

    /// Takes calls from the last to the first, except those of the first end.
    fn descend(&mut self, place: usize, of: &mut Thread, calls: &[TimedCall]) {
        let mut left = calls;
        while let [.., before, last] = left {
            if before.end < last.end {
                self.call(place, &mut of.stack, *last);
                left = &left[..left.len() - 1];
                continue;
            }
            if before.end > last.end {
                self.nests = false;
                return;
            }
            let Some(other) = left.iter().rposition(|call| call.end != last.end) else {
                break;
            };
            of.waiting.extend_from_slice(&left[other + 1..]);
            self.release(place, of);
            left = &left[..=other];
        }
        of.end = left.first().map_or(of.end, |call| call.end);
        of.waiting.extend_from_slice(left);
    }

    /// Takes the calls that wait in their order.
    fn release(&mut self, place: usize, of: &mut Thread) {
        let inner_last = |call: &TimedCall| (call.start != call.end, call.start, call.row);
        of.waiting.sort_by_key(inner_last);
        for call in of.waiting.drain(..) {
            self.waited_call(place, &mut of.stack, call);
        }
    }

    #[inline(never)]
    fn waited_call(&mut self, place: usize, stack: &mut Stack, call: TimedCall) {
        self.call(place, stack, call);
    }

    #[inline(always)]
    fn call(&mut self, place: usize, stack: &mut Stack, call: TimedCall) {
        // What starts with a call that has no length is around it.
        let until = call.end.saturating_add(i64::from(call.start == call.end));
        stack.close(until);
        self.nests &= call.start >= stack.start();
        if stack.is_empty() {
            self.busy.add(place, call.start, call.end);
        }
        self.nodes.add(place, stack, call);
    }

    /// The summary, when all calls have come; none where they do not nest, or are on too many paths.
    pub(crate) fn finish(self) -> Option<StoredSummary> {
        if !self.nests() || self.threads.iter().any(|thread| thread.left > 0) {
            return None;
        }
        let (rows, paths) = self.nodes.finish(self.numbers.seen());
        let spans = rows.iter().filter_map(|row| row.span_ns);
        let span_ns = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Some(StoredSummary {
            rows,
            paths: in_order_of_start(paths),
            span_ns,
            busy_ns: saturate(self.busy.finish()),
            threads: self.threads.len(),
        })
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
