//! MPI, as far as the profiler needs it: a communicator of its own, so that its messages do not mix with
//! those of the program. It never initializes or finalizes MPI itself.
//!
//! Messages are non-blocking, so a rank that is gone blocks no other. Only [`World::duplicate`] and
//! [`World::agree`] without a limit can wait forever; before either is called, `barrier` has made sure that all ranks
//! have arrived. Errors of this communicator are returned instead of ending the program, as MPI does by default.
#![allow(unsafe_code)]

use super::transport::{Transport, Unreachable};
use super::{backoff, digest};
use mpi::environment::{Threading, is_finalized, is_initialized, threading_support};
use mpi::ffi;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{AsRaw, Communicator};
use std::ffi::{c_int, c_void};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A duplicate of one of the program's communicators.
///
/// Dropping it frees it if MPI may still be called and no message is under way; otherwise it is left to
/// `MPI_Finalize` or to the end of the process.
pub(crate) struct World {
    raw: ffi::MPI_Comm,
    rank: u32,
    size: u32,
    pending_sends: Mutex<Vec<PendingSend>>,
    /// A forked child has a copy that it must not touch.
    process: u32,
}

/// An operation that MPI has not completed, and the memory that it may still access.
struct Pending<T> {
    request: ffi::MPI_Request,
    memory: Option<Box<T>>,
}

type PendingSend = Pending<Vec<u8>>;

// SAFETY: a communicator handle and requests may be used from any thread, one at a time. MPI is
// called where the program has called setup or finalize, and not where `may_be_called` forbids it.
unsafe impl Send for World {}
// SAFETY: as above; what changes behind `&self` is behind a mutex.
unsafe impl Sync for World {}

/// Whether MPI can be called now: it is initialized, not finalized, and allows calls from this thread.
pub(crate) fn may_be_called() -> bool {
    is_initialized() && !is_finalized() && (threading_support() >= Threading::Serialized || is_main_thread())
}

fn is_main_thread() -> bool {
    let mut flag: c_int = 0;
    // SAFETY: MPI is initialized and not finalized; `flag` is ours.
    unsafe { ffi::MPI_Is_thread_main(&mut flag) };
    flag != 0
}

impl World {
    /// A duplicate of `MPI_COMM_WORLD`; none when MPI cannot be called, or when the other ranks have
    /// not called this before `until`. Collective.
    pub(crate) fn of_all(until: Option<Instant>) -> Option<Self> {
        Self::of(&SimpleCommunicator::world(), until)
    }

    /// A duplicate of a communicator of the program.
    pub(crate) fn of(communicator: &impl Communicator, until: Option<Instant>) -> Option<Self> {
        // SAFETY: the program's communicator lives as long as the borrow.
        may_be_called()
            .then(|| unsafe { Self::duplicate(communicator.as_raw(), until) })
            .flatten()
    }

    /// Calls `f` with `MPI_COMM_WORLD` itself, where MPI can be called.
    pub(crate) fn with_program<R>(f: impl FnOnce(&Self) -> R) -> Option<R> {
        if !may_be_called() {
            return None;
        }
        // SAFETY: MPI can be called, and the communicator lives until it is finalized.
        let world = unsafe { Self::from_raw(SimpleCommunicator::world().as_raw()) };
        // It belongs to the program and is not to be freed; pending messages keep their memory.
        let world = ManuallyDrop::new(world);
        let result = f(&world);
        world.forget_sent();
        Some(result)
    }

    /// One more duplicate. Collective.
    pub(crate) fn again(&self, until: Option<Instant>) -> Option<Self> {
        // SAFETY: ours lives as long as the borrow.
        may_be_called()
            .then(|| unsafe { Self::duplicate(self.raw, until) })
            .flatten()
    }

    /// # Safety
    ///
    /// MPI can be called, and `raw` is an intra-communicator that lives.
    unsafe fn duplicate(raw: ffi::MPI_Comm, until: Option<Instant>) -> Option<Self> {
        let mut pending = Pending::new(MaybeUninit::<ffi::MPI_Comm>::uninit());
        // SAFETY: `raw` is valid; MPI writes the handle into memory that outlives the request.
        let status = unsafe {
            let (memory, request) = pending.parts();
            ffi::MPI_Comm_idup(raw, memory.as_mut_ptr(), request)
        };
        if status != SUCCESS {
            return None;
        }
        // SAFETY: the operation has ended, so MPI has written the handle of a valid communicator.
        unsafe {
            let raw = pending.wait(until)?.assume_init();
            ffi::MPI_Comm_set_errhandler(raw, ffi::RSMPI_ERRORS_RETURN);
            Some(Self::from_raw(raw))
        }
    }

    /// # Safety
    ///
    /// As [`duplicate`](Self::duplicate).
    unsafe fn from_raw(raw: ffi::MPI_Comm) -> Self {
        let (mut rank, mut size) = (0, 1);
        // SAFETY: `raw` is valid by this function's contract; rank and size are ours.
        unsafe {
            ffi::MPI_Comm_rank(raw, &mut rank);
            ffi::MPI_Comm_size(raw, &mut size);
        }
        Self {
            raw,
            rank: u32::try_from(rank).unwrap_or(0),
            size: u32::try_from(size).unwrap_or(1),
            pending_sends: Mutex::default(),
            process: std::process::id(),
        }
    }

    /// A name for the run that all ranks take from rank 0; none when it has not arrived before `until`.
    /// Collective.
    pub(crate) fn agree(&self, until: Option<Instant>) -> Option<String> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_nanos() as u64);
        let mut pending = Pending::new([now, std::process::id().into()]);
        // SAFETY: `raw` is valid; the buffer has as many bytes as is said and outlives the request.
        let status = unsafe {
            let (memory, request) = pending.parts();
            let (at, bytes) = (memory.as_mut_ptr().cast(), size_of_val(memory));
            ffi::MPI_Ibcast(at, bytes as c_int, ffi::RSMPI_UINT8_T, 0, self.raw, request)
        };
        if status != SUCCESS {
            return None;
        }
        let [now, process] = pending.wait(until)?;
        Some(digest(&[&now.to_string(), &process.to_string()]))
    }

    /// Leaves it to MPI: other ranks may still send to it.
    pub(crate) fn abandon(self) {
        std::mem::forget(self);
    }

    /// Frees messages that have been sent; true when none is pending.
    fn forget_sent(&self) -> bool {
        let mut pending_sends = lock(&self.pending_sends);
        pending_sends.retain_mut(|message| message.test().is_none());
        pending_sends.is_empty()
    }
}

impl Transport for World {
    fn rank(&self) -> u32 {
        self.rank
    }

    fn size(&self) -> u32 {
        self.size
    }

    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Unreachable> {
        self.forget_sent();
        let (Ok(count), Ok(to)) = (c_int::try_from(message.len()), c_int::try_from(to)) else {
            return Err(Unreachable);
        };
        let mut pending = Pending::new(message);
        // SAFETY: `raw` is valid; the message has `count` bytes and outlives the request.
        let status = unsafe {
            let (memory, request) = pending.parts();
            let at = memory.as_ptr().cast::<c_void>();
            ffi::MPI_Isend(at, count, ffi::RSMPI_UINT8_T, to, tag.into(), self.raw, request)
        };
        if status != SUCCESS {
            return Err(Unreachable);
        }
        lock(&self.pending_sends).push(pending);
        Ok(())
    }

    fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
        self.forget_sent();
        let mut found: c_int = 0;
        let mut message = MaybeUninit::<ffi::MPI_Message>::uninit();
        let mut status = MaybeUninit::<ffi::MPI_Status>::uninit();
        // SAFETY: `raw` is valid; MPI writes message and status when it sets `found`.
        let result = unsafe {
            ffi::MPI_Improbe(
                ffi::RSMPI_ANY_SOURCE,
                tag.into(),
                self.raw,
                &mut found,
                message.as_mut_ptr(),
                status.as_mut_ptr(),
            )
        };
        if result != SUCCESS || found == 0 {
            return None;
        }
        // SAFETY: the message has been found, so both are initialized; it is received now and only
        // once, into a buffer of the length that MPI gives.
        unsafe {
            let mut message = message.assume_init();
            let status = status.assume_init();
            let mut count: c_int = 0;
            ffi::MPI_Get_count(&status, ffi::RSMPI_UINT8_T, &mut count);
            let mut bytes = vec![0u8; usize::try_from(count).ok()?];
            let received = ffi::MPI_Mrecv(
                bytes.as_mut_ptr().cast(),
                count,
                ffi::RSMPI_UINT8_T,
                &mut message,
                ffi::RSMPI_STATUS_IGNORE,
            );
            (received == SUCCESS).then_some((u32::try_from(status.MPI_SOURCE).ok()?, bytes))
        }
    }

    fn is_up(&self) -> bool {
        self.process == std::process::id() && may_be_called()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.is_up() && self.forget_sent() {
            // SAFETY: `raw` is valid, nobody uses it after this, and MPI can be called.
            unsafe { ffi::MPI_Comm_free(&mut self.raw) };
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rank {} of {}", self.rank, self.size)
    }
}

const SUCCESS: c_int = ffi::MPI_SUCCESS as c_int;

impl<T> Pending<T> {
    fn new(memory: T) -> Self {
        Self {
            // SAFETY: a constant of the MPI library.
            request: unsafe { ffi::RSMPI_REQUEST_NULL },
            memory: Some(Box::new(memory)),
        }
    }

    /// The memory and the request, for the call that starts the operation.
    fn parts(&mut self) -> (&mut T, &mut ffi::MPI_Request) {
        let memory = self
            .memory
            .as_mut()
            .expect("taken only when the operation has ended");
        (memory, &mut self.request)
    }

    /// The memory, once the operation has ended.
    fn test(&mut self) -> Option<T> {
        let mut done: c_int = 0;
        // SAFETY: the request is one that MPI gave or the null request, which counts as done. One
        // that failed has ended too.
        let status = unsafe { ffi::MPI_Test(&mut self.request, &mut done, ffi::RSMPI_STATUS_IGNORE) };
        if status == SUCCESS && done == 0 {
            return None;
        }
        self.memory.take().map(|memory| *memory)
    }

    /// The memory, when the operation ends before `until`.
    fn wait(mut self, until: Option<Instant>) -> Option<T> {
        let mut pause = backoff();
        loop {
            if let Some(memory) = self.test() {
                return Some(memory);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            pause();
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        // MPI may still access the memory of an operation that has not completed.
        std::mem::forget(self.memory.take());
    }
}

/// What is behind a lock, also where its last holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
