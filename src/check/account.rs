//! The invariant: recorded = written + dropped + still open.

use crate::profile::{Metadata, Value};
use crate::store::names;
use crate::store::schema::Issues;
use crate::units::count;

/// What became of the calls of a rank, or of all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    pub(super) written: u64,
    pub(super) dropped: u64,
    pub(super) open: u64,
}

/// What a file is and how much is in it.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) contents: String,
    /// Calls as they were counted while the program ran.
    pub(super) recorded: Option<u64>,
    pub(super) account: Account,
}

impl Account {
    pub(super) fn add(&mut self, other: Self) {
        self.written = self.written.saturating_add(other.written);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.open = self.open.saturating_add(other.open);
    }

    pub(super) fn sum(self) -> u64 {
        [self.written, self.dropped, self.open]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Says so where the invariant does not hold for the part of the file called `place`.
    pub(super) fn compare(self, place: &str, recorded: u64, issues: &mut Issues) {
        let Self {
            written,
            dropped,
            open,
        } = self;
        let sum = self.sum();
        if recorded != sum {
            let calls_were = if recorded == 1 { "call was" } else { "calls were" };
            issues.find(format!(
                "{place}: {recorded} {calls_were} recorded, but {written} written + {dropped} dropped + {open} still open are {sum}"
            ));
        }
    }
}

/// The signal that ended what these facts are of.
pub(super) fn signal(facts: &Metadata) -> Option<&str> {
    match facts.get(names::ENDED_BY) {
        Some(Value::Text(signal)) => Some(signal),
        _ => None,
    }
}

/// Why recording has no end, and what became of the calls in memory; `whole` where every recorded call
/// is accounted for.
pub(super) fn cut_short(signal: Option<&str>, whole: bool) -> String {
    match signal {
        Some(signal) if whole => format!("{signal} ended the process; what was in memory was saved"),
        Some(signal) => format!("{signal} ended the process; some of what was in memory may be missing"),
        None => "the process was killed or is still running; what was only in memory is not counted".into(),
    }
}

impl Checked {
    /// The invariant in numbers.
    pub(super) fn invariant(&self) -> String {
        let recorded = match self.recorded {
            None => "recorded calls unknown:".into(),
            Some(recorded) if recorded == self.account.sum() => format!("recorded {} =", count(recorded)),
            Some(recorded) => format!("recorded {}, not", count(recorded)),
        };
        format!(
            "{recorded} written {} + dropped {} + still open {}",
            count(self.account.written),
            count(self.account.dropped),
            count(self.account.open)
        )
    }
}
