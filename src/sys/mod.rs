//! Calls of the operating system for which the standard library has no safe interface.
#![allow(unsafe_code)]

#[cfg(unix)]
mod alternate_stack;
pub(crate) mod fork;
#[cfg(unix)]
mod roomy_stack;
#[cfg_attr(not(unix), path = "no_signals.rs")]
pub(crate) mod signals;
#[cfg(unix)]
mod stack_memory;
pub(crate) mod threads;

/// What a signal means for the process.
#[cfg_attr(not(unix), allow(dead_code, reason = "no signals are handled there"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// A handler of the application is about to run; it may end the process or go on.
    Open,
    /// That handler has returned from an abort, which ends the process nevertheless.
    Returned,
    /// The process ends because of a fault.
    Fault,
    /// The process ends because another process asks it to.
    Request,
}

/// Called before the process ends, with the signal's name.
pub(crate) type OnSignal = fn(&'static str, Outlook);

/// `CLOCK_MONOTONIC` in nanoseconds, the clock behind Python's `time.perf_counter_ns` on Linux.
#[cfg(unix)]
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid, exclusively borrowed timespec. The call cannot fail: every unix
    // that Rust supports has CLOCK_MONOTONIC.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    // Both fields are non-negative on a monotonic clock; their widths differ between platforms.
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The time for which the calling thread has had a processor, ns; none where the system does not say.
#[cfg(unix)]
pub(crate) fn thread_cpu_ns() -> Option<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as in `monotonic_ns`, except that not every system has the clock.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    (status == 0).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

#[cfg(not(unix))]
pub(crate) fn thread_cpu_ns() -> Option<u64> {
    None
}

/// Nanoseconds since the first call: other platforms only guarantee a steady clock.
#[cfg(not(unix))]
pub(crate) fn monotonic_ns() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// How long the machine has been suspended since it was started, ns; 0 where that is unknown.
/// `CLOCK_MONOTONIC` stands still meanwhile.
pub(crate) fn suspended_ns() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let mut with_suspends = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // Read first, so that the difference is never too large.
        // SAFETY: as in `monotonic_ns`.
        let status = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut with_suspends) };
        if status == 0 {
            let ns = with_suspends.tv_sec as u64 * 1_000_000_000 + with_suspends.tv_nsec as u64;
            return ns.saturating_sub(monotonic_ns());
        }
    }
    0
}

/// A name for this system's monotonic clock: processes with the same name read the same clock. The
/// clock starts when the system boots, and Linux gives each boot a random id; a time namespace may shift it.
pub(crate) fn monotonic_identity() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/time")
        .map_or_else(|_| String::new(), |link| link.to_string_lossy().into_owned());
    Some(format!("{} {} {namespace}", host_name(), boot.trim()))
}

/// The CPU's counter, on architectures that have one for user code.
#[inline(always)]
pub(crate) fn cpu_counter() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86_64 CPU has `rdtsc`; it reads a register and touches no memory.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(target_arch = "aarch64")]
    {
        let ticks: u64;
        // SAFETY: reads the virtual counter, which Linux lets user code read.
        unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
        ticks
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    monotonic_ns()
}

/// The calling thread's number as `top -H` and debuggers show it; -1 where there is none.
pub(crate) fn native_thread_id() -> i64 {
    #[cfg(target_os = "linux")]
    // SAFETY: takes no arguments, touches no memory, cannot fail.
    return unsafe { libc::syscall(libc::SYS_gettid) } as i64;
    #[cfg(not(target_os = "linux"))]
    -1
}

/// The effective user of this process.
#[cfg(unix)]
pub(crate) fn user_id() -> u32 {
    // SAFETY: takes no arguments, touches no memory, cannot fail.
    unsafe { libc::geteuid() }
}

/// Whether a process with this id runs. May be called in a signal handler.
pub(crate) fn is_process(number: u32) -> bool {
    #[cfg(unix)]
    {
        // SAFETY: sends no signal, takes plain numbers.
        let found = unsafe { libc::kill(number as libc::pid_t, 0) } == 0;
        // Another user's process counts too, but not a zombie.
        let found = found || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH);
        found && !is_zombie(number)
    }
    #[cfg(not(unix))]
    {
        let _ = number;
        true
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_zombie(number: u32) -> bool {
    use std::io::Write;
    let (mut path, mut stat) = ([0u8; 32], [0u8; 512]);
    if write!(&mut path[..31], "/proc/{number}/stat").is_err() {
        return false;
    }
    // SAFETY: the path ends with a zero; pointer and length describe `stat`; the descriptor is closed once.
    let length = unsafe {
        let file = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return false;
        }
        let length = libc::read(file, stat.as_mut_ptr().cast(), stat.len());
        libc::close(file);
        usize::try_from(length).unwrap_or(0)
    };
    // pid (name) state parent ...
    let stat = &stat[..length];
    let state = stat
        .iter()
        .rposition(|&byte| byte == b')')
        .and_then(|at| stat.get(at + 2));
    matches!(state, Some(b'Z' | b'X'))
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn is_zombie(_: u32) -> bool {
    false
}

/// A number that no other running thread has; never 0.
pub(crate) fn this_thread() -> usize {
    #[cfg(unix)]
    // SAFETY: has no conditions.
    return unsafe { libc::pthread_self() as usize };
    #[cfg(not(unix))]
    {
        thread_local!(static PLACE: u8 = const { 0 });
        PLACE.with(|place| std::ptr::from_ref(place).addr())
    }
}

/// The name of this machine, empty where the system does not say.
pub(crate) fn host_name() -> String {
    #[cfg(unix)]
    {
        let mut name = [0u8; 256];
        // SAFETY: the pointer and length describe `name`; one byte less keeps the terminating NUL
        // when the system truncates.
        let status = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
        let length = name.iter().position(|&b| b == 0).unwrap_or(0);
        if status == 0 {
            return String::from_utf8_lossy(&name[..length]).into_owned();
        }
    }
    String::new()
}

/// Writes to standard error, also from a signal handler, and in a child that was forked while another thread held the
/// lock of the standard library. That it is closed is no reason to take the program down, as `eprint!` would.
pub(crate) fn say(text: &str) {
    #[cfg(unix)]
    {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: pointer and length describe `rest`.
            let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(0) => return,
                Ok(written) => rest = &rest[written.min(rest.len())..],
                Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
    #[cfg(not(unix))]
    {
        use std::io::Write;
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// Reserves disk space for the first `length` bytes of a file without changing its size. Does nothing
/// where the file system cannot do that.
///
/// # Errors
///
/// When there is not enough space, or the file would be larger than the process may write.
#[cfg(unix)]
pub(crate) fn reserve(file: &std::fs::File, length: u64) -> std::io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid place for the answer.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) } == 0;
    // The type of a limit differs between systems.
    #[allow(clippy::unnecessary_cast)]
    if known && length > limit.rlim_cur as u64 {
        return Err(std::io::Error::from_raw_os_error(libc::EFBIG));
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let Ok(length) = libc::off_t::try_from(length) else {
            return Ok(());
        };
        // SAFETY: the descriptor is open for as long as `file` is borrowed.
        let status = unsafe { libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, 0, length) };
        let error = std::io::Error::last_os_error();
        if status != 0
            && matches!(
                error.raw_os_error(),
                Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG)
            )
        {
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn reserve(_: &std::fs::File, _: u64) -> std::io::Result<()> {
    Ok(())
}

/// Has `f` called when the process exits normally: after `main`, or through
/// `std::process::exit`. Other threads may still be running then.
pub(crate) fn at_exit(f: fn()) {
    use std::sync::OnceLock;
    static HOOK: OnceLock<fn()> = OnceLock::new();
    let _inside = fork::enter();
    if HOOK.set(f).is_err() {
        return;
    }
    #[cfg(unix)]
    {
        extern "C" fn run() {
            if let Some(f) = HOOK.get() {
                // A panic must not cross into C.
                std::panic::catch_unwind(f).ok();
            }
        }
        // SAFETY: `run` has the signature that atexit requires, and lives forever. If it is refused for lack of
        // memory, nothing is saved at the exit.
        unsafe { libc::atexit(run) };
    }
}
