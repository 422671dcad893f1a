//! Tables and pictures of long files, beside a plain read.

use crate::ROUNDS;
use crate::merging::merged;
use crate::runs::made::{record_ranks, room, this_program};
use crate::runs::process::{Took, run};
use scope_profiler::ProfilingH5Reader;
use scope_profiler::analysis::wall::Wall;
use scope_profiler::chart::{ChartOptions, Lanes};
use scope_profiler::plot::{PlotOptions, plot_gantt};
use scope_profiler::profile::Window;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What the program is asked for, beside the file.
const ASKED: [(&str, &[&str]); 10] = [
    ("table", &[]),
    ("table with `--exact`", &["--exact"]),
    ("statistics, `--json`", &["--json"]),
    ("statistics, `--json --exact`", &["--json", "--exact"]),
    (
        "statistics and Gantt chart, `--lanes region`",
        &["-o", "D", "--plots", "gantt", "--lanes", "region"],
    ),
    (
        "the same, `--lanes rank`",
        &["-o", "D", "--plots", "gantt", "--lanes", "rank"],
    ),
    (
        "the same, `--lanes thread`",
        &["-o", "D", "--plots", "gantt", "--lanes", "thread"],
    ),
    ("statistics and page", &["-o", "D", "--format", "html"]),
    (
        "default charts as PNG and SVG, page",
        &["-o", "D", "--format", "png", "svg", "html"],
    ),
    (
        "`--plots all`, PNG, SVG and page",
        &["-o", "D", "--plots", "all", "--format", "png", "svg", "html"],
    ),
];

/// Makes files of so many intervals and reads them in every way.
pub(crate) fn read(intervals: usize) {
    for (ranks, regions) in [(1, 4), (64, 40)] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("run.h5");
        // A log has 24 bytes an interval, the file 16, and what has to be sorted takes 20 meanwhile.
        if room(directory.path()) < 80 * intervals as u64 {
            println!("{ranks} x {regions}, {intervals} intervals: no room on the disk");
            continue;
        }
        record_ranks(&file, (ranks, regions), intervals, "nested");
        let made = merged(directory.path(), "copy");
        println!("\n{ranks} x {regions}, merge: {made}\n");
        fs::remove_dir_all(directory.path().join("run.h5.d")).expect("logs");
        measure(&file, directory.path());
    }
}

fn measure(file: &Path, directory: &Path) {
    let look = |how| {
        let mut command = this_program();
        command.arg("look").arg(file).arg(how);
        command
    };
    let (plain, _) = often(|| run(&mut look("plain")));
    println!(
        "plain read: {:.3} s, {:.2} s of processor time, {:.0} MB\n",
        plain.wall, plain.processor, plain.memory
    );
    println!("| | x plain read | time | processor time | memory |");
    println!("|---|---:|---:|---:|---:|");
    let figures = directory.join("figures");
    for (what, arguments) in ASKED {
        let (took, _) = often(|| {
            fs::remove_dir_all(&figures).ok();
            let mut command = Command::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
            command.arg(file);
            for &word in arguments {
                match word {
                    "D" => command.arg(&figures),
                    _ => command.arg(word),
                };
            }
            run(&mut command)
        });
        println!(
            "| {what} | {:.2} | {:.3} s | {:.2} s | {:.0} MB |",
            took.wall / plain.wall,
            took.wall,
            took.processor,
            took.memory
        );
    }
    for how in ["gantt", "window"] {
        let (_, said) = often(|| run(&mut look(how)));
        println!("\n{how}: {said}");
    }
}

/// Several times, after one that finds no pages in memory; the median.
fn often(mut run: impl FnMut() -> (Took, String)) -> (Took, String) {
    run();
    let mut all: Vec<(Took, String)> = (0..ROUNDS).map(|_| run()).collect();
    all.sort_by(|(one, _), (other, _)| one.wall.total_cmp(&other.wall));
    all.swap_remove(ROUNDS / 2)
}

/// Reads a file in one way.
pub(crate) fn look(file: &Path, how: &str) {
    let said = match how {
        "plain" => plain(file),
        "window" => gantt(file, Some((0.5, 0.51))),
        _ => gantt(file, None),
    };
    println!("{said}");
}

/// Both columns of all regions, one region after the other, without anything of this crate.
fn plain(file: &Path) -> String {
    let file = hdf5::File::open(file).expect("a file");
    let mut intervals = 0;
    for rank in file.groups().expect("ranks") {
        for region in rank
            .group("regions")
            .and_then(|regions| regions.groups())
            .expect("regions")
        {
            let read = |name| region.dataset(name).and_then(|column| column.read_raw::<i64>());
            let (starts, ends) = (
                read("start_times").expect("starts"),
                read("end_times").expect("ends"),
            );
            intervals += starts.len().min(ends.len());
        }
    }
    format!("{intervals} intervals")
}

/// A picture of all of the run, or of what is between two shares of its time.
fn gantt(file: &Path, window: Option<(f64, f64)>) -> String {
    let started = Instant::now();
    let reader = ProfilingH5Reader::open(file).expect("a profile");
    let opened = Instant::now();
    let options = ChartOptions::new().lanes(Lanes::Region);
    let options = match window {
        None => options,
        Some((from, until)) => {
            let wall = Wall::of(&reader).expect("a run").ns() as f64;
            options.window(Window::new((wall * from) as i64, (wall * until) as i64))
        }
    };
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gantt.png");
    plot_gantt(&reader, &PlotOptions::new().chart(options).filepath(&path)).expect("a picture");
    format!(
        "{:.0} ms to open the file, {:.0} ms for the picture",
        (opened - started).as_secs_f64() * 1e3,
        opened.elapsed().as_secs_f64() * 1e3
    )
}
