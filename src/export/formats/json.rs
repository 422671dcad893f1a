//! The JSON profile of the Python package, for its `read_json`.

use super::python_lanes::{self, Lanes};
use super::python_metadata;
use crate::error::Result;
use crate::export::{ExportOptions, Exporter, Output, Selected};
use crate::profile::{Intervals, Sums};
use serde_json::{Map, Value as Json, json};

pub(super) struct JsonProfile;

impl Exporter for JsonProfile {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "the Python package scope-profiler: read_json"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".json"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let lanes = Lanes::of(profile, |_, _| ())?.told_apart();
        let head = head(profile);
        // The columns of a region may be too long for the memory: they follow the rest, piece by piece.
        write!(out, "{},\"regions\":[", without_brace(&head))?;
        for (number, &row) in profile.rows().iter().enumerate() {
            out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
            Region { profile, row }.write(&lanes, out)?;
        }
        write!(out, "\n]")?;
        for (key, table) in [("threads", lanes.threads_json()), ("tasks", lanes.tasks_json())] {
            if !table.is_empty() {
                write!(out, ",\"{key}\":{}", Json::Object(table))?;
            }
        }
        writeln!(out, "}}")
    }
}

/// Everything that does not grow with the number of regions, as an object.
fn head(profile: &Selected<'_>) -> String {
    let source = profile.source();
    let head = json!({
        "format": "scope-profiler-profile",
        "format_version": 1,
        "exporter": concat!("scope-profiler@", env!("CARGO_PKG_VERSION"), " (Rust)"),
        "time_unit": "nanoseconds",
        "num_ranks": python_metadata::num_ranks(profile),
        "event_data_available": !source.run().sums_only,
        "metadata": python_metadata::json(&python_metadata::of(profile)),
    });
    head.to_string()
}

/// An object that is to be continued.
fn without_brace(object: &str) -> &str {
    object.strip_suffix('}').unwrap_or(object)
}

fn aggregate(sums: &Sums) -> Json {
    let statistics = &sums.statistics;
    json!({
        "count": statistics.count(),
        "total": statistics.total_ns(),
        "minimum": statistics.min_ns().unwrap_or(0),
        "maximum": statistics.max_ns().unwrap_or(0),
        "exclusive": sums.exclusive_ns,
    })
}

/// Optional columns, and what they are called in the document.
const OPTIONAL: [(&str, &str); 4] = [
    (Intervals::CALL, "call_ids"),
    (Intervals::PARENT, "parent_ids"),
    (Intervals::GPU, "gpu_durations_ns"),
    (Intervals::AWAIT, "await_ns"),
];

/// A region on one rank.
struct Region<'a> {
    profile: &'a Selected<'a>,
    row: usize,
}

impl Region<'_> {
    fn write(&self, lanes: &Lanes, out: &mut Output<'_>) -> Result<()> {
        let mut about = Map::new();
        about.insert("name".into(), self.profile.name(self.row).into());
        about.insert("rank".into(), self.profile.rank(self.row).into());
        let origin = self.profile.source().origin(self.row);
        let source = [
            ("source_file", origin.source_file.map(Json::from)),
            ("source_lineno", origin.source_line.map(Json::from)),
            ("source_text", origin.source_text.map(Json::from)),
            ("tags", (!origin.tags.is_empty()).then(|| origin.tags.into())),
        ];
        about.extend(
            source
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
        if let Some(sums) = self.profile.source().row_facts(self.row).sums {
            about.insert("aggregate".into(), aggregate(&sums));
            return out.write_all(Json::Object(about).to_string().as_bytes());
        }
        if let Some(of_calls) = python_metadata::of_calls(self.profile, self.row)? {
            about.insert("event_metadata".into(), of_calls.into());
        }
        out.write_all(without_brace(&Json::Object(about).to_string()).as_bytes())?;
        self.column("start_times_ns", out, |chunk, at| chunk.starts()[at])?;
        self.column("end_times_ns", out, |chunk, at| chunk.ends()[at])?;
        let rank = self.profile.rank(self.row);
        if lanes.knows(rank) {
            self.column("thread_ids", out, |chunk, at| {
                python_lanes::thread(chunk.threads()[at])
            })?;
        }
        if lanes.has_tasks(rank) {
            self.column("task_ids", out, |chunk, at| {
                python_lanes::task(chunk.threads()[at])
            })?;
        }
        for (name, key) in OPTIONAL {
            if self.profile.source().columns().contains(&name) {
                self.column_of(Intervals::new().with_column(name), key, out, |chunk, at| {
                    let numbers = chunk.column(name).and_then(|numbers| numbers.whole());
                    numbers.map_or(-1, |numbers| numbers[at])
                })?;
            }
        }
        out.write_all(b"}")
    }

    fn column(
        &self,
        key: &str,
        out: &mut Output<'_>,
        value: impl Fn(&Intervals, usize) -> i64,
    ) -> Result<()> {
        self.column_of(Intervals::new(), key, out, value)
    }

    /// A column of what is read into `buffer`.
    fn column_of(
        &self,
        mut buffer: Intervals,
        key: &str,
        out: &mut Output<'_>,
        value: impl Fn(&Intervals, usize) -> i64,
    ) -> Result<()> {
        write!(out, ",\"{key}\":[")?;
        let mut text = Vec::new();
        let mut digits = itoa::Buffer::new();
        let mut is_first = true;
        self.profile.each_chunk(self.row, &mut buffer, |chunk| {
            text.clear();
            for at in 0..chunk.len() {
                if !std::mem::take(&mut is_first) {
                    text.push(b',');
                }
                text.extend_from_slice(digits.format(value(chunk, at)).as_bytes());
            }
            out.write_all(&text)
        })?;
        out.write_all(b"]")
    }
}
