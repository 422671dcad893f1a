//! A program that records and comes to a bad end; `tests/reliability` runs it.
//!
//! `victim ENDING` writes `run.h5` in the working directory. What it records follows a pattern, so that
//! the tests know every interval: each thread makes calls `0, 1, 2, ...` of regions whose names
//! [`pattern::name`] gives, and every [`pattern::IN_OUTER`] of them lie in one call of `outer`.
#![cfg(unix)]
#![allow(unsafe_code)]

#[path = "pattern.rs"]
mod pattern;

use scope_profiler::{Overflow, ProfileManager, ProfilingConfig, profile_region};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts the allocations of one thread once it is told to, in a file that outlives the process.
struct Watched;

static WATCHED_THREAD: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

/// Numbers that the tests read in a file, at any time.
fn shared_numbers(path: &str, n: usize) -> &'static [AtomicU64] {
    let mut open = std::fs::OpenOptions::new();
    let file = open.read(true).write(true).create_new(true).open(path).unwrap();
    let bytes = n * size_of::<AtomicU64>();
    file.set_len(bytes as u64).unwrap();
    // SAFETY: maps a file of this size for ever; a number may have any value.
    unsafe {
        let place = libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            std::os::fd::AsRawFd::as_raw_fd(&file),
            0,
        );
        assert_ne!(place, libc::MAP_FAILED);
        std::slice::from_raw_parts(place.cast(), n)
    }
}

fn count_allocations_in(path: &str) {
    let number = &shared_numbers(path, 1)[0];
    ALLOCATIONS.store(std::ptr::from_ref(number).cast_mut(), Ordering::SeqCst);
    WATCHED_THREAD.store(this_thread(), Ordering::SeqCst);
}

fn this_thread() -> usize {
    // SAFETY: has no conditions.
    unsafe { libc::pthread_self() as usize }
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if WATCHED_THREAD.load(Ordering::Relaxed) == this_thread() {
            // SAFETY: set before the thread is.
            unsafe { &*ALLOCATIONS.load(Ordering::Relaxed) }.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

fn say(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

fn number(key: &str, otherwise: u64) -> u64 {
    std::env::var(key).map_or(otherwise, |text| text.parse().unwrap())
}

/// Call `n` of a thread, which begins or ends a call of `outer` where it is due.
struct Caller {
    outer: Option<scope_profiler::RegionGuard>,
    thread: usize,
    n: u64,
}

impl Caller {
    fn new(thread: usize) -> Self {
        Self {
            outer: None,
            thread,
            n: 0,
        }
    }

    fn call(&mut self) {
        if self.n % pattern::IN_OUTER == 0 {
            // The one before ends first.
            self.outer = None;
            self.outer = Some(ProfileManager::profile_region(&pattern::outer(self.thread)));
        }
        ProfileManager::profile(&pattern::name(self.thread, self.n), || black_box(self.n));
        self.n += 1;
        if self.n % pattern::IN_OUTER == 0 {
            self.outer = None;
        }
    }
}

fn setup(interval: Duration) {
    let config = ProfilingConfig::new()
        .file_path(std::env::var("VICTIM_FILE").unwrap_or("run.h5".into()))
        .verbose(false)
        .flush_interval(interval)
        .memory_limit(number("VICTIM_MEMORY", 64 << 20) as usize)
        .overflow(match std::env::var("VICTIM_OVERFLOW").as_deref() {
            Ok("drop") => Overflow::Drop,
            _ => Overflow::Block,
        });
    ProfileManager::setup(config).unwrap();
}

const LONG: Duration = Duration::from_secs(3_600);
/// Whoever is not killed or told to stop by then has lost its test.
const NEVER: Duration = Duration::from_secs(1_800);

/// Threads that record at full speed, while this one flushes and says how many calls of each thread
/// are in the log for certain.
fn record_until_killed(threads: usize) {
    setup(Duration::from_millis(50));
    let done = shared_numbers("done", threads);
    for (thread, done) in done.iter().enumerate() {
        std::thread::spawn(move || {
            let mut caller = Caller::new(thread);
            loop {
                caller.call();
                done.store(caller.n, Ordering::Release);
            }
        });
    }
    let started = Instant::now();
    while started.elapsed() < NEVER {
        let sure: Vec<String> = done
            .iter()
            .map(|n| n.load(Ordering::Acquire).to_string())
            .collect();
        if ProfileManager::flush().is_ok() {
            say(&format!("{}\n", sure.join(" ")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nobody killed this program");
}

/// Sessions one after the other, so that most of the time one is being finalized.
fn finalize_until_killed() {
    for round in 0.. {
        setup(LONG);
        let mut caller = Caller::new(0);
        for _ in 0..20_000 {
            caller.call();
        }
        say(&format!("finalizing {round}\n"));
        ProfileManager::finalize().unwrap();
        say(&format!("finalized {round}\n"));
        assert!(round < 10_000, "nobody killed this program");
    }
}

/// Records until it is told to stop, whatever becomes of the log, and tells what happens by files in a
/// directory of its own. What it computes comes out right in any case.
fn record_until_told() {
    let talk = std::path::PathBuf::from(std::env::var_os("VICTIM_TALK").unwrap());
    let tell = |what: &str| std::fs::write(talk.join(what), "").unwrap();
    let is_told = |what: &str| talk.join(what).exists();
    setup(LONG);
    tell("begun");
    let mut caller = Caller::new(0);
    let mut computed = 0;
    let (mut full, mut recovered) = (false, false);
    let started = Instant::now();
    while !is_told("stop") {
        for _ in 0..512 {
            caller.call();
            computed += 1;
        }
        let flushed = ProfileManager::flush().is_ok();
        if !flushed && !full {
            full = true;
            tell("full");
        }
        if flushed && full && !recovered {
            recovered = true;
            tell("recovered");
        }
        if full && !recovered {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(started.elapsed() < NEVER, "nobody said stop");
    }
    let calls = caller.n;
    drop(caller);
    match ProfileManager::finalize() {
        Ok(summary) => {
            assert_eq!(summary.recorded(), summary.kept() + summary.dropped());
            say(&format!(
                "recorded {} dropped {}\n",
                summary.recorded(),
                summary.dropped()
            ));
        }
        Err(error) => say(&format!("error {error}\n")),
    }
    assert_eq!(computed, calls);
    say(&format!("calls {}\n", calls + calls.div_ceil(pattern::IN_OUTER)));
}

/// `calls` in memory, and one call of `open` that has not ended.
fn record(calls: u64) -> scope_profiler::RegionGuard {
    let mut caller = Caller::new(0);
    for _ in 0..calls {
        caller.call();
    }
    profile_region!("open")
}

#[inline(never)]
fn overflow(n: u64) -> u64 {
    let local = [n; 64];
    black_box(&local);
    if n == u64::MAX {
        return 0;
    }
    overflow(n + 1) + black_box(local[3])
}

fn null() -> u64 {
    let nowhere: *const u64 = black_box(std::ptr::null::<u64>().wrapping_byte_add(8));
    // SAFETY: there is none; that is the point.
    unsafe { nowhere.read_volatile() }
}

/// Gives the thread a stack for signal handlers on which little has room beside what the system puts there.
fn take_a_small_stack_for_handlers() {
    #[cfg(target_os = "linux")]
    // SAFETY: has no conditions.
    let of_the_system = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
    #[cfg(not(target_os = "linux"))]
    let of_the_system = libc::MINSIGSTKSZ;
    let memory = Vec::leak(vec![0_u8; of_the_system + 3_072]);
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: memory.len(),
    };
    // SAFETY: the memory is never freed, and nobody else has it.
    assert_eq!(unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) }, 0);
}

static HANDLED: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_: libc::c_int) {
    HANDLED.store(true, Ordering::SeqCst);
}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: the handlers here do nothing but what a handler may.
    unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
}

/// Tells the test, which looks for the file.
fn ready() {
    std::fs::write("ready", "").unwrap();
}

fn wait_to_be_killed() -> ! {
    ready();
    let started = Instant::now();
    while started.elapsed() < NEVER {
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nobody killed this program");
}

static EARLIER: AtomicUsize = AtomicUsize::new(0);

/// Calls the handler that was there before, as libraries for signals do.
extern "C" fn note_and_pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
    HANDLED.store(true, Ordering::SeqCst);
    // SAFETY: the profiler's handler is of this type.
    let earlier: Handler = unsafe { std::mem::transmute(EARLIER.load(Ordering::SeqCst)) };
    earlier(signal, info, context);
}

/// Takes itself away and goes on, as the standard library's handler.
extern "C" fn give_up(_: libc::c_int) {
    say("give up\n");
    // SAFETY: sets the default.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
}

static PAGE: AtomicPtr<libc::c_void> = AtomicPtr::new(std::ptr::null_mut());
const PAGE_BYTES: usize = 4_096;

/// Makes the page that was not readable readable, so that the program goes on.
extern "C" fn mend(_: libc::c_int) {
    // SAFETY: a page that `mendable` has mapped.
    unsafe { libc::mprotect(PAGE.load(Ordering::SeqCst), PAGE_BYTES, libc::PROT_READ) };
}

/// Reads what cannot be read until the handler has seen to it.
fn mendable() {
    // SAFETY: a page of its own, which can be read by the time the reading is done.
    unsafe {
        let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(std::ptr::null_mut(), PAGE_BYTES, libc::PROT_NONE, private, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        PAGE.store(page, Ordering::SeqCst);
        assert_eq!(page.cast::<u8>().read_volatile(), 0);
        libc::munmap(page, PAGE_BYTES);
    }
}

extern "C" fn called(_: libc::c_int) {
    say("called\n");
}

extern "C" fn called_and_put_back(signal: libc::c_int) {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    say("called\n");
    if CALLS.fetch_add(1, Ordering::SeqCst) == 0 {
        handle_once(signal, called_and_put_back);
    }
}

/// The system takes the handler away before it calls it.
fn handle_once(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: the action is whole; a sigaction of zeros is a valid one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESETHAND;
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

static PASSED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_and_pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    PASSED.fetch_add(1, Ordering::SeqCst);
    note_and_pass_on(signal, info, context);
}

fn raise(signal: libc::c_int) {
    // SAFETY: sends this process a signal.
    unsafe { libc::raise(signal) };
}

/// Endings with handlers that are called once: `once WHEN, END`.
fn once(ending: &str, when: &str) {
    for (end, signal) in [
        ("abort", libc::SIGABRT),
        ("null", libc::SIGSEGV),
        ("SIGTERM", libc::SIGTERM),
    ] {
        if ending.starts_with(&format!("once {when}")) && ending.contains(end) {
            handle_once(signal, called);
        }
    }
}

fn end_by(ending: &str) -> u64 {
    match ending.rsplit([' ', ',']).next() {
        Some("abort") => std::process::abort(),
        Some("null") => null(),
        Some("SIGTERM") => {
            raise(libc::SIGTERM);
            0
        }
        _ => panic!("{ending}"),
    }
}

fn handle_and_pass_on(
    signal: libc::c_int,
    handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void),
) {
    // SAFETY: the actions are whole; a sigaction of zeros is a valid one.
    unsafe {
        let mut earlier: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut earlier);
        assert_ne!(earlier.sa_flags & libc::SA_SIGINFO, 0);
        EARLIER.store(earlier.sa_sigaction, Ordering::SeqCst);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

/// A child of this process that ends by a signal.
fn child_that_ends_by(signal: libc::c_int) {
    // SAFETY: the child does nothing but end, and is waited for.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::raise(signal);
            libc::_exit(0);
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == signal);
    }
}

fn wait_for_the_handler() {
    ready();
    let started = Instant::now();
    while !HANDLED.load(Ordering::SeqCst) {
        assert!(started.elapsed() < NEVER, "no signal came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

const CALLS: u64 = 10_000;

fn calls() -> u64 {
    number("VICTIM_CALLS", CALLS)
}

fn main() {
    let ending = std::env::args().nth(1).unwrap_or_default();
    match ending.as_str() {
        // Run as an example without arguments it has nothing to do.
        "" => return,
        "steady" => return record_until_killed(number("VICTIM_THREADS", 4) as usize),
        "on and on" => return record_until_told(),
        "sessions" => return finalize_until_killed(),
        "handled" => handle(libc::SIGTERM, note),
        _ => {}
    }
    if ending == "own-segv-handler" {
        handle(libc::SIGSEGV, give_up);
    }
    if ending.starts_with("mended") {
        handle(libc::SIGSEGV, mend);
    }
    once(&ending, "before");
    if ending.starts_with("put back") {
        handle_once(libc::SIGTERM, called_and_put_back);
    }
    setup(LONG);
    once(&ending, "later");
    if ending == "from many threads" {
        std::thread::scope(|scope| {
            for thread in 1..8 {
                scope.spawn(move || {
                    let mut caller = Caller::new(thread);
                    (0..CALLS).for_each(|_| caller.call());
                });
            }
        });
    }
    let open = record(calls());
    match ending.as_str() {
        "null" => black_box(null()),
        "own-segv-handler" => black_box(null()),
        "overflow" => black_box(overflow(0)),
        "overflow on a thread" => std::thread::spawn(|| {
            let _deep = profile_region!("deep");
            black_box(overflow(0))
        })
        .join()
        .unwrap(),
        "null on a thread with a small stack for handlers" => std::thread::spawn(|| {
            take_a_small_stack_for_handlers();
            black_box(null())
        })
        .join()
        .unwrap(),
        "null on a thread that never recorded" => std::thread::spawn(|| black_box(null())).join().unwrap(),
        "abort" => std::process::abort(),
        "once before, SIGTERM twice" => {
            raise(libc::SIGTERM);
            say("between\n");
            ProfileManager::profile("between", || ());
            raise(libc::SIGTERM);
            0
        }
        "put back, SIGTERM three times" => {
            (0..3).for_each(|_| raise(libc::SIGTERM));
            0
        }
        "gives up later" => {
            handle(libc::SIGSEGV, give_up);
            ProfileManager::profile("a region that is new", || ());
            black_box(null())
        }
        "passes on later" => {
            // Each is put over the profiler's, which is put over it.
            handle_and_pass_on(libc::SIGTERM, count_and_pass_on);
            for _ in 0..3 {
                ProfileManager::flush().unwrap();
                raise(libc::SIGTERM);
            }
            say(&format!("called {}\n", PASSED.load(Ordering::SeqCst)));
            drop(open);
            ProfileManager::finalize().unwrap();
            std::process::exit(0);
        }
        "put back at the end" => {
            drop(open);
            ProfileManager::finalize().unwrap();
            // SAFETY: asks only; a sigaction of zeros is a valid one.
            let now = unsafe {
                let mut now: libc::sigaction = std::mem::zeroed();
                libc::sigaction(libc::SIGTERM, std::ptr::null(), &mut now);
                now
            };
            assert_eq!(now.sa_sigaction, called_and_put_back as *const () as usize);
            assert_ne!(now.sa_flags & libc::SA_RESETHAND, 0);
            say("as before\n");
            std::process::exit(0);
        }
        "flushed, then abort" => {
            ProfileManager::flush().unwrap();
            (0..100).for_each(|_| ProfileManager::profile("since", || ()));
            std::process::abort()
        }
        "no room, then abort" => {
            let log = std::fs::read_dir("run.h5.d").unwrap().next().unwrap().unwrap();
            let length = log.metadata().unwrap().len() + (32 << 10);
            let limit = libc::rlimit {
                rlim_cur: length,
                rlim_max: length,
            };
            // SAFETY: `limit` is whole.
            unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) };
            std::process::abort()
        }
        "mended, then abort" | "mended, then SIGTERM" => {
            let at_the_fault = profile_region!("open at the fault");
            mendable();
            (0..100).for_each(|_| ProfileManager::profile("since", || ()));
            drop(at_the_fault);
            black_box(end_by(&ending))
        }
        "once later and flushed, abort" | "once later and flushed, null" => {
            ProfileManager::flush().unwrap();
            black_box(end_by(&ending))
        }
        _ if ending.starts_with("once ") => {
            ProfileManager::profile("a region that is new", || ());
            black_box(end_by(&ending))
        }
        "several" => {
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                for n in 0..8 {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        if n < number("VICTIM_NULLS", 8) {
                            black_box(null())
                        } else {
                            std::process::abort()
                        }
                    });
                }
            });
            0
        }
        "trap" => {
            // SAFETY: sends this process a signal.
            unsafe { libc::raise(libc::SIGFPE) };
            0
        }
        "from many threads" | "wait" => wait_to_be_killed(),
        "mended" | "mended and killed" => {
            for _ in 0..3 {
                mendable();
                drop(record(calls()));
            }
            if ending == "mended and killed" {
                // SAFETY: ends this process.
                unsafe { libc::raise(libc::SIGKILL) };
            }
            drop(open);
            let summary = ProfileManager::finalize().unwrap();
            say(&format!("recorded {}\n", summary.recorded()));
            std::process::exit(0);
        }
        "children" => {
            child_that_ends_by(libc::SIGTERM);
            child_that_ends_by(libc::SIGABRT);
            drop(open);
            ProfileManager::finalize().unwrap();
            std::process::exit(0);
        }
        "handled" | "handled later" | "handled and passed on" => {
            match ending.as_str() {
                "handled later" => handle(libc::SIGTERM, note),
                "handled and passed on" => handle_and_pass_on(libc::SIGTERM, note_and_pass_on),
                _ => {}
            }
            wait_for_the_handler();
            drop(record(CALLS));
            drop(open);
            let summary = ProfileManager::finalize().unwrap();
            say(&format!("recorded {}\n", summary.recorded()));
            std::process::exit(0);
        }
        "ignored" => {
            // SAFETY: sets a disposition, and sends this process a signal.
            unsafe {
                libc::signal(libc::SIGTERM, libc::SIG_IGN);
                libc::raise(libc::SIGTERM);
            }
            drop(open);
            ProfileManager::finalize().unwrap();
            std::process::exit(0);
        }
        "allocations" => {
            count_allocations_in("allocations");
            // SAFETY: sends this process a signal.
            unsafe { libc::raise(libc::SIGTERM) };
            0
        }
        "panic" => panic!("as asked"),
        "panic on a thread" => {
            let _ = std::thread::spawn(|| {
                let _guard = profile_region!("doomed");
                panic!("as asked");
            })
            .join();
            std::process::exit(0);
        }
        "exit" => std::process::exit(0),
        "spans that wait" => {
            let subscriber = ProfileManager::subscriber();
            tracing::subscriber::with_default(subscriber, || {
                let _noted = tracing::info_span!("noted");
                let _last = tracing::info_span!("last");
                // SAFETY: sends this process a signal.
                unsafe { libc::raise(libc::SIGTERM) };
            });
            0
        }
        "leaked subscriber" => {
            tracing::subscriber::set_global_default(ProfileManager::subscriber()).unwrap();
            tracing::info_span!("span").in_scope(|| ());
            std::process::exit(0);
        }
        "out of memory" => {
            let limit = libc::rlimit {
                rlim_cur: 1 << 30,
                rlim_max: 1 << 30,
            };
            // SAFETY: `limit` is whole.
            unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(vec![1; 16 << 20]);
            }
        }
        other => panic!("{other}"),
    };
}
