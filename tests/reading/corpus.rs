//! The files in `tests/golden`, all of them: a new one needs a line here.

use crate::common::golden;
use crate::values;
use scope_profiler::{ProfilingH5Reader, check::check};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;

/// What becomes of a file.
enum Outcome {
    /// Read with the values in the JSON beside it.
    Values,
    /// Read with the values of another file: the same run in another format.
    ValuesOf(&'static str),
    /// Read with these regions, in order, where the Python package refuses it.
    Regions(&'static [&'static str]),
    /// Refused, for this reason.
    Refused(&'static str),
    /// Read, and what is in it is tested elsewhere.
    Read,
}

use Outcome::{Read, Refused, Regions, Values, ValuesOf};

const FILES: &[(&str, Outcome)] = &[
    ("native_rank3.spt", Read),
    ("not_hdf5.h5", Refused("not an HDF5 file")),
    ("ours.h5", Read),
    ("py018_flush_chunked.h5", Values),
    ("py018_mpi4.h5", Values),
    ("py018_serial.h5", Values),
    ("py075_aggregate.h5", Values),
    ("py075_aggregate.profile.json", ValuesOf("py075_aggregate")),
    ("py075_default.h5", Values),
    ("py075_gzip.h5", Values),
    ("py075_mpi4.h5", Values),
    ("py075_mpi4.profile.json", ValuesOf("py075_mpi4")),
    ("py075_nested.h5", Values),
    ("py075_nested.profile.json", ValuesOf("py075_nested")),
    ("py075_threads.h5", Values),
    ("py075_threads.profile.json.gz", ValuesOf("py075_threads")),
    ("s1_asym.h5", Values),
    ("s1_attrs_everywhere.h5", Values),
    ("s1_empty_region.h5", Values),
    ("s1_end_before_start.h5", Values),
    ("s1_gzip.h5", Values),
    (
        "s1_len_mismatch.h5",
        Refused("rank0/regions/solve has 3 start_times but 2 end_times"),
    ),
    (
        "s1_missing_end.h5",
        Refused("rank0/regions/solve has no end_times"),
    ),
    ("s1_rank_gap.h5", Values),
    ("s1_ranks12.h5", Values),
    ("s1_regions_extra_group.h5", Regions(&["solve", "io"])),
    ("s1_root_group_metadata.h5", Values),
    ("s1_slash_name.h5", Regions(&["a/b", "solve"])),
    ("s1_thread_ids.h5", Values),
    ("s1_unicode_name.h5", Values),
    (
        "s3_bad_region_id.h5",
        Refused("rank_region_index row 0 is of region 99, but there are 5 names"),
    ),
    ("s3_big_endian.h5", Read),
    ("s3_index_past_end.h5", Refused("rank_region_index row 4 has")),
    ("s3_lzf.h5", ValuesOf("s3_min")),
    ("s3_min.h5", Values),
    // Needs a plugin that need not be there.
    ("s3_zstd.h5", Read),
    ("schema_4.h5", Refused("schema 4 is newer than schema 3")),
    ("schema_string.h5", Refused("must be an integer")),
    ("truncated_third.h5", Refused("the file is truncated")),
    ("upstream-golden-schema-1.h5", Values),
    ("upstream-golden-schema-2.h5", Values),
    (
        "upstream-golden-schema-2.profile.json.gz",
        ValuesOf("upstream-golden-schema-2"),
    ),
    ("upstream-golden-schema-3.h5", Values),
];

fn expected(name: &str) -> Json {
    let text = fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_file_is_read_with_its_values_or_refused_with_the_reason() {
    for (name, outcome) in FILES {
        let path = golden(name);
        let opened = ProfilingH5Reader::open(&path);
        let report = check(&path);
        if let Refused(reason) = outcome {
            let error = opened.expect_err("a file that must be refused");
            let text = error.to_string();
            assert!(error.is_format(), "{text}");
            assert!(
                text.contains(&format!("{name}: ")) && text.contains(reason),
                "{text}"
            );
            assert_eq!(text.lines().count(), 1, "{text}");
            // A part that cannot be read does not hide the others from the check.
            assert!(
                report.is_err() || report.is_ok_and(|report| !report.is_ok()),
                "{name}"
            );
            continue;
        }
        let reader = opened.unwrap_or_else(|error| panic!("{error}"));
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        match outcome {
            Values => values::agree(name, &reader, &expected(name.trim_end_matches(".h5"))),
            ValuesOf(other) => values::agree(name, &reader, &expected(other)),
            Regions(regions) => assert_eq!(values::order(&reader), *regions, "{name}"),
            _ => {}
        }
        let odd = ["s1_end_before_start.h5", "s1_rank_gap.h5"].contains(name);
        if *name != "s3_zstd.h5" {
            assert_eq!(report.is_ok(), !odd, "{report}");
        }
    }
}

#[test]
fn no_file_is_forgotten() {
    let known: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let is_profile =
        |name: &String| name.ends_with(".h5") || name.ends_with(".spt") || name.contains(".profile.json");
    let there: BTreeSet<String> = fs::read_dir(golden(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(is_profile)
        .collect();
    assert_eq!(known, there);
}
