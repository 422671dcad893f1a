//! Reading a profile with the Python package scope-profiler.

use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Calls, sum of durations, sum of starts and sum of ends of a region on a rank, in ns.
pub(crate) type Sums = BTreeMap<(String, u32), (u64, i128, i128, i128)>;

/// The same from our own reader.
pub(crate) fn what_we_read(path: &Path) -> Sums {
    let reader = ProfilingH5Reader::open(path).expect("our own file");
    let mut sums = Sums::new();
    for region in reader.get_regions(&RegionFilter::new()).expect("regions") {
        for (&rank, timings) in region.regions() {
            let sum = |times: &[i64]| times.iter().map(|&t| i128::from(t)).sum::<i128>();
            let starts = sum(timings.start_times_ns());
            let ends = sum(timings.end_times_ns());
            let total = i128::from(timings.total_duration_ns());
            assert_eq!(total, ends - starts, "{}", region.name());
            sums.insert(
                (region.name().to_string(), rank),
                (timings.num_calls(), total, starts, ends),
            );
        }
    }
    sums
}

/// What the Python package of this interpreter makes of a file with so many ranks.
pub(crate) fn what_python_reads(python: &Path, path: &Path, ranks: u32) -> Sums {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/report.py");
    let output = Command::new(python)
        .arg(script)
        .arg(path)
        .output()
        .expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["num_ranks"], ranks);

    let rows = report["rows"].as_array().expect("a list of rows");
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().expect(key).to_string();
    let sums: Sums = rows
        .iter()
        .map(|row| {
            let rank = row["rank"].as_u64().expect("rank") as u32;
            let calls = row["calls"].as_u64().expect("calls");
            let total = i128::from(row["total_ns"].as_i64().expect("total_ns"));
            let [starts, ends] = ["starts_ns", "ends_ns"].map(|key| text(row, key).parse().expect(key));
            ((text(row, "name"), rank), (calls, total, starts, ends))
        })
        .collect();
    assert_eq!(sums.len(), rows.len(), "two groups carry the same name");
    sums
}
