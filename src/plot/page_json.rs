//! The chart as the JSON that the page reads (`assets/page/model.js` is the other end).
//!
//! Bars are whole numbers, each relative to the one before: the gap since the last end, then the
//! duration. Bars that stand for several calls are listed apart as (steps since the last such bar,
//! calls, busy share in units of 1/[`BUSY_STEPS`]). JSON is ready to be parsed by the browser's
//! own fast parser, takes ten bytes per bar, and can be read by whoever wants the numbers.

use crate::chart::gantt::{Bar, Color, GanttChart, Header};
use crate::chart::page::{PageData, PageNote};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;

/// One busy share in the page is this many steps.
const BUSY_STEPS: f32 = 100_000.0;

/// The JSON text, safe inside a `<script>` element: no `<`, `>` or `&`, and no line separators.
pub(super) fn encode(chart: &GanttChart, data: &PageData) -> String {
    let header = &chart.header;
    let bars: usize = chart
        .regions
        .iter()
        .flat_map(|region| &region.lanes)
        .map(|lane| lane.bars.len())
        .sum();
    let mut out = String::with_capacity(bars * 12 + 4096);

    // Those of the data were found while the calls were nested, and are more.
    let of_header: Vec<PageNote> = header.run_notes.iter().map(PageNote::from).collect();
    let run_notes = if data.notes.is_empty() {
        &of_header
    } else {
        &data.notes
    };
    let mut notes: Vec<Value> = run_notes
        .iter()
        .map(|note| json!([note.text, note.is_warning]))
        .collect();
    // How many intervals are merged the page says itself.
    let apart_from_merged = Header {
        merged: 0,
        ..header.clone()
    };
    notes.extend(
        apart_from_merged
            .drawing_notes()
            .iter()
            .map(|text| json!([text, true])),
    );
    let head = json!({
        "title": header.title,
        "ranks": header.ranks,
        "threads": header.threads,
        "intervals": header.intervals,
        "merged": header.merged,
        "wall": header.wall_ns,
        "outside": data.outside_ns,
        "outsideShare": data.outside_share,
        "axis": chart.axis_title(),
        "notes": notes,
    });
    push(
        &mut out,
        format_args!(
            "{{\"header\":{head},\"span\":{},\"regions\":[",
            chart.span_ns.max(1)
        ),
    );

    let mut stats: HashMap<&str, Value> = data
        .regions
        .iter()
        .map(|region| {
            let numbers = json!([
                region.calls,
                region.total_ns,
                region.mean_ns,
                region.min_ns,
                region.max_ns,
                region.std_ns,
                region.exclusive_ns
            ]);
            (region.name.as_str(), numbers)
        })
        .collect();
    for region in &chart.regions {
        let Color(r, g, b) = region.color;
        let name = Value::from(region.name.as_str());
        let numbers = stats.remove(region.name.as_str()).unwrap_or(Value::Null);
        push(
            &mut out,
            format_args!("{{\"name\":{name},\"color\":[{r},{g},{b}],\"stats\":{numbers},\"lanes\":["),
        );
        for lane in &region.lanes {
            let thread = lane.thread.map_or(Value::Null, Value::from);
            push(
                &mut out,
                format_args!("{{\"rank\":{},\"thread\":{thread},", lane.rank),
            );
            push_bars(&mut out, &lane.bars);
            out.push_str("},");
        }
        close(&mut out, "]},");
    }
    // Regions without an interval still have their row in the table.
    for region in &data.regions {
        if let Some(numbers) = stats.remove(region.name.as_str()) {
            let name = Value::from(region.name.as_str());
            let color = region
                .color
                .map_or(Value::Null, |Color(r, g, b)| json!([r, g, b]));
            push(
                &mut out,
                format_args!("{{\"name\":{name},\"color\":{color},\"stats\":{numbers},\"lanes\":[]}},"),
            );
        }
    }
    close(&mut out, "],\"threads\":[");
    for thread in &data.threads {
        let name = Value::from(thread.label.as_str());
        push(
            &mut out,
            format_args!("[{},{},{name}],", thread.rank, thread.thread),
        );
    }
    close(&mut out, "],\"threadCounts\":[");
    for (rank, threads) in &data.thread_counts {
        push(&mut out, format_args!("[{rank},{threads}],"));
    }
    close(&mut out, "]}");
    escape(&out)
}

fn push_bars(out: &mut String, bars: &[Bar]) {
    out.push_str("\"bars\":[");
    let mut last = 0;
    for bar in bars {
        let gap = bar.start_ns.saturating_sub(last);
        push(
            out,
            format_args!("{gap},{},", bar.end_ns.saturating_sub(bar.start_ns)),
        );
        last = bar.end_ns;
    }
    close(out, "],\"merged\":[");
    let mut last = 0;
    for (i, bar) in bars.iter().enumerate() {
        let busy = (bar.busy * BUSY_STEPS).round().clamp(0.0, BUSY_STEPS);
        if bar.calls != 1 || busy < BUSY_STEPS {
            push(out, format_args!("{},{},{busy},", i - last, bar.calls));
            last = i;
        }
    }
    close(out, "]");
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String does not fail");
}

/// Ends a list whose entries were each written with a comma behind.
fn close(out: &mut String, end: &str) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push_str(end);
}

/// Outside strings JSON has none of these characters, and inside strings `\u` means the same.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut plain = 0;
    for (at, found) in json.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        out.push_str(&json[plain..at]);
        let code = found.chars().next().map_or(0, u32::from);
        push(&mut out, format_args!("\\u{code:04x}"));
        plain = at + found.len();
    }
    out.push_str(&json[plain..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::gantt::{GanttRegion, Lane};
    use crate::chart::page::{RegionStats, ThreadName};

    #[test]
    fn bars_are_written_as_gaps_and_durations() {
        let bar = |start_ns, end_ns, busy, calls| Bar {
            start_ns,
            end_ns,
            busy,
            calls,
        };
        let lane = Lane {
            rank: 3,
            last_rank: 3,
            thread: Some(7),
            thread_label: "main #7".into(),
            bars: vec![
                bar(5, 9, 1.0, 1),
                bar(9, 9, 1.0, 1),
                bar(20, 30, 0.25, 4),
                bar(31, 32, 1.0, 2),
            ],
        };
        let region = GanttRegion {
            name: "a<b".into(),
            color: Color(1, 2, 3),
            lanes: vec![lane],
        };
        let chart = GanttChart {
            span_ns: 32,
            regions: vec![region],
            ..Default::default()
        };
        let data = PageData {
            regions: vec![RegionStats {
                name: "counted".into(),
                calls: 2,
                ..Default::default()
            }],
            threads: vec![ThreadName {
                rank: 3,
                thread: 7,
                label: "main #7".into(),
            }],
            ..PageData::default()
        };
        let text = encode(&chart, &data);
        assert!(!text.contains('<'), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["regions"][0]["name"], "a<b");
        assert_eq!(value["regions"][0]["stats"], Value::Null);
        assert_eq!(
            value["regions"][0]["lanes"][0]["bars"],
            json!([5, 4, 0, 0, 11, 10, 1, 1])
        );
        assert_eq!(
            value["regions"][0]["lanes"][0]["merged"],
            json!([2, 4, 25_000, 1, 2, 100_000])
        );
        assert_eq!(value["regions"][1]["name"], "counted");
        assert_eq!(value["regions"][1]["lanes"], json!([]));
        assert_eq!(value["threads"], json!([[3, 7, "main #7"]]));
    }

    #[test]
    fn an_empty_chart_is_valid_json() {
        let value: Value =
            serde_json::from_str(&encode(&GanttChart::default(), &PageData::default())).unwrap();
        assert_eq!(value["span"], 1);
        assert_eq!(value["regions"], json!([]));
    }

    #[test]
    fn what_ends_a_script_is_escaped_and_comes_back() {
        let hostile = "</script><!-- & \u{2028}\u{2029} \" \\ \n é 🦀";
        let json = escape(&Value::from(hostile).to_string());
        assert!(json.is_ascii() || !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
