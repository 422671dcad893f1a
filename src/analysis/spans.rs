//! Regions of spans whose spans and calls differ: spans that were entered several times, as those of futures
//! are for each poll, or never.

use super::selection::RegionFilter;
use crate::profile::Source;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// So many calls of one span are a loop.
const AGAIN_AND_AGAIN: u64 = 10;

/// The spans and the calls of one region, over the chosen ranks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSpans {
    name: String,
    spans: u64,
    calls: u64,
    rows: u64,
}

impl RegionSpans {
    /// The region.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Spans created.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// How often a span was entered.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }
}

/// The chosen regions in which spans and calls differ, those first where they differ most.
///
/// Left out is where a span is simply entered again and again: where there is no more than one on each rank,
/// which the program keeps and enters ten times or more.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::spans;
/// use scope_profiler::profile::{Call, Profile};
///
/// let mut profile = Profile::builder().spans(0, "request", 2).spans(0, "tick", 1).spans(0, "step", 50);
/// for n in 0..50 {
///     profile.push(Call::new("request", 100 * n..100 * n + 10)); // 2 spans, polled 50 times
///     profile.push(Call::new("tick", 100 * n + 20..100 * n + 30)); // 1 span, entered in a loop
///     profile.push(Call::new("step", 100 * n + 40..100 * n + 50)); // a span for each call
/// }
/// let regions = spans::of(&profile.build(), &RegionFilter::new());
/// assert_eq!(regions.len(), 1);
/// assert_eq!((regions[0].name(), regions[0].spans(), regions[0].calls()), ("request", 2, 50));
/// ```
#[must_use]
pub fn of(source: &dyn Source, filter: &RegionFilter) -> Vec<RegionSpans> {
    let chosen = filter.chosen_regions(source);
    let mut regions: BTreeMap<usize, RegionSpans> = BTreeMap::new();
    for row in source.rows() {
        let Some(spans) = row
            .spans
            .filter(|_| chosen[row.name] && filter.keeps_rank(row.rank))
        else {
            continue;
        };
        let region = regions.entry(row.name).or_insert_with(|| RegionSpans {
            name: source.names()[row.name].clone(),
            spans: 0,
            calls: 0,
            rows: 0,
        });
        region.spans = region.spans.saturating_add(spans);
        region.calls = region.calls.saturating_add(row.calls);
        region.rows += 1;
    }
    let again_and_again = |region: &RegionSpans| {
        region.spans <= region.rows && region.calls >= region.spans.saturating_mul(AGAIN_AND_AGAIN)
    };
    let mut regions: Vec<RegionSpans> = regions
        .into_values()
        .filter(|region| region.spans != region.calls && !again_and_again(region))
        .collect();
    regions.sort_by(|a, b| {
        let key = |region: &RegionSpans| Reverse(region.spans.abs_diff(region.calls));
        (key(a), &a.name).cmp(&(key(b), &b.name))
    });
    regions
}
