//! The program's counters, as a table in a terminal.

use super::column::{Column, Paint, SHORTEST_LABEL, fit, natural_width, push_lines};
use super::table::{TableOptions, more};
use crate::analysis::counters::{CounterStatistics, CounterSummary};
use crate::profile::{Number, Source};
use crate::text::cell;
use crate::units;
use std::fmt::Write;

/// Counters beyond these are only counted, unless all rows are wanted.
const SHOWN: usize = 20;

/// The counters by name, one line for each: how many samples there are, the smallest value, the mean over time, the
/// largest and the last. Over several ranks the last is a range, from the rank where it is smallest to that where it is
/// largest. Without counters the table is empty.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::counters;
/// use scope_profiler::export::counters_table;
/// use scope_profiler::export::table::TableOptions;
/// use scope_profiler::profile::{Profile, Sample};
///
/// let profile = Profile::builder()
///     .sample(0, "energy", Sample::new(0, 3.5))
///     .sample(0, "energy", Sample::new(100, 1.5))
///     .counter_unit("energy", "J")
///     .build();
/// let counters = counters::of(&profile, &RegionFilter::new())?;
/// assert_eq!(
///     counters_table::render(&profile, &counters, &TableOptions::new()),
///     "\
/// counter  samples     min    mean     max    last
/// energy         2  1.50 J  3.50 J  3.50 J  1.50 J
/// "
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub fn render(source: &dyn Source, counters: &[CounterSummary], options: &TableOptions) -> String {
    if counters.is_empty() {
        return String::new();
    }
    let limit = options.max_rows.map_or(usize::MAX, |_| SHOWN);
    let shown = &counters[..counters.len().min(limit)];
    let names: Vec<String> = shown
        .iter()
        .map(|summary| cell(source.counters()[summary.counter()].name(), options.unicode))
        .collect();
    let value = |summary: &CounterSummary, x: Option<f64>| {
        let unit = source.counters()[summary.counter()].unit();
        let unit = unit.map(|unit| cell(unit, options.unicode));
        let shown = x.map_or("-".into(), |x| units::value(x, unit.as_deref()));
        if options.unicode {
            shown
        } else {
            shown.replace('µ', "u")
        }
    };
    let number = |of: fn(&CounterStatistics) -> Option<Number>| {
        move |pooled: &CounterStatistics| of(pooled).map(Number::as_f64)
    };
    let pooled: Vec<CounterStatistics> = shown.iter().map(CounterSummary::pooled).collect();
    let column = |header: &'static str, of: &dyn Fn(&CounterStatistics) -> Option<f64>| {
        let cells = shown.iter().zip(&pooled);
        Column::new(
            header,
            0,
            cells.map(|(summary, pooled)| value(summary, of(pooled))),
        )
    };
    let samples = pooled.iter().map(|pooled| units::count(pooled.samples()));
    let lasts = shown.iter().map(|summary| {
        let lasts = summary.ranks().iter().filter_map(|(_, of)| of.last());
        let lasts: Vec<f64> = lasts.map(Number::as_f64).collect();
        let least = lasts.iter().copied().reduce(f64::min);
        let most = lasts.iter().copied().reduce(f64::max);
        match (least, most) {
            (Some(least), Some(most)) if least < most => {
                format!(
                    "{} .. {}",
                    value(summary, Some(least)),
                    value(summary, Some(most))
                )
            }
            (last, _) => value(summary, last),
        }
    });
    let mut columns = vec![
        Column::new("samples", 0, samples),
        column("min", &number(CounterStatistics::min)),
        column("mean", &CounterStatistics::mean_over_time),
        column("max", &number(CounterStatistics::max)),
        Column::new("last", 0, lasts),
    ];
    let natural = natural_width("counter", &names);
    let label = fit(&mut columns, natural, SHORTEST_LABEL, options.width);
    let mut out = String::new();
    push_lines(&mut out, "counter", &names, label, &columns, options);
    if let Some(line) = more(counters.len() - shown.len(), options) {
        let paint = Paint { color: options.color };
        let _ = writeln!(out, "{}", paint.dim(&line));
    }
    out
}
