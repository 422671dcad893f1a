//! Starts a program at the very moment at which HDF5 has locked a file that it writes.
//!
//! HDF5 calls the `flock` of this program rather than that of the C library.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);
/// It lives as long as its standard input is open.
static STARTED: Mutex<Option<Child>> = Mutex::new(None);

/// The next file that is locked for writing is so while a program starts, which inherits the lock.
pub(crate) fn start_a_program_at_the_next() {
    WANTED.store(true, Ordering::SeqCst);
}

#[unsafe(no_mangle)]
extern "C" fn flock(file: i32, operation: i32) -> i32 {
    let outcome = system_flock(file, operation);
    if outcome == 0 && operation & libc::LOCK_EX != 0 && WANTED.swap(false, Ordering::SeqCst) {
        let program = Command::new("cat").stdin(Stdio::piped()).spawn();
        *STARTED.lock().unwrap() = program.ok();
    }
    outcome
}

fn system_flock(file: i32, operation: i32) -> i32 {
    // SAFETY: takes plain numbers, and sets errno as the function does.
    unsafe { libc::syscall(libc::SYS_flock, file, operation) as i32 }
}

/// Ends the program.
pub(crate) fn assert_that_it_still_has(file: &str) {
    let mut program = STARTED.lock().unwrap().take().expect("HDF5 has locked no file");
    let file = File::open(file).unwrap();
    let is_locked = system_flock(file.as_raw_fd(), libc::LOCK_SH | libc::LOCK_NB) != 0;
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(is_locked, "the lock went with the writer's descriptor");
}
