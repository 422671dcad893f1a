//! What the page shows beside its bars, as the JSON that `assets/page/data.js` reads.

use super::data::{PageData, PageNote, RegionStats};
use super::values::{FieldJson, Scales};
use crate::chart::{Color, GanttChart, Header};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    header: Head<'a>,
    span: i64,
    regions: Vec<Region<'a>>,
    /// Rank, thread, label.
    threads: Vec<(u32, u32, &'a str)>,
    /// Rank, number of threads.
    thread_counts: Vec<(u32, usize)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scales: Option<Scales>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<Served>,
}

/// What a page has to know of the server that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Served {
    /// How often the server has opened the file; 0 while it is read.
    pub(crate) version: u64,
    /// Whether the file still grows.
    pub(crate) follows: bool,
    /// Of a page that is shown while its file is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reading: Option<Reading>,
}

/// How far the reading of a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Reading {
    /// Of the intervals.
    pub(crate) share: f64,
    /// The number of the picture that the page shows.
    pub(crate) picture: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    title: &'a str,
    ranks: usize,
    threads: usize,
    intervals: u64,
    merged: u64,
    /// Only calls shorter than this are merged, ns.
    grain: u64,
    wall: i64,
    outside: Option<i64>,
    outside_share: Option<f64>,
    axis: &'a str,
    /// Text, whether it is a warning.
    notes: Vec<(String, bool)>,
}

#[derive(Serialize)]
struct Region<'a> {
    name: &'a str,
    color: Option<(u8, u8, u8)>,
    stats: Option<Numbers>,
}

#[derive(Serialize)]
struct Numbers {
    calls: u64,
    total: i64,
    mean: f64,
    min: i64,
    max: i64,
    std: f64,
    exclusive: Option<i64>,
    /// 50th, 95th, 99th.
    percentiles: Option<[f64; 3]>,
}

impl From<&RegionStats> for Numbers {
    fn from(stats: &RegionStats) -> Self {
        Numbers {
            calls: stats.calls,
            total: stats.total_ns,
            mean: stats.mean_ns,
            min: stats.min_ns,
            max: stats.max_ns,
            std: stats.std_ns,
            exclusive: stats.exclusive_ns,
            percentiles: stats.percentiles_ns,
        }
    }
}

/// The JSON text, safe inside a `<script>` element: no `<`, `>` or `&`, and no line separators.
///
/// Its regions are those of the chart, in order, then those that have numbers and no lanes.
pub(super) fn encode(chart: &GanttChart, data: &PageData) -> String {
    let page = Page {
        header: head(chart, data),
        span: chart.span_ns.max(1),
        regions: regions(chart, data),
        threads: data
            .threads
            .iter()
            .map(|one| (one.rank, one.thread, one.label.as_str()))
            .collect(),
        thread_counts: data
            .thread_counts
            .iter()
            .map(|(&rank, &count)| (rank, count))
            .collect(),
        fields: data.fields.iter().map(FieldJson::from).collect(),
        scales: (!data.fields.is_empty()).then(Scales::new),
        color_by: data.color_by.as_deref(),
        served: data.served,
    };
    escape(&serde_json::to_string(&page).expect("plain data becomes JSON"))
}

fn head<'a>(chart: &'a GanttChart, data: &PageData) -> Head<'a> {
    let header = &chart.header;
    Head {
        title: &header.title,
        ranks: header.ranks,
        threads: header.threads,
        intervals: header.intervals,
        merged: header.merged,
        grain: data.grain_ns,
        wall: header.wall_ns,
        outside: data.outside_ns,
        outside_share: data.outside_share,
        axis: chart.axis_title(),
        notes: notes(header, data),
    }
}

fn notes(header: &Header, data: &PageData) -> Vec<(String, bool)> {
    // Those of the data were found while the calls were nested, and are more.
    let of_header: Vec<PageNote> = header.run_notes.iter().map(PageNote::from).collect();
    let of_run = if data.notes.is_empty() {
        of_header
    } else {
        data.notes.clone()
    };
    // The page itself says how many intervals are merged.
    let others = Header {
        merged: 0,
        ..header.clone()
    };
    let of_drawing = others.drawing_notes().into_iter().map(|text| (text, true));
    let of_run = of_run.into_iter().map(|note| (note.text, note.is_warning));
    of_run.chain(of_drawing).collect()
}

fn regions<'a>(chart: &'a GanttChart, data: &'a PageData) -> Vec<Region<'a>> {
    let color = |Color(r, g, b)| (r, g, b);
    let stats: HashMap<&str, &RegionStats> = data
        .regions
        .iter()
        .map(|region| (region.name.as_str(), region))
        .collect();
    let drawn = chart.regions.iter().map(|region| Region {
        name: &region.name,
        color: Some(color(region.color)),
        stats: stats.get(region.name.as_str()).map(|&stats| stats.into()),
    });
    let names: HashSet<&str> = chart.regions.iter().map(|region| region.name.as_str()).collect();
    let without_lanes = data
        .regions
        .iter()
        .filter(|region| !names.contains(region.name.as_str()))
        .map(|region| Region {
            name: &region.name,
            color: region.color.map(color),
            stats: Some(region.into()),
        });
    drawn.chain(without_lanes).collect()
}

/// The names of the regions, in the order in which the page has them.
pub(super) fn names<'a>(chart: &'a GanttChart, data: &'a PageData) -> Vec<&'a str> {
    regions(chart, data).iter().map(|region| region.name).collect()
}

/// Outside strings JSON has none of these characters, and inside strings `\u` means the same.
pub(super) fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_empty_chart_is_valid_json() {
        let text = encode(&GanttChart::default(), &PageData::default());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["span"], 1);
        assert_eq!(value["regions"], json!([]));
    }

    #[test]
    fn a_region_that_was_only_counted_has_numbers_too() {
        let counted = RegionStats {
            name: "a<b".into(),
            calls: 2,
            ..Default::default()
        };
        let data = PageData {
            regions: vec![counted],
            ..PageData::default()
        };
        let text = encode(&GanttChart::default(), &data);
        assert!(!text.contains('<'), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["regions"][0]["name"], "a<b");
        assert_eq!(value["regions"][0]["stats"]["calls"], 2);
    }

    #[test]
    fn what_ends_a_script_is_escaped_and_comes_back() {
        let hostile = "</script><!-- & \u{2028}\u{2029} \" \\ \n é 🦀";
        let json = escape(&Value::from(hostile).to_string());
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
