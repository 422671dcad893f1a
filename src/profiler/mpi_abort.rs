//! `MPI_Abort`, which ends a process without running exit handlers.
//!
//! The MPI standard has a second name for each function, so that tools can replace the first.
#![allow(unsafe_code)]

use crate::record::writer;
use mpi::ffi::MPI_Comm;
use std::ffi::c_int;
use std::panic::catch_unwind;

unsafe extern "C" {
    fn PMPI_Abort(communicator: MPI_Comm, code: c_int) -> c_int;
}

/// Writes what is in memory to the logs before the process ends.
///
/// # Safety
///
/// As for MPI's own function.
#[unsafe(no_mangle)]
unsafe extern "C" fn MPI_Abort(communicator: MPI_Comm, code: c_int) -> c_int {
    // A panic must not cross into C.
    catch_unwind(writer::save_all_before_abort).ok();
    // SAFETY: the caller's arguments are passed on.
    unsafe { PMPI_Abort(communicator, code) }
}

/// Makes the linker use this function.
pub(super) fn keep() {
    let abort: unsafe extern "C" fn(MPI_Comm, c_int) -> c_int = MPI_Abort;
    std::hint::black_box(abort);
}
