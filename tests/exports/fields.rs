//! Numeric fields in a part of a profile, in a smaller copy, and of a profile in memory.

use crate::consumers::{python, run_script};
use scope_profiler::ProfilingH5Reader;
use scope_profiler::export::{self, Export};
use scope_profiler::profile::{Call, Number, Numbers, Profile, Source};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// So many calls that columns are in several chunks: of every third the bytes are known, of the last one the residual.
const CALLS: i64 = 70_000;

fn profile() -> Profile {
    let mut profile = Profile::builder().unit("bytes", "B");
    for n in 0..CALLS {
        let bytes = [("bytes", Number::Int(n))];
        let residual = [("residual", Number::Float(0.5))];
        let numbers: &[(&str, Number)] = match n {
            _ if n == CALLS - 1 => &residual,
            _ if n % 3 == 0 => &bytes,
            _ => &[],
        };
        profile.push(Call::new("axpy", 10 * n..10 * n + 5).numbers(numbers));
    }
    profile.push(Call::new("rest", 3..4));
    profile.build()
}

fn write(source: &dyn Source, window: &str, directory: &Path, name: &str) -> PathBuf {
    let file = directory.join(name);
    let exporter = export::exporter("hdf5").unwrap();
    let mut export = Export::new(source, exporter);
    if !window.is_empty() {
        export = export.window(window.parse().unwrap());
    }
    export.save(&file).unwrap();
    file
}

fn read(file: &Path, field: &str) -> Option<Numbers> {
    let reader = ProfilingH5Reader::open(file).unwrap();
    reader.get_region("axpy").unwrap()[0].field(field).cloned()
}

#[test]
fn all_numbers_are_kept() {
    let directory = TempDir::new().unwrap();
    let file = write(&profile(), "", directory.path(), "all.h5");
    let bytes = (0..CALLS).map(|n| (n % 3 == 0 && n != CALLS - 1).then_some(Number::Int(n)));
    assert_eq!(read(&file, "bytes"), Some(bytes.collect()));
    let residual = read(&file, "residual").unwrap();
    let known: Vec<_> = residual.iter().flatten().collect();
    assert_eq!(
        (known, residual.len()),
        (vec![Number::Float(0.5)], CALLS as usize)
    );
    assert_eq!(residual.get(CALLS as usize - 1), Some(Number::Float(0.5)));
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(reader.fields()[0].unit(), Some("B"));
    assert_eq!(reader.fields_of(1), [0_usize; 0]);
    let report = scope_profiler::check::check(&file).unwrap();
    assert!(report.is_ok(), "{report}");

    // A copy of the copy says the same.
    let again = write(&reader, "", directory.path(), "again.h5");
    for field in ["bytes", "residual"] {
        assert_eq!(
            format!("{:?}", read(&again, field)),
            format!("{:?}", read(&file, field))
        );
    }
}

#[test]
fn a_window_keeps_the_numbers_of_its_calls_and_no_field_without_any() {
    let directory = TempDir::new().unwrap();
    let file = write(&profile(), "10ns..65ns", directory.path(), "window.h5");
    let none = Numbers::ABSENT;
    assert_eq!(
        read(&file, "bytes"),
        Some(Numbers::Int(vec![none, none, 3, none, none, 6]))
    );
    assert_eq!(read(&file, "residual"), None);
}

/// Three calls on two ranks: with both numbers, with one, and without any.
fn three_calls() -> Profile {
    let numbers = [("bytes", Number::Int(-240)), ("rank", Number::Float(0.5))];
    Profile::builder()
        .interval(Call::new("axpy", 1_000..4_000).numbers(&numbers))
        .interval(Call::new("axpy", 5_000..6_000).numbers(&numbers[..1]))
        .interval(Call::new("rest", 2_000..3_000).rank(1))
        .build()
}

fn text(source: &dyn Source, format: &str) -> String {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("run");
    Export::new(source, export::exporter(format).unwrap())
        .save(&file)
        .unwrap();
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_row_of_csv_has_the_numbers_of_its_call_and_no_two_columns_are_called_alike() {
    assert_eq!(
        text(&three_calls(), "csv"),
        "region,rank,thread,start_ns,end_ns,bytes,fields/rank\n\
         axpy,0,0,1000,4000,-240,0.5\n\
         axpy,0,0,5000,6000,-240,\n\
         rest,1,0,2000,3000,,\n"
    );
}

#[test]
fn an_event_of_chrome_has_the_numbers_of_its_call_as_arguments() {
    let document: serde_json::Value = serde_json::from_str(&text(&three_calls(), "chrome")).unwrap();
    let events = document["traceEvents"].as_array().unwrap().iter();
    let events = events.filter(|event| event["ph"] == "X");
    let arguments: Vec<_> = events
        .map(|event| (event["ts"].as_f64(), event["args"].clone()))
        .collect();
    let expected = [
        (Some(0.0), serde_json::json!({"bytes": -240, "rank": 0.5})),
        (Some(4.0), serde_json::json!({"bytes": -240})),
        (Some(1.0), serde_json::Value::Null),
    ];
    assert_eq!(arguments, expected);
}

#[test]
fn numbers_that_json_does_not_have_are_texts_in_chrome() {
    let numbers = [("x", Number::Float(f64::INFINITY))];
    let profile = Profile::builder()
        .interval(Call::new("a", 0..9).numbers(&numbers))
        .build();
    let document: serde_json::Value = serde_json::from_str(&text(&profile, "chrome")).unwrap();
    let events = document["traceEvents"].as_array().unwrap();
    assert!(
        events.iter().any(|event| event["args"]["x"] == "inf"),
        "{document}"
    );
}

#[test]
fn a_slice_of_perfetto_has_the_numbers_of_its_call_as_annotations() {
    let Some(python) = python() else { return };
    let directory = TempDir::new().unwrap();
    let trace = directory.path().join("run.perfetto-trace");
    Export::new(&three_calls(), export::exporter("perfetto").unwrap())
        .save(&trace)
        .unwrap();
    let decoded = run_script(&python, "perfetto_slices.py", &trace);
    let expected = serde_json::json!([[0, "bytes", -240], [0, "rank", 0.5], [4000, "bytes", -240]]);
    assert_eq!(decoded["annotations"], expected);
    assert_eq!(decoded["sums"].as_array().unwrap().len(), 2);
}

#[test]
fn parquet_has_whole_numbers_and_others_and_null_where_there_is_none() {
    let Some(python) = python() else { return };
    let directory = TempDir::new().unwrap();
    let table = directory.path().join("run.parquet");
    Export::new(&three_calls(), export::exporter("parquet").unwrap())
        .save(&table)
        .unwrap();
    let read = run_script(&python, "whole_table.py", &table);
    let columns = [
        "region",
        "rank",
        "thread",
        "start_ns",
        "end_ns",
        "bytes",
        "fields/rank",
    ];
    assert_eq!(read["columns"], serde_json::json!(columns));
    let expected = serde_json::json!([
        ["axpy", 0, 0, 1000, 4000, -240, 0.5],
        ["rest", 1, 0, 2000, 3000, null, null],
        ["axpy", 0, 0, 5000, 6000, -240, null],
    ]);
    assert_eq!(read["rows"], expected);
    // Of calls that are left out the numbers are, too.
    let numbers = [1_i64, 2, 3].map(|n| [("n", Number::Int(n))]);
    let calls = numbers.iter().zip([0, 1_000, 2_000]);
    let calls = calls.map(|(number, start)| Call::new("a", start..start + 10).numbers(number));
    let profile = calls
        .fold(Profile::builder(), |all, call| all.interval(call))
        .build();
    Export::new(&profile, export::exporter("parquet").unwrap())
        .window("1us..".parse().unwrap())
        .save(&table)
        .unwrap();
    let read = run_script(&python, "whole_table.py", &table);
    assert_eq!(
        read["rows"],
        serde_json::json!([["a", 0, 0, 1000, 1010, 2], ["a", 0, 0, 2000, 2010, 3]])
    );
}

#[test]
fn a_window_keeps_each_call_its_own_numbers() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("run.csv");
    for (format, expected) in [("csv", ",0,"), ("chrome", "\"bytes\":9")] {
        Export::new(&profile(), export::exporter(format).unwrap())
            .window("90ns..95ns".parse().unwrap())
            .save(&file)
            .unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(expected) && !text.contains("\"bytes\":6"), "{text}");
    }
}
