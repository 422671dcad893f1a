//! CSV: one row for each interval, or for each region and rank.

use crate::common::{Profile, golden, sample};
use crate::running::text;
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;

/// The fields of a line, where no field is quoted.
fn fields(line: &str) -> Vec<&str> {
    line.split(',').collect()
}

#[test]
fn every_interval_of_a_real_file_is_a_row() {
    let file = golden("py075_threads.h5");
    let table = text(&file, &["--to", "csv"]);
    let mut lines = table.lines();
    let header = fields(lines.next().unwrap());
    assert_eq!(header, ["region", "rank", "thread", "start_ns", "end_ns"]);
    let mut rows: BTreeMap<(String, u32), Vec<(i64, i64)>> = BTreeMap::new();
    for line in lines {
        let row = fields(line);
        let number = |at: usize| row[at].parse::<i64>().unwrap();
        let key = (row[0].to_owned(), u32::try_from(number(1)).unwrap());
        rows.entry(key).or_default().push((number(3), number(4)));
    }
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let mut compared = 0;
    for region in reader.get_regions(&RegionFilter::new()).unwrap() {
        for (&rank, calls) in region.regions() {
            let pairs = calls.start_times_ns().iter().zip(calls.end_times_ns());
            let expected: Vec<(i64, i64)> = pairs.map(|(&start, &end)| (start, end)).collect();
            let found = rows.remove(&(region.name().to_owned(), rank));
            assert_eq!(found.unwrap_or_default(), expected, "{} {rank}", region.name());
            compared += expected.len();
        }
    }
    assert!(rows.is_empty() && compared > 0, "{rows:?}");
}

#[test]
fn names_of_any_content_stay_one_field() {
    let profile = Profile::new()
        .region(0, "a, \"b\"\nc", &[(1_000, 2_000, 3)])
        .close();
    assert_eq!(
        text(&profile.path(), &["--to", "csv"]),
        "region,rank,thread,start_ns,end_ns\n\"a, \"\"b\"\"\nc\",0,3,1000,2000\n"
    );
}

#[test]
fn statistics_are_a_row_for_each_region_and_rank() {
    let table = text(&sample().path(), &["--to", "csv", "--stats", "-i", "solve"]);
    assert_eq!(
        table,
        "region,rank,calls,intervals,total_ns,mean_ns,std_ns,min_ns,max_ns,first_start_ns,last_end_ns\n\
         solve,0,2,2,700000,350000,50000,300000,400000,1100000,1900000\n\
         solve,1,3,3,600000,200000,141421.35623730952,100000,400000,1100000,1900000\n"
    );
}

#[test]
fn a_window_cuts_intervals_at_its_edges_and_counts_from_the_start_of_the_run() {
    // The run begins at 1000 µs.
    let table = text(
        &sample().path(),
        &["--to", "csv", "--window", "200us..350us", "-r", "0"],
    );
    assert_eq!(
        table,
        "region,rank,thread,start_ns,end_ns\n\
         io,0,0,1200000,1250000\n\
         main,0,0,1200000,1350000\n\
         solve,0,0,1200000,1350000\n"
    );
    let table = text(
        &sample().path(),
        &[
            "--to", "csv", "--window", "850us..", "--stats", "-i", "solve", "-r", "0",
        ],
    );
    let row = table.lines().nth(1).unwrap();
    assert_eq!(row, "solve,0,,1,50000,50000,0,50000,50000,1850000,1900000");
}
