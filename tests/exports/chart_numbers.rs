//! The numbers of charts, written by the program and read with DuckDB.

use crate::common::golden;
use crate::consumers::{python, run_script};
use crate::running::program;
use scope_profiler::chart::{CHARTS, ChartOptions};
use scope_profiler::profile::{Profile, Sample, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A table as DuckDB reads it.
struct Table(Value);

impl Table {
    /// The values of a column.
    fn column(&self, name: &str) -> Vec<&Value> {
        let columns = self.0["columns"].as_array().unwrap();
        let place = columns.iter().position(|column| column == name);
        let place = place.unwrap_or_else(|| panic!("no {name} in {columns:?}"));
        self.rows().iter().map(|row| &row[place]).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        let values = self.column(name).into_iter();
        values.map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let values = self.column(name).into_iter();
        values.map(|value| value.as_str().unwrap()).collect()
    }

    fn rows(&self) -> &Vec<Value> {
        self.0["rows"].as_array().unwrap()
    }

    /// Sums of a column for each region.
    fn by_region(&self, name: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for (region, number) in self.texts("region").into_iter().zip(self.numbers(name)) {
            *sums.entry(region.to_owned()).or_insert(0.0) += number;
        }
        sums
    }
}

/// All charts of a file as the program draws them, with their numbers; where they are.
fn drawn(file: &Path) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("figures");
    let arguments = ["--plots", "all", "--data", "--format", "svg"];
    let output = program().arg(file).arg("-o").arg(&out).args(arguments).output();
    let printed = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(printed.contains("gantt_plot.csv"), "{printed}");
    (directory, out)
}

fn statistics(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("region_statistics.json")).unwrap()).unwrap()
}

#[test]
fn the_numbers_of_charts_are_those_of_the_statistics() {
    let Some(python) = python() else { return };
    for file in ["py018_mpi4.h5", "py075_threads.h5", "ours.h5"] {
        let (_keep, out) = drawn(&golden(file));
        let table = |stem: &str| {
            let path = out.join(stem).with_extension("csv");
            Table(run_script(&python, "whole_table.py", &path))
        };
        let statistics = statistics(&out);
        let regions = statistics["regions"].as_object().unwrap();
        let pooled = |key: &str| -> BTreeMap<String, f64> {
            let values = regions.iter();
            let values = values.map(|(name, region)| (name.clone(), region["pooled"][key].as_f64().unwrap()));
            values.filter(|(_, value)| *value > 0.0).collect()
        };
        let ranks = statistics["num_ranks"].as_f64().unwrap();

        assert_eq!(
            table("gantt_plot").by_region("calls"),
            pooled("num_intervals"),
            "{file}"
        );
        assert_eq!(
            table("histogram_plot").by_region("calls"),
            pooled("num_intervals"),
            "{file}"
        );
        let durations = table("durations_plot");
        for (column, key) in [
            ("exclusive_mean_ns", "exclusive_ns"),
            ("inclusive_mean_ns", "inclusive_ns"),
        ] {
            for (region, mean) in durations.by_region(column) {
                let total = regions[&region]["pooled"][key].as_f64().unwrap();
                assert!(
                    (mean * ranks - total).abs() <= 1.0,
                    "{file} {region} {column}: {mean} {total}"
                );
            }
        }
        let map = table("rank_heatmap");
        let cells = map
            .texts("region")
            .into_iter()
            .zip(map.numbers("rank"))
            .zip(map.column("time_ns"));
        for ((region, rank), time) in cells {
            let on_rank = &regions[region]["ranks"][rank.to_string()]["inclusive_ns"];
            assert_eq!(on_rank.as_f64(), time.as_f64(), "{file} {region} {rank}");
        }
        let flame = table("flame_graph");
        for (parent, depth) in flame.column("parent").into_iter().zip(flame.numbers("depth")) {
            assert_eq!(parent.is_null(), depth == 0.0);
        }
        assert_eq!(flame.by_region("inclusive_ns"), pooled("inclusive_ns"), "{file}");
        let series = table("timeseries_plot");
        let [low, median, high] = ["p5_ns", "median_ns", "p95_ns"].map(|name| series.numbers(name));
        for at in 0..series.rows().len() {
            assert!(low[at] <= median[at] && median[at] <= high[at], "{file}");
        }
        let density = table("density_plot").numbers("busy_share");
        assert!(density.iter().all(|share| (0.0..=1.0).contains(share)), "{file}");
        assert!(!density.is_empty(), "{file}");
    }
}

#[test]
fn the_guide_explains_every_column_of_every_chart() {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md")).unwrap();
    let reader = ProfilingH5Reader::open(golden("py018_mpi4.h5")).unwrap();
    let counters = Profile::builder()
        .sample(0, "particles", Sample::new(0, 10))
        .build();
    for chart in CHARTS {
        let source: &dyn Source = if chart.name() == "counters" {
            &counters
        } else {
            &reader
        };
        let figure = chart
            .reduce(source, &RegionFilter::new(), &ChartOptions::new())
            .unwrap();
        let columns = figure.data().columns();
        assert!(!columns.is_empty(), "{} tells no numbers", chart.name());
        let line = guide
            .lines()
            .find(|line| line.starts_with(&format!("| `{}.csv` |", chart.file_stem())));
        let line = line.unwrap_or_else(|| panic!("docs/cli.md has no row for {}", chart.file_stem()));
        for column in columns {
            let name = format!("`{}`", column.name());
            assert!(
                line.contains(&name),
                "{}: {name} is not in docs/cli.md",
                chart.file_stem()
            );
            assert!(!column.about().is_empty() && !column.about().ends_with('.'));
        }
        assert!(figure.data().into_rows().all(|row| row.len() == columns.len()));
    }
}
