//! Profiles as JSON, made by hand: what is tolerated and what is refused.

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use scope_profiler::profile::{Intervals, Source, Value, thread_label};
use scope_profiler::{Error, ProfilingH5Reader, check::check};
use std::fs;
use std::io::Write;

const HEAD: &str = r#""format": "scope-profiler-profile", "format_version": 1"#;

fn open(bytes: &[u8]) -> Result<ProfilingH5Reader, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let checked = check(file.path());
    let opened = ProfilingH5Reader::open(file.path());
    if opened.is_ok() {
        checked.unwrap();
    } else {
        assert!(checked.map_or(true, |report| !report.is_ok()));
    }
    opened
}

/// A document with these members besides its format.
fn document(members: &str) -> Vec<u8> {
    format!("{{{HEAD}, {members}}}").into_bytes()
}

fn regions(regions: &str) -> Vec<u8> {
    document(&format!("\"regions\": [{regions}]"))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    let error = open(bytes).expect_err(&String::from_utf8_lossy(bytes));
    assert!(error.is_format(), "{error}");
    error.to_string()
}

fn rows(reader: &ProfilingH5Reader, row: usize) -> Vec<(i64, i64, u32)> {
    let mut intervals = Intervals::new();
    let count = reader.rows()[row].intervals;
    reader.read(row, 0..count, &mut intervals).unwrap();
    let calls = intervals.iter();
    calls
        .map(|call| (call.start_ns, call.end_ns, call.thread))
        .collect()
}

const A: &str = r#"{"name": "a", "rank": 0, "start_times_ns": [5, -9, 5], "end_times_ns": [7, -2, 9]}"#;

#[test]
fn a_document_is_read_packed_or_not_by_what_is_in_it() {
    for bytes in [regions(A), packed(&regions(A))] {
        let reader = open(&bytes).unwrap();
        assert_eq!((reader.num_ranks(), reader.ranks()), (1, &[0][..]));
        assert_eq!(rows(&reader, 0), [(-9, -2, 0), (5, 9, 0), (5, 7, 0)]);
        let mut part = Intervals::new();
        reader.read(0, 1..2, &mut part).unwrap();
        assert_eq!(part.ends(), [9]);
    }
}

#[test]
fn a_document_without_any_region_is_an_empty_profile() {
    for bytes in [document("\"regions\": []"), format!("\n {{{HEAD}}}").into_bytes()] {
        let reader = open(&bytes).unwrap();
        assert_eq!((reader.num_ranks(), reader.rows().len()), (0, 0));
    }
}

#[test]
fn rows_are_by_rank_and_threads_and_tasks_are_lanes() {
    let bytes = document(
        r#""num_ranks": 4,
        "threads": {"2": [{"index": 0, "name": "main"}, {"index": 1, "name": "", "cpu_ns": -1}]},
        "tasks": {"2": [{"index": 5, "name": "Task-1", "coro_name": "main.<locals>.fetch"}]},
        "regions": [
            {"name": "a", "rank": 2, "start_times_ns": [1, 2, 3], "end_times_ns": [4, 4, 4],
             "thread_ids": [0, 1, -1], "task_ids": [-1, 5, -1]},
            {"name": "b", "rank": 0, "start_times_ns": [1.0], "end_times_ns": [2e3], "gpu_durations_ns": null}
        ]"#,
    );
    let reader = open(&bytes).unwrap();
    assert_eq!((reader.num_ranks(), reader.ranks()), (4, &[0, 2][..]));
    assert_eq!(reader.names(), ["a", "b"]);
    // Its thread is unknown, where others say theirs.
    assert_eq!(rows(&reader, 0), [(1, 2_000, u32::MAX)]);
    let names = reader.thread_names(2).unwrap();
    let labels: Vec<String> = rows(&reader, 1)
        .into_iter()
        .map(|(_, _, lane)| thread_label(lane, names.get(&lane).map(String::as_str)))
        .collect();
    assert_eq!(labels, ["main #0", "Task-1 (fetch) #5", "unknown thread"]);
}

#[test]
fn metadata_of_every_type_are_kept() {
    let bytes = document(
        r#""metadata": {"label": "heat", "size": 3, "load": 0.5, "huge": 18446744073709551616, "on": true,
        "nothing": null, "modules": ["gcc", 12], "of": {"a": 1}}, "unknown": [[[]], {"x": 1e999}]"#,
    );
    let bytes = String::from_utf8(bytes).unwrap().replace("1e999", "1e99");
    let reader = open(bytes.as_bytes()).unwrap();
    let metadata: Vec<(&str, &Value)> = reader
        .metadata()
        .iter()
        .map(|(key, value)| (&**key, value))
        .collect();
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(
        metadata,
        [
            ("huge", &Value::Float(18_446_744_073_709_551_616.0)),
            ("label", &text("heat")),
            ("load", &Value::Float(0.5)),
            ("modules", &Value::List(vec!["gcc".into(), "12".into()])),
            ("of", &text(r#"{"a":1}"#)),
            ("on", &Value::Int(1)),
            ("size", &Value::Int(3)),
        ]
    );
}

#[test]
fn names_that_are_not_unicode_are_read_with_what_is_readable_of_them() {
    let mut bytes = regions(r#"{"name": "a\ud800b", "rank": 0}, {"name": "?", "rank": 0}"#);
    let at = bytes.iter().position(|&byte| byte == b'?').unwrap();
    bytes[at] = 0xff;
    let reader = open(&bytes).unwrap();
    assert_eq!(reader.names()[1], "\u{fffd}");
    assert!(reader.names()[0].starts_with('a') && reader.names()[0].ends_with('b'));
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let row = |columns: &str| regions(&format!(r#"{{"name": "a", "rank": 0, {columns}}}"#));
    let cases: [(Vec<u8>, &str); 20] = [
        (b"{".to_vec(), "truncated"),
        (b"{}".to_vec(), "no profile of scope-profiler"),
        (
            br#"{"format": 7, "regions": {}}"#.to_vec(),
            "no profile of scope-profiler",
        ),
        (
            br#"{"traceEvents": [], "regions": {"a": 1}}"#.to_vec(),
            "no profile of scope-profiler",
        ),
        (
            br#"{"format": "scope-profiler-profile", "format_version": 2}"#.to_vec(),
            "profile JSON of version 2; versions up to 1 are read",
        ),
        (document("\"regions\": {}"), "expected a sequence"),
        (document("\"regions\": [] trailing"), "not valid JSON"),
        ([regions(A), b"x".to_vec()].concat(), "trailing characters"),
        (regions(r#"{"rank": 0}"#), "missing field `name`"),
        (
            regions(r#"{"name": "a", "rank": -1}"#),
            "-1 is not the number of a rank",
        ),
        (
            regions(r#"{"name": "a", "rank": "0"}"#),
            "expected a whole number",
        ),
        (
            regions(&format!("{A}, {A}")),
            "region \"a\" on rank 0: there is a second one",
        ),
        (
            row(r#""start_times_ns": [1, 2], "end_times_ns": [3]"#),
            "region \"a\" on rank 0: 2 start_times_ns but 1 end_times_ns",
        ),
        (row(r#""start_times_ns": [1.5]"#), "1.5 is not a whole number"),
        (
            row(r#""start_times_ns": [9223372036854775808]"#),
            "beyond the largest int64",
        ),
        (
            row(r#""start_times_ns": [1e300]"#),
            "is not a whole number of 64 bits",
        ),
        (row(r#""start_times_ns": [1e999]"#), "number out of range"),
        (row(r#""start_times_ns": [NaN]"#), "not valid JSON"),
        (
            row(r#""start_times_ns": [1], "end_times_ns": [2], "thread_ids": [4294967296]"#),
            "4294967296 is not the number of a thread",
        ),
        (
            document(r#""threads": {"x": []}"#),
            "threads: \"x\" is not the number of a rank",
        ),
    ];
    for (bytes, expected) in cases {
        let text = refusal(&bytes);
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
}

#[test]
fn one_damaged_region_does_not_hide_the_others_from_the_check() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes = regions(&format!(
        r#"{{"name": "b", "rank": 0, "start_times_ns": [1]}}, {A}"#
    ));
    fs::write(file.path(), bytes).unwrap();
    let report = check(file.path()).unwrap();
    let findings: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        ["region \"b\" on rank 0: 1 start_times_ns but 0 end_times_ns; the file is damaged"]
    );
    assert_eq!(report.written(), 3);
    assert!(report.contents().contains("profile JSON, version 1"), "{report}");
}

#[test]
fn a_document_cut_off_anywhere_is_refused() {
    let whole = regions(A);
    for length in 1..whole.len() {
        let text = refusal(&whole[..length]);
        assert!(text.contains("truncated"), "{length}: {text}");
    }
    let whole = packed(&whole);
    for length in 2..whole.len() {
        let text = refusal(&whole[..length]);
        assert!(
            text.contains("truncated") || text.contains("not valid gzip"),
            "{length}: {text}"
        );
    }
}

#[test]
fn nested_without_end_is_refused_or_passed_over() {
    let deep = "[".repeat(1 << 20);
    let text = refusal(&document(&format!("\"metadata\": {{\"a\": {deep}")));
    assert!(text.contains("recursion limit"), "{text}");
    let closed = "]".repeat(1 << 20);
    open(&document(&format!("\"unknown\": {deep}{closed}"))).unwrap();
}

#[test]
fn a_small_file_does_not_unpack_to_a_large_one() {
    // What is passed over takes no memory; only the limit ends it.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(format!("{{{HEAD}, \"unknown\": [").as_bytes())
        .unwrap();
    gzip.write_all("0,".repeat(3 << 20).as_bytes()).unwrap();
    let text = refusal(&gzip.finish().unwrap());
    assert!(text.contains("more than 4194304 bytes come out of it"), "{text}");
}

/// A document and where it is damaged.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let whole = document(
        r#""num_ranks": 2, "metadata": {"label": "x", "n": 3},
        "threads": {"0": [{"index": 1, "name": "main"}]}, "tasks": {},
        "regions": [{"name": "a", "rank": 0, "source_file": "a.py", "source_lineno": 3, "tags": ["t"],
        "start_times_ns": [1, 2], "end_times_ns": [3, 4], "thread_ids": [0, 1], "task_ids": [-1, 0]},
        {"name": "b", "rank": 1, "start_times_ns": [], "end_times_ns": []}]"#,
    );
    let changes = prop::collection::vec(
        (
            0..whole.len(),
            prop::sample::select(&b"\"[]{}:,-.0123e9 \\u\xffnt"[..]),
        ),
        1..6,
    );
    let cut = 0..whole.len() * 3;
    (changes, cut).prop_map(move |(changes, cut)| {
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(cut.max(1));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_document_is_refused_or_read_within_its_length(bytes in damaged()) {
        match open(&bytes) {
            Err(error) => prop_assert!(error.is_format(), "{error}"),
            Ok(reader) => {
                for row in 0..reader.rows().len() {
                    prop_assert_eq!(rows(&reader, row).len() as u64, reader.rows()[row].intervals);
                }
            }
        }
    }
}
