//! CSV: one row for each interval, or for each region and rank.

use crate::common::{Profile, Run, golden, sample};
use crate::running::text;
use scope_profiler::ProfilingH5Reader;
use scope_profiler::profile::{Intervals, Numbers, Source};

#[test]
fn every_interval_of_a_real_file_is_a_row_with_all_its_columns() {
    let file = golden("py075_threads.h5");
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let mut expected = vec!["region,rank,thread,start_ns,end_ns,call_id,parent_id".to_owned()];
    let mut intervals = Intervals::new()
        .with_column(Intervals::CALL)
        .with_column(Intervals::PARENT);
    for (index, row) in reader.rows().iter().enumerate() {
        reader.read(index, 0..row.intervals, &mut intervals).unwrap();
        let column = |name: &str| match intervals.column(name) {
            Some(Numbers::Int(values)) => values.clone(),
            other => panic!("{name}: {other:?}"),
        };
        let (calls, parents) = (column(Intervals::CALL), column(Intervals::PARENT));
        for (at, interval) in intervals.iter().enumerate() {
            let (region, rank, thread) = (&reader.names()[row.name], row.rank, interval.thread);
            let (start, end, call, parent) = (interval.start_ns, interval.end_ns, calls[at], parents[at]);
            expected.push(format!("{region},{rank},{thread},{start},{end},{call},{parent}"));
        }
    }
    assert!(expected.len() > 10);
    let table = text(&file, &["--to", "csv"]);
    assert_eq!(table.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn the_span_of_each_call_is_a_column_0_for_guards() {
    let run = Run::new();
    run.region("guard", 5, || ());
    let subscriber = tracing::Dispatch::new(run.profiler.subscriber());
    tracing::dispatcher::with_default(&subscriber, || {
        let (one, other) = (tracing::info_span!("poll"), tracing::info_span!("poll"));
        for span in [&one, &other, &one] {
            span.in_scope(|| run.clock.advance(10));
        }
    });
    run.read();
    let table = text(&run.file(), &["--to", "csv"]);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0],
        ["region", "rank", "thread", "start_ns", "end_ns", "span"]
    );
    assert_eq!(rows[1], ["guard", "0", "0", "1000", "1010", "0"]);
    let span = |row: usize| rows[row][5].parse::<u32>().unwrap();
    assert_eq!(rows[2][..5], ["poll", "0", "0", "1010", "1020"]);
    assert!(span(2) > 0 && span(2) == span(4) && span(2) != span(3), "{table}");
    assert_eq!(rows.len(), 5);
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
