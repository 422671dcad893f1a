//! Several runs side by side.

use crate::args::{Args, CompareArgs, LabelledFile};
use crate::draw::output_directory;
use crate::progress::Progress;
use crate::terminal::{print, print_line};
use crate::{Failure, plan, reader, similar};
use scope_profiler::analysis::comparison::Comparison;
use scope_profiler::analysis::run_times::RunTimes;
use scope_profiler::analysis::scaling::Scaling;
use scope_profiler::chart::{ComparisonChart, ScalingChart, comparison, scaling};
use scope_profiler::export::comparison_table;
use scope_profiler::export::table::TableOptions;
use scope_profiler::render::Figure;
use scope_profiler::{ProfilingH5Reader, RegionFilter, plot};
use std::collections::BTreeSet;
use std::path::Path;

/// Prints the table of the runs, or writes their picture.
pub(crate) fn compare(args: &Args, compare: &CompareArgs) -> Result<(), Failure> {
    let runs = runs(args, compare)?;
    let comparison = Comparison::of(runs, compare.time.into())?;
    match &compare.output {
        Some(directory) => {
            let scaling = scaling_of(&comparison, compare)?;
            let chart = ComparisonChart::new(comparison);
            let charts: [(&str, Option<&dyn Figure>); 2] = [
                (comparison::FILE_STEM, Some(&chart)),
                (
                    scaling::FILE_STEM,
                    scaling.as_ref().map(|chart| chart as &dyn Figure),
                ),
            ];
            let charts = charts
                .into_iter()
                .filter_map(|(stem, chart)| Some((stem, chart?)));
            write(charts, directory, compare)
        }
        None if compare.quiet => Ok(()),
        None => print(&comparison_table::render(&comparison, &table_options(compare))),
    }
}

/// The chart of runs that differ in what they are placed by.
fn scaling_of(comparison: &Comparison, compare: &CompareArgs) -> Result<Option<ScalingChart>, Failure> {
    let runs = comparison.runs();
    let differ = runs.windows(2).any(|pair| pair[0].ranks() != pair[1].ranks());
    if compare.by.is_none() && !differ {
        return Ok(None);
    }
    let scaling = Scaling::of(runs, comparison.time(), compare.by.as_deref())?;
    Ok(Some(ScalingChart::new(scaling)))
}

fn table_options(compare: &CompareArgs) -> TableOptions {
    let options = TableOptions::for_stdout().all_hint("--all");
    match compare.top {
        _ if compare.all => options.max_rows(None),
        Some(top) => options.max_rows(top as usize),
        None => options,
    }
}

/// The times of all runs, read one after the other.
fn runs(args: &Args, compare: &CompareArgs) -> Result<Vec<RunTimes>, Failure> {
    let patterns = plan::patterns(&compare.choice)?;
    let mut runs = Vec::with_capacity(compare.files.len());
    let mut last = None;
    for (label, file) in labels(&compare.files).into_iter().zip(&compare.files) {
        let reader = reader(args, &file.path, compare.quiet)?;
        let progress = Progress::of("reading", &file.path, compare.quiet);
        runs.push(run(label, &reader, patterns.clone(), compare, &file.path)?);
        drop(progress);
        last = Some(reader);
    }
    // What is new or gone matches in some of the runs alone.
    let is_empty = runs.iter().all(|run| run.regions().next().is_none());
    if let Some(reader) = last.filter(|_| is_empty) {
        let choice = &compare.choice;
        if !(choice.include.is_empty() && choice.exclude.is_empty()) {
            return Err(similar::nothing_matches(&reader, &choice.include, &choice.exclude).into());
        }
    }
    Ok(runs)
}

fn run(
    label: String,
    reader: &ProfilingH5Reader,
    patterns: RegionFilter,
    compare: &CompareArgs,
    file: &Path,
) -> Result<RunTimes, Failure> {
    let filter = plan::with_ranks(patterns, &compare.choice, reader);
    RunTimes::of(label, reader, &filter).map_err(|error| {
        let message = error.to_string();
        let file = file.display().to_string();
        // Several files were named, so that the message has to say which it is.
        Failure::Message(if message.contains(&file) {
            message
        } else {
            format!("{file}: {message}")
        })
    })
}

/// What the runs are called: as was said, or by so much of their paths as tells them apart.
pub(crate) fn labels(files: &[LabelledFile]) -> Vec<String> {
    let most = files.iter().map(|file| file.path.components().count());
    let most = most.max().unwrap_or(1);
    let by_parts = |parts: usize| -> Vec<String> {
        let label = |file: &LabelledFile| {
            let by_path = || end_of(&file.path, parts);
            file.label.clone().unwrap_or_else(by_path)
        };
        files.iter().map(label).collect()
    };
    let differ = |labels: &Vec<String>| labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
    let told_apart = (1..=most).map(by_parts).find(differ);
    told_apart.unwrap_or_else(|| {
        let labels = by_parts(1).into_iter().zip(1..);
        labels
            .map(|(label, number)| format!("{label} #{number}"))
            .collect()
    })
}

/// The last so many parts of a path, without the extension of the file.
fn end_of(path: &Path, parts: usize) -> String {
    let path = path.with_extension("");
    let all: Vec<_> = path.components().collect();
    let end: std::path::PathBuf = all[all.len().saturating_sub(parts)..].iter().collect();
    end.to_string_lossy().into_owned()
}

/// Writes each chart in each format, and its numbers.
fn write<'a>(
    charts: impl Iterator<Item = (&'a str, &'a dyn Figure)>,
    directory: &Path,
    compare: &CompareArgs,
) -> Result<(), Failure> {
    let made = output_directory(directory)?;
    let mut formats: Vec<&str> = Vec::new();
    for format in &compare.format {
        if !formats.contains(&format.as_str()) {
            formats.push(format);
        }
    }
    formats.extend(compare.data.then_some("csv"));
    for (stem, chart) in charts {
        for format in &formats {
            let path = directory.join(stem).with_extension(format);
            let progress = Progress::of("drawing", &path, compare.quiet);
            if *format == "csv" {
                plot::save_data(chart, &path)?;
            } else {
                plot::save(chart, &path)?;
            }
            drop(progress);
            if !compare.quiet {
                print_line(&path.to_string_lossy())?;
            }
        }
    }
    drop(made);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn labels_of(words: &[&str]) -> Vec<String> {
        let files = words.iter().map(|word| OsString::from(word).into());
        labels(&files.collect::<Vec<LabelledFile>>())
    }

    #[test]
    fn a_run_goes_by_the_shortest_end_of_its_path_that_tells_it_apart() {
        assert_eq!(labels_of(&["a/old.h5", "a/new.h5"]), ["old", "new"]);
        assert_eq!(labels_of(&["x/a/run.h5", "x/b/run.h5"]), ["a/run", "b/run"]);
        assert_eq!(labels_of(&["a/run.h5", "run.h5"]), ["a/run", "run"]);
        assert_eq!(labels_of(&["run.h5", "run.h5"]), ["run #1", "run #2"]);
    }

    #[test]
    fn a_label_stands_before_its_file() {
        assert_eq!(labels_of(&["before=a/run.h5", "run.h5"]), ["before", "run"]);
        assert_eq!(labels_of(&["=a.h5", "b=.h5"]), ["=a", "b"]);
    }
}
