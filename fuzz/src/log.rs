//! The rank log: read, checked, merged and shown, as it is and with its checksums put right.

use scope_profiler::profile::{Counter, Intervals, Samples, Source};
use scope_profiler::{LogSource, ProfilingH5Reader};
use std::fs;
use std::path::Path;

/// A log is read up to where it is damaged, and what can be read of it can be merged and is then a
/// file that stands its own check.
pub fn run(data: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("x-rank00000.log");
    let output = directory.path().join("run.h5");
    fs::write(&log, data).unwrap();
    look_at(&log, &output);
    fs::write(&log, with_checksums(data)).unwrap();
    look_at(&log, &output);
}

fn look_at(log: &Path, output: &Path) {
    let Ok(report) = scope_profiler::check::check(log) else {
        return;
    };
    assert!(!report.to_string().is_empty());
    let Ok(merged) = scope_profiler::merge::merge(&[log], output) else {
        return;
    };
    assert_eq!(merged.intervals, report.written());
    assert_eq!(merged.intervals, intervals_as_a_source(log));
    // As text: NaN is not equal to itself.
    let [of_log, of_file] = [
        &LogSource::open(log).unwrap() as &dyn Source,
        &ProfilingH5Reader::open(output).unwrap(),
    ]
    .map(|source| format!("{:?}", samples(source)));
    assert_eq!(of_log, of_file);
    let file = scope_profiler::check::check(output).unwrap();
    assert_eq!(file.written(), merged.intervals, "{file}");
    if report.is_ok() {
        // That the log is of one rank among several is no fault of its own.
        let is_about_ranks = |text: String| text.starts_with("missing rank") || text.ends_with("ranks only");
        let mut findings = file.findings().iter();
        assert!(
            findings.all(|finding| is_about_ranks(finding.to_string())),
            "{report}\n{file}"
        );
    }
}

/// Reads the log without a file between. Gives the number of intervals.
fn intervals_as_a_source(log: &Path) -> u64 {
    let mut source = LogSource::open(log).unwrap();
    assert!(!source.refresh().unwrap());
    let mut intervals = Intervals::default();
    let rows = source.rows().iter().enumerate();
    rows.map(|(index, row)| {
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        assert!(intervals.is_sorted());
        row.intervals
    })
    .sum()
}

/// The values of all counters, by name.
fn samples(source: &dyn Source) -> Vec<(&Counter, u64, Samples)> {
    let rows = source.counter_rows().iter().enumerate();
    rows.map(|(index, row)| {
        let mut samples = Samples::new();
        source.read_counter(index, 0..row.samples, &mut samples).unwrap();
        (&source.counters()[row.counter], row.dropped, samples)
    })
    .collect()
}

/// The log with the checksum of every block as it should be: nothing else gets past the first gate.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut log = data.to_vec();
    log.resize(log.len().max(16), 0);
    log[..12].copy_from_slice(b"SCOPELOG\x02\0\0\0");
    let mut at = 16;
    while let Some(header) = log.get(at..at + 12) {
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let Some(payload) = log.get(at + 12..(at + 12).saturating_add(length)) else {
            break;
        };
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&header[..8]);
        hasher.update(payload);
        let checksum = hasher.finalize().to_le_bytes();
        log[at + 8..at + 12].copy_from_slice(&checksum);
        at += 12 + length;
    }
    log
}
