//! A region as it was entered: what a guard keeps.
#![allow(unsafe_code)]

use super::counters::Counters;
use crate::record::names::NameId;

/// A region as it was entered; what the guard keeps.
///
/// Two whole words, and no `Option` around them: a guard that is read back in other pieces than it
/// was written in stalls the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    /// The region's number, and above it the index on the open stack or one of the marks below.
    what: u64,
    /// When it was entered; where it is only counted, the address of the counters.
    start: u64,
}

/// Instead of an index on the stack: nothing was entered.
const NOTHING: u32 = u32::MAX;
/// Instead of an index on the stack: the call is only counted.
const COUNTED: u32 = u32::MAX - 1;

/// Marks an index on the stack: the call has numbers, and is not left on the fast path.
const NUMBERED: u32 = 1 << 31;

impl Entered {
    /// Nothing was entered.
    pub(crate) const NOTHING: Self = Self {
        what: (NOTHING as u64) << 32,
        start: 0,
    };

    #[inline(always)]
    pub(super) fn new(region: NameId, index: usize, start: u64) -> Self {
        Self {
            what: u64::from(region.number()) | (index as u64) << 32,
            start,
        }
    }

    /// A call that is only counted, in these counters.
    #[inline(always)]
    pub(super) fn counted(counters: *const Counters) -> Self {
        Self {
            what: (COUNTED as u64) << 32,
            start: counters.expose_provenance() as u64,
        }
    }

    #[inline(always)]
    pub(crate) fn is_nothing(self) -> bool {
        self.index() == NOTHING
    }

    #[inline(always)]
    pub(super) fn index(self) -> u32 {
        (self.what >> 32) as u32
    }

    /// Whether it leaves an interval.
    #[inline(always)]
    pub(crate) fn is_timed(self) -> bool {
        self.index() < COUNTED
    }

    /// The same call, which has numbers.
    #[inline(always)]
    pub(crate) fn numbered(self) -> Self {
        Self {
            what: self.what | u64::from(NUMBERED) << 32,
            ..self
        }
    }

    /// The index on the stack of a call that is timed.
    #[inline(always)]
    pub(super) fn place(self) -> usize {
        (self.index() & !NUMBERED) as usize
    }

    #[inline(always)]
    pub(super) fn region(self) -> NameId {
        NameId::from_number(self.what as u32)
    }

    #[inline(always)]
    pub(super) fn start(self) -> u64 {
        self.start
    }

    /// Where the call is counted; None unless it was entered to be counted only.
    ///
    /// # Safety
    ///
    /// It was entered on this thread, whose counters are still there.
    #[inline(always)]
    pub(super) unsafe fn counters<'a>(self) -> Option<&'a Counters> {
        // SAFETY: `counted` stored the address of counters; by this function's contract they are there.
        (self.index() == COUNTED)
            .then(|| unsafe { &*std::ptr::with_exposed_provenance::<Counters>(self.start as usize) })
    }
}
