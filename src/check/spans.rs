//! Spans that are in several regions. A span is in one, save where a field that names it was recorded after it had been
//! entered.

use crate::store::schema::Issues;
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
