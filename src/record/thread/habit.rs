//! How the spans of a call site begin.

/// How many spans of a call site are watched on each thread.
const WATCHED: u8 = 32;
/// So many of them that are not entered at once make a call site one of such spans.
const OFTEN: u8 = 4;
/// Where a thread is: how many calls are open, and how much its block holds. Both stay as long as nothing is recorded.
pub(super) type Moment = (usize, usize);

/// How the spans of a call site begin on this thread, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct Habit {
    seen: u8,
    /// Of those, the ones that were not entered at once.
    late: u8,
    /// Whether they are given a parent.
    is_placed: bool,
}

impl Habit {
    /// Of spans whose creation is not looked at.
    pub(in crate::record) const PLAIN: Self = Self {
        seen: WATCHED,
        late: 0,
        is_placed: false,
    };

    /// After one more span was created while they are watched.
    pub(super) fn with_one_more(mut self) -> Self {
        self.seen += 1;
        self
    }

    /// The same, of spans that are given a parent.
    pub(super) fn placed(mut self) -> Self {
        self.is_placed = true;
        self
    }

    /// After one more span that was not entered at once.
    pub(super) fn with_one_late(mut self) -> Self {
        self.late = self.late.saturating_add(1);
        self
    }

    pub(super) fn is_watched(self) -> bool {
        self.seen < WATCHED
    }

    pub(super) fn is_late(self) -> bool {
        !self.is_watched() && self.late >= OFTEN
    }

    /// Whether the clock is read when a span is created.
    pub(super) fn is_looked_at(self) -> bool {
        self.is_watched() || self.is_late()
    }

    /// Whether nothing has to be noted of further spans.
    pub(in crate::record) fn is_plain(self) -> bool {
        !self.is_looked_at() && !self.is_placed
    }
}
