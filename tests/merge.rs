//! From the logs of several ranks to a profile.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[path = "common/ranks.rs"]
mod ranks;

use scope_profiler::chart::{ChartOptions, GanttChart};
use scope_profiler::profile::{ClockAgreement, Source, Value};
use scope_profiler::{
    ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter,
    merge::{MergeMode, MergeOptions, Merged, find_logs, merge_with},
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Where a rank writes to.
const FILE: &str = "SCOPE_PROFILER_TEST_RANK_FILE";

/// Whether each rank has a clock of its own.
const OWN_CLOCK: &str = "SCOPE_PROFILER_TEST_OWN_CLOCK";

again::programs! { "rank" => record_as_a_rank }

/// Records as one rank of a job that was started by a launcher.
fn record_as_a_rank() {
    let file = std::env::var_os(FILE).unwrap();
    let rank: u64 = std::env::var("PMI_RANK").unwrap().parse().unwrap();
    let mut config = ProfilingConfig::new()
        .file_path(PathBuf::from(file))
        .verbose(false);
    if std::env::var_os(OWN_CLOCK).is_some() {
        config = config.manual_clock(&ManualClock::new(rank));
    }
    let profiler = Profiler::new(config).unwrap();
    for _ in 0..=rank {
        profiler.profile("every rank", || profiler.profile("inner/part", || ()));
    }
    if rank % 2 == 1 {
        profiler.profile("odd ranks", || ());
    }
    profiler.finalize().unwrap();
}

/// The logs that these ranks of a job leave behind, in `run.h5.d`.
fn job(ranks: impl IntoIterator<Item = u32>, size: u32) -> TempDir {
    job_with(ranks, size, |_| ())
}

fn job_with(ranks: impl IntoIterator<Item = u32>, size: u32, set: impl Fn(&mut Command)) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    ranks::run(ranks, size as usize, "job 7/a", || {
        let mut command = again("rank");
        command
            .env(FILE, directory.path().join("run.h5"))
            .stdout(std::process::Stdio::null());
        set(&mut command);
        command
    });
    directory
}

fn logs(directory: &TempDir) -> Vec<PathBuf> {
    find_logs(&[directory.path().join("run.h5.d")]).unwrap()
}

fn merge(directory: &TempDir, mode: MergeMode) -> Merged {
    let output = directory.path().join("run.h5");
    merge_with(&logs(directory), &output, &MergeOptions::new().mode(mode)).unwrap()
}

/// Everything that a profile says of its regions.
fn content(file: &Path) -> Vec<String> {
    let reader = ProfilingH5Reader::open(file).unwrap();
    let mut lines = Vec::new();
    for (name, rank, region) in reader.names().iter().flat_map(|name| {
        let region = reader.get_region(name).unwrap();
        let ranks = region.regions().clone();
        ranks
            .into_iter()
            .map(move |(rank, region)| (name.clone(), rank, region))
    }) {
        lines.push(format!(
            "{name} on {rank}: {:?} {:?}",
            region.start_times_ns(),
            region.end_times_ns()
        ));
    }
    lines
}

#[test]
fn a_copy_and_an_index_of_links_say_the_same() {
    // More than ten, so that the order of numbers differs from that of texts.
    let directory = job(0..12, 12);
    let file = directory.path().join("run.h5");

    let copied = merge(&directory, MergeMode::Copy);
    assert_eq!(copied.mode, MergeMode::Copy);
    assert_eq!(copied.ranks, (0..12).collect::<Vec<_>>());
    assert_eq!(copied.intervals, 2 * (1..=12).sum::<u64>() + 6);
    assert!(copied.missing.is_empty() && copied.rank_files.is_empty());
    let of_copy = content(&file);

    let linked = merge(&directory, MergeMode::Link);
    assert_eq!(linked.mode, MergeMode::Link);
    assert_eq!((linked.ranks, linked.intervals), (copied.ranks, copied.intervals));
    assert_eq!(linked.rank_files.len(), 12);
    assert_eq!(content(&file), of_copy);
    assert!(
        of_copy.iter().any(|line| line.starts_with("odd ranks on 11")),
        "{of_copy:?}"
    );
    assert!(fs::metadata(&file).unwrap().len() < 64 << 10);

    // Each file of a rank is a profile of its own.
    let third = ProfilingH5Reader::open(&linked.rank_files[3]).unwrap();
    assert_eq!(third.ranks(), [3]);
    assert_eq!(third.get_region("inner/part").unwrap()[3].num_calls(), 4);
    assert_eq!(logs(&directory).len(), 12);
}

#[test]
fn few_ranks_are_copied_by_default() {
    let directory = job(0..2, 2);
    assert_eq!(merge(&directory, MergeMode::Auto).mode, MergeMode::Copy);
}

#[test]
fn an_index_can_be_moved_with_the_directory_of_its_ranks() {
    let directory = job(0..2, 2);
    let merged = merge(&directory, MergeMode::Link);
    let before = content(&directory.path().join("run.h5"));
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(elsewhere.path().join("run.h5.d")).unwrap();
    for file in &merged.rank_files {
        let name = file.file_name().unwrap();
        fs::rename(file, elsewhere.path().join("run.h5.d").join(name)).unwrap();
    }
    let moved = elsewhere.path().join("renamed.h5");
    fs::rename(directory.path().join("run.h5"), &moved).unwrap();
    assert_eq!(content(&moved), before);

    fs::remove_file(
        elsewhere
            .path()
            .join("run.h5.d")
            .join(merged.rank_files[1].file_name().unwrap()),
    )
    .unwrap();
    let error = ProfilingH5Reader::open(&moved).unwrap_err().to_string();
    assert!(error.contains("renamed.h5: rank1 is in run.h5.d/"), "{error}");
    assert!(error.contains("which is not there"), "{error}");
}

#[test]
fn ranks_that_left_no_log_are_listed() {
    for mode in [MergeMode::Copy, MergeMode::Link] {
        let directory = job([1, 4], 8);
        let merged = merge(&directory, mode);
        assert_eq!(merged.ranks, [1, 4]);
        assert_eq!(merged.missing, [0, 2, 3, 5, 6, 7]);
        let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
        assert_eq!(reader.ranks(), [1, 4]);
        assert_eq!(
            reader.metadata().get("missing_ranks"),
            Some(&Value::Text("0,2-3,5-7".into()))
        );
    }
}

#[test]
fn a_log_that_cannot_be_read_costs_its_own_rank_alone() {
    for mode in [MergeMode::Copy, MergeMode::Link] {
        let directory = job(0..4, 4);
        let logs = logs(&directory);
        fs::write(&logs[1], "no log at all any more").unwrap();
        let header_only = fs::read(&logs[3]).unwrap();
        fs::write(&logs[3], &header_only[..10]).unwrap();
        let merged = merge(&directory, mode);
        assert_eq!((merged.ranks, merged.missing), (vec![0, 2], vec![1, 3]));
        let told: Vec<_> = merged
            .unreadable
            .iter()
            .map(|log| (log.path.clone(), log.reason.as_str()))
            .collect();
        assert_eq!(
            told[0],
            (logs[1].clone(), "not a rank log: it does not start as one")
        );
        assert_eq!(told[1].0, logs[3]);
        assert!(told[1].1.contains("shorter than a log's header"), "{told:?}");
    }
}

#[test]
fn when_no_log_can_be_read_there_is_no_file() {
    let directory = job(0..1, 2);
    let log = logs(&directory).remove(0);
    fs::write(&log, "no log at all any more").unwrap();
    let output = directory.path().join("run.h5");
    let error = scope_profiler::merge::merge(&[&log], &output).unwrap_err();
    assert!(
        error.is_format() && error.to_string().contains("not a rank log"),
        "{error}"
    );
    assert!(!output.exists());
}

#[test]
fn a_merge_that_was_interrupted_goes_on_with_the_ranks_that_are_left() {
    let directory = job(0..4, 4);
    let file = directory.path().join("run.h5");
    let first = merge(&directory, MergeMode::Link);
    assert!(first.reused.is_empty());
    let before = content(&file);
    // As if the merge had been killed before rank 2, and in the middle of rank 3.
    fs::remove_file(&file).unwrap();
    fs::remove_file(&first.rank_files[2]).unwrap();
    let third = fs::read(&first.rank_files[3]).unwrap();
    fs::write(&first.rank_files[3], &third[..third.len() / 2]).unwrap();

    let second = merge(&directory, MergeMode::Link);
    assert_eq!(second.reused, [0, 1]);
    assert_eq!(content(&file), before);
    assert_eq!(merge(&directory, MergeMode::Link).reused, [0, 1, 2, 3]);
}

#[test]
fn files_of_ranks_are_compressed_where_that_is_asked_for_later() {
    let directory = job(0..2, 2);
    let file = directory.path().join("run.h5");
    let link = |compress| {
        let options = MergeOptions::new().mode(MergeMode::Link).compress(compress);
        merge_with(&logs(&directory), &file, &options).unwrap().reused
    };
    assert_eq!(link(false), [] as [u32; 0]);
    let plain = content(&file);
    assert_eq!(link(true), [] as [u32; 0]);
    assert_eq!(link(true), [0, 1]);
    // Those that are compressed serve as well where that was not asked for.
    assert_eq!(link(false), [0, 1]);
    assert_eq!(content(&file), plain);
}

#[test]
fn the_file_of_a_rank_whose_log_has_grown_is_made_again() {
    let directory = job(0..2, 2);
    let log = logs(&directory).remove(1);
    let whole = fs::read(&log).unwrap();
    fs::write(&log, &whole[..whole.len() - 1]).unwrap();
    let first = merge(&directory, MergeMode::Link);
    assert_eq!(first.incomplete, std::slice::from_ref(&log));
    fs::write(&log, &whole).unwrap();
    let second = merge(&directory, MergeMode::Link);
    assert_eq!(second.reused, [0]);
    assert!(second.incomplete.is_empty());
    // Of one that was taken over from before it is still known.
    fs::write(&log, &whole[..whole.len() - 1]).unwrap();
    merge(&directory, MergeMode::Link);
    assert_eq!(merge(&directory, MergeMode::Link).incomplete, [log]);
}

#[test]
fn no_link_leads_to_a_file_that_is_no_rank_of_the_run() {
    let directory = job(0..2, 2);
    let file = directory.path().join("run.h5");
    merge(&directory, MergeMode::Copy);
    fs::rename(&file, directory.path().join("other.h5")).unwrap();
    for prefix in [
        None,
        Some("../other"),
        Some("/etc/passwd"),
        Some("run.h5.d/none-rank"),
    ] {
        let index = hdf5::File::create(&file).unwrap();
        index.link_external("other.h5", "rank1", "rank1").unwrap();
        if let Some(prefix) = prefix {
            let prefix: hdf5::types::VarLenUnicode = prefix.parse().unwrap();
            let attribute = index.new_attr::<hdf5::types::VarLenUnicode>();
            attribute
                .create("rank_files")
                .unwrap()
                .write_scalar(&prefix)
                .unwrap();
        }
        index.close().unwrap();
        let error = ProfilingH5Reader::open(&file).unwrap_err();
        assert!(
            error.is_format() && error.to_string().contains("rank1"),
            "{error}"
        );
    }
}

#[test]
fn ranks_of_one_machine_read_the_same_clock_without_having_talked_about_it() {
    let directory = job(0..3, 3);
    for mode in [MergeMode::Copy, MergeMode::Link] {
        merge(&directory, mode);
        let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
        assert_eq!(reader.clocks(&[0, 1, 2]), ClockAgreement::Same);
        assert!(
            reader
                .clock(1)
                .unwrap()
                .host
                .as_ref()
                .is_some_and(|host| !host.is_empty())
        );
        let chart = GanttChart::reduce(&reader, &RegionFilter::new(), &ChartOptions::new()).unwrap();
        let notes = chart.header.notes();
        assert!(notes.iter().all(|note| !note.contains("clocks")), "{notes:?}");
    }
}

#[test]
fn a_chart_of_ranks_whose_clocks_were_not_compared_warns() {
    let directory = job_with(0..2, 2, |rank| {
        rank.env(OWN_CLOCK, "1");
    });
    merge(&directory, MergeMode::Copy);
    let reader = ProfilingH5Reader::open(directory.path().join("run.h5")).unwrap();
    assert_eq!(reader.clocks(&[0, 1]), ClockAgreement::Unknown);
    assert_eq!(reader.clocks(&[1]), ClockAgreement::Same);
    let warns = |filter: RegionFilter| {
        let chart = GanttChart::reduce(&reader, &filter, &ChartOptions::new()).unwrap();
        chart.header.notes().iter().any(|note| note.contains("clocks"))
    };
    assert!(warns(RegionFilter::new()));
    assert!(!warns(RegionFilter::new().ranks([1])));
}

#[test]
fn keeping_the_logs_is_not_merging() {
    let directory = job(0..1, 2);
    let output = directory.path().join("run.h5");
    let keep = MergeOptions::new().mode(MergeMode::Keep);
    let error = merge_with(&logs(&directory), &output, &keep).unwrap_err();
    assert!(error.is_config(), "{error}");
    assert!(!output.exists());
}

#[test]
fn progress_is_told_after_each_rank() {
    let directory = job(0..3, 3);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let options = {
        let told = told.clone();
        MergeOptions::new().on_progress(move |progress| told.lock().unwrap().push(progress))
    };
    merge_with(&logs(&directory), &directory.path().join("run.h5"), &options).unwrap();
    let told = told.lock().unwrap();
    assert_eq!(
        told.iter().map(|progress| progress.ranks).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert!(told.windows(2).all(|pair| pair[0].bytes < pair[1].bytes));
    assert!(
        told.iter()
            .all(|progress| progress.of_ranks == 3 && progress.of_bytes == told[3].bytes)
    );
}
