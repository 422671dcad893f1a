//! Regions as the program holds them: the handle and the guard.

use super::global;
use super::names::NameId;
use super::recording::Recording;
use super::sync::Arc;
use super::thread::buffer::ThreadBuffer;
use super::thread::current::{with_buffer, with_current};
use super::thread::entered::Entered;
use crate::note::Bits;
use crate::profile::Number;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// A region of a session: tells what has been recorded, and enters it without a look-up by name.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig};
///
/// let profiler = Profiler::new(ProfilingConfig::new().flush_to_disk(false).verbose(false))?;
/// drop(profiler.profile_region("assemble"));
///
/// let region = profiler.get_region("assemble").expect("it has been entered");
/// for _ in 0..9 {
///     let _guard = region.enter();
/// }
/// assert_eq!(region.num_calls(), 10);
/// assert_eq!(region.durations_ns().len(), 10);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone)]
pub struct Region {
    recording: Arc<Recording>,
    id: NameId,
}

impl Region {
    pub(crate) fn new(recording: &Arc<Recording>, id: NameId) -> Self {
        Self {
            recording: Arc::clone(recording),
            id,
        }
    }

    /// The region's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.name()
    }

    /// Completed calls of all threads, flushed or not, including those that were dropped.
    #[must_use]
    pub fn num_calls(&self) -> u64 {
        self.recording.num_calls(self.id)
    }

    /// Spans created under this name on all threads. A span that is entered several times, as that of a
    /// future is for each poll, is one span and several calls. 0 for regions of guards.
    #[must_use]
    pub fn num_spans(&self) -> u64 {
        self.recording.num_spans(self.id)
    }

    /// The durations, in ns, of the calls that are in memory and not yet flushed: each thread's in
    /// the order in which they ended. Empty when calls are only counted.
    #[must_use]
    pub fn durations_ns(&self) -> Vec<i64> {
        self.recording.undrained_durations(self.id)
    }

    /// Enters the region; it is left when the guard is dropped.
    #[inline]
    pub fn enter(&self) -> RegionGuard {
        RegionGuard::enter_in(&self.recording, self.id)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// An entered region. It is left, and the interval recorded, when the guard is dropped, also while
/// a panic unwinds.
///
/// The guard stays on the thread that made it:
///
/// ```compile_fail
/// let guard = scope_profiler::ProfileManager::profile_region("step");
/// std::thread::spawn(move || drop(guard));
/// ```
#[must_use = "the region is left as soon as the guard is dropped; bind it: `let _guard = ...`"]
pub struct RegionGuard {
    session: u64,
    /// Marked once the call has numbers.
    entered: Cell<Entered>,
    /// Intervals belong to a thread.
    not_send: PhantomData<*const ()>,
}

impl RegionGuard {
    /// Enters a region of the global session, if there is one.
    #[inline(always)]
    pub(crate) fn enter_global(id: impl FnOnce() -> NameId) -> Self {
        match global::session() {
            0 => Self::of_nothing(),
            session => Self::enter(session, id(), global::recording),
        }
    }

    #[inline(always)]
    pub(crate) fn enter_in(recording: &Arc<Recording>, id: NameId) -> Self {
        if recording.is_closed() {
            Self::of_nothing()
        } else {
            Self::enter(recording.id, id, || Some(Arc::clone(recording)))
        }
    }

    #[inline(always)]
    fn enter(session: u64, id: NameId, attach_to: impl FnOnce() -> Option<Arc<Recording>>) -> Self {
        let fast = with_current(session, |buffer| buffer.enter_fast(id)).flatten();
        let entered = match fast {
            Some(entered) => entered,
            None => enter_slow(session, id, attach_to),
        };
        Self::of(session, entered)
    }

    #[inline(always)]
    pub(super) fn of(session: u64, entered: Entered) -> Self {
        Self {
            session,
            entered: Cell::new(entered),
            not_send: PhantomData,
        }
    }

    /// Records a number of this call, such as the bytes that it moves: in the profile it is beside the call's interval.
    /// Of two numbers with the same name the last counts.
    ///
    /// Only [fields](crate::ProfilingConfig::fields) that the session records are kept; others cost a comparison. NaN
    /// is as good as no number. Any number can be given that is [`Into<Number>`](crate::profile::Number): integers,
    /// floating-point numbers, `bool`.
    ///
    /// ```
    /// use scope_profiler::{Profiler, ProfilingConfig};
    ///
    /// let config = ProfilingConfig::new().fields(["bytes", "residual"]);
    /// let profiler = Profiler::new(config.flush_to_disk(false).verbose(false))?;
    /// for step in 1..=10 {
    ///     let solve = profiler.profile_region("solve");
    ///     solve.record("residual", 1.0 / f64::from(step));
    /// }
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[inline]
    pub fn record(&self, field: &'static str, number: impl Into<Number>) {
        let entered = self.entered.get();
        if !entered.is_timed() {
            return;
        }
        if record_number(self.session, entered, field, Bits::of(number.into())) {
            self.entered.set(entered.numbered());
        }
    }

    /// Whether numbers of this call are recorded.
    #[doc(hidden)]
    #[inline(always)]
    #[must_use]
    pub fn takes_numbers(&self) -> bool {
        global::records_numbers() && self.entered.get().is_timed()
    }

    #[inline(always)]
    pub(super) fn of_nothing() -> Self {
        Self::of(0, Entered::NOTHING)
    }
}

// These take the parts of a guard and not the guard: otherwise it would have to be in memory, also on the fast path.

#[inline(never)]
fn record_number(session: u64, entered: Entered, field: &'static str, number: Bits) -> bool {
    let record = |buffer: &ThreadBuffer| buffer.record_number_fast(entered, field, number);
    match with_current(session, record).flatten() {
        Some(is_kept) => is_kept,
        None => record_number_slow(session, entered, field, number),
    }
}

#[cold]
#[inline(never)]
fn record_number_slow(session: u64, entered: Entered, field: &'static str, number: Bits) -> bool {
    let record = |buffer: &ThreadBuffer| buffer.record_number(entered, field, number);
    with_buffer(session, || None, record) == Some(true)
}

#[inline(never)]
fn exit_otherwise(session: u64, entered: Entered) {
    if with_current(session, |buffer| buffer.exit_noted(entered)) != Some(true) {
        exit_slow(session, entered);
    }
}

#[cold]
#[inline(never)]
fn exit_slow(session: u64, entered: Entered) {
    let exit = |buffer: &ThreadBuffer| {
        if !buffer.exit_numbered(entered) && !buffer.exit_fast(entered) {
            buffer.exit_slow(entered);
        }
    };
    with_buffer(session, || None, exit);
}

#[cold]
#[inline(never)]
pub(super) fn enter_slow(
    session: u64,
    id: NameId,
    attach_to: impl FnOnce() -> Option<Arc<Recording>>,
) -> Entered {
    with_buffer(session, attach_to, |buffer| buffer.enter_slow(id)).unwrap_or(Entered::NOTHING)
}

impl Drop for RegionGuard {
    #[inline(always)]
    fn drop(&mut self) {
        let entered = self.entered.get();
        if entered.is_nothing() {
            return;
        }
        let left = with_current(self.session, |buffer| buffer.exit_fast(entered));
        if left != Some(true) {
            exit_otherwise(self.session, entered);
        }
    }
}

impl fmt::Debug for RegionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionGuard")
            .field("recording", &!self.entered.get().is_nothing())
            .finish_non_exhaustive()
    }
}
