//! Several runs side by side, as a table in a terminal.

use super::column::{Column, Paint, SHORTEST_LABEL, fit, natural_width, push_lines, time};
use super::table::{TableOptions, more, note_lines};
use crate::analysis::comparison::{ComparedRegion, Comparison};
use crate::text::{cell, clip};
use crate::units;
use std::fmt::Write;

/// The label of a run above its column.
const LONGEST_HEADER: usize = 20;

/// The runs with their wall times, and a line for each region: its time in each run, mean of the ranks, and by how much
/// the last run differs from the first. The region that changed most comes first. In a narrow terminal runs between the
/// first and the last are left out, the last but one first.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::comparison::{ComparedTime, Comparison};
/// use scope_profiler::analysis::run_times::RunTimes;
/// use scope_profiler::export::comparison_table;
/// use scope_profiler::export::table::TableOptions;
/// use scope_profiler::profile::{Call, Profile};
///
/// let run = |label, ns| {
///     let profile = Profile::builder().interval(Call::new("solve", 0..ns)).build();
///     RunTimes::of(label, &profile, &RegionFilter::new())
/// };
/// let comparison = Comparison::of(vec![run("old", 100)?, run("new", 150)?], ComparedTime::Exclusive)?;
/// assert_eq!(
///     comparison_table::render(&comparison, &TableOptions::new()),
///     "\
/// old: 1 rank, wall time 100 ns
/// new: 1 rank, wall time 150 ns, +50.0 %
///
/// exclusive     old     new  change  relative
/// solve      100 ns  150 ns  +50 ns   +50.0 %
/// "
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub fn render(comparison: &Comparison, options: &TableOptions) -> String {
    let paint = Paint { color: options.color };
    let mut out = String::new();
    for line in runs(comparison, options) {
        let _ = writeln!(out, "{}", paint.bold(&line));
    }
    out.push('\n');
    let regions = comparison.regions();
    let shown = &regions[..regions.len().min(options.max_rows.unwrap_or(usize::MAX))];
    let names: Vec<String> = shown
        .iter()
        .map(|region| cell(region.name(), options.unicode))
        .collect();
    let corner = comparison.time().name();
    let natural = natural_width(corner, &names);
    let (columns, label) = columns(comparison, shown, natural, options);

    push_lines(&mut out, corner, &names, label, &columns, options);
    if let Some(line) = more(regions.len() - shown.len(), options) {
        let _ = writeln!(out, "{}", paint.dim(&line));
    }
    for warning in comparison.warnings() {
        out += &note_lines(&warning, options);
    }
    out
}

/// What the runs are, one line for each.
fn runs(comparison: &Comparison, options: &TableOptions) -> impl Iterator<Item = String> {
    let runs = comparison.runs().iter().enumerate();
    runs.map(|(place, run)| {
        let mut line = format!(
            "{}: {}, wall time {}",
            cell(run.label(), options.unicode),
            units::plural(run.ranks() as u64, "rank"),
            time(Some(run.wall_ns() as f64), options.unicode)
        );
        if let Some(change) = comparison.relative_wall_change(place).filter(|_| place > 0) {
            line += &format!(", {}", units::relative_change(change));
        }
        match options.width {
            Some(max) => clip(&line, max, options.unicode),
            None => line,
        }
    })
}

/// Those that fit beside names of this width, from left to right, and the width that the names get.
fn columns(
    comparison: &Comparison,
    shown: &[ComparedRegion],
    natural: usize,
    options: &TableOptions,
) -> (Vec<Column>, usize) {
    let runs = comparison.runs();
    let of_run = |run: usize| {
        let label = cell(runs[run].label(), options.unicode);
        let header = clip(&label, LONGEST_HEADER, options.unicode);
        let cells = shown
            .iter()
            .map(|region| time(region.times_ns()[run], options.unicode));
        (run, Column::new(header, 0, cells))
    };
    let change = shown.iter().map(|region| {
        let text = units::change(region.change_ns());
        if options.unicode {
            text
        } else {
            text.replace('µ', "u")
        }
    });
    let relative = shown.iter().map(|region| {
        region
            .relative_change()
            .map_or("-".into(), units::relative_change)
    });
    let last = runs.len() - 1;
    // The most wanted first: what does not fit is left out from the end.
    let mut wanted = vec![
        (runs.len(), Column::new("change", 0, change)),
        (runs.len() + 1, Column::new("relative", 0, relative)),
        of_run(last),
    ];
    wanted.extend((0..last).map(of_run));
    let (places, mut columns): (Vec<usize>, Vec<Column>) = wanted.into_iter().unzip();
    let label = fit(&mut columns, natural, SHORTEST_LABEL, options.width);
    let mut columns: Vec<(usize, Column)> = places.into_iter().zip(columns).collect();
    columns.sort_by_key(|(place, _)| *place);
    (columns.into_iter().map(|(_, column)| column).collect(), label)
}
