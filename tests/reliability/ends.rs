//! Programs that end by a signal, a panic or an exit: what was in memory is in the log, with the
//! regions that were open.

use super::{Contents, Ended, Running, directory, runs, skip, until};
use scope_profiler::LogSource;
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Source, SpanParent};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

/// What the victim records before it ends.
pub(crate) const CALLS: u64 = 10_000;

pub(crate) fn end(directory: &Path, ending: &str) -> Ended {
    Running::start(directory, ending, &[]).wait()
}

/// Everything that the victim recorded on its first thread, and its open call.
#[track_caller]
pub(crate) fn check(directory: &Path, signal: Option<&str>) -> Contents {
    let contents = Contents::of_logs(directory);
    assert_eq!(contents.calls_of(0), CALLS);
    assert_eq!(contents.intervals("thread 0 outer"), CALLS.div_ceil(16));
    assert_eq!(contents.ended_by(), signal);
    assert_eq!(contents.fact("dropped_intervals"), 0);
    contents
}

/// Of a program that ends by a signal and a region that is open then.
#[track_caller]
pub(crate) fn crash(ending: &str, signal: i32, name: &str) -> (Contents, Ended) {
    let directory = directory();
    let ended = end(directory.path(), ending);
    ended.by(signal);
    assert!(
        ended.complained.contains("scope-profiler-pproc merge"),
        "{ended:?}"
    );
    let contents = check(directory.path(), Some(name));
    assert_eq!(contents.open("open"), 1);
    (contents, ended)
}

#[test]
fn a_null_pointer() {
    crash("null", libc::SIGSEGV, "SIGSEGV");
}

#[test]
fn a_null_pointer_on_a_thread_that_never_recorded() {
    crash("null on a thread that never recorded", libc::SIGSEGV, "SIGSEGV");
}

#[test]
fn a_null_pointer_on_a_thread_with_little_room_for_handlers() {
    let ending = "null on a thread with a small stack for handlers";
    crash(ending, libc::SIGSEGV, "SIGSEGV");
}

#[test]
fn a_stack_overflow_with_the_message_of_the_standard_library() {
    let (_, ended) = crash("overflow", libc::SIGABRT, "SIGABRT");
    assert!(ended.complained.contains("overflowed its stack"), "{ended:?}");
}

#[test]
fn a_stack_overflow_on_another_thread() {
    let (contents, ended) = crash("overflow on a thread", libc::SIGABRT, "SIGABRT");
    assert!(ended.complained.contains("overflowed its stack"), "{ended:?}");
    assert_eq!(contents.open("deep"), 1);
}

#[test]
fn spans_that_nobody_has_entered_are_in_the_log_of_a_program_that_is_ended() {
    let directory = directory();
    end(directory.path(), "spans that wait").by(libc::SIGTERM);
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let facts = LogSource::open(&logs[0]).unwrap().span_facts(0).unwrap();
    assert_eq!(facts.len(), 2);
    for facts in facts {
        assert!(facts.created_ns.is_some() && facts.closed_ns.is_none());
        // They were created where a region was open.
        assert!(matches!(facts.parent, Some(SpanParent::Call { .. })), "{facts:?}");
    }
    check(directory.path(), Some("SIGTERM"));
}

#[test]
fn an_abort() {
    crash("abort", libc::SIGABRT, "SIGABRT");
}

#[test]
fn a_fault_that_another_process_could_have_sent() {
    crash("trap", libc::SIGFPE, "SIGFPE");
}

#[test]
fn several_threads_that_crash_at_once() {
    for _ in 0..runs(2) {
        let directory = directory();
        let ended = end(directory.path(), "several");
        assert!(
            matches!(ended.status.signal(), Some(libc::SIGSEGV | libc::SIGABRT)),
            "{ended:?}"
        );
        let contents = Contents::of_logs(directory.path());
        assert!(matches!(contents.ended_by(), Some("SIGSEGV" | "SIGABRT")));
        assert_eq!((contents.calls_of(0), contents.open("open")), (CALLS, 1));
    }
}

#[test]
fn no_memory_left() {
    crash("out of memory", libc::SIGABRT, "SIGABRT");
}

#[test]
fn the_handler_allocates_nothing() {
    let directory = directory();
    end(directory.path(), "allocations").by(libc::SIGTERM);
    check(directory.path(), Some("SIGTERM"));
    let allocations = std::fs::read(directory.path().join("allocations")).unwrap();
    assert_eq!(allocations, [0; 8]);
}

#[test]
fn a_handler_that_gives_up_is_called_first() {
    let (_, ended) = crash("own-segv-handler", libc::SIGSEGV, "SIGSEGV");
    assert_eq!(ended.said, "give up\n");
}

/// As virtual machines do it.
#[test]
fn a_program_goes_on_after_a_fault_that_its_handler_mends() {
    let each = CALLS + CALLS.div_ceil(16) + 1;
    let directory = directory();
    let ended = end(directory.path(), "mended");
    assert!(ended.status.success() && ended.complained.is_empty(), "{ended:?}");
    assert_eq!(ended.said, format!("recorded {}\n", 4 * each));
    let contents = Contents::unordered(&directory.path().join("run.h5"));
    assert_eq!(contents.fact("written_intervals"), 4 * each);
    assert_eq!((contents.fact("open_calls"), contents.ended_by()), (0, None));
}

/// What was written down at the fault is good for what follows too.
#[test]
fn a_program_that_is_ended_after_a_fault_that_its_handler_mended() {
    let each = CALLS + CALLS.div_ceil(16) + 1;
    let directory = directory();
    end(directory.path(), "mended and killed").by(libc::SIGKILL);
    let contents = Contents::unordered(&super::disk::merged(&directory.path().join("run.h5")));
    assert!(contents.fact("written_intervals") >= each - 1);
}

/// Starts a victim and sends it a signal once it is ready for that.
fn signalled(directory: &Path, ending: &str, signal: i32) -> Ended {
    let running = Running::start(directory, ending, &[]);
    until(|| directory.join("ready").exists());
    running.signal(signal);
    running.wait()
}

#[test]
fn requests_to_end() {
    for (signal, name) in [
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGXCPU, "SIGXCPU"),
        (libc::SIGUSR1, "SIGUSR1"),
        (libc::SIGUSR2, "SIGUSR2"),
        (libc::SIGALRM, "SIGALRM"),
    ] {
        let directory = directory();
        signalled(directory.path(), "wait", signal).by(signal);
        assert_eq!(check(directory.path(), Some(name)).open("open"), 1);
    }
}

#[test]
fn a_request_saves_the_events_of_all_threads_that_ever_recorded() {
    let directory = directory();
    signalled(directory.path(), "from many threads", libc::SIGTERM).by(libc::SIGTERM);
    let contents = Contents::of_logs(directory.path());
    for thread in 1..8 {
        assert_eq!(contents.calls_of(thread), CALLS);
    }
    // The first thread's names are used by two threads there.
    assert_eq!(contents.open("open"), 1);
}

#[test]
fn a_handler_of_the_application_is_called_and_the_session_goes_on() {
    for ending in ["handled", "handled later", "handled and passed on"] {
        let directory = directory();
        let ended = signalled(directory.path(), ending, libc::SIGTERM);
        assert!(ended.status.success(), "{ended:?}");
        // Both halves, their calls of `outer`, and two calls of `open`.
        let recorded = 2 * (CALLS + CALLS.div_ceil(16) + 1);
        assert_eq!(ended.said, format!("recorded {recorded}\n"), "{ending}");
        assert!(ended.complained.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_signal_that_the_application_ignores_is_ignored() {
    let directory = directory();
    let ended = end(directory.path(), "ignored");
    assert!(ended.status.success(), "{ended:?}");
    Contents::of(&directory.path().join("run.h5"));
}

#[test]
fn a_forked_child_that_ends_by_a_signal_leaves_the_log_alone() {
    let directory = directory();
    let ended = end(directory.path(), "children");
    assert!(ended.status.success() && ended.complained.is_empty(), "{ended:?}");
    let contents = Contents::of(&directory.path().join("run.h5"));
    assert_eq!((contents.calls_of(0), contents.ended_by()), (CALLS, None));
    assert_eq!(contents.fact("written_intervals"), CALLS + CALLS.div_ceil(16) + 1);
}

#[test]
fn the_handler_can_be_switched_off() {
    let directory = directory();
    let running = Running::start(directory.path(), "null", &[("SCOPE_PROFILER_CRASH_HANDLER", "0")]);
    running.wait().by(libc::SIGSEGV);
    let contents = Contents::of_logs(directory.path());
    assert_eq!((contents.calls_of(0), contents.ended_by()), (0, None));
}

#[test]
fn panics_and_exits() {
    for (ending, code, open) in [
        ("panic", 101, 0),
        ("panic on a thread", 0, 1),
        ("exit", 0, 1),
        ("leaked subscriber", 0, 1),
    ] {
        let directory = directory();
        let ended = end(directory.path(), ending);
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
        let contents = check(directory.path(), None);
        assert_eq!(contents.open("open"), open, "{ending}");
        let more = [("panic on a thread", "doomed"), ("leaked subscriber", "span")];
        for (_, region) in more.iter().filter(|(of, _)| *of == ending) {
            assert_eq!(contents.intervals(region), 1);
        }
    }
}

#[test]
fn a_core_is_dumped_as_ever() {
    use std::os::unix::process::CommandExt;
    let directory = directory();
    let mut command = super::usual_child::command(super::victim());
    command.arg("null");
    // SAFETY: setrlimit may be called between fork and exec.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            let limit = libc::rlimit {
                rlim_cur: libc::RLIM_INFINITY,
                rlim_max: libc::RLIM_INFINITY,
            };
            libc::setrlimit(libc::RLIMIT_CORE, &limit);
            Ok(())
        });
    }
    let ended = Running::spawn(directory.path(), command).wait();
    ended.by(libc::SIGSEGV);
    if !ended.status.core_dumped() {
        skip("this system dumps no cores");
    }
    check(directory.path(), Some("SIGSEGV"));
}
