//! The threads of a rank: small consecutive numbers for them, and whether their calls overlap.

pub(crate) use crate::places::Places as ThreadIndex;

/// Whether calls of different threads overlap, of calls in order of start.
#[derive(Clone, Debug)]
pub(crate) struct ThreadOverlap {
    /// The latest end so far, its thread, and the latest end of all other threads.
    latest: (u32, i64),
    latest_of_others: i64,
    found: bool,
}

impl ThreadOverlap {
    /// No call so far.
    pub(crate) const NONE: Self = Self {
        latest: (0, i64::MIN),
        latest_of_others: i64::MIN,
        found: false,
    };

    /// They do.
    pub(crate) const FOUND: Self = Self {
        found: true,
        ..Self::NONE
    };

    /// Takes the next call.
    #[inline]
    pub(crate) fn add(&mut self, thread: u32, start: i64, end: i64) {
        let (latest_thread, latest_end) = self.latest;
        if thread == latest_thread {
            self.found |= start < self.latest_of_others;
            self.latest.1 = latest_end.max(end);
        } else {
            self.found |= start < latest_end;
            if end > latest_end {
                self.latest_of_others = latest_end;
                self.latest = (thread, end);
            } else {
                self.latest_of_others = self.latest_of_others.max(end);
            }
        }
    }

    /// Takes calls of the only thread so far, of which the last ends at `last_end`.
    pub(crate) fn add_only(&mut self, thread: u32, last_end: i64) {
        self.latest = (thread, self.latest.1.max(last_end));
    }

    /// Whether any did.
    pub(crate) fn found(&self) -> bool {
        self.found
    }
}
