//! Files that are made here: those without any region, and those of sums alone.

use crate::common::{column, golden};
use hdf5::types::VarLenUnicode;
use hdf5::{File, Group};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::imbalance;
use scope_profiler::chart::{ChartOptions, GanttChart};
use scope_profiler::check::check;
use scope_profiler::export::json;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::Path;
use tempfile::TempDir;

fn open(path: &Path) -> ProfilingH5Reader {
    let report = check(path).unwrap();
    assert!(report.is_ok(), "{report}");
    ProfilingH5Reader::open(path).unwrap()
}

fn table_of(reader: &ProfilingH5Reader) -> String {
    let tree = CallTree::filtered(reader, &RegionFilter::new()).unwrap();
    table::render(&tree, &TableOptions::new().unicode(false))
}

fn schema(file: &File, number: i64) {
    let attribute = file.new_attr::<i64>().create("scope_profiler_schema");
    attribute.unwrap().write_scalar(&number).unwrap();
}

#[test]
fn a_file_without_any_region_is_an_empty_profile_whose_table_says_so() {
    type Make = fn(&File);
    let cases: [(Make, &str); 5] = [
        (|file| schema(file, 1), "0 ranks, no regions\n"),
        (
            |file| drop(file.create_group("rank0").unwrap()),
            "1 rank, no regions\n",
        ),
        (
            |file| {
                drop(
                    file.create_group("rank0")
                        .unwrap()
                        .create_group("regions")
                        .unwrap(),
                )
            },
            "1 rank, no regions\n",
        ),
        (
            |file| {
                schema(file, 3);
                tables(file, &[], &[]);
            },
            "0 ranks, no regions\n",
        ),
        (
            |file| {
                schema(file, 3);
                layout(file, "aggregate");
                tables(file, &[], &[]);
            },
            "0 ranks, no regions\n",
        ),
    ];
    for (make, expected) in cases {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("run.h5");
        let file = File::create(&path).unwrap();
        make(&file);
        file.close().unwrap();
        assert_eq!(table_of(&open(&path)), expected);
    }
}

fn layout(file: &File, layout: &str) {
    let text: VarLenUnicode = layout.parse().unwrap();
    let attribute = file.new_attr::<VarLenUnicode>().create("storage_layout");
    attribute.unwrap().write_scalar(&text).unwrap();
}

/// The names of regions, and of which region and rank each row is.
fn tables(file: &File, names: &[&str], rows: &[(u32, u32)]) -> Group {
    let names: Vec<VarLenUnicode> = names.iter().map(|name| name.parse().unwrap()).collect();
    column(&file.create_group("region_table").unwrap(), "names", &names);
    let index = file.create_group("rank_region_index").unwrap();
    let of = |field: fn(&(u32, u32)) -> u32| rows.iter().map(field).collect::<Vec<_>>();
    column(&index, "region_ids", &of(|row| row.0));
    column(&index, "ranks", &of(|row| row.1));
    for unused in ["event_offsets", "event_counts"] {
        column::<u64>(&index, unused, &[]);
    }
    index
}

/// Calls, total, shortest, longest and exclusive time of a row.
type SumsOfRow = (u64, i64, i64, i64, i64);

fn aggregate(rows: &[(u32, u32)], sums: &[SumsOfRow]) -> (TempDir, File) {
    let directory = TempDir::new().unwrap();
    let file = File::create(directory.path().join("run.h5")).unwrap();
    schema(&file, 3);
    layout(&file, "aggregate");
    let index = tables(&file, &["main", "solve"], rows);
    let counts: Vec<u64> = sums.iter().map(|sums| sums.0).collect();
    column(&index, "aggregate_counts", &counts);
    let of = |field: fn(&SumsOfRow) -> i64| sums.iter().map(field).collect::<Vec<_>>();
    column(&index, "aggregate_totals", &of(|sums| sums.1));
    column(&index, "aggregate_minimums", &of(|sums| sums.2));
    column(&index, "aggregate_maximums", &of(|sums| sums.3));
    column(&index, "aggregate_exclusives", &of(|sums| sums.4));
    (directory, file)
}

#[test]
fn sums_of_several_ranks_make_a_table_and_tell_how_the_ranks_compare() {
    let rows = [(0, 1), (1, 1), (0, 0)];
    let sums = [
        (1, 900, 900, 900, 500),
        (4, 400, 50, 150, 400),
        (1, 700, 700, 700, 700),
    ];
    let (directory, file) = aggregate(&rows, &sums);
    file.close().unwrap();
    let reader = open(&directory.path().join("run.h5"));
    assert_eq!((reader.num_ranks(), reader.ranks()), (2, &[0, 1][..]));
    assert_eq!(
        table_of(&reader),
        "\
2 ranks, 6 calls, sums only

region  calls    total  exclusive  share             average     min     max  std
main        2  1.60 us    1.20 us    -                800 ns  700 ns  900 ns    -
solve       4   400 ns     400 ns    -                100 ns   50 ns  150 ns    -
the file has the sums of calls and no intervals: there is no timeline, no call tree and no percentile
clocks: not compared; each rank has its own run time, and times of different ranks cannot be compared
"
    );
    let main = &reader.get_region("main").unwrap()[1];
    assert_eq!((main.num_calls(), main.exclusive_ns().unwrap()), (1, 500));
    assert!(main.percentile_ns(50.0).is_nan() && main.first_start_ns().is_none());
    let regions = imbalance::filtered(&reader, &RegionFilter::new(), None).unwrap();
    let main = regions.iter().find(|region| region.name() == "main").unwrap();
    assert_eq!((main.max_ns(), main.slowest_rank()), (900, 1));
}

#[test]
fn sums_that_cannot_be_are_found_by_the_check_and_one_row_does_not_hide_another() {
    let rows = [(0, 0), (1, 0), (1, 1), (7, 1)];
    let sums = [
        (2, 900, 500, 400, 900),
        (0, 5, 0, 0, 0),
        (3, 90, 10, 20, 100),
        (1, 1, 1, 1, 1),
    ];
    let (directory, file) = aggregate(&rows, &sums);
    file.close().unwrap();
    let report = check(directory.path().join("run.h5")).unwrap();
    let findings: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "rank_region_index row 3 is of region 7, but there are 2 names",
            "rank_region_index row 0: a shortest call of 500 ns is longer than the longest, of 400 ns",
            "rank_region_index row 2: 3 calls of 10 to 20 ns cannot take 90 ns",
            "rank_region_index row 2: 100 ns are exclusive, of 90 ns in all",
        ]
    );
}

#[test]
fn what_needs_a_timeline_is_refused_for_that_reason() {
    let reader = ProfilingH5Reader::open(golden("py075_aggregate.h5")).unwrap();
    let tree = CallTree::filtered(&reader, &RegionFilter::new()).unwrap();
    assert_eq!(tree.intervals(), 0);
    assert!(
        tree.walk()
            .all(|(depth, node)| depth == 0 && node.inclusive_ns() > 0)
    );
    let error = GanttChart::reduce(&reader, &RegionFilter::new(), &ChartOptions::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("nothing to draw: the file has the sums"),
        "{error}"
    );
    let document = json::region_statistics(&reader, &RegionFilter::new()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let step = &document["regions"]["time_step"]["ranks"]["0"];
    assert_eq!(
        (&step["num_calls"], &step["num_intervals"]),
        (&12.into(), &0.into())
    );
    assert_eq!(
        (&step["total_ns"], &step["exclusive_ns"]),
        (&4_927_990.into(), &180_967.into())
    );
    let unknown = ["std_ns", "p50_ns", "p99_ns", "first_start_ns"];
    assert!(unknown.iter().all(|key| step[key].is_null()));
    assert_eq!(document["notes"][0]["kind"], "sums_only");
}
