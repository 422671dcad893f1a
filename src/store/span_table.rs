//! The columns of a rank of what is known of spans beside their entries.

use super::hdf5::{NewGroup, Values};
use super::names;
use crate::error::Result;
use crate::profile::{SpanFacts, SpanParent};

/// Writes the group `spans` of a rank, if there is anything to write. Columns without any value are left out.
pub(crate) fn write(rank: &NewGroup, facts: &[SpanFacts]) -> Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let group = rank.create_group(names::SPANS)?;
    let ids: Vec<u32> = facts.iter().map(|facts| facts.span).collect();
    group.column(names::SPAN_INDEX, Values::Uint32(&ids))?;
    let call = |facts: &SpanFacts| match facts.parent {
        Some(SpanParent::Call { thread, start_ns }) => Some((thread, start_ns)),
        _ => None,
    };
    let named = |facts: &SpanFacts| match facts.parent {
        Some(SpanParent::Span(span)) => Some(span.into()),
        Some(SpanParent::Nothing) => Some(0),
        _ => None,
    };
    type Value<'a> = &'a dyn Fn(&SpanFacts) -> Option<i64>;
    let columns: [(&str, i64, Value<'_>); 5] = [
        (names::SPAN_CREATED, names::NO_TIME, &|facts| facts.created_ns),
        (names::SPAN_CLOSED, names::NO_TIME, &|facts| facts.closed_ns),
        (names::SPAN_PARENTS, names::NO_PARENT, &named),
        (names::SPAN_CALLERS, names::NO_TIME, &|facts| Some(call(facts)?.1)),
        (names::SPAN_CALLER_THREADS, names::NO_PARENT, &|facts| {
            Some(call(facts)?.0.into())
        }),
    ];
    for (name, none, value) in columns {
        if facts.iter().any(|facts| value(facts).is_some()) {
            let values: Vec<i64> = facts.iter().map(|facts| value(facts).unwrap_or(none)).collect();
            group.column(name, Values::Int64(&values))?;
        }
    }
    let pairs = facts
        .iter()
        .flat_map(|facts| facts.follows.iter().map(|&followed| (facts.span, followed)));
    let (following, followed): (Vec<u32>, Vec<u32>) = pairs.unzip();
    if !following.is_empty() {
        group.column(names::SPAN_FOLLOWING, Values::Uint32(&following))?;
        group.column(names::SPAN_FOLLOWED, Values::Uint32(&followed))?;
    }
    Ok(())
}
