//! Handlers of the application beside the profiler's: whatever they ask for, and whenever they are installed,
//! nothing is lost and they are called as before.

use super::ends::{CALLS, check, crash, end};
use super::{Contents, Running, directory, runs};

/// As Open MPI installs them.
#[test]
fn a_handler_that_is_to_be_called_once_does_not_keep_an_abort_from_being_saved() {
    for when in ["before", "later", "later and flushed"] {
        let (_, ended) = crash(&format!("once {when}, abort"), libc::SIGABRT, "SIGABRT");
        assert_eq!(ended.said, "called\n", "{when}");
        let (_, ended) = crash(&format!("once {when}, null"), libc::SIGSEGV, "SIGSEGV");
        assert_eq!(ended.said, "called\n", "{when}");
    }
}

#[test]
fn a_handler_that_is_to_be_called_once_is_called_once_and_then_the_program_ends() {
    let (contents, ended) = crash("once before, SIGTERM twice", libc::SIGTERM, "SIGTERM");
    assert_eq!(ended.said, "called\nbetween\n");
    assert_eq!(contents.intervals("between"), 1);
}

#[test]
fn a_handler_that_puts_itself_back_is_called_again() {
    let (_, ended) = crash("put back, SIGTERM three times", libc::SIGTERM, "SIGTERM");
    assert_eq!(ended.said, "called\ncalled\n");
}

#[test]
fn a_handler_that_is_installed_later_and_gives_up_is_called_first() {
    let (_, ended) = crash("gives up later", libc::SIGSEGV, "SIGSEGV");
    assert_eq!(ended.said, "give up\n");
}

#[test]
fn a_handler_that_is_installed_later_and_passes_the_signal_on_is_called_once() {
    let directory = directory();
    let ended = end(directory.path(), "passes on later");
    assert!(ended.status.success() && ended.complained.is_empty(), "{ended:?}");
    assert_eq!(ended.said, "called 3\n");
}

#[test]
fn what_was_there_is_there_again_when_the_session_is_over() {
    let directory = directory();
    let ended = end(directory.path(), "put back at the end");
    assert!(ended.status.success() && ended.complained.is_empty(), "{ended:?}");
    assert_eq!(ended.said, "as before\n");
}

/// At once, and not only when the next flush is over.
#[test]
fn what_follows_a_fault_that_was_mended_is_saved_too() {
    for (by, signal, name) in [
        ("abort", libc::SIGABRT, "SIGABRT"),
        ("SIGTERM", libc::SIGTERM, "SIGTERM"),
    ] {
        for _ in 0..runs(10) {
            let (contents, _) = crash(&format!("mended, then {by}"), signal, name);
            // Between the fault and the end, and inside of what was open at the fault.
            assert_eq!(contents.intervals("since"), 100, "{by}");
            assert_eq!(contents.intervals("open at the fault"), 1, "{by}");
            assert_eq!(contents.open("open at the fault"), 0, "{by}");
        }
    }
}

#[test]
fn names_are_told_once_whatever_was_flushed_before() {
    let directory = directory();
    end(directory.path(), "flushed, then abort").by(libc::SIGABRT);
    let logs = scope_profiler::merge::find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let report = scope_profiler::check::check(&logs[0]).unwrap();
    assert!(report.is_ok(), "{report}");
    let contents = Contents::of_logs(directory.path());
    assert_eq!(
        (contents.ended_by(), contents.intervals("since")),
        (Some("SIGABRT"), 100)
    );
}

#[test]
fn a_check_finds_what_could_not_be_saved() {
    let directory = directory();
    let ended = end(directory.path(), "no room, then abort");
    ended.by(libc::SIGABRT);
    assert!(ended.complained.contains("could not be written"), "{ended:?}");
    let logs = scope_profiler::merge::find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let report = scope_profiler::check::check(&logs[0]).unwrap();
    assert!(!report.is_ok(), "{report}");
    assert!(report.to_string().contains("may be missing"), "{report}");
}

/// Of the log of a process that was ended by a signal the account is complete.
#[test]
fn recorded_is_counted_when_a_signal_ends_the_program() {
    let directory = directory();
    let running = Running::start(directory.path(), "abort", &[]);
    running.wait().by(libc::SIGABRT);
    let logs = scope_profiler::merge::find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let report = scope_profiler::check::check(&logs[0]).unwrap();
    assert!(report.is_ok(), "{report}");
    assert!(report.to_string().contains("recorded 10 626"), "{report}");
    let saved = "SIGABRT ended the process; what was in memory was saved";
    assert!(report.to_string().contains(saved), "{report}");
    check(directory.path(), Some("SIGABRT"));
    assert_eq!(CALLS + CALLS.div_ceil(16) + 1, 10_626);
}
