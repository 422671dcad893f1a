//! Forks: in a child, none of our locks is held by a thread that the child does not have.
//!
//! A child has the memory of its parent and only the thread that forked. A lock that another thread
//! held at that moment stays locked in it forever. Therefore every short critical section begins with
//! [`enter`], and a fork waits until no thread is in one. Locks that are held for long (while writing to a disk,
//! or waiting for other ranks) do not delay a fork: a child never takes them, because they belong to a
//! session of its parent.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::AtomicUsize;
#[cfg(feature = "hdf5")]
use std::sync::atomic::Ordering;

thread_local! {
    /// How many nested sections this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// How often this thread is using the library.
    static LIBRARY_DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// The calling thread is in a critical section until this is dropped.
#[derive(Debug)]
pub(crate) struct Inside(PhantomData<*const ()>);

/// Begins a critical section; waits while another thread forks.
pub(crate) fn enter() -> Inside {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    if depth == 0 {
        gate::begin();
    }
    Inside(PhantomData)
}

impl Drop for Inside {
    fn drop(&mut self) {
        let depth = DEPTH.get() - 1;
        if depth == 0 {
            gate::end();
        }
        DEPTH.set(depth);
    }
}

/// Whether this is a child that was forked during another thread's critical section, because that took too long to
/// wait for: its locks may be held forever.
pub(crate) fn is_unusable() -> bool {
    gate::is_unusable()
}

/// The calling thread uses a library that cannot be used in a child that another thread forks meanwhile.
#[cfg(feature = "hdf5")]
#[derive(Debug)]
pub(crate) struct InLibrary(PhantomData<*const ()>);

#[cfg(feature = "hdf5")]
impl InLibrary {
    /// None in a child that was forked while another thread used the library.
    pub(crate) fn begin() -> Option<Self> {
        let _inside = enter();
        if gate::is_library_lost() {
            return None;
        }
        LIBRARY_DEPTH.set(LIBRARY_DEPTH.get() + 1);
        IN_LIBRARY.fetch_add(1, Ordering::SeqCst);
        Some(Self(PhantomData))
    }
}

#[cfg(feature = "hdf5")]
impl Drop for InLibrary {
    fn drop(&mut self) {
        let _inside = enter();
        LIBRARY_DEPTH.set(LIBRARY_DEPTH.get() - 1);
        IN_LIBRARY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How often the library is in use, on all threads.
static IN_LIBRARY: AtomicUsize = AtomicUsize::new(0);

/// Makes forks wait from now on.
pub(crate) fn install() {
    gate::install();
}

#[cfg(unix)]
mod gate {
    use super::{DEPTH, IN_LIBRARY, LIBRARY_DEPTH};
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    use std::thread::sleep;
    use std::time::Duration;

    /// The threads that are in a critical section.
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    /// The threads that are forking.
    static FORKING: AtomicU32 = AtomicU32::new(0);
    static UNUSABLE: AtomicBool = AtomicBool::new(false);
    static LIBRARY_LOST: AtomicBool = AtomicBool::new(false);

    const POLL: Duration = Duration::from_micros(50);
    /// Critical sections take milliseconds at most, unless something is wrong.
    const TIMEOUT: Duration = Duration::from_secs(5);

    pub(super) fn begin() {
        loop {
            INSIDE.fetch_add(1, Ordering::SeqCst);
            if FORKING.load(Ordering::SeqCst) == 0 {
                return;
            }
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            while FORKING.load(Ordering::SeqCst) != 0 {
                sleep(POLL);
            }
        }
    }

    pub(super) fn end() {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn is_unusable() -> bool {
        UNUSABLE.load(Ordering::Relaxed)
    }

    #[cfg(feature = "hdf5")]
    pub(super) fn is_library_lost() -> bool {
        LIBRARY_LOST.load(Ordering::Relaxed)
    }

    pub(super) fn install() {
        static ONCE: Once = Once::new();
        // SAFETY: the functions have the right signature and live forever. If they are refused for lack of memory,
        // forks do not wait.
        ONCE.call_once(|| unsafe {
            libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child));
        });
    }

    /// A thread that forks inside its own critical section, as in a signal handler, does not wait.
    fn own() -> usize {
        usize::from(DEPTH.get() > 0)
    }

    extern "C" fn before() {
        FORKING.fetch_add(1, Ordering::SeqCst);
        let mut waited = Duration::ZERO;
        while own() == 0 && INSIDE.load(Ordering::SeqCst) > 0 && waited < TIMEOUT {
            sleep(POLL);
            waited += POLL;
        }
    }

    extern "C" fn after_in_parent() {
        FORKING.fetch_sub(1, Ordering::SeqCst);
    }

    extern "C" fn after_in_child() {
        if INSIDE.swap(own(), Ordering::SeqCst) > 0 {
            UNUSABLE.store(true, Ordering::Relaxed);
        }
        let own = LIBRARY_DEPTH.get();
        if IN_LIBRARY.swap(own, Ordering::SeqCst) > own {
            LIBRARY_LOST.store(true, Ordering::Relaxed);
        }
        FORKING.store(0, Ordering::SeqCst);
    }
}

/// There are no forks.
#[cfg(not(unix))]
mod gate {
    pub(super) fn begin() {}

    pub(super) fn end() {}

    pub(super) fn is_unusable() -> bool {
        false
    }

    #[cfg(feature = "hdf5")]
    pub(super) fn is_library_lost() -> bool {
        false
    }

    pub(super) fn install() {}
}
