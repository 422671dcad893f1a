//! Nobody's data is overwritten, whatever MPI and its launcher think of each other.

use super::launch::{Launch, calls, merge_offline, names_in};
use scope_profiler::ProfilingH5Reader;

#[test]
fn ranks_that_the_launcher_of_another_mpi_has_started_keep_a_log_each_and_one_says_why() {
    for part in [
        "steps",
        "a group of its own",
        "set up before MPI",
        "MPI ends first",
    ] {
        let Some(launch) = Launch::under_another_mpi(4, part) else {
            eprintln!("SKIPPED: there is no other MPI here");
            return;
        };
        let run = launch.run();
        assert_eq!(run.left(), ["run.h5.d"], "{part}: {:?}", run.output);
        let (merged, reader) = merge_offline(run.directory.path());
        assert_eq!(
            (merged.ranks, merged.missing.len()),
            (vec![0, 1, 2, 3], 0),
            "{part}"
        );
        // Each of them has taken itself for rank 0.
        let ten = [(0, 10), (1, 10), (2, 10), (3, 10)];
        assert_eq!(calls(&reader, "step"), ten, "{part}");
        let said = String::from_utf8_lossy(&run.output.stderr).into_owned();
        if part != "MPI ends first" {
            // Said when MPI can be asked.
            assert_eq!(
                said.matches("MPI says that this process is the only one").count(),
                1,
                "{said}"
            );
            assert!(said.contains("one of 4"), "{said}");
        }
        let advice = run.stderr();
        assert_eq!(
            advice
                .matches("scope-profiler-pproc merge run.h5.d --run ")
                .count(),
            1,
            "{advice}"
        );
    }
}

#[test]
fn a_launch_without_a_word_of_mpi_can_be_merged_a_second_time() {
    let first = Launch::new(2, "MPI ends first").run();
    let file = first.file();
    Launch::new(2, "MPI ends first")
        .env("SCOPE_PROFILER_FILE", &file.to_string_lossy())
        .run();
    let logs = first.directory.path().join("run.h5.d");
    let error = scope_profiler::merge::find_logs(&[&logs])
        .unwrap_err()
        .to_string();
    let latest = error.rsplit("--run ").next().unwrap().split(',').next().unwrap();
    let of_latest = scope_profiler::merge::find_logs_of_run(&[&logs], latest).unwrap();
    assert_eq!(
        scope_profiler::merge::merge(&of_latest, &file).unwrap().ranks,
        [0, 1]
    );
}

#[test]
fn with_its_rank_in_the_name_each_rank_writes_its_own_file() {
    let run = Launch::new(3, "steps")
        .env("SCOPE_PROFILER_TEST_PATH", "run-%r.h5")
        .run();
    assert_eq!(run.left(), ["run-0.h5", "run-1.h5", "run-2.h5"]);
    for (rank, name) in run.left().iter().enumerate() {
        let reader = ProfilingH5Reader::open(run.directory.path().join(name)).unwrap();
        let rank = rank as u32;
        assert_eq!(calls(&reader, "step"), [(rank, 10 + u64::from(rank))]);
    }
}

#[test]
fn with_host_and_time_in_the_name_the_ranks_share_the_file_of_rank_0() {
    let run = Launch::new(3, "steps")
        .env("SCOPE_PROFILER_TEST_PATH", "run-%h-%t.h5")
        .run();
    let left = run.left();
    assert!(left.len() == 1 && left[0].ends_with("Z.h5"), "{left:?}");
    let reader = ProfilingH5Reader::open(run.directory.path().join(&left[0])).unwrap();
    assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11), (2, 12)]);
}

#[test]
fn two_launches_of_one_path_at_the_same_time_keep_a_file_each() {
    let first = Launch::new(2, "steps").env("SCOPE_PROFILER_TEST_GATE", "1");
    let directory = first.directory.path().to_path_buf();
    let second = Launch::new(2, "steps")
        .env("SCOPE_PROFILER_TEST_GATE", "1")
        .env("SCOPE_PROFILER_FILE", &directory.join("run.h5").to_string_lossy())
        .env("SCOPE_PROFILER_TEST_GATE_AT", &directory.to_string_lossy());
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| first.run());
        let second = scope.spawn(|| second.run());
        (first.join().unwrap(), second.join().unwrap())
    });
    let files = names_in(&directory);
    let profiles: Vec<_> = files.iter().filter(|name| name.ends_with(".h5")).collect();
    assert_eq!(profiles.len(), 2, "{files:?} {:?}", first.output);
    for name in profiles {
        let reader = ProfilingH5Reader::open(directory.join(name)).unwrap();
        assert_eq!(calls(&reader, "step"), [(0, 10), (1, 11)], "{name}");
    }
    let said = first.stderr() + &second.stderr();
    assert_eq!(said.matches("another process has written").count(), 1, "{said}");
}
