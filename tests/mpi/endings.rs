//! Runs that end badly: nobody waits for ever, and what was recorded can be had.
//!
//! The timeout for a rank that does not come is the default one, which is meant to be long enough for those
//! that do.

use super::launch::{Launch, calls, merge_offline, names_in, wait_for};
use scope_profiler::profile::Value;

#[test]
fn a_rank_that_never_ends_is_named_and_the_others_are_merged() {
    let run = Launch::with_survivors(4, "one never ends").run_to_any_end();
    // Of rank 1 there is what it had flushed.
    let steps = [(0, 10), (1, 11), (2, 12), (3, 13)];
    assert_eq!(calls(&run.reader(), "step"), steps, "{:?}", run.output);
    assert_eq!(run.said("missing")[0], "0 missing Some([1])", "{:?}", run.output);
    let errors = run.said("error");
    assert_eq!(errors.len(), 3, "{errors:?}");
    for error in errors {
        assert!(
            error.contains("rank 1 ") && error.contains("scope-profiler-pproc merge"),
            "{error}"
        );
    }
    assert!(run.stderr().contains("rank 1 is incomplete"), "{}", run.stderr());
    let logs = names_in(&run.directory.path().join("run.h5.d"));
    assert_eq!(logs.len(), 4, "{logs:?}");
}

#[test]
fn what_a_late_rank_adds_is_in_the_logs() {
    let run = Launch::new(3, "one comes late").run();
    assert_eq!(run.said("error").len(), 3, "{:?}", run.output);
    let (merged, reader) = merge_offline(run.directory.path());
    assert!(merged.incomplete.is_empty(), "{merged:?}");
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 22), (2, 12)]);
}

#[test]
fn without_rank_0_the_others_keep_their_logs() {
    let run = Launch::with_survivors(3, "rank 0 never ends").run_to_any_end();
    let errors = run.said("error");
    assert_eq!(errors.len(), 2, "{:?}", run.output);
    assert!(errors[0].contains("nothing from rank 0"), "{errors:?}");
    let (merged, reader) = merge_offline(run.directory.path());
    assert_eq!(merged.ranks, [0, 1, 2]);
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11), (2, 12)]);
}

#[test]
fn a_rank_that_panics_waits_for_nobody_and_its_log_is_complete() {
    let run = Launch::new(3, "one panics").run();
    assert_eq!(run.said("goes on").len(), 1);
    let errors = run.said("error");
    assert!(errors.len() == 2 && errors[0].contains("rank 1 "), "{errors:?}");
    let reader = run.reader();
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11), (2, 12)]);
    assert_eq!(reader.metadata().get("incomplete_ranks"), None);
}

#[test]
fn the_survivors_of_a_killed_rank_merge_what_it_had_flushed() {
    let run = Launch::with_survivors(4, "one is killed").run_to_any_end();
    let reader = run.reader();
    let steps = [(0, 10), (1, 11), (2, 12), (3, 13)];
    assert_eq!(calls(&reader, "step"), steps, "{:?}", run.output);
    assert_eq!(run.said("missing")[0], "0 missing Some([2])");
    assert_eq!(
        reader.metadata().get("incomplete_ranks"),
        Some(&Value::Text("2".into()))
    );
}

#[test]
fn when_the_launcher_kills_all_with_one_the_logs_can_be_merged() {
    let run = Launch::new(4, "one is killed").run_to_any_end();
    assert!(!run.output.status.success(), "{:?}", run.output);
    let (merged, reader) = merge_offline(run.directory.path());
    assert_eq!(merged.ranks, [0, 1, 2, 3]);
    assert!(
        merged
            .incomplete
            .iter()
            .any(|log| log.to_string_lossy().contains("rank00002"))
    );
    let of_rank_2 = calls(&reader, "step").into_iter().find(|(rank, _)| *rank == 2);
    assert_eq!(of_rank_2, Some((2, 12)));
}

/// Of the other ranks there is what the launcher leaves them the time for.
#[test]
fn the_rank_that_ends_all_loses_nothing() {
    for part in ["MPI_Abort", "abort after MPI_Init"] {
        let run = Launch::new(3, part).run_to_any_end();
        assert!(!run.output.status.success(), "{:?}", run.output);
        let (_, reader) = merge_offline(run.directory.path());
        let of_rank_1 = calls(&reader, "step").into_iter().find(|(rank, _)| *rank == 1);
        assert_eq!(of_rank_1, Some((1, 11)), "{part} {:?}", run.output);
    }
}

#[test]
fn logs_of_a_job_that_ran_out_of_time_can_be_merged() {
    let (directory, mut mpirun) = Launch::new(4, "wait to be killed").start();
    let processes: Vec<i32> = (0..4)
        .map(|rank| {
            let path = directory.path().join(format!("{rank}.pid"));
            wait_for("a rank", || std::fs::read_to_string(&path).ok())
                .parse()
                .unwrap()
        })
        .collect();
    signal(&processes, libc::SIGTERM);
    signal(&processes, libc::SIGKILL);
    mpirun.kill().unwrap();
    mpirun.wait().unwrap();
    wait_for("the end of all ranks", || {
        processes.iter().all(|&process| !is_alive(process)).then_some(())
    });
    let (merged, reader) = merge_offline(directory.path());
    assert_eq!(merged.ranks, [0, 1, 2, 3]);
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11), (2, 12), (3, 13)]);
}

#[allow(unsafe_code)]
fn signal(processes: &[i32], signal: i32) {
    for &process in processes {
        // SAFETY: takes plain numbers; the processes are ranks of this test.
        unsafe { libc::kill(process, signal) };
    }
}

/// A process that nobody has waited for yet is as good as gone.
fn is_alive(process: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}
