//! From a thread to its buffers: one for each session that it has recorded in.
#![allow(unsafe_code)]

use super::buffer::ThreadBuffer;
use crate::record::allocated::Exempt;
use crate::record::recording::Recording;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The buffers of this thread.
#[derive(Default)]
struct Buffers {
    /// Boxed, as CURRENT points to them.
    all: RefCell<Vec<Box<ThreadBuffer>>>,
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still enter and leave regions.
        CURRENT.set(NONE);
    }
}

/// No session has this number; 0 says that there is no session.
const NONE: (u64, *const ThreadBuffer) = (u64::MAX, std::ptr::null());

thread_local! {
    /// The session that this thread recorded in last, and its buffer there. Needs no destructor, so that it
    /// can be read at any time.
    static CURRENT: Cell<(u64, *const ThreadBuffer)> = const { Cell::new(NONE) };
    static BUFFERS: Buffers = Buffers::default();
    static INTERNAL: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` on this thread's buffer in the session with this number, where that is the session it
/// recorded in last.
#[inline(always)]
pub(crate) fn with_current<R>(session: u64, f: impl FnOnce(&ThreadBuffer) -> R) -> Option<R> {
    let (current, buffer) = CURRENT.get();
    if current != session {
        return None;
    }
    // SAFETY: no session has the number of `NONE`. Buffers are boxed and stay where they are until `Buffers` is
    // dropped, which clears CURRENT first, or until `attach` discards those of closed sessions,
    // which it does only while none of them is in use.
    Some(f(unsafe { &*buffer }))
}

/// The same for any session. A thread that has no buffer gets one in the recording that `attach_to`
/// gives, unless the session is over, the thread is ending, or it is just getting one further up its stack.
#[inline(always)]
pub(crate) fn with_buffer<R>(
    session: u64,
    attach_to: impl FnOnce() -> Option<Arc<Recording>>,
    f: impl FnOnce(&ThreadBuffer) -> R,
) -> Option<R> {
    let buffer = match CURRENT.get() {
        (current, buffer) if current == session => buffer,
        _ => switch_to(session).or_else(|| attach(attach_to()?))?,
    };
    // SAFETY: as in `with_current`; the two functions give the buffer that CURRENT has now.
    Some(f(unsafe { &*buffer }))
}

#[cold]
#[inline(never)]
fn switch_to(session: u64) -> Option<*const ThreadBuffer> {
    BUFFERS
        .try_with(|buffers| {
            let buffers = buffers.all.try_borrow().ok()?;
            let mut buffers = buffers.iter();
            let buffer: *const ThreadBuffer = &**buffers.find(|buffer| buffer.recording.id == session)?;
            CURRENT.set((session, buffer));
            Some(buffer)
        })
        .ok()?
}

/// Regions that this thread enters are not recorded: it is the profiler's own.
pub(crate) fn never_record_this_thread() {
    INTERNAL.set(true);
}

#[cold]
#[inline(never)]
fn attach(recording: Arc<Recording>) -> Option<*const ThreadBuffer> {
    let _exempt = Exempt::begin();
    BUFFERS
        .try_with(|buffers| {
            let mut buffers = buffers.all.try_borrow_mut().ok()?;
            if recording.is_closed() || INTERNAL.get() {
                return None;
            }
            if buffers.iter().all(|buffer| !buffer.is_busy()) {
                CURRENT.set(NONE);
                buffers.retain(|buffer| !buffer.recording.is_closed());
            }
            let session = recording.id;
            buffers.push(Box::new(ThreadBuffer::new(recording)));
            let buffer: *const ThreadBuffer = &**buffers.last()?;
            CURRENT.set((session, buffer));
            Some(buffer)
        })
        .ok()?
}
