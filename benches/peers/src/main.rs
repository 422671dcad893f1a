//! Other profilers beside this one, each as its documentation says to use it, in one run.
//!
//! `scripts/bench` runs this and writes the table into docs/overhead.md.

#[path = "../../harness/mod.rs"]
mod harness;
mod peers;
#[path = "../../rows/mod.rs"]
mod rows;

use harness::{Row, Table, ns};

/// What is compared with what: a region that a guard leaves, or a span of `tracing`.
struct Class {
    what: &'static str,
    ours: Row,
    theirs: Vec<Row>,
}

fn floor() -> [Row; 2] {
    [
        Row::new("floor", "two bare counter reads", rows::counter_reads),
        Row::new("instants", "two `Instant::now`", rows::instants),
    ]
}

fn classes() -> [Class; 3] {
    [
        Class {
            what: "guards",
            ours: Row::new("guard", "**scope-profiler**, `profile_region!`", rows::guard),
            theirs: vec![
                Row::new("hotpath", "hotpath, `measure_block!`", peers::hotpath),
                Row::new("fastrace", "fastrace, `LocalSpan`", peers::fastrace),
                Row::new("tracy", "tracy-client, `span!`", peers::tracy),
                Row::new("puffin", "puffin, `profile_scope!`", peers::puffin),
            ],
        },
        Class {
            what: "spans of `tracing`",
            ours: Row::new(
                "subscriber",
                "**scope-profiler**, `ScopeSubscriber`",
                rows::subscriber_span,
            ),
            theirs: vec![],
        },
        Class {
            what: "spans of `tracing`, layers over `Registry`",
            ours: Row::new("layer", "**scope-profiler**, `ScopeLayer`", rows::layer_span),
            theirs: vec![
                Row::new(
                    "tracing-tracy",
                    "tracing-tracy, `TracyLayer`",
                    peers::tracing_tracy,
                ),
                Row::new(
                    "tracing-flame",
                    "tracing-flame, `FlameLayer`",
                    peers::tracing_flame,
                ),
                Row::new(
                    "tracing-chrome",
                    "tracing-chrome, `ChromeLayer`",
                    peers::tracing_chrome,
                ),
            ],
        },
    ]
}

/// All rows in the order of the table.
fn rows() -> Vec<Row> {
    let mut rows = Vec::from(floor());
    for class in classes() {
        rows.push(class.ours);
        rows.extend(class.theirs);
    }
    rows.push(Row::new(
        "empty layer",
        "`Registry` with an empty layer",
        rows::empty_layer_span,
    ));
    rows
}

fn main() {
    let rows = rows();
    if harness::is_child(&rows) {
        return;
    }
    let results = harness::measure(&rows, 500).results;
    let mut table = Table::new(["enter and leave", "ns", "x floor", "beside ours"]);
    let mut line = |row: &Row, beside: String| {
        let time = results[row.key];
        table.row([
            row.what.to_owned(),
            ns(time),
            format!("{:.2}", time / results["floor"]),
            beside,
        ]);
    };
    for row in floor() {
        line(&row, String::new());
    }
    let mut behind = Vec::new();
    for class in classes() {
        line(&class.ours, String::new());
        for row in &class.theirs {
            let factor = results[row.key] / results[class.ours.key];
            line(row, format!("{factor:.1} x"));
            if factor <= 1.0 {
                behind.push(format!(
                    "{} is behind {} among {}",
                    class.ours.what, row.what, class.what
                ));
            }
        }
        if class.ours.key == "layer" {
            let empty = rows.last().expect("is the last");
            line(empty, "its share in each of these layers".to_owned());
        }
    }
    println!("{table}");
    for note in behind {
        println!("**{note}.**");
    }
}
