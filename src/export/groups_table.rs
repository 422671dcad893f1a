//! A table of the calls of each region by the value of a numeric field.

use super::column::{Column, Paint, SHORTEST_LABEL, fit, natural_width, push_lines, time};
use super::table::{TableOptions, more, note_lines};
use crate::analysis::groups::{Group, GroupValue, Groups};
use crate::analysis::metrics::unit_of;
use crate::profile::Statistics;
use crate::text::cell;
use crate::units;
use std::fmt::Write;

type Cell = fn(&Statistics) -> Option<f64>;

/// From left to right, the most wanted first.
const COLUMNS: [(&str, Cell); 5] = [
    ("total", |of| Some(of.total_ns() as f64)),
    ("average", |of| Some(of.mean_ns())),
    ("min", |of| of.min_ns().map(|ns| ns as f64)),
    ("max", |of| of.max_ns().map(|ns| ns as f64)),
    ("std", |of| Some(of.std_ns())),
];

/// The table, with a line feed behind each line.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::groups::Groups;
/// use scope_profiler::export::groups_table;
/// use scope_profiler::export::table::TableOptions;
/// use scope_profiler::profile::{Call, Number, Profile};
///
/// let level = |n| [("level", Number::Int(n))];
/// let profile = Profile::builder()
///     .interval(Call::new("smooth", 0..80).numbers(&level(0)))
///     .interval(Call::new("smooth", 80..90).numbers(&level(1)))
///     .build();
/// let groups = Groups::of(&profile, &RegionFilter::new(), "level")?;
/// assert_eq!(
///     groups_table::render(&groups, &TableOptions::new().width(40)),
///     "\
/// by level  value  calls  total  average
/// smooth        0      1  80 ns    80 ns
/// smooth        1      1  10 ns    10 ns
/// "
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub fn render(groups: &Groups, options: &TableOptions) -> String {
    let all: Vec<&Group> = groups.iter().collect();
    let shown = &all[..all.len().min(options.max_rows.unwrap_or(usize::MAX))];
    let names: Vec<String> = shown
        .iter()
        .map(|group| cell(group.region(), options.unicode))
        .collect();
    let field = cell(groups.field().name(), options.unicode);
    let corner = format!("by {field}");
    let unit = unit_of(groups.field()).map(|unit| cell(unit, options.unicode));
    let unit = unit.as_deref();
    let value = |group: &&Group| match group.value() {
        GroupValue::Number(x) => exactly(x, unit),
        GroupValue::Others => "others".into(),
        GroupValue::None => "-".into(),
    };
    let calls = shown.iter().map(|group| units::count(group.statistics().count()));
    let mut columns = vec![
        Column::new("value", 0, shown.iter().map(value)),
        Column::new("calls", 0, calls),
    ];
    columns.extend(COLUMNS.iter().map(|(header, of)| {
        let cells = shown
            .iter()
            .map(|group| time(of(group.statistics()), options.unicode));
        Column::new(*header, 0, cells)
    }));
    let label = fit(
        &mut columns,
        natural_width(&corner, &names),
        SHORTEST_LABEL,
        options.width,
    );

    let mut out = String::new();
    push_lines(&mut out, &corner, &names, label, &columns, options);
    if let Some(line) = more(all.len() - shown.len(), options) {
        let _ = writeln!(out, "{}", Paint { color: options.color }.dim(&line));
    }
    for region in groups.cut() {
        let region = cell(region, options.unicode);
        let text =
            format!("{region} has more than a thousand values of {field}: the rest of them are others");
        out += &note_lines(&text, options);
    }
    out
}

/// A number in full, so that no two of them look alike.
fn exactly(x: f64, unit: Option<&str>) -> String {
    let number = match x {
        _ if x.fract() == 0.0 && (0.0..1e15).contains(&x) => units::count(x as u64),
        _ if x.fract() == 0.0 && x.abs() < 1e15 => format!("{x}"),
        _ => format!("{x:?}"),
    };
    match unit {
        Some(unit) => format!("{number} {unit}"),
        None => number,
    }
}
