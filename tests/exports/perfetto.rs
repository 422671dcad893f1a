//! Perfetto's format, decoded with its own protocol definitions from the package `perfetto`. That package has no
//! trace_processor; the script decodes what that would.

use crate::consumers::{python, run_script};
use crate::running::exported;
use crate::sums::{LIVES, Sums, files, of_file, polled, thread_of};

#[test]
fn every_packet_is_decoded_and_the_slices_are_the_intervals() {
    let Some(python) = python() else { return };
    let (files, keep) = files();
    for file in files {
        let trace = keep.directory().join("run.perfetto-trace");
        std::fs::write(&trace, exported(&file, &["--to", "perfetto"])).unwrap();
        let decoded = run_script(&python, "perfetto_slices.py", &trace);
        let mut sums = Sums::new();
        for row in decoded["sums"].as_array().unwrap() {
            let text = |at: usize| row[at].as_str().unwrap();
            let number = |at: usize| row[at].as_i64().unwrap();
            let rank = text(0).strip_prefix("rank ").unwrap().parse().unwrap();
            let sum = sums
                .entry((rank, thread_of(text(1)), text(2).to_owned()))
                .or_insert((0, 0, 0));
            *sum = (sum.0 + number(3) as u64, sum.1 + number(4), sum.2 + number(5));
        }
        assert_eq!(sums, of_file(&file), "{}", file.display());
    }
}

#[test]
fn a_span_that_was_polled_several_times_has_a_track_of_its_own() {
    let Some(python) = python() else { return };
    let run = polled();
    let trace = run.directory.path().join("run.perfetto-trace");
    std::fs::write(&trace, exported(&run.file(), &["--to", "perfetto"])).unwrap();
    let decoded = run_script(&python, "perfetto_slices.py", &trace);
    let expected = LIVES.map(|[start, elapsed, busy, polls]| {
        serde_json::json!(["rank 0", "spans", "fetch", "fetch", start, elapsed, busy, polls])
    });
    assert_eq!(decoded["lives"], serde_json::json!(expected));
    // All calls are on the tracks of their threads as well.
    let calls: u64 = decoded["sums"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sum| sum[3].as_u64().unwrap())
        .sum();
    assert_eq!(calls, 7);
}

#[test]
fn an_interval_takes_at_most_12_bytes() {
    // Irregular starts and lengths: the worst that deflate can get.
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) % below) as i64
    };
    let mut now = 1_000_000_000;
    let calls: Vec<_> = (0..100_000)
        .map(|_| {
            let start = now + random(20_000);
            now = start + random(30_000);
            (start, now, 0)
        })
        .collect();
    let profile = crate::common::Profile::new().region(0, "step", &calls).close();
    let bytes = exported(&profile.path(), &["--to", "perfetto"]).len();
    assert!(
        bytes <= 12 * calls.len(),
        "{bytes} bytes for {} intervals",
        calls.len()
    );
}
