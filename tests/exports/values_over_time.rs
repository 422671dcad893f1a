//! The values of fields over the run, drawn by the program and written as CSV.

use crate::running::program;
use scope_profiler::export::{Export, exporter};
use scope_profiler::profile::{Call, Number, Profile};
use std::fs;
use std::path::{Path, PathBuf};

const ITERATIONS: i32 = 60;

fn residual(iteration: i32) -> f64 {
    0.7_f64.powi(2 * iteration) / 3.0
}

/// Two ranks that iterate together until the residual is small, and write what they have.
fn solver() -> Profile {
    let mut profile = Profile::builder().unit("written", "B");
    for (iteration, start) in (0..ITERATIONS).zip((0_i64..).step_by(1_000_000)) {
        for rank in [0, 1] {
            let residual = [("residual", Number::Float(residual(iteration)))];
            let call = Call::new("iterate", start..start + 800_000).rank(rank);
            profile.push(call.numbers(&residual));
            let written = [("written", Number::Int(4_096 + i64::from(rank)))];
            let call = Call::new("write", start + 800_000..start + 900_000).rank(rank);
            profile.push(call.numbers(&written));
        }
    }
    profile.push(Call::new("setup", 0..10).rank(0));
    profile.build()
}

fn saved(directory: &Path) -> PathBuf {
    let file = directory.join("solver.h5");
    let export = Export::new(&solver(), exporter("hdf5").unwrap()).save(&file);
    export.unwrap();
    file
}

/// What the program writes with these arguments.
fn drawn(file: &Path, arguments: &[&str]) -> PathBuf {
    let out = file.with_file_name("figures");
    let output = program().arg(file).arg("-o").arg(&out).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    out
}

fn complaint(file: &Path, arguments: &[&str]) -> String {
    let out = file.with_file_name("none");
    let output = program().arg(file).arg("-o").arg(&out).args(arguments).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The fields of the rows of a table of which one field is this.
fn rows(table: &str, column: &str, wanted: &str) -> Vec<Vec<String>> {
    let mut lines = table
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect());
    let header: Vec<String> = lines.next().unwrap();
    let place = header.iter().position(|name| name == column).unwrap();
    lines.filter(|row: &Vec<String>| row[place] == wanted).collect()
}

#[test]
fn the_values_of_each_iteration_are_in_the_table_as_they_were_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let file = saved(directory.path());
    let out = drawn(
        &file,
        &["--metrics", "residual,written", "--data", "--format", "svg"],
    );
    let table = fs::read_to_string(out.join("timeseries_plot.csv")).unwrap();
    assert!(
        table.starts_with("region,from_ns,up_to_ns,p5_ns,median_ns,p95_ns,field,p5,median,p95\n"),
        "{table}"
    );
    let of_field = rows(&table, "field", "residual");
    let found: Vec<[f64; 3]> = of_field
        .iter()
        .map(|row| [7, 8, 9].map(|place| row[place].parse().unwrap()))
        .collect();
    let recorded: Vec<[f64; 3]> = (0..ITERATIONS)
        .map(|iteration| [residual(iteration); 3])
        .collect();
    assert_eq!(found, recorded);
    for (iteration, row) in (0_i64..).zip(&of_field) {
        let [from, to] = [1, 2].map(|place| row[place].parse::<i64>().unwrap());
        assert!(
            row[0] == "iterate" && (from..to).contains(&(iteration * 1_000_000)),
            "{row:?}"
        );
    }
    let written = rows(&table, "field", "written");
    assert!(
        written.iter().all(|row| row[0] == "write" && row[8] == "4096.5"),
        "{written:?}"
    );
    // Durations are below the values.
    assert!(
        rows(&table, "field", "")
            .iter()
            .any(|row| row[0] == "write" && !row[4].is_empty()),
        "{table}"
    );
    let picture = fs::read_to_string(out.join("timeseries_plot.svg")).unwrap();
    let labels = [
        "residual",
        "duration",
        "1e-12",
        "first 0.33, last 1.76e-19",
        "median 4.10 kB",
    ];
    for label in labels {
        assert!(picture.lines().any(|line| line == label), "no {label}");
    }
}

#[test]
fn the_chart_is_drawn_of_metrics_unless_others_were_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let file = saved(directory.path());
    let has = |out: PathBuf| out.join("timeseries_plot.png").exists();
    assert!(!has(drawn(
        &file,
        &["--plots", "durations", "--metrics", "residual"]
    )));
    assert!(!has(drawn(&file, &[])));
    assert!(has(drawn(&file, &["--metrics", "residual"])));
}

#[test]
fn values_that_are_never_finite_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("solver.h5");
    let infinite = [("residual", Number::Float(f64::INFINITY))];
    let profile = Profile::builder().interval(Call::new("iterate", 0..9).numbers(&infinite));
    let export = Export::new(&profile.build(), exporter("hdf5").unwrap()).save(&file);
    export.unwrap();
    let message = complaint(&file, &["--metrics", "residual"]);
    assert!(
        message.contains("no chosen call has a finite number"),
        "{message}"
    );
}

#[test]
fn a_field_that_no_chosen_call_has_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = saved(directory.path());
    let unknown = complaint(&file, &["--metrics", "residuum"]);
    assert!(
        unknown.contains("no field \"residuum\"; the profile has residual, written"),
        "{unknown}"
    );
    let elsewhere = complaint(&file, &["--metrics", "residual", "-i", "write"]);
    assert!(elsewhere.contains("has the field \"residual\""), "{elsewhere}");
}
