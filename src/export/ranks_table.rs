//! How the ranks of a run compare, as a table in a terminal.

use super::column::{Column, Paint, SHORTEST_LABEL, fit, natural_width, push_lines, time};
use super::table::{TableOptions, more};
use crate::analysis::imbalance::RegionImbalance;
use crate::text::cell;
use crate::units;
use std::fmt::Write;

/// Regions beyond these are only counted, unless all rows are wanted: the order puts those first that cost
/// most.
const SHOWN: usize = 20;

type Cell = fn(&RegionImbalance, bool) -> String;

/// From left to right, the most wanted first.
const COLUMNS: [(&str, Cell); 6] = [
    ("min", |region, unicode| {
        time(Some(region.min_ns() as f64), unicode)
    }),
    ("mean", |region, unicode| time(Some(region.mean_ns()), unicode)),
    ("max", |region, unicode| {
        time(Some(region.max_ns() as f64), unicode)
    }),
    ("slowest", |region, _| region.slowest_rank().to_string()),
    ("max - mean", |region, unicode| {
        time(Some(region.imbalance_time_ns()), unicode)
    }),
    ("max/mean", |region, _| {
        region.imbalance_factor().map_or("-".into(), units::three_digits)
    }),
];

/// Where not every rank has entered every region.
const RANKS: (&str, Cell) = ("ranks", |region, _| region.num_ranks().to_string());

/// The regions with the largest imbalance time, one line for each: the shortest, mean and longest time
/// of a rank, which rank that is, and both measures of [`imbalance`](crate::analysis::imbalance).
/// Regions that took no time are left out; without any other the table is empty.
///
/// ```
/// use scope_profiler::analysis::imbalance;
/// use scope_profiler::export::ranks_table;
/// use scope_profiler::export::table::TableOptions;
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/s1_asym.h5")?;
/// let rows = RegionFilter::new().rows(&reader)?;
/// let regions = imbalance::of(&reader, &rows, reader.ranks().len())?;
/// let table = ranks_table::render(&regions, &TableOptions::default());
/// assert!(table.starts_with("over 2 ranks  "));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub fn render(regions: &[RegionImbalance], options: &TableOptions) -> String {
    let timed: Vec<&RegionImbalance> = regions.iter().filter(|region| region.max_ns() > 0).collect();
    let Some(first) = timed.first() else {
        return String::new();
    };
    let limit = options.max_rows.map_or(usize::MAX, |_| SHOWN);
    let shown = &timed[..timed.len().min(limit)];
    let paint = Paint { color: options.color };
    let names: Vec<String> = shown
        .iter()
        .map(|region| cell(region.name(), options.unicode))
        .collect();
    let corner = format!("over {}", units::plural(first.ranks_of_run() as u64, "rank"));
    let partly = shown
        .iter()
        .any(|region| region.num_ranks() < region.ranks_of_run());
    let mut columns: Vec<Column> = COLUMNS
        .iter()
        .chain(partly.then_some(&RANKS))
        .map(|&(header, cell)| {
            Column::new(
                header,
                0,
                shown.iter().map(|region| cell(region, options.unicode)),
            )
        })
        .collect();
    let natural = natural_width(&corner, &names);
    let label = fit(&mut columns, natural, SHORTEST_LABEL, options.width);

    let mut out = String::new();
    push_lines(&mut out, &corner, &names, label, &columns, options);
    if let Some(line) = more(timed.len() - shown.len(), options) {
        let _ = writeln!(out, "{}", paint.dim(&line));
    }
    out
}
