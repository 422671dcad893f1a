//! When and with whom MPI is used.

use super::launch::{Launch, NO_LAUNCHER, calls, merge_offline};
use scope_profiler::ProfilingH5Reader;

#[test]
fn a_session_may_begin_before_mpi() {
    let run = Launch::new(4, "set up before MPI").run();
    let reader = run.reader();
    assert_eq!(calls(&reader, "before"), [(0, 1), (1, 1), (2, 1), (3, 1)]);
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11), (2, 12), (3, 13)]);
    assert_eq!(run.left(), ["run.h5"]);
}

#[test]
fn ranks_that_learn_who_they_are_only_from_mpi_find_together() {
    let run = Launch::new(4, "set up before MPI").env(NO_LAUNCHER, "1").run();
    assert_eq!(calls(&run.reader(), "step"), [(0, 10), (1, 11), (2, 12), (3, 13)]);
    assert_eq!(run.left(), ["run.h5"]);
}

#[test]
fn groups_of_ranks_have_files_of_their_own() {
    let run = Launch::new(5, "two groups").run();
    for (file, ranks) in [("even.h5", 3), ("odd.h5", 2)] {
        let reader = ProfilingH5Reader::open(run.directory.path().join(file)).unwrap();
        let expected: Vec<(u32, u64)> = (0..ranks).map(|rank| (rank, 10 + u64::from(rank))).collect();
        assert_eq!(calls(&reader, "step"), expected, "{file}");
    }
    assert_eq!(run.left(), ["even.h5", "odd.h5"]);
}

#[test]
fn after_mpi_has_ended_every_rank_keeps_its_log() {
    let run = Launch::new(2, "MPI ends first").run();
    assert_eq!(run.left(), ["run.h5.d"]);
    let text = run.stderr();
    assert_eq!(text.matches("scope-profiler-pproc merge").count(), 1, "{text}");
    let (merged, reader) = merge_offline(run.directory.path());
    assert!(merged.incomplete.is_empty());
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11)]);
}

#[test]
fn communicators_are_given_back() {
    let run = Launch::new(2, "several sessions").run();
    assert_eq!(run.said("done").len(), 2);
}

#[test]
fn without_mpi_every_process_is_on_its_own() {
    let run = Launch::new(2, "steps").env("SCOPE_PROFILER_MPI", "0").run();
    assert_eq!(run.reader().ranks(), [0]);
}
