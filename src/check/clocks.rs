//! What a file says of the clocks of its ranks.

use crate::store::names;
use crate::store::schema::{Catalog, Issues};

/// What is said of each rank's clock: bounds are no less than zero, and corrections in order of time.
pub(super) fn check(catalog: &Catalog, issues: &mut Issues) {
    for &rank in &catalog.ranks {
        let place = format!("{}{rank}/{}", names::RANK_PREFIX, names::CLOCK);
        let list = |name| catalog.rank_list(rank, name);
        for name in [names::CLOCK_BOUND, names::CLOCK_MEASURED_BOUND] {
            if let Some(bound) = list(name).into_iter().flatten().find(|&bound| bound < 0) {
                issues.find(format!("{place}: {name} is {bound}; it must not be negative"));
            }
        }
        for (times, values) in [
            (names::CLOCK_ADDED_AT, names::CLOCK_ADDED),
            (names::CLOCK_MEASURED_AT, names::CLOCK_MEASURED_BOUND),
        ] {
            let (at, of) = (list(times).unwrap_or_default(), list(values).unwrap_or_default());
            if at.len() != of.len() {
                issues.find(format!(
                    "{place} has {} {times} but {} {values}",
                    at.len(),
                    of.len()
                ));
            }
            if !at.is_sorted() {
                issues.find(format!("{place}: {times} are not in order"));
            }
        }
    }
}
