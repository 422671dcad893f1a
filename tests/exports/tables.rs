//! CSV and Parquet, read with DuckDB and polars.

use crate::common::{Profile, sample};
use crate::consumers::{python, run_script};
use crate::running::{export, exported};
use crate::sums::files;
use scope_profiler::ProfilingH5Reader;
use scope_profiler::profile::{Intervals, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows, sum of starts and sum of ends for each region, rank and thread.
fn expected(file: &Path) -> Value {
    let reader = ProfilingH5Reader::open(file).unwrap();
    let mut sums: BTreeMap<(String, u32, u32), (u64, i64, i64)> = BTreeMap::new();
    let mut intervals = Intervals::new();
    for (index, row) in reader.rows().iter().enumerate() {
        reader.read(index, 0..row.intervals, &mut intervals).unwrap();
        for interval in intervals.iter() {
            let key = (reader.names()[row.name].clone(), row.rank, interval.thread);
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + 1, sum.1 + interval.start_ns, sum.2 + interval.end_ns);
        }
    }
    let rows = sums.into_iter();
    rows.map(|((region, rank, thread), (rows, starts, ends))| {
        json!([region, rank, thread, rows, starts, ends])
    })
    .collect()
}

#[test]
fn duckdb_and_polars_read_every_interval_of_csv_and_parquet() {
    let Some(python) = python() else { return };
    let (files, keep) = files();
    for file in files {
        let mut columns = Vec::new();
        for format in ["csv", "parquet"] {
            let table = keep.directory().join("run").with_extension(format);
            std::fs::write(&table, exported(&file, &["--to", format])).unwrap();
            let read = run_script(&python, "tables.py", &table);
            assert_eq!(read["rows"], expected(&file), "{} {format}", file.display());
            columns.push(read["columns"].clone());
            let starts = read["starts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|start| start.as_i64());
            if format == "parquet" {
                assert!(starts.is_sorted(), "{}: not in order of time", file.display());
            }
        }
        assert_eq!(columns[0], columns[1], "{}", file.display());
    }
}

#[test]
fn a_window_and_a_filter_leave_the_same_rows_in_both_tables() {
    let Some(python) = python() else { return };
    let profile = sample();
    let mut tables = Vec::new();
    for format in ["csv", "parquet"] {
        let table = profile.directory().join("part").with_extension(format);
        let output = export(
            &profile.path(),
            &[
                "-i",
                "solve",
                "-r",
                "0",
                "--window",
                "100us..300us",
                "-o",
                table.to_str().unwrap(),
            ],
        );
        assert!(output.status.success(), "{output:?}");
        tables.push(run_script(&python, "tables.py", &table)["rows"].clone());
    }
    assert_eq!(tables[0], json!([["solve", 0, 0, 1, 1_100_000, 1_300_000]]));
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn parquet_of_a_profile_without_intervals_is_a_table_without_rows() {
    let Some(python) = python() else { return };
    let profile = Profile::new().region(0, "never called", &[]).close();
    let table = profile.directory().join("empty.parquet");
    std::fs::write(&table, exported(&profile.path(), &["--to", "parquet"])).unwrap();
    assert_eq!(run_script(&python, "tables.py", &table)["rows"], json!([]));
}
