//! When spans were created and closed, where their entries do not say it.

use crate::error::Result;
use crate::profile::{Interval, Source};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// When a span was created and closed, ns, where that is known.
pub(super) type CreatedAndClosed = (Option<i64>, Option<i64>);

/// What is known of the spans of a rank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends(Arc<FxHashMap<u32, CreatedAndClosed>>);

impl Ends {
    /// Of a rank; `cut` says what of an interval counts.
    pub(crate) fn of_rank(
        source: &dyn Source,
        rank: u32,
        cut: impl Fn(Interval) -> Option<Interval>,
    ) -> Result<Self> {
        let part = |start_ns, end_ns| {
            let whole = Interval {
                start_ns,
                end_ns,
                thread: 0,
            };
            cut(whole)
        };
        let mut ends = FxHashMap::default();
        for facts in source.span_facts(rank)? {
            let created = facts.created_ns.and_then(|ns| Some(part(ns, i64::MAX)?.start_ns));
            let closed = facts.closed_ns.and_then(|ns| Some(part(i64::MIN, ns)?.end_ns));
            if created.is_some() || closed.is_some() {
                ends.insert(facts.span, (created, closed));
            }
        }
        Ok(Self(Arc::new(ends)))
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When a span was created and closed.
    pub(super) fn get(&self, span: u32) -> CreatedAndClosed {
        self.0.get(&span).copied().unwrap_or_default()
    }
}
