//! Runs that end well: one file of all ranks, which every reader reads alike.

use super::interpreter::interpreter;
use super::launch::{Launch, calls, names_in};
use super::python::{what_python_reads, what_we_read};
use scope_profiler::ProfilingH5Reader;
use scope_profiler::profile::{Numbers, Samples, Source};
use std::collections::BTreeMap;
use std::fs;

/// Calls of `step`: rank r has 10 + r; the last of many has none.
fn expected_steps(ranks: u32) -> Vec<(u32, u64)> {
    let busy = if ranks > 3 { ranks - 1 } else { ranks };
    (0..busy).map(|rank| (rank, 10 + u64::from(rank))).collect()
}

#[test]
fn every_rank_is_in_the_file_that_rank_0_writes() {
    for ranks in [1, 2, 4, 16] {
        let run = Launch::new(ranks, "steps").run();
        let reader = run.reader();
        assert_eq!(reader.ranks(), (0..ranks).collect::<Vec<_>>());
        assert_eq!(calls(&reader, "step"), expected_steps(ranks));
        let even = expected_steps(ranks)
            .into_iter()
            .filter(|(rank, _)| rank % 2 == 0);
        assert_eq!(
            calls(&reader, "even"),
            even.map(|(rank, _)| (rank, 1)).collect::<Vec<_>>()
        );
        assert_eq!(run.left(), ["run.h5"], "the logs are removed");
        assert_eq!(
            run.stderr().matches("wrote run.h5").count(),
            1,
            "{}",
            run.stderr()
        );
        assert_eq!(run.said("recorded").len() as u32, ranks);
    }
}

#[test]
fn rank_0_says_how_evenly_the_ranks_share_each_region() {
    let run = Launch::new(4, "steps").run();
    let text = run.stderr();
    assert_eq!(text.matches("over 4 ranks").count(), 1, "{text}");
    assert!(
        text.contains("slowest") && text.contains("max - mean") && text.contains("max/mean"),
        "{text}"
    );
    // The fourth rank has nothing; two have `even`.
    assert_eq!(
        run.said("imbalance"),
        [
            "0 imbalance even 2 true",
            "0 imbalance solve 3 true",
            "0 imbalance step 3 true"
        ]
    );
    // The whole run's, not only its own.
    let steps: u64 = 2 * (10 + 11 + 12) + 2;
    assert!(
        run.said("recorded").contains(&format!("0 recorded {steps}")),
        "{text}"
    );
}

#[test]
fn one_rank_alone_is_not_compared_with_itself() {
    let text = Launch::new(1, "steps").run().stderr();
    assert!(!text.contains("slowest"), "{text}");
}

#[test]
fn both_python_readers_report_the_same_of_every_rank() {
    for (merge, ranks) in [("copy", 12), ("link", 4)] {
        let run = Launch::new(ranks, "steps")
            .env("SCOPE_PROFILER_MERGE", merge)
            .run();
        let ours = what_we_read(&run.file());
        assert!(ours.contains_key(&("step".into(), ranks - 2)));
        for version in ["0.1.8", "0.7.5"] {
            if let Some(python) = interpreter(version) {
                assert_eq!(
                    what_python_reads(&python, &run.file(), ranks),
                    ours,
                    "{version} {merge}"
                );
            }
        }
    }
}

/// The samples of a counter by rank.
fn samples(reader: &ProfilingH5Reader, counter: &str) -> BTreeMap<u32, Samples> {
    let rows = reader.counter_rows().iter().enumerate();
    let rows = rows.filter(|(_, row)| reader.counters()[row.counter].name() == counter);
    rows.map(|(index, row)| {
        let mut samples = Samples::new();
        reader.read_counter(index, 0..row.samples, &mut samples).unwrap();
        (row.rank, samples)
    })
    .collect()
}

#[test]
fn counters_of_all_ranks_are_in_the_file_on_one_clock() {
    for (merge, ranks) in [("copy", 4), ("link", 3)] {
        let run = Launch::new(ranks, "counters")
            .env("SCOPE_PROFILER_MERGE", merge)
            .run();
        let reader = run.reader();
        let named: Vec<_> = (reader.counters().iter())
            .map(|counter| (counter.name(), counter.unit()))
            .collect();
        assert_eq!(
            named,
            [("after all", None), ("energy", Some("J")), ("particles", None)]
        );
        let particles = samples(&reader, "particles");
        for rank in 0..ranks {
            let first = 1_000 * i64::from(rank);
            let expected = (first..first + 20 + i64::from(rank)).collect();
            assert_eq!(*particles[&rank].values(), Numbers::Int(expected), "{merge}");
        }
        let energy = samples(&reader, "energy");
        for rank in (0..ranks).step_by(2) {
            let of_rank = &energy[&rank];
            assert_eq!(*of_rank.values(), Numbers::Float(vec![f64::from(rank) / 2.0]));
            assert_eq!(of_rank.threads(), [1]);
        }
        assert_eq!(energy.len() as u32, ranks.div_ceil(2));
        // No rank gave this one before any had given those: a barrier was between them.
        let after = samples(&reader, "after all");
        let last = particles.values().map(|samples| *samples.times().last().unwrap());
        let first = after.values().map(|samples| samples.times()[0]).min();
        assert!(last.max() <= first, "{merge}");
        let report = scope_profiler::check::check(run.file()).unwrap();
        assert!(report.is_ok(), "{report}");
        let ours = what_we_read(&run.file());
        for version in ["0.1.8", "0.7.5"] {
            if let Some(python) = interpreter(version) {
                let theirs = what_python_reads(&python, &run.file(), ranks);
                assert_eq!(theirs, ours, "{version} {merge}");
            }
        }
    }
}

#[test]
fn compressed_files_of_ranks_say_the_same_and_are_smaller() {
    for (merge, of_ranks) in [("copy", false), ("link", true)] {
        let run = Launch::new(2, "many steps")
            .env("SCOPE_PROFILER_MERGE", merge)
            .env("SCOPE_PROFILER_COMPRESS", "1")
            .env("SCOPE_PROFILER_KEEP_LOGS", "1")
            .run();
        assert_eq!(calls(&run.reader(), "step"), [(0, 20_000), (1, 20_001)]);
        let ours = what_we_read(&run.file());
        for version in ["0.1.8", "0.7.5"] {
            if let Some(python) = interpreter(version) {
                assert_eq!(
                    what_python_reads(&python, &run.file(), 2),
                    ours,
                    "{version} {merge}"
                );
            }
        }
        let directory = run.directory.path();
        let size = if of_ranks {
            let files = names_in(&directory.join("run.h5.d"));
            let files = files.iter().filter(|name| name.ends_with(".h5"));
            files
                .map(|name| fs::metadata(directory.join("run.h5.d").join(name)).unwrap().len())
                .sum()
        } else {
            fs::metadata(run.file()).unwrap().len()
        };
        // The same logs without compression.
        super::launch::merge_offline(directory);
        let offline = directory.join("offline.h5");
        let plain = fs::metadata(&offline).unwrap().len();
        assert_eq!(what_we_read(&offline), ours);
        assert!(
            plain > 16 * 80_002 && size * 2 < plain,
            "{merge}: {size} of {plain}"
        );
    }
}

#[test]
fn links_lead_to_a_file_of_each_rank() {
    let run = Launch::new(4, "steps").env("SCOPE_PROFILER_MERGE", "link").run();
    assert_eq!(run.left(), ["run.h5", "run.h5.d"]);
    let files = names_in(&run.directory.path().join("run.h5.d"));
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files.iter().all(|name| name.ends_with(".h5")), "{files:?}");
    assert_eq!(calls(&run.reader(), "step"), expected_steps(4));
}

#[test]
fn kept_logs_of_a_program_that_compresses_are_merged_with_a_command_that_does() {
    let run = Launch::new(2, "steps")
        .env("SCOPE_PROFILER_MERGE", "keep")
        .env("SCOPE_PROFILER_COMPRESS", "1")
        .run();
    assert!(run.stderr().contains("run.h5 --compress"), "{}", run.stderr());
}

#[test]
fn kept_logs_can_be_merged_later() {
    let run = Launch::new(4, "steps").env("SCOPE_PROFILER_MERGE", "keep").run();
    assert_eq!(run.left(), ["run.h5.d"]);
    assert!(
        run.stderr().contains("scope-profiler-pproc merge"),
        "{}",
        run.stderr()
    );
    assert!(run.stderr().contains("over 4 ranks"), "{}", run.stderr());
    let (merged, reader) = super::launch::merge_offline(run.directory.path());
    assert_eq!((merged.ranks.len(), merged.missing.len()), (4, 0));
    assert_eq!(calls(&reader, "step"), expected_steps(4));
}

#[test]
fn logs_that_shall_stay_stay() {
    let run = Launch::new(2, "steps").env("SCOPE_PROFILER_KEEP_LOGS", "1").run();
    assert_eq!(run.left(), ["run.h5", "run.h5.d"]);
    assert_eq!(names_in(&run.directory.path().join("run.h5.d")).len(), 2);
}

#[test]
fn two_runs_in_one_directory_do_not_mix() {
    let first = Launch::new(2, "steps").env("SCOPE_PROFILER_MERGE", "keep").run();
    let second = Launch::new(4, "steps").env("SCOPE_PROFILER_FILE", &first.file().to_string_lossy());
    second.run();
    let reader = ProfilingH5Reader::open(first.file()).unwrap();
    assert_eq!(calls(&reader, "step"), expected_steps(4));
    // The first run's logs are still there, and still its own.
    let (merged, _) = super::launch::merge_offline(first.directory.path());
    assert_eq!(merged.ranks, [0, 1]);
}
