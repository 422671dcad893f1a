//! What a file says of the run as a whole.

use super::catalog::Catalog;
use super::names;
use crate::profile::{Metadata, RankRun, RowFacts, RunFacts};
use crate::ranges::{contains, merged, without};
use crate::store::schema::attributes::{int, text};
use std::ops::RangeInclusive;

/// The facts of the run that `catalog` is of.
pub(in crate::store) fn facts(catalog: &Catalog) -> RunFacts {
    let metadata = &catalog.metadata;
    let mut run = RunFacts {
        missing: missing(catalog),
        incomplete: text(metadata, names::INCOMPLETE_RANKS).map_or_else(Vec::new, |text| ranges(&text)),
        sums_only: sums_only(catalog),
        suspended_ns: int(metadata, names::SUSPENDED).unwrap_or(0).max(0),
        ..RunFacts::default()
    };
    let only_rank = catalog.ranks.len() == 1;
    for &rank in &catalog.ranks {
        let mut of_rank = RankRun::default();
        if let Some(entry) = catalog.of_rank.get(&rank) {
            let facts = &entry.facts;
            of_rank.span_ns = span(facts);
            of_rank.ended_by = text(facts, names::ENDED_BY);
            of_rank.recorded_calls = int(facts, names::RECORDED).and_then(|calls| u64::try_from(calls).ok());
            let lost = int(facts, names::LOST_NUMBERS).and_then(|lost| u64::try_from(lost).ok());
            of_rank.lost_numbers = lost.unwrap_or(0);
            of_rank.clock = entry.clock.clone();
            if int(facts, names::COMPLETE) == Some(0) && !contains(&run.incomplete, rank) {
                run.incomplete.push(rank..=rank);
            }
        }
        if only_rank && of_rank.ended_by.is_none() {
            of_rank.ended_by = text(metadata, names::ENDED_BY);
        }
        run.ranks.insert(rank, of_rank);
    }
    run.incomplete = merged(run.incomplete);
    run
}

/// What is known of a row beyond its counts.
pub(in crate::store) fn row_facts(catalog: &Catalog, row: usize) -> RowFacts {
    let mut facts = RowFacts::from(catalog.sites[row].clone());
    facts.inclusive_ns = catalog.inclusive_ns(row);
    facts
}

fn sums_only(catalog: &Catalog) -> bool {
    catalog.sites.iter().any(|site| site.sums.is_some()) && catalog.rows.iter().all(|row| row.intervals == 0)
}

fn span(facts: &Metadata) -> Option<(i64, i64)> {
    let start = int(facts, names::SESSION_START)?;
    let end = int(facts, names::SESSION_END)?;
    (start <= end).then_some((start, end))
}

/// Ranks that the file says are missing, and gaps between its ranks up to the size of the run.
fn missing(catalog: &Catalog) -> Vec<RangeInclusive<u32>> {
    if catalog.of_one_rank {
        return Vec::new();
    }
    let stated = text(&catalog.metadata, names::MISSING_RANKS).map_or_else(Vec::new, |text| ranges(&text));
    let size = int(&catalog.metadata, "size").or_else(|| int(&catalog.metadata, "mpi_size"));
    let size = size.and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
    let left_out = left_out(&catalog.metadata);
    let mut missing: Vec<_> = stated
        .into_iter()
        .filter(|range| !catalog.ranks.iter().any(|rank| range.contains(rank)))
        .collect();
    let mut next = 0;
    for &rank in &catalog.ranks {
        if rank > next {
            missing.push(next..=rank - 1);
        }
        next = rank.saturating_add(1);
    }
    if next < size && !catalog.ranks.is_empty() {
        missing.push(next..=size - 1);
    }
    without(merged(missing), &left_out)
}

/// The ranks that an export left out.
pub(crate) fn left_out(metadata: &Metadata) -> Vec<RangeInclusive<u32>> {
    text(metadata, names::LEFT_OUT_RANKS).map_or_else(Vec::new, |text| merged(ranges(&text)))
}

/// Parses `0-3,7`; invalid parts are skipped.
fn ranges(text: &str) -> Vec<RangeInclusive<u32>> {
    let range = |part: &str| {
        let part = part.trim();
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = first.parse().ok()?..=last.parse().ok()?;
        (!range.is_empty()).then_some(range)
    };
    text.split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Value;

    #[test]
    fn missing_ranks_are_what_the_file_says_and_the_gaps_up_to_its_size() {
        let catalog = Catalog {
            ranks: vec![1, 2, 5],
            metadata: Metadata::from([
                ("size".into(), Value::Int(8)),
                (names::MISSING_RANKS.into(), Value::Text("3-4, x, 9-7,11".into())),
            ]),
            ..Catalog::default()
        };
        assert_eq!(facts(&catalog).missing, [0..=0, 3..=4, 6..=7, 11..=11]);
    }

    #[test]
    fn ranks_that_an_export_left_out_are_not_missing() {
        let ranks = |text: &str| merged(ranges(text));
        assert_eq!(without(ranks("0-9"), &ranks("0-1,3,8-20")), ranks("2,4-7"));
        assert_eq!(without(ranks("0-3,7"), &ranks("5")), ranks("0-3,7"));
        assert_eq!(without(ranks("4294967295"), &ranks("4294967295")), []);
    }

    #[test]
    fn a_rank_whose_log_did_not_end_is_incomplete_whatever_the_root_says() {
        let mut catalog = Catalog {
            ranks: vec![0, 1],
            ..Catalog::default()
        };
        let killed = Metadata::from([
            (names::COMPLETE.into(), Value::Int(0)),
            (names::SESSION_START.into(), Value::Int(5)),
            (names::SESSION_END.into(), Value::Int(9)),
        ]);
        catalog.of_rank.entry(1).or_default().facts = killed;
        let run = facts(&catalog);
        assert_eq!(run.incomplete, [1..=1]);
        assert_eq!(run.spans(&[1]).map(|spans| spans[&1]), Some((5, 9)));
        assert_eq!(run.spans(&[0, 1]), None);
    }
}
