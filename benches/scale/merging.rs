//! Merges of many ranks, and of long logs.

use crate::ROUNDS;
use crate::runs::made::{record_ranks, room, this_program};
use crate::runs::process::{Took, run};
use scope_profiler::merge::{MergeMode, MergeOptions, find_logs, merge_with};
use scope_profiler::{Profiler, ProfilingConfig};
use std::fs;
use std::path::Path;
use std::process::Command;

const REGIONS: usize = 100;
const CALLS: usize = 1000;

/// Plays one rank.
pub(crate) fn record(file: &Path, regions: usize, calls: usize) {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(file).verbose(false)).expect("a directory");
    let names: Vec<String> = (0..regions).map(|region| format!("region {region}")).collect();
    for _ in 0..calls {
        for name in &names {
            profiler.profile(name, || ());
        }
    }
    profiler.finalize().expect("a log");
}

/// Merges the logs of a directory.
pub(crate) fn merge(directory: &Path, file: &Path, mode: &str) {
    let mode = if mode == "link" {
        MergeMode::Link
    } else {
        MergeMode::Copy
    };
    let logs = find_logs(&[directory]).expect("logs");
    let merged = merge_with(&logs, file, &MergeOptions::new().mode(mode)).expect("a profile");
    let length = |file: &Path| fs::metadata(file).map_or(0, |file| file.len());
    let bytes = length(file) + merged.rank_files.iter().map(|file| length(file)).sum::<u64>();
    println!(
        "{} intervals, {:.1} MB written",
        merged.intervals,
        bytes as f64 / 1e6
    );
}

pub(crate) fn ranks(counts: &[&str]) {
    for count in counts {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("run.h5");
        for rank in 0..crate::number(count) {
            let status = this_program()
                .arg("record")
                .arg(&file)
                .args([&REGIONS.to_string(), &CALLS.to_string()])
                .env("PMI_RANK", rank.to_string())
                .env("PMI_SIZE", count)
                .env("PMI_JOBID", "scale")
                .status()
                .expect("this program");
            assert!(status.success());
        }
        for mode in ["copy", "link"] {
            println!("{count} ranks, {mode}: {}", merged(directory.path(), mode));
        }
    }
}

/// Merges logs of so many intervals again and again, each time beside `cp` of the same logs. The logs without summaries
/// are the same but for two calls at the end of each, which cross, so that those of the rank do not nest.
pub(crate) fn merges(intervals: usize) {
    for (ranks, regions) in [(1, 4), (64, 40)] {
        let directory = tempfile::tempdir().expect("a directory");
        // Two times logs of 24 bytes an interval, a copy, and the file.
        if room(directory.path()) < 100 * intervals as u64 {
            println!("{ranks} x {regions}, {intervals} intervals: no room on the disk");
            continue;
        }
        let (nested, crossing) = (directory.path().join("nested"), directory.path().join("crossing"));
        record_ranks(&nested.join("run.h5"), (ranks, regions), intervals, "nested");
        record_ranks(&crossing.join("run.h5"), (ranks, regions), intervals, "crossing");
        let copy = directory.path().join("copy");
        let mut took: [Vec<Took>; 3] = Default::default();
        // The first round finds no free pages.
        for round in 0..=ROUNDS {
            fs::remove_dir_all(&copy).ok();
            let logs = nested.join("run.h5.d");
            let (cp, _) = run(Command::new("cp")
                .args(["-r", "--reflink=never"])
                .args([&logs, &copy]));
            let (with, _) = run(&mut merge_command(&nested, "copy"));
            let (without, _) = run(&mut merge_command(&crossing, "copy"));
            if round > 0 {
                (took.iter_mut().zip([cp, with, without])).for_each(|(all, took)| all.push(took));
            }
        }
        println!(
            "{ranks} x {regions}, {intervals} intervals, merge: {}",
            merged(&nested, "copy")
        );
        let [cp, with, without] = took;
        for (what, all, beside) in [
            ("merge / cp of the logs", &with, &cp),
            ("merge without summaries / cp of the logs", &without, &cp),
            ("merge / merge without summaries", &with, &without),
        ] {
            let of = |took: &[Took], time: fn(&Took) -> f64| took.iter().map(time).sum::<f64>();
            let pairs = all.iter().zip(beside.iter());
            let mut walls: Vec<f64> = pairs.map(|(took, beside)| took.wall / beside.wall).collect();
            walls.sort_by(f64::total_cmp);
            println!(
                "{what}: {:.2} of the time ({:.2} to {:.2}), {:.2} of the processor time",
                walls[ROUNDS / 2],
                walls[0],
                walls[ROUNDS - 1],
                of(all, |took| took.processor) / of(beside, |took| took.processor)
            );
        }
    }
}

/// Merges the logs of a run that is in this directory; says what that took.
pub(crate) fn merged(directory: &Path, mode: &str) -> String {
    let (took, said) = run(&mut merge_command(directory, mode));
    format!(
        "{:.2} s, {:.2} s of processor time, {:.0} MB of memory; {said}",
        took.wall, took.processor, took.memory
    )
}

fn merge_command(directory: &Path, mode: &str) -> Command {
    let mut command = this_program();
    command
        .arg("merge")
        .args([directory.join("run.h5.d"), directory.join("run.h5")])
        .arg(mode);
    command
}
