//! From a thread to its lanes: one for each session that it has recorded in.
#![allow(unsafe_code)]

use super::Recording;
use super::lane::Lane;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The lanes of this thread.
#[derive(Default)]
struct Lanes {
    /// Boxed, as CURRENT points to them.
    all: RefCell<Vec<Box<Lane>>>,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still enter and leave regions.
        CURRENT.set(NOWHERE);
    }
}

/// No session has this number, nor has none, which is 0.
const NOWHERE: (u64, *const Lane) = (u64::MAX, std::ptr::null());

thread_local! {
    /// The session that this thread recorded in last, and its lane. Needs no destructor, so that it
    /// can be read at any time.
    static CURRENT: Cell<(u64, *const Lane)> = const { Cell::new(NOWHERE) };
    static LANES: Lanes = Lanes::default();
    static INTERNAL: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` on this thread's lane of the session with this number, where that is the one it
/// recorded in last.
#[inline(always)]
pub(crate) fn with_current<R>(session: u64, f: impl FnOnce(&Lane) -> R) -> Option<R> {
    let (current, lane) = CURRENT.get();
    if current != session {
        return None;
    }
    // SAFETY: no session is `NOWHERE`'s. Lanes are boxed and stay where they are until `Lanes` is
    // dropped, which clears CURRENT first, or until `attach` discards those of closed sessions,
    // which it does only while none of them is in use.
    Some(f(unsafe { &*lane }))
}

/// The same for any session. A thread that has no lane gets one in the recording that `attach_to`
/// gives, unless the session is over, or the thread is at its very end, or is just doing this
/// further up its stack.
#[inline(always)]
pub(crate) fn with_lane<R>(
    session: u64,
    attach_to: impl FnOnce() -> Option<Arc<Recording>>,
    f: impl FnOnce(&Lane) -> R,
) -> Option<R> {
    let lane = match CURRENT.get() {
        (current, lane) if current == session => lane,
        _ => switch_to(session).or_else(|| attach(attach_to()?))?,
    };
    // SAFETY: as in `with_current`; the two functions give the lane that CURRENT has now.
    Some(f(unsafe { &*lane }))
}

#[cold]
#[inline(never)]
fn switch_to(session: u64) -> Option<*const Lane> {
    LANES
        .try_with(|lanes| {
            let lanes = lanes.all.try_borrow().ok()?;
            let lane: *const Lane = &**lanes.iter().find(|lane| lane.recording.id == session)?;
            CURRENT.set((session, lane));
            Some(lane)
        })
        .ok()?
}

/// Regions that this thread enters are not recorded: it is the profiler's own.
pub(crate) fn never_record_this_thread() {
    INTERNAL.set(true);
}

#[cold]
#[inline(never)]
fn attach(recording: Arc<Recording>) -> Option<*const Lane> {
    LANES
        .try_with(|lanes| {
            let mut lanes = lanes.all.try_borrow_mut().ok()?;
            if recording.is_closed() || INTERNAL.get() {
                return None;
            }
            if lanes.iter().all(|lane| !lane.is_busy()) {
                CURRENT.set(NOWHERE);
                lanes.retain(|lane| !lane.recording.is_closed());
            }
            let session = recording.id;
            lanes.push(Box::new(Lane::new(recording)));
            let lane: *const Lane = &**lanes.last()?;
            CURRENT.set((session, lane));
            Some(lane)
        })
        .ok()?
}
