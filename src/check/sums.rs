//! The sums of calls whose intervals a file does not have.

use crate::profile::Sums;
use crate::store::schema::Issues;

/// Checks what a file says of the calls of the row at `place`.
pub(super) fn check(place: &str, sums: &Sums, issues: &mut Issues) {
    let statistics = &sums.statistics;
    let (Some(min), Some(max)) = (statistics.min_ns(), statistics.max_ns()) else {
        return;
    };
    let (count, total) = (statistics.count(), statistics.total_ns());
    if min > max {
        issues.find(format!(
            "{place}: a shortest call of {min} ns is longer than the longest, of {max} ns"
        ));
        return;
    }
    let of_all = |ns: i64| i128::from(ns) * i128::from(count);
    if !(of_all(min)..=of_all(max)).contains(&total.into()) {
        let calls = if count == 1 { "call" } else { "calls" };
        issues.find(format!(
            "{place}: {count} {calls} of {min} to {max} ns cannot take {total} ns"
        ));
    }
    if sums.exclusive_ns > total {
        issues.find(format!(
            "{place}: {} ns are exclusive, of {total} ns in all",
            sums.exclusive_ns
        ));
    }
}
