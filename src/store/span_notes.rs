//! What threads have noted of spans, put together.

use crate::note::{Noted, SpanNote};
use crate::profile::{SpanFacts, SpanParent};
use rustc_hash::FxHashMap;

/// What was noted of each span so far, in ticks.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanNotes(FxHashMap<u32, Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    created: Option<u64>,
    closed: Option<u64>,
    parent: Option<Parent>,
    follows: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Parent {
    Span(u32),
    Call { thread: u32, start: u64 },
}

impl SpanNotes {
    /// Adds what a thread has noted.
    pub(crate) fn add(&mut self, thread: u32, note: SpanNote) {
        let known = self.0.entry(note.serial).or_default();
        match note.what {
            Noted::Created(tick) => known.created = Some(tick),
            Noted::Closed(tick) => known.closed = Some(tick),
            Noted::Parent(serial) => known.parent = Some(Parent::Span(serial)),
            Noted::Follows(serial) => known.follows.push(serial),
            Noted::Caller(start) => known.parent = Some(Parent::Call { thread, start }),
        }
    }

    /// A span that is closed before it is created, if there is one.
    pub(crate) fn closed_before_created(&self) -> Option<u32> {
        let is_wrong = |known: &Known| {
            known
                .created
                .zip(known.closed)
                .is_some_and(|(created, closed)| created > closed)
        };
        let wrong = self.0.iter().filter(|(_, known)| is_wrong(known));
        wrong.map(|(&serial, _)| serial).min()
    }

    /// All of it, in order of the spans' numbers. `ns` turns a tick into ns.
    pub(crate) fn facts(&self, mut ns: impl FnMut(u64) -> i64) -> Vec<SpanFacts> {
        let mut facts: Vec<SpanFacts> = (self.0.iter())
            .map(|(&span, known)| {
                let mut facts = SpanFacts::new(span);
                facts.created_ns = known.created.map(&mut ns);
                facts.closed_ns = known.closed.map(&mut ns);
                facts.parent = known.parent.map(|parent| match parent {
                    Parent::Span(0) => SpanParent::Nothing,
                    Parent::Span(serial) => SpanParent::Span(serial),
                    Parent::Call { thread, start } => SpanParent::Call {
                        thread,
                        start_ns: ns(start),
                    },
                });
                facts.follows.clone_from(&known.follows);
                facts.follows.sort_unstable();
                facts.follows.dedup();
                facts
            })
            .collect();
        facts.sort_unstable_by_key(|facts| facts.span);
        facts
    }
}
