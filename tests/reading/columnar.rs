//! Schemas 2 and 3 of the Python package, made by hand: what is tolerated and what is refused.

use crate::common::column;
use hdf5::File;
use hdf5::types::VarLenUnicode;
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::profile::{Intervals, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter, check::check};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn texts(texts: &[&str]) -> Vec<VarLenUnicode> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A row of the index: rank, region, first event, number of events.
type Row = (u32, u32, u64, u64);

/// A file of schema 3 with these regions, rows and events (start, from the row's last one, and duration).
fn file(names: &[&str], rows: &[Row], events: &[(i64, i64)]) -> Made {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let file = File::create(&path).unwrap();
    let number = file.new_attr::<i64>().create("scope_profiler_schema");
    number.unwrap().write_scalar(&3).unwrap();
    column(
        &file.create_group("region_table").unwrap(),
        "names",
        &texts(names),
    );
    let index = file.create_group("rank_region_index").unwrap();
    let of = |field: fn(&Row) -> u32| rows.iter().map(field).collect::<Vec<_>>();
    column(&index, "ranks", &of(|row| row.0));
    column(&index, "region_ids", &of(|row| row.1));
    let of = |field: fn(&Row) -> u64| rows.iter().map(field).collect::<Vec<_>>();
    column(&index, "event_offsets", &of(|row| row.2));
    column(&index, "event_counts", &of(|row| row.3));
    let group = file.create_group("events").unwrap();
    let of = |field: fn(&(i64, i64)) -> i64| events.iter().map(field).collect::<Vec<_>>();
    column(&group, "start_deltas", &of(|event| event.0));
    column(&group, "durations", &of(|event| event.1));
    Made {
        directory,
        file: Some(file),
    }
}

struct Made {
    directory: TempDir,
    file: Option<File>,
}

impl Made {
    fn with(self, change: impl FnOnce(&File)) -> Self {
        change(self.file.as_ref().unwrap());
        self
    }

    fn close(mut self) -> Self {
        self.file = None;
        self
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("run.h5")
    }

    fn read(self) -> ProfilingH5Reader {
        let made = self.close();
        let reader = ProfilingH5Reader::open(made.path()).unwrap();
        let report = check(made.path()).unwrap();
        assert!(report.is_ok(), "{report}");
        reader
    }

    /// Why the file is refused, which the check must know as well.
    fn refusal(self) -> String {
        let made = self.close();
        refusal(&made.path())
    }
}

fn refusal(path: &Path) -> String {
    let error = ProfilingH5Reader::open(path).expect_err("the file must be refused");
    assert!(error.is_format(), "{error}");
    match check(path) {
        Ok(report) => assert!(!report.is_ok(), "{report}"),
        Err(error) => assert!(error.is_format(), "{error}"),
    }
    error.to_string()
}

fn row(reader: &ProfilingH5Reader, row: usize) -> Vec<(i64, i64, u32)> {
    let mut intervals = Intervals::default();
    reader
        .read(row, 0..reader.rows()[row].intervals, &mut intervals)
        .unwrap();
    let calls = intervals.iter();
    calls
        .map(|call| (call.start_ns, call.end_ns, call.thread))
        .collect()
}

#[test]
fn starts_are_sums_that_begin_anew_in_each_row_and_may_go_back() {
    let events = [(100, 5), (50, 5), (1_000, 1), (-10, 2), (0, 3)];
    let reader = file(&["a", "b"], &[(0, 0, 0, 2), (0, 1, 2, 3)], &events).read();
    assert_eq!(row(&reader, 0), [(100, 105, 0), (150, 155, 0)]);
    assert_eq!(row(&reader, 1), [(990, 993, 0), (990, 992, 0), (1_000, 1_001, 0)]);
}

#[test]
fn a_part_of_a_long_row_is_read_without_the_rest() {
    let events: Vec<(i64, i64)> = (0..30_000).map(|n| (n % 7, n % 11)).collect();
    let mut start = 0;
    let expected: Vec<(i64, i64)> = events[3..]
        .iter()
        .map(|&(delta, duration)| {
            start += delta;
            (start, start + duration)
        })
        .collect();
    let reader = file(&["a", "b"], &[(0, 0, 0, 3), (0, 1, 3, 29_997)], &events).read();
    let mut intervals = Intervals::default();
    let mut sorted = expected;
    sorted.sort_by_key(|&(start, end)| (start, -end));
    for from in [0_usize, 1, 4_095, 4_096, 4_097, 12_288, 29_000] {
        let range = from..(from + 900).min(sorted.len());
        reader
            .read(1, range.start as u64..range.end as u64, &mut intervals)
            .unwrap();
        let calls = intervals.iter();
        let read: Vec<(i64, i64)> = calls.map(|call| (call.start_ns, call.end_ns)).collect();
        assert_eq!(read, sorted[range], "from {from}");
    }
}

#[test]
fn rows_of_a_rank_need_not_be_side_by_side_nor_cover_all_events() {
    let rows = [(5, 1, 4, 1), (0, 0, 0, 1), (5, 0, 2, 1), (0, 1, 5, 0)];
    let events = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)];
    let reader = file(&["a", "b"], &rows, &events).with(|file| {
        let metadata = file.create_group("metadata").unwrap();
        metadata
            .new_attr::<i64>()
            .create("mpi_size")
            .unwrap()
            .write_scalar(&6)
            .unwrap();
    });
    let made = reader.close();
    let reader = ProfilingH5Reader::open(made.path()).unwrap();
    assert_eq!(reader.ranks(), [0, 5]);
    assert_eq!(reader.num_ranks(), 6);
    let starts = |name: &str, rank: u32| reader.get_region(name).unwrap()[rank].start_times_ns().to_vec();
    assert_eq!((starts("a", 0), starts("a", 5)), (vec![1], vec![3]));
    assert_eq!((starts("b", 0), starts("b", 5)), (vec![], vec![5]));
    let report = check(made.path()).unwrap();
    assert_eq!(report.findings()[0].to_string(), "missing ranks 1-4");
}

#[test]
fn a_file_without_any_region_is_an_empty_profile() {
    let reader = file(&[], &[], &[])
        .with(|file| file.unlink("events").unwrap())
        .read();
    assert_eq!((reader.num_ranks(), reader.rows().len()), (0, 0));
    assert!(reader.get_regions(&RegionFilter::new()).unwrap().is_empty());
}

#[test]
fn members_that_mean_something_else_are_passed_over() {
    let reader = file(&["a"], &[(0, 0, 0, 1)], &[(7, 1)]).with(|file| {
        file.create_group("likwid")
            .unwrap()
            .create_group("rank0")
            .unwrap();
        column(file, "thread_table", &[1_i64, 2]);
        column(&file.group("events").unwrap(), "await_ns", &[1.5_f64, 2.5]);
        column(
            &file.group("rank_region_index").unwrap(),
            "summary_statistics",
            &[0_u8; 9],
        );
    });
    assert_eq!(row(&reader.read(), 0), [(7, 8, 0)]);
}

#[test]
fn tasks_are_lanes_of_their_own_beside_threads() {
    let reader = file(&["a"], &[(0, 0, 0, 3)], &[(1, 1), (1, 1), (1, 1)]).with(|file| {
        let events = file.group("events").unwrap();
        column(&events, "thread_ids", &[3_i64, 3, -1]);
        column(&events, "task_ids", &[-1_i64, 9, -1]);
        let threads = file.create_group("thread_table").unwrap();
        column(&threads, "ranks", &[0_u32]);
        column(&threads, "index", &[3_i64]);
        column(&threads, "name", &texts(&["worker"]));
        let tasks = file.create_group("task_table").unwrap();
        column(&tasks, "ranks", &[0_u32]);
        column(&tasks, "index", &[9_i64]);
        column(&tasks, "name", &texts(&["fetch"]));
    });
    let reader = reader.read();
    let lanes: Vec<u32> = row(&reader, 0).into_iter().map(|row| row.2).collect();
    let names = reader.thread_names(0).unwrap();
    assert_eq!((&*names[&lanes[0]], &*names[&lanes[1]]), ("worker", "fetch"));
    assert_eq!(lanes[2], u32::MAX);
}

#[test]
fn damage_is_refused_with_its_place() {
    type Change = fn(&File);
    let cases: [(&[Row], Change, &str); 12] = [
        (
            &[(0, 0, 0, 1), (0, 1, 1, 1)],
            |file| {
                let table = file.group("region_table").unwrap();
                table.unlink("names").unwrap();
                column(&table, "names", &texts(&["same", "same"]));
            },
            "rank_region_index row 1 is the second one of region \"same\" on rank 0",
        ),
        (
            &[(0, 0, 0, 2), (0, 1, 1, 2)],
            |_| (),
            "rank_region_index rows 0 and 1 overlap: both have event 1",
        ),
        (
            &[(0, 0, 0, 2), (0, 0, 2, 1)],
            |_| (),
            "rank_region_index row 1 is the second one of region \"a\" on rank 0",
        ),
        (
            &[(0, 0, 0, 1), (0, 1, u64::MAX / 4, u64::MAX / 4)],
            |_| (),
            "rank_region_index row 1 has",
        ),
        (
            &[(0, 2, 0, 1)],
            |_| (),
            "row 0 is of region 2, but there are 2 names",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| file.unlink("events/durations").unwrap(),
            "events has no durations",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| file.unlink("events").unwrap(),
            "row 0 has 1 events from event 0 on, but there are only 0",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| file.unlink("rank_region_index").unwrap(),
            "there is no group rank_region_index",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| file.unlink("region_table/names").unwrap(),
            "region_table has no names",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| column(&file.group("events").unwrap(), "thread_ids", &[1_i64]),
            "events has 3 start_deltas but 1 thread_ids",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| {
                let index = file.group("rank_region_index").unwrap();
                index.unlink("event_counts").unwrap();
                column(&index, "event_counts", &[1_u64, 1]);
            },
            "rank_region_index has 1 region_ids but 2 event_counts",
        ),
        (
            &[(0, 0, 0, 1)],
            |file| {
                file.unlink("events/durations").unwrap();
                let events = file.group("events").unwrap();
                events.link_soft("/events/start_deltas", "durations").unwrap();
            },
            "events/durations is a soft link",
        ),
    ];
    for (rows, change, expected) in cases {
        let text = file(&["a", "b"], rows, &[(1, 1); 3]).with(change).refusal();
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
}

#[test]
fn a_compression_that_is_not_installed_is_named() {
    let reader = ProfilingH5Reader::open(crate::common::golden("s3_zstd.h5")).unwrap();
    let error = match reader.get_region("outer") {
        // A plugin for it is installed.
        Ok(outer) => return assert_eq!(outer[0].num_calls(), 2),
        Err(error) => error,
    };
    assert!(error.is_format());
    let text = error.to_string();
    assert!(
        text.contains("events/start_deltas is compressed with zstd (HDF5 filter 32015)")
            && text.contains("HDF5_PLUGIN_PATH"),
        "{text}"
    );
}

#[test]
fn sums_beyond_a_signed_integer_are_refused_when_read() {
    let made = file(&["a"], &[(0, 0, 0, 2)], &[(i64::MAX, 0), (1, 0)]).close();
    let reader = ProfilingH5Reader::open(made.path()).unwrap();
    let error = reader.get_region("a").unwrap_err().to_string();
    assert!(
        error.contains("rank_region_index row 0 has times beyond the largest int64"),
        "{error}"
    );
}

#[test]
fn one_damaged_row_does_not_hide_the_others_from_the_check() {
    let rows = [(0, 7, 0, 1), (0, 1, 1, 2)];
    let made = file(&["a", "b"], &rows, &[(1, 1), (5, 1), (1, -3)]).close();
    let report = check(made.path()).unwrap();
    let findings: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "rank_region_index row 0 is of region 7, but there are 2 names",
            "rank_region_index row 1: row 1 ends at 3 ns, before it starts at 6 ns",
        ]
    );
}

#[test]
fn columns_of_a_big_endian_machine_and_texts_of_fixed_length_convert() {
    let reader = ProfilingH5Reader::open(crate::common::golden("s3_big_endian.h5")).unwrap();
    assert_eq!(reader.names(), ["a", "bλ"]);
    assert_eq!(row(&reader, 0), [(10, 15, 0)]);
    assert_eq!(row(&reader, 1), [(20, 25, u32::MAX), (30, 40, 1)]);
    let b = reader.get_region("bλ").unwrap();
    assert_eq!(
        (b[0].source_line(), b[0].tags()),
        (Some(5), &["x".to_owned()][..])
    );
}

#[test]
fn the_call_tree_is_the_one_that_the_calls_state() {
    // Two calls of `a` overlap: by their times the second one is no part of `main`.
    let rows = [(0, 0, 0, 1), (0, 1, 1, 2), (0, 2, 3, 1)];
    let events = [(0, 100), (10, 50), (10, 100), (30, 10)];
    let reader = file(&["main", "a", "b"], &rows, &events).with(|file| {
        let events = file.group("events").unwrap();
        column(&events, "call_ids", &[4_i64, 5, 6, 7]);
        column(&events, "parent_ids", &[-1_i64, 4, 4, 5]);
    });
    let reader = reader.read();
    assert_eq!(reader.columns(), [Intervals::CALL, Intervals::PARENT]);
    let tree = CallTree::filtered(&reader, &RegionFilter::new()).unwrap();
    let nodes: Vec<(usize, &str, u64, i64)> = tree
        .walk()
        .map(|(depth, node)| (depth, node.name(), node.calls(), node.exclusive_ns()))
        .collect();
    assert_eq!(nodes, [(0, "main", 1, 10), (1, "a", 2, 140), (2, "b", 1, 10)]);
    // One call ends after its caller.
    assert_eq!(tree.overlaps(), 1);
}

#[test]
fn texts_of_a_fixed_length_are_read_however_long_they_are() {
    use hdf5::types::FixedUnicode;
    // A file that several processes wrote together has strings of one length, that of the longest.
    const WIDTH: usize = 70_000;
    let long = "λ".repeat(WIDTH / 2);
    let rows: Vec<Row> = (0..40).map(|rank| (rank, 0, u64::from(rank), 1)).collect();
    let reader = file(&["a"], &rows, &[(1, 1); 40]).with(|file| {
        let index = file.group("rank_region_index").unwrap();
        let text = |rank: usize| if rank == 3 { &*long } else { "" };
        let texts: Vec<FixedUnicode<WIDTH>> = (0..40).map(|rank| text(rank).parse().unwrap()).collect();
        column(&index, "source_texts", &texts);
        let names: Vec<FixedUnicode<3>> = (0..40).map(|_| "é.c".parse().unwrap_or_default()).collect();
        column(&index, "source_files", &names);
    });
    let reader = reader.read();
    let region = reader.get_region("a").unwrap();
    assert_eq!(region[3].source_text(), Some(&*long));
    assert_eq!(region[4].source_text(), None);
}
