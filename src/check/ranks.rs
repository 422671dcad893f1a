//! Which ranks a file has, and which it lacks.

use crate::profile::{Metadata, Value};
use crate::ranges::{runs, texts, without};
use crate::store::schema::{self, Catalog, Issues};
use crate::units::ranks_in_words;
use std::collections::BTreeSet;

/// Gaps between the ranks, and ranks that the size of the run promises.
pub(super) fn check(catalog: &Catalog, issues: &mut Issues) {
    let size = int(&catalog.metadata, "size").or_else(|| int(&catalog.metadata, "mpi_size"));
    let size = size.and_then(|size| u64::try_from(size).ok());
    let mut next = 0;
    let mut missing = Vec::new();
    for &rank in &catalog.ranks {
        if u64::from(rank) > next {
            missing.push(next as u32..=rank - 1);
        }
        next = u64::from(rank) + 1;
    }
    if let Some(size) = size {
        if next < size {
            let last = u32::try_from(size - 1).unwrap_or(u32::MAX);
            missing.push(u32::try_from(next).unwrap_or(u32::MAX)..=last);
        } else if next > size && size > 0 {
            issues.find(format!(
                "rank{}: the run is said to have had {size} ranks only",
                next - 1
            ));
        }
    }
    let missing = without(missing, &schema::left_out(&catalog.metadata));
    if !missing.is_empty() {
        let shown = texts(&missing[..missing.len().min(8)]);
        let more = if missing.len() > shown.len() { ", ..." } else { "" };
        let s = if missing.len() == 1 && missing[0].start() == missing[0].end() {
            ""
        } else {
            "s"
        };
        issues.find(format!("missing rank{s} {}{more}", shown.join(", ")));
    }
}

/// `rank 3`, `ranks 0-3, 5`.
pub(super) fn in_words(ranks: &BTreeSet<u32>) -> String {
    let ranks: Vec<u32> = ranks.iter().copied().collect();
    ranks_in_words(&runs(&ranks))
}

/// An integer among the facts of a run.
pub(super) fn int(metadata: &Metadata, name: &str) -> Option<i64> {
    match metadata.get(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}
