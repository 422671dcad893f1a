//! One call of a region, as a profile in memory takes it.

use super::Number;
use std::ops::Range;

/// One call of a region: what [`ProfileBuilder::interval`](super::ProfileBuilder::interval) takes.
///
/// ```
/// use scope_profiler::profile::{Call, Profile, Source};
///
/// let profile = Profile::builder()
///     .interval(Call::new("solve", 100..900)) // on rank 0, thread 0
///     .interval(Call::new("solve", 120..820).rank(1).thread(3))
///     .build();
/// assert_eq!(profile.ranks(), [0, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a call does nothing until a profile takes it"]
pub struct Call<'a> {
    pub(super) region: &'a str,
    pub(super) start_ns: i64,
    pub(super) end_ns: i64,
    pub(super) rank: u32,
    pub(super) thread: u32,
    pub(super) span: u32,
    pub(super) numbers: &'a [(&'a str, Number)],
}

impl<'a> Call<'a> {
    /// A call of `region` from `start_ns..end_ns`, in nanoseconds on one clock. An end before the start is kept as
    /// it is.
    pub fn new(region: &'a str, ns: Range<i64>) -> Self {
        Self {
            region,
            start_ns: ns.start,
            end_ns: ns.end,
            rank: 0,
            thread: 0,
            span: 0,
            numbers: &[],
        }
    }

    /// Sets the rank. Defaults to 0.
    pub fn rank(mut self, rank: u32) -> Self {
        self.rank = rank;
        self
    }

    /// Sets the thread, a small number within the rank. Defaults to 0.
    pub fn thread(mut self, thread: u32) -> Self {
        self.thread = thread;
        self
    }

    /// Sets the serial number of the span, which all calls of the span have: a number within the rank. Defaults to
    /// 0, a call of a guard.
    ///
    /// ```
    /// use scope_profiler::profile::{Call, Intervals, Numbers, Profile, Source};
    ///
    /// let polls = [Call::new("fetch", 0..2).span(1), Call::new("fetch", 90..95).span(1)];
    /// let profile = polls.into_iter().fold(Profile::builder(), |all, poll| all.interval(poll)).build();
    /// let mut intervals = Intervals::new().with_column(Intervals::SPAN);
    /// profile.read(0, 0..2, &mut intervals)?;
    /// assert_eq!(intervals.column(Intervals::SPAN), Some(&Numbers::Int(vec![1, 1])));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    pub fn span(mut self, span: u32) -> Self {
        self.span = span;
        self
    }

    /// Sets the numbers of the call, each with the name of its [field](super::Field); of two with the same name the
    /// last counts. Defaults to none.
    pub fn numbers(mut self, numbers: &'a [(&'a str, Number)]) -> Self {
        self.numbers = numbers;
        self
    }
}
