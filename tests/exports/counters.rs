//! Counters in the formats that have a place for them.

use crate::common::Run;
use crate::consumers::{python, run_script};
use crate::running::{exported, text};
use serde_json::{Value, json};

/// The run begins at 1000 ns: a counter of whole numbers, and one of others with a unit and a gap.
fn run() -> Run {
    let run = Run::new();
    run.region("step", 10, || {
        run.profiler.counter("queue", 3);
        run.profiler.counter("energy:J", 0.5);
    });
    run.profiler.counter("queue", -1);
    run.profiler.counter("energy:J", f64::NAN);
    run.clock.advance(5);
    run.profiler.counter("energy:J", -2.25);
    run.profiler.finalize().unwrap();
    run
}

#[test]
fn chrome_has_an_event_for_each_value() {
    let run = run();
    let trace: Value = serde_json::from_str(&text(&run.file(), &["--to", "chrome"])).unwrap();
    let events = trace["traceEvents"].as_array().unwrap().iter();
    let counters: Vec<Value> = events.filter(|event| event["ph"] == "C").cloned().collect();
    let event =
        |name: &str, ts: f64, args: Value| json!({"ph": "C", "pid": 0, "name": name, "ts": ts, "args": args});
    assert_eq!(
        counters,
        [
            event("energy", 0.01, json!({"J": 0.5})),
            event("energy", 0.025, json!({"J": -2.25})),
            event("queue", 0.01, json!({"value": 3})),
            event("queue", 0.02, json!({"value": -1})),
        ]
    );
}

#[test]
fn perfetto_has_a_track_for_each_counter() {
    let Some(python) = python() else { return };
    let run = run();
    let trace = run.directory.path().join("run.perfetto-trace");
    std::fs::write(&trace, exported(&run.file(), &["--to", "perfetto"])).unwrap();
    let decoded = run_script(&python, "perfetto_slices.py", &trace);
    assert_eq!(
        decoded["counters"],
        json!([
            ["rank 0", "energy", "J", 10, 0.5],
            ["rank 0", "energy", "J", 25, -2.25],
            ["rank 0", "queue", "", 10, 3],
            ["rank 0", "queue", "", 20, -1],
        ])
    );
}

#[test]
fn a_table_has_a_row_for_each_value_of_the_window() {
    let run = run();
    let table = text(&run.file(), &["--to", "counters"]);
    assert_eq!(
        table,
        "counter,unit,rank,thread,time_ns,value\n\
         energy,J,0,0,1010,0.5\n\
         energy,J,0,0,1020,\n\
         energy,J,0,0,1025,-2.25\n\
         queue,,0,0,1010,3\n\
         queue,,0,0,1020,-1\n"
    );
    // Filters of regions leave counters alone, a window does not.
    let part = text(
        &run.file(),
        &["--to", "counters", "-i", "step", "--window", "15ns..25ns"],
    );
    assert_eq!(
        part,
        "counter,unit,rank,thread,time_ns,value\n\
         energy,J,0,0,1020,\n\
         queue,,0,0,1020,-1\n"
    );
}
