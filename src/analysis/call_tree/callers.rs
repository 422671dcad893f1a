//! What spans are below that were given a parent, or were created in a call of another thread.
//!
//! In the tree by caller they go there, and not below what is open on their thread.

use crate::analysis::pass::RankCall;
use crate::error::Result;
use crate::profile::{Interval, Intervals, Numbers, Source, SpanParent};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of the spans of a rank, and where in the tree the calls are that they are below.
#[derive(Debug, Default)]
pub(super) struct Callers {
    parents: FxHashMap<u32, SpanParent>,
    /// Spans that others are below.
    wanted: FxHashSet<u32>,
    /// The nodes of those, once they were entered.
    spans: FxHashMap<u32, usize>,
    /// The nodes of calls in which spans were created, by thread and start, once they have begun.
    calls: FxHashMap<(u32, i64), Option<usize>>,
    /// The spans of calls that are yet to come, by row, thread and start.
    coming: FxHashMap<(usize, u32, i64), u32>,
}

/// More spans are not above each other.
const MOST_ABOVE: usize = 64;

impl Callers {
    /// Of a rank.
    pub(super) fn of_rank(source: &dyn Source, rank: u32) -> Result<Self> {
        let mut callers = Self::default();
        for facts in source.span_facts(rank)? {
            let Some(parent) = facts.parent else { continue };
            callers.parents.insert(facts.span, parent);
            match parent {
                SpanParent::Span(span) => drop(callers.wanted.insert(span)),
                SpanParent::Call { thread, start_ns } => {
                    callers.calls.insert((thread, start_ns), None);
                }
                SpanParent::Nothing => {}
            }
        }
        Ok(callers)
    }

    /// Whether no span is below anything but what is open on its thread.
    pub(super) fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Takes the next intervals of a row, whose calls come later.
    pub(super) fn take(&mut self, row: usize, chunk: &Intervals) {
        let spans = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
        for (Interval { start_ns, thread, .. }, &span) in chunk.iter().zip(spans.unwrap_or_default()) {
            if let Ok(span) = u32::try_from(span) {
                if self.parents.contains_key(&span) || self.wanted.contains(&span) {
                    self.coming.insert((row, thread, start_ns), span);
                }
            }
        }
    }

    /// The span of a call that begins, where it is below another or others are below it.
    pub(super) fn span_of(&mut self, row: usize, call: &RankCall) -> Option<u32> {
        self.coming.remove(&(row, call.thread, call.start))
    }

    /// The node that a span is below, 0 for the top level; None where that is what is open on its thread.
    pub(super) fn above(&self, mut span: u32) -> Option<usize> {
        for _ in 0..MOST_ABOVE {
            match self.parents.get(&span)? {
                SpanParent::Nothing => return Some(0),
                SpanParent::Call { thread, start_ns } => {
                    return self.calls.get(&(*thread, *start_ns)).copied().flatten();
                }
                SpanParent::Span(parent) => match self.spans.get(parent) {
                    Some(&node) => return Some(node),
                    // It was never entered: what is that below?
                    None => span = *parent,
                },
            }
        }
        None
    }

    /// A call has begun at this node.
    pub(super) fn begun(&mut self, span: Option<u32>, call: &RankCall, node: usize) {
        if let Some(span) = span.filter(|span| self.wanted.contains(span)) {
            self.spans.entry(span).or_insert(node);
        }
        if let Some(place) = self.calls.get_mut(&(call.thread, call.start)) {
            // Of calls inside each other that begin together the innermost comes last.
            *place = Some(node);
        }
    }
}
