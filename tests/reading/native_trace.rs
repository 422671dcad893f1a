//! The trace that the C and Fortran interfaces of the Python package write.

use crate::common::golden;
use scope_profiler::profile::{Intervals, Source};
use scope_profiler::{Error, ProfilingH5Reader, check::check};
use std::fs;
use std::path::Path;

/// Name, starts and ends of a region.
type Region<'a> = (&'a str, &'a [i64], &'a [i64]);

/// A trace as a machine of this byte order writes it.
fn trace(version: i32, big_endian: bool, rank: i32, regions: &[Region<'_>]) -> Vec<u8> {
    let int = |n: i32| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let long = |n: i64| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut bytes = b"SCOPEPRF".to_vec();
    bytes.extend(int(version));
    bytes.extend(int(rank));
    bytes.extend(long(regions.len() as i64));
    for (name, starts, ends) in regions {
        bytes.extend(int(name.len() as i32));
        bytes.extend(name.as_bytes());
        if version > 1 {
            bytes.extend(int(4));
            bytes.extend(b"a.rs");
            bytes.extend(int(-1));
        }
        bytes.extend(long(starts.len() as i64));
        for time in starts.iter().chain(*ends) {
            bytes.extend(long(*time));
        }
    }
    bytes
}

const REGIONS: [Region<'static>; 3] = [
    ("solve: λ/2", &[30, 10, -5], &[40, 25, 2]),
    ("never called", &[], &[]),
    ("io", &[1 << 60], &[(1 << 60) + 7]),
];

fn open(bytes: &[u8]) -> Result<ProfilingH5Reader, Error> {
    let file = tempfile::Builder::new().suffix(".spt").tempfile().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let checked = check(file.path());
    let opened = ProfilingH5Reader::open(file.path());
    // What is read stays open.
    assert_eq!(opened.is_ok(), checked.is_ok_and(|report| report.is_ok()));
    opened
}

#[test]
fn a_trace_of_the_c_interface_has_what_the_python_package_reads() {
    let text = fs::read_to_string(golden("native_rank3.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let reader = ProfilingH5Reader::open(golden("native_rank3.spt")).unwrap();
    assert_eq!(reader.ranks(), [3]);
    assert_eq!(
        reader.names().len(),
        expected["regions"].as_object().unwrap().len()
    );
    for (name, region) in expected["regions"].as_object().unwrap() {
        let calls = &reader.get_region(name).unwrap()[3];
        assert_eq!(
            serde_json::json!(calls.start_times_ns()),
            region["starts_ns"],
            "{name}"
        );
        assert_eq!(
            serde_json::json!(calls.end_times_ns()),
            region["ends_ns"],
            "{name}"
        );
        assert_eq!(
            serde_json::json!(calls.source_file()),
            region["source_file"],
            "{name}"
        );
        assert_eq!(
            serde_json::json!(calls.source_line()),
            region["source_lineno"],
            "{name}"
        );
    }
    let report = check(golden("native_rank3.spt")).unwrap();
    assert!(report.is_ok(), "{report}");
    assert!(report.contents().contains("native trace, version 2"), "{report}");
}

#[test]
fn both_versions_in_both_byte_orders_are_read() {
    for (version, big_endian) in [(1, false), (1, true), (2, false), (2, true)] {
        let reader = open(&trace(version, big_endian, 7, &REGIONS)).unwrap();
        assert_eq!(reader.ranks(), [7]);
        let solve = reader.get_region("solve: λ/2").unwrap();
        assert_eq!(solve[7].start_times_ns(), [-5, 10, 30]);
        assert_eq!(solve[7].end_times_ns(), [2, 25, 40]);
        let source = if version == 1 { None } else { Some("a.rs") };
        assert_eq!((solve[7].source_file(), solve[7].source_line()), (source, None));
        assert_eq!(reader.get_region("never called").unwrap()[7].num_calls(), 0);
        assert_eq!(reader.get_region("io").unwrap()[7].durations_ns(), [7]);
        let mut part = Intervals::default();
        reader.read(0, 1..2, &mut part).unwrap();
        assert_eq!((part.starts(), part.ends()), (&[10][..], &[25][..]));
    }
}

#[test]
fn a_trace_cut_off_anywhere_is_refused() {
    let whole = trace(2, false, 0, &REGIONS);
    for length in 8..whole.len() {
        let error = open(&whole[..length]).expect_err("a file that is cut off");
        assert!(
            error.is_format() && error.to_string().contains("truncated"),
            "{length}: {error}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let mut many_calls = trace(1, false, 0, &[("a", &[], &[])]);
    let at = many_calls.len() - 8;
    many_calls[at..].copy_from_slice(&i64::MAX.to_le_bytes());
    let mut long_name = trace(1, false, 0, &[("a", &[], &[])]);
    long_name[24..28].copy_from_slice(&(-2_i32).to_le_bytes());
    let mut regions = trace(1, false, 0, &[]);
    regions[16..].copy_from_slice(&(-1_i64).to_le_bytes());
    for (bytes, expected) in [
        (trace(3, false, 0, &[]), "a native trace of version 3"),
        (trace(3, true, 0, &[]), "a native trace of version 3"),
        (trace(1, false, -4, &[]), "-4 is no rank"),
        (many_calls, "has 9223372036854775807 calls by its header"),
        (long_name, "byte 24: -2 is not the length of a text"),
        (regions, "-1 is not a number of regions"),
        (
            trace(1, false, 0, &[("a", &[], &[]), ("a", &[], &[])]),
            "a second region called \"a\"",
        ),
    ] {
        let error = open(&bytes).expect_err(expected);
        assert!(
            error.is_format() && error.to_string().contains(expected),
            "{error}"
        );
    }
}

#[test]
fn damage_in_a_trace_does_not_hide_what_is_before_it() {
    let whole = trace(1, false, 0, &REGIONS);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &whole[..whole.len() - 3]).unwrap();
    let report = check(Path::new(file.path())).unwrap();
    assert_eq!((report.findings().len(), report.written()), (1, 3), "{report}");
}
