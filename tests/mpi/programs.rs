//! Several programs in one world, of which not all are profiled.
//!
//! Who does not come is waited for as long as by default, which is meant to be long enough for those that do.

use super::launch::{Launch, Run, TALKS, calls, merge_offline};

fn run(parts: &[(u32, &str)]) -> Run {
    Launch::programs(parts).run_without_hanging()
}

fn talking(parts: &[(u32, &str)]) -> Run {
    Launch::programs(parts).env(TALKS, "1").run_without_hanging()
}

fn stderr(run: &Run) -> String {
    String::from_utf8_lossy(&run.output.stderr).into_owned()
}

#[test]
fn a_program_that_is_not_profiled_is_named_and_not_waited_for_without_end() {
    let run = talking(&[(2, "one of two programs"), (1, "never profiled")]);
    let told = stderr(&run);
    assert_eq!(
        told.matches("rank 2 has not called setup within 60 s").count(),
        1,
        "{told}"
    );
    assert!(told.contains("communicator"), "{told}");
    let (merged, reader) = merge_offline(run.directory.path());
    assert_eq!(merged.ranks, [0, 1]);
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11)]);
}

#[test]
fn the_program_that_is_not_profiled_may_have_rank_0() {
    let run = talking(&[(1, "never profiled"), (2, "one of two programs")]);
    let told = stderr(&run);
    assert_eq!(
        told.matches("rank 0 has not called setup within 60 s").count(),
        2,
        "{told}"
    );
    let (merged, reader) = merge_offline(run.directory.path());
    assert_eq!(merged.ranks, [1, 2]);
    assert_eq!(calls(&reader, "step"), [(1, 11), (2, 12)]);
}

#[test]
fn a_program_that_ends_early_holds_nobody_up() {
    for parts in [
        [(2, "one of two programs"), (1, "ends early")],
        [(1, "ends early"), (2, "one of two programs")],
    ] {
        let run = run(&parts);
        assert!(
            stderr(&run).contains("not called setup within 60 s"),
            "{:?}",
            run.output
        );
        assert_eq!(merge_offline(run.directory.path()).0.ranks.len(), 2);
    }
}

#[test]
fn a_program_that_comes_late_is_in_the_file() {
    for parts in [
        [(2, "one of two programs"), (1, "profiled late")],
        [(1, "profiled late"), (2, "one of two programs")],
    ] {
        let run = run(&parts);
        assert_eq!(calls(&run.reader(), "step"), [(0, 10), (1, 11), (2, 12)]);
        assert_eq!(
            stderr(&run).matches("scope-profiler:").count(),
            0,
            "{}",
            stderr(&run)
        );
    }
}

#[test]
fn a_session_from_before_mpi_does_not_wait_for_another_program_without_end_either() {
    let run = run(&[
        (2, "profiled when MPI is there, of two programs"),
        (1, "never profiled"),
    ]);
    let errors = run.said("error");
    assert_eq!(errors.len(), 2, "{errors:?} {:?}", run.output);
    let (merged, reader) = merge_offline(run.directory.path());
    assert_eq!(merged.ranks, [0, 1]);
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11)]);
}
