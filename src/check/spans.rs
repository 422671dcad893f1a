//! Spans that are in several regions. A span is in one, save where a field that names it was recorded after it had been
//! entered.

use crate::profile::SpanParent;
use crate::store::names;
use crate::store::schema::{Catalog, Decoder, Issues};
use crate::units::plural;

/// Says that so many spans of a rank are in several regions, if any are.
pub(super) fn report(rank: &str, in_several: u64, issues: &mut Issues) {
    if in_several > 0 {
        let are = if in_several == 1 { "is" } else { "are" };
        issues.note(format!(
            "{rank}: {} {are} in more than one region, as those are that a field names and that were entered before it was recorded",
            plural(in_several, "span")
        ));
    }
}

/// Checks what is known of the spans of each rank beside their entries.
pub(super) fn check(file: &dyn Decoder, catalog: &Catalog, issues: &mut Issues) {
    for &rank in &catalog.ranks {
        let facts = match file.span_facts(rank) {
            Ok(facts) => facts,
            Err(error) => {
                issues.find_error(&error);
                continue;
            }
        };
        let place = format!("{}{rank}/{}", names::RANK_PREFIX, names::SPANS);
        let lives = facts
            .iter()
            .filter_map(|facts| Some((facts, facts.created_ns?, facts.closed_ns?)));
        if let Some((facts, created, closed)) =
            lives.into_iter().find(|(_, created, closed)| created > closed)
        {
            issues.find(format!(
                "{place}: span {} is closed at {closed} ns, before it is created at {created} ns",
                facts.span
            ));
        }
        if let Some(threads) = catalog.threads(rank) {
            let is_unknown = |parent| match parent {
                Some(SpanParent::Call { thread, .. }) => !threads.contains_key(&thread),
                _ => false,
            };
            if let Some(facts) = facts.iter().find(|facts| is_unknown(facts.parent)) {
                issues.find(format!(
                    "{place}: span {} was created on a thread that the rank's list does not have",
                    facts.span
                ));
            }
        }
    }
}
