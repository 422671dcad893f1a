//! Threads of the profiler, which begin in forked children too.
//!
//! A thread that the standard library starts takes a lock of the library before anything else: there it notes its
//! guard page, so that an overflow of its stack can be told. In a child that was forked while another thread held that
//! lock, it would wait forever, and so would whoever joins it. The C library frees its own locks in a child:
//! a thread that `pthread_create` starts begins in any.

use super::signals::Undisturbed;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A thread that can be waited for.
#[derive(Debug)]
pub(crate) struct Thread<R> {
    raw: raw::Thread,
    outcome: Arc<Outcome<R>>,
}

/// What a thread returned, or what it panicked with.
#[derive(Debug)]
struct Outcome<R>(Mutex<Option<thread::Result<R>>>);

impl<R> Outcome<R> {
    fn of(&self, work: impl FnOnce() -> R) {
        // The application's signals are meant for its own threads.
        let undisturbed = Undisturbed::begin();
        let result = catch_unwind(AssertUnwindSafe(work));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        drop(undisturbed);
    }

    fn take(&self) -> Option<thread::Result<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Starts a thread, which the application's signals do not reach.
///
/// # Errors
///
/// When the system has no room for another thread.
pub(crate) fn start<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> io::Result<Thread<R>> {
    let outcome = Arc::new(Outcome(Mutex::new(None)));
    let its_outcome = Arc::clone(&outcome);
    let raw = raw::start(Box::new(move || its_outcome.of(work)))?;
    Ok(Thread { raw, outcome })
}

impl<R> Thread<R> {
    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// What it panicked with.
    pub(crate) fn join(self) -> thread::Result<R> {
        self.raw.join();
        self.outcome
            .take()
            .unwrap_or_else(|| unreachable!("a thread that ended has an outcome"))
    }
}

/// Whether the work [beside] goes on.
#[derive(Debug)]
pub(crate) struct Beside(AtomicBool);

impl Beside {
    /// Whether it is over, or there is no thread for it.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Runs `work` on another thread while `meanwhile` runs on this one; both results. Where there can be no more
/// threads, `work` runs after `meanwhile`, on this one.
///
/// # Errors
///
/// The first result is what `work` panicked with.
pub(crate) fn beside<R: Send, S>(
    work: impl FnOnce() -> R + Send,
    meanwhile: impl FnOnce(&Beside) -> S,
) -> (thread::Result<R>, S) {
    let outcome = Outcome(Mutex::new(None));
    let progress = Beside(AtomicBool::new(false));
    let task = Box::new(|| {
        outcome.of(work);
        progress.0.store(true, Ordering::Release);
    });
    let result = raw::beside(task, |is_started| {
        progress.0.fetch_or(!is_started, Ordering::Relaxed);
        meanwhile(&progress)
    });
    let done = outcome.take().unwrap_or_else(|| unreachable!("the work has run"));
    (done, result)
}

#[cfg(unix)]
mod raw {
    use libc::c_void;
    use std::io;
    use std::mem::{self, ManuallyDrop, MaybeUninit};
    use std::ptr;

    /// As the standard library's threads have.
    const STACK_BYTES: usize = 2 << 20;

    pub(super) type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

    #[derive(Debug)]
    pub(super) struct Thread(libc::pthread_t);

    // SAFETY: any thread may wait for another; on some systems its name is a pointer.
    unsafe impl Send for Thread {}
    // SAFETY: nothing can be done with a shared one.
    unsafe impl Sync for Thread {}

    impl Thread {
        pub(super) fn join(self) {
            let thread = ManuallyDrop::new(self);
            // SAFETY: it was neither joined nor detached, since that takes `self`.
            unsafe { libc::pthread_join(thread.0, ptr::null_mut()) };
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            // SAFETY: as in `join`.
            unsafe { libc::pthread_detach(self.0) };
        }
    }

    pub(super) fn start(task: Task<'static>) -> io::Result<Thread> {
        try_start(task).map_err(|(error, _)| error)
    }

    /// Runs `task` on another thread beside `meanwhile`, or after it where none can be had.
    pub(super) fn beside<S>(task: Task<'_>, meanwhile: impl FnOnce(bool) -> S) -> S {
        // SAFETY: changes the lifetime alone. The thread that has the task is joined before this function returns or
        // unwinds, and else the task is used here: in no case after it.
        let task = unsafe { mem::transmute::<Task<'_>, Task<'static>>(task) };
        match try_start(task) {
            Ok(thread) => {
                let joined = JoinOnDrop(Some(thread));
                let result = meanwhile(true);
                drop(joined);
                result
            }
            Err((_, task)) => {
                let result = meanwhile(false);
                task();
                result
            }
        }
    }

    struct JoinOnDrop(Option<Thread>);

    impl Drop for JoinOnDrop {
        fn drop(&mut self) {
            if let Some(thread) = self.0.take() {
                thread.join();
            }
        }
    }

    fn try_start(task: Task<'static>) -> Result<Thread, (io::Error, Task<'static>)> {
        let task = Box::into_raw(Box::new(task));
        let mut thread = MaybeUninit::uninit();
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the attributes are used between `init` and `destroy`; `begin` takes the task, which is its own
        // from then on.
        let status = unsafe {
            match libc::pthread_attr_init(attributes.as_mut_ptr()) {
                0 => {
                    // Where the system wants more for itself, it stays at its default.
                    libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_BYTES);
                    let status =
                        libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), begin, task.cast());
                    libc::pthread_attr_destroy(attributes.as_mut_ptr());
                    status
                }
                error => error,
            }
        };
        if status != 0 {
            // SAFETY: no thread has begun that would take it.
            let task = unsafe { Box::from_raw(task) };
            return Err((io::Error::from_raw_os_error(status), *task));
        }
        // SAFETY: `pthread_create` has succeeded, and written it.
        Ok(Thread(unsafe { thread.assume_init() }))
    }

    /// A task does not unwind.
    extern "C" fn begin(task: *mut c_void) -> *mut c_void {
        name_this_thread();
        // SAFETY: `try_start` made it of a box, and hands it to this thread alone.
        let task = unsafe { Box::from_raw(task.cast::<Task<'static>>()) };
        task();
        ptr::null_mut()
    }

    fn name_this_thread() {
        let name = c"scope-profiler";
        #[cfg(any(target_os = "linux", target_os = "android"))]
        // SAFETY: names the calling thread with a text that is short enough.
        unsafe {
            libc::pthread_setname_np(libc::pthread_self(), name.as_ptr());
        }
        #[cfg(target_vendor = "apple")]
        // SAFETY: as above.
        unsafe {
            libc::pthread_setname_np(name.as_ptr());
        }
        let _ = name;
    }
}

/// No process is forked: the standard library's threads serve.
#[cfg(not(unix))]
mod raw {
    use std::io;
    use std::thread::{self, Builder, JoinHandle};

    #[derive(Debug)]
    pub(super) struct Thread(JoinHandle<()>);

    impl Thread {
        pub(super) fn join(self) {
            // A task does not unwind.
            let _ = self.0.join();
        }
    }

    pub(super) fn start(task: Box<dyn FnOnce() + Send>) -> io::Result<Thread> {
        builder().spawn(task).map(Thread)
    }

    pub(super) fn beside<'a, S>(task: Box<dyn FnOnce() + Send + 'a>, meanwhile: impl FnOnce(bool) -> S) -> S {
        let task = std::sync::Mutex::new(Some(task));
        let run = || {
            let task = task.lock().ok().and_then(|mut task| task.take());
            task.into_iter().for_each(|task| task());
        };
        thread::scope(|scope| {
            let is_started = builder().spawn_scoped(scope, run).is_ok();
            let result = meanwhile(is_started);
            if !is_started {
                run();
            }
            result
        })
    }

    fn builder() -> Builder {
        Builder::new().name("scope-profiler".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_what_it_made_or_what_it_panicked_with() {
        let made = start(|| vec![1, 2, 3]).unwrap().join();
        assert_eq!(made.unwrap(), [1, 2, 3]);
        let panic = start::<()>(|| panic!("no more")).unwrap().join();
        assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "no more");
    }

    #[test]
    fn what_runs_beside_may_use_what_is_here() {
        let numbers = [1, 2, 3];
        let (sum, largest) = beside(|| numbers.iter().sum::<i32>(), |_| numbers.iter().max());
        assert_eq!((sum.unwrap(), largest), (6, Some(&3)));
    }

    #[test]
    fn what_runs_beside_can_be_waited_for() {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (done, waited) = beside(
            move || is_ready.recv().is_ok(),
            |beside| {
                assert!(!beside.is_over());
                ready.send(()).unwrap();
                while !beside.is_over() {
                    std::thread::yield_now();
                }
                true
            },
        );
        assert!(done.unwrap() && waited);
    }

    #[test]
    fn a_panic_here_waits_for_what_runs_beside() {
        let ran = AtomicBool::new(false);
        let (ready, is_ready) = std::sync::mpsc::channel();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let ran = &ran;
            let work = move || {
                is_ready.recv().unwrap();
                ran.store(true, Ordering::Relaxed);
            };
            beside(work, |_| {
                ready.send(()).unwrap();
                panic!("here");
            })
        }));
        assert!(panicked.is_err() && ran.load(Ordering::Relaxed));
    }
}
