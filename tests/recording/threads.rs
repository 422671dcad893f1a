//! Threads of one name are told apart: they have a name and a number everywhere.

use crate::common::Run;
use std::sync::Barrier;

/// Two workers of one name and one thread without a name, which all record.
fn record(run: &Run) {
    run.region("main", 1, || ());
    let barrier = Barrier::new(3);
    std::thread::scope(|scope| {
        for name in [Some("worker"), Some("worker"), None] {
            let mut builder = std::thread::Builder::new();
            if let Some(name) = name {
                builder = builder.name(name.into());
            }
            let barrier = &barrier;
            let work = move || {
                barrier.wait();
                run.region("task", 1, || ());
            };
            builder.spawn_scoped(scope, work).unwrap();
        }
    });
}

fn expect_labels(text: &str) {
    let line = text.lines().find(|line| line.starts_with("named threads: "));
    let line = line.unwrap_or_else(|| panic!("no line on threads in {text}"));
    let labels: Vec<&str> = line["named threads: ".len()..].split(", ").collect();
    let of = |name: &str| labels.iter().filter(|label| label.starts_with(name)).count();
    assert_eq!(of("worker #"), 2, "{line}");
    let mut numbers: Vec<&str> = labels
        .iter()
        .filter_map(|label| Some(label.rsplit_once('#')?.1))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(
        numbers.len(),
        labels.len(),
        "each has a number of its own: {line}"
    );
    assert!(labels[0].ends_with(" #0"), "the test's own thread: {line}");
}

#[test]
fn the_summary_names_and_numbers_threads() {
    for on_disk in [true, false] {
        let run = Run::with(|config| config.flush_to_disk(on_disk));
        record(&run);
        expect_labels(&run.profiler.finalize().unwrap().to_string());
    }
}

#[cfg(feature = "plot")]
#[test]
fn json_names_and_numbers_threads() {
    use scope_profiler::RegionFilter;
    use scope_profiler::export::json::region_statistics;

    let run = Run::new();
    record(&run);
    let text = region_statistics(&run.read(), &RegionFilter::new()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let labels = json["run"]["ranks"]["0"]["thread_labels"].as_object().unwrap();
    let mut of_workers = 0;
    for (number, label) in labels {
        let (name, its_number) = label.as_str().unwrap().rsplit_once(" #").unwrap();
        assert_eq!(its_number, number);
        of_workers += usize::from(name == "worker");
    }
    assert_eq!(of_workers, 2, "{labels:?}");
    let notes = json["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["kind"] == "threads").unwrap();
    expect_labels(note["text"].as_str().unwrap());
}
