//! Reads what a rank's group says of spans beside their entries.

use crate::error::Result;
use crate::profile::{SpanFacts, SpanParent};
use crate::store::hdf5::Group;
use crate::store::names;

/// More are not believed.
const MOST: u64 = 1 << 32;

/// Reads the group `spans` of a rank. One of another writer, without the numbers of spans, is passed over.
pub(super) fn read(rank: &Group) -> Result<Vec<SpanFacts>> {
    let Some(group) = rank.find_group(&rank.members()?, names::SPANS)? else {
        return Ok(Vec::new());
    };
    let members = group.members()?;
    let Some(ids) = group.find_column(&members, names::SPAN_INDEX)? else {
        return Ok(Vec::new());
    };
    let len = ids.len();
    let path = group.path();
    if len > MOST {
        return Err(group.damaged(format!("{path} has {len} spans")));
    }
    let column = |name: &'static str, none: i64| {
        let Some(column) = group.find_column_beside(&members, name, len)? else {
            return Ok(vec![None; len as usize]);
        };
        if column.len() != len {
            let (index, other) = (names::SPAN_INDEX, column.len());
            return Err(group.damaged(format!(
                "{path} has {len} {index} but {other} {name}; the file is damaged"
            )));
        }
        let values = column.read(0..len)?.into_iter();
        Ok(values.map(|value| (value != none).then_some(value)).collect())
    };
    let created = column(names::SPAN_CREATED, names::NO_TIME)?;
    let closed = column(names::SPAN_CLOSED, names::NO_TIME)?;
    let parents = column(names::SPAN_PARENTS, names::NO_PARENT)?;
    let starts = column(names::SPAN_CALLERS, names::NO_TIME)?;
    let threads = column(names::SPAN_CALLER_THREADS, names::NO_PARENT)?;
    let mut all = Vec::new();
    for (at, span) in ids.read(0..len)?.into_iter().enumerate() {
        let Ok(span) = u32::try_from(span) else {
            return Err(group.damaged(format!(
                "{path}: row {at} is of span {span}, which is no number of a span"
            )));
        };
        let named = parents[at].map(|parent| match u32::try_from(parent) {
            Ok(0) | Err(_) => SpanParent::Nothing,
            Ok(parent) => SpanParent::Span(parent),
        });
        let call = starts[at]
            .zip(threads[at])
            .map(|(start_ns, thread)| SpanParent::Call {
                thread: u32::try_from(thread).unwrap_or(u32::MAX),
                start_ns,
            });
        let mut facts = SpanFacts::new(span);
        (facts.created_ns, facts.closed_ns) = (created[at], closed[at]);
        facts.parent = named.or(call);
        all.push(facts);
    }
    if !all.is_sorted_by(|a: &SpanFacts, b: &SpanFacts| a.span < b.span) {
        return Err(group.damaged(format!("{path}: the spans are not in order; the file is damaged")));
    }
    for (following, followed) in read_follows(&group)? {
        let place = all.binary_search_by_key(&following, |facts| i64::from(facts.span));
        let (Ok(at), Ok(followed)) = (place, u32::try_from(followed)) else {
            return Err(group.damaged(format!(
                "{path}: span {following} follows from span {followed}, but is not among the {}; the file is damaged",
                names::SPAN_INDEX
            )));
        };
        all[at].follows.push(followed);
    }
    Ok(all)
}

/// Which spans follow from which.
fn read_follows(group: &Group) -> Result<Vec<(i64, i64)>> {
    let members = group.members()?;
    let column = |name: &'static str| {
        let column = group.find_column(&members, name)?;
        let Some(column) = column else {
            return Ok(Vec::new());
        };
        if column.len() > MOST {
            let path = group.path();
            return Err(group.damaged(format!("{path} has {} {name}", column.len())));
        }
        column.read(0..column.len())
    };
    let (following, followed) = (column(names::SPAN_FOLLOWING)?, column(names::SPAN_FOLLOWED)?);
    if following.len() != followed.len() {
        return Err(group.damaged(format!(
            "{} has {} {} but {} {}; the file is damaged",
            group.path(),
            following.len(),
            names::SPAN_FOLLOWING,
            followed.len(),
            names::SPAN_FOLLOWED
        )));
    }
    Ok(following.into_iter().zip(followed).collect())
}
