//! The statistics table: a call tree in a terminal.

mod cells;
mod labels;
mod metrics;
mod rows;
mod sort;
mod spark;

pub use sort::Sort;

use super::column::{Column, GAP, Paint, fit, pad_right, time};
use crate::analysis::call_tree::CallTree;
use crate::analysis::distributions::Distribution;
use crate::analysis::metrics::Metrics;
use crate::analysis::notes::{Note, NoteKind};
use crate::text::{cell, clip, width, wrap};
use crate::units;
use labels::{Cut, Labels};
use rows::Rows;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How a table is laid out; by default Unicode, no colour, no limit to its width, and no more rows than
/// somebody reads.
#[derive(Clone, Debug)]
pub struct TableOptions {
    pub(super) width: Option<usize>,
    pub(super) unicode: bool,
    pub(super) color: bool,
    title: Option<String>,
    pub(super) max_rows: Option<usize>,
    all_hint: Option<String>,
    sort: Sort,
    percentiles_first: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            width: None,
            unicode: true,
            color: false,
            title: None,
            max_rows: Some(60),
            all_hint: None,
            sort: Sort::Start,
            percentiles_first: false,
        }
    }
}

impl TableOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Columns of the terminal: what does not fit is left out from the right. `None`, the default, has no
    /// limit.
    #[must_use]
    pub fn width(mut self, columns: impl Into<Option<usize>>) -> Self {
        self.width = columns.into();
        self
    }

    /// Whether to draw the tree's lines, bars and µ, as by default, or to keep to ASCII.
    #[must_use]
    pub fn unicode(mut self, yes: bool) -> Self {
        self.unicode = yes;
        self
    }

    /// Whether to use ANSI colours. Defaults to `false`.
    #[must_use]
    pub fn color(mut self, yes: bool) -> Self {
        self.color = yes;
        self
    }

    /// Begins the first line: the run's label or the file's name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// How many rows of the tree are shown at most: those with the most time, and the rows above them.
    /// Defaults to 60; `None` shows all.
    #[must_use]
    pub fn max_rows(mut self, rows: impl Into<Option<usize>>) -> Self {
        self.max_rows = rows.into();
        self
    }

    /// In which order the regions of one caller come, and of more than the [most rows](Self::max_rows) which are shown.
    /// Defaults to the order of first start.
    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// Whether percentiles and histograms, of a tree [with distributions](CallTree::with_distributions), come before
    /// share, average and all that follows. By default they are the last columns, and so the first for which there is
    /// no room.
    #[must_use]
    pub fn percentiles_first(mut self, yes: bool) -> Self {
        self.percentiles_first = yes;
        self
    }

    /// What shows the remaining rows, as the line below the table says: `--all`, for example.
    #[must_use]
    pub fn all_hint(mut self, hint: impl Into<String>) -> Self {
        self.all_hint = Some(hint.into());
        self
    }

    /// Whether the table may use more than ASCII.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        self.unicode
    }

    /// The columns of the terminal; `None` without a limit.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.width
    }

    /// Whether the table uses ANSI colours.
    #[must_use]
    pub fn is_colored(&self) -> bool {
        self.color
    }
}

/// In narrower terminals the first line is shortened rather than broken.
const NARROW: usize = 40;

/// The call tree as a table, one line for each node: calls, total (inclusive) and exclusive time, share of
/// the wall time of all ranks, average, shortest and longest call, standard deviation; and, where the
/// profile says what a call costs, the share of the time that is the profiler's own. Above it stands how long
/// the run took, and how much of that was outside any region; below it the [notes](CallTree::notes).
///
/// Unknown values show as `-`: times of calls that were only counted. A share beyond 100 % has the threads
/// that it is of beside it.
///
/// ```
/// use scope_profiler::analysis::call_tree::CallTree;
/// use scope_profiler::export::table::{self, TableOptions};
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/s1_thread_ids.h5")?;
/// let tree = CallTree::filtered(&reader, &RegionFilter::new())?;
/// assert_eq!(
///     table::render(&tree, &TableOptions::new().width(40)),
///     "\
/// 1 rank, 2 threads, 4 intervals, wall
///   time 120 ns (first to last interval),
///   57 ns (47.5 %) outside any region
///
/// region  calls  total  exclusive
/// solve       3  33 ns      33 ns
/// io          1  30 ns      30 ns
/// "
/// );
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[must_use]
pub fn render(tree: &CallTree, options: &TableOptions) -> String {
    render_with(tree, &Metrics::default(), options)
}

/// As [`render`], with columns for metrics of the same source: of a field whose numbers [add up](Metrics::adds_up) the
/// total, the rate and the median, of others the mean, the smallest, the largest and the last.
#[must_use]
pub fn render_with(tree: &CallTree, metrics: &Metrics, options: &TableOptions) -> String {
    let mut out = String::new();
    let paint = Paint { color: options.color };
    for line in summary(tree, options) {
        let _ = writeln!(out, "{}", paint.bold(&line));
    }
    if tree.roots().next().is_some() {
        out.push('\n');
        body(&mut out, tree, metrics, options, paint);
    }
    // What these say stands above.
    let notes = tree
        .notes()
        .iter()
        .filter(|note| !matches!(note.kind(), NoteKind::Filter | NoteKind::WallTime));
    for note in notes {
        out.push_str(&note_lines(note.text(), options));
    }
    out
}

/// A note, in as many lines as it takes.
pub(crate) fn note_lines(text: &str, options: &TableOptions) -> String {
    let paint = Paint { color: options.color };
    let text = if options.unicode {
        cell(text, true)
    } else {
        cell(&text.replace('µ', "u").replace('…', "..."), false)
    };
    wrap(&text, options.width)
        .iter()
        .map(|line| paint.dim(line) + "\n")
        .collect()
}

/// How large the run was, and how long it took.
fn what_it_is_of(tree: &CallTree, options: &TableOptions) -> String {
    let mut text = String::new();
    if let Some(title) = &options.title {
        let _ = write!(text, "{}: ", cell(title, options.unicode));
    }
    let ranks = units::plural(tree.ranks() as u64, "rank");
    if tree.roots().next().is_none() {
        return format!("{text}{ranks}, no regions");
    }
    let notes = tree.notes().iter();
    if notes.map(Note::kind).any(|kind| kind == NoteKind::SumsOnly) {
        let calls = tree.walk().map(|(_, node)| node.calls());
        let calls = calls.fold(0, u64::saturating_add);
        return format!("{text}{ranks}, {}, sums only", units::plural(calls, "call"));
    }
    let wall = tree.wall();
    let _ = write!(
        text,
        "{}, {}, {}, wall time {}{}",
        units::plural(tree.ranks() as u64, "rank"),
        units::plural(tree.threads() as u64, "thread"),
        units::plural(tree.intervals(), "interval"),
        time(Some(wall.ns() as f64), options.unicode),
        match (wall.has_own_clocks(), wall.is_of_run()) {
            (true, true) => " (of the rank that took longest)",
            (true, false) => " (first to last interval of the rank that took longest)",
            (false, true) => "",
            (false, false) if tree.intervals() == 0 => "",
            (false, false) => " (first to last interval)",
        }
    );
    // Where it would be shown as 0.0 %, it is nothing to look at.
    if let Some(share) = tree.outside_share().filter(|&share| share >= 0.000_5) {
        let outside = time(Some(tree.outside_ns() as f64), options.unicode);
        let at_most = if tree.outside_is_exact() { "" } else { "at most " };
        let _ = write!(
            text,
            ", {at_most}{outside} ({:.1} %) outside any region",
            100.0 * share
        );
    }
    text
}

/// What the table is of, and whether that is all.
fn summary(tree: &CallTree, options: &TableOptions) -> Vec<String> {
    let text = what_it_is_of(tree, options);
    let mut lines = match options.width {
        Some(width) if width < NARROW => vec![clip(&text, width, options.unicode)],
        width => wrap(&text, width),
    };
    if let Some(filter) = tree.filter() {
        lines.extend(wrap(&format!("filter: {filter}"), options.width));
    }
    lines
}

/// How many rows are not there, and what shows them.
pub(super) fn more(rows: usize, options: &TableOptions) -> Option<String> {
    let text = format!("and {} more", units::count(rows as u64));
    let text = match &options.all_hint {
        None => text,
        Some(all) => format!("{text}; {all} shows {}", if rows == 1 { "it" } else { "them" }),
    };
    let text = match options.width {
        Some(max) => clip(&text, max, options.unicode),
        None => text,
    };
    (rows > 0).then_some(text)
}

fn body(out: &mut String, tree: &CallTree, metrics: &Metrics, options: &TableOptions, paint: Paint) {
    let rows = Rows::of(tree, options.max_rows, options.sort);
    let labels = Labels::new(tree, &rows.nodes, options.unicode);
    let mut columns: Vec<Column> = cells::columns(
        tree,
        metrics,
        &rows.nodes,
        options.unicode,
        options.percentiles_first,
    );
    let room = fit(&mut columns, labels.natural(), labels.shortest(), options.width);
    let style = labels.style(room);

    let mut line = pad_right(&clip(labels.header(style), room, options.unicode), room);
    for column in &columns {
        line += GAP;
        line += &column.header();
    }
    let _ = writeln!(out, "{}", paint.bold(line.trim_end()));
    for index in 0..rows.nodes.len() {
        let Cut { guide, name } = labels.cut(index, style, room);
        let padding = " ".repeat(room.saturating_sub(width(&guide) + width(&name)));
        let mut line = paint.dim(&guide) + &name + &padding;
        for column in &columns {
            line += GAP;
            line += &column.cell(index);
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if let Some(line) = more(rows.more, options) {
        let _ = writeln!(out, "{}", paint.dim(&line));
    }
    let has_percentiles = columns.iter().any(|column| column.is_headed(cells::MEDIAN));
    let said = said_of_whole_regions(tree, metrics, has_percentiles);
    said.iter()
        .for_each(|text| out.push_str(&note_lines(text, options)));
}

/// What to know of the columns whose numbers are those of a region, whoever called it.
fn said_of_whole_regions(tree: &CallTree, metrics: &Metrics, has_percentiles: bool) -> Vec<String> {
    let mut said = Vec::new();
    let paths = cells::paths(tree);
    let has_numbers = |region: &str| {
        let mut fields = 0..metrics.fields().len();
        fields.any(|field| {
            let nodes = tree.walk().map(|(_, node)| node);
            let mut of_region = nodes.filter(|node| node.name() == region);
            metrics.of_region(region, field).is_some() && of_region.all(|node| node.numbers(field).is_none())
        })
    };
    let several = || {
        paths
            .iter()
            .filter(|(_, paths)| **paths > 1)
            .map(|(region, _)| *region)
    };
    let with_percentiles = |region: &&str| has_percentiles && tree.distribution(region).is_some();
    let of_percentiles: BTreeSet<&str> = several().filter(with_percentiles).collect();
    let of_metrics: BTreeSet<&str> = several().filter(|region| has_numbers(region)).collect();
    let regions = of_percentiles.union(&of_metrics).count();
    if regions > 0 {
        let what = match (of_percentiles.is_empty(), of_metrics.is_empty()) {
            (false, true) => "percentiles",
            (true, _) => "metrics",
            _ => "percentiles and metrics",
        };
        said.push(format!(
            "{what} are of all calls of a region: those of {} with several callers are in the flat table, --flat",
            units::plural(regions as u64, "region")
        ));
    }
    let shown = paths.keys().filter_map(|region| tree.distribution(region));
    let error = shown.map(Distribution::relative_error).fold(0.0, f64::max);
    if has_percentiles && error > 0.0 {
        said.push(format!(
            "percentiles of regions with many calls are as near as {:.1} %, from a summary; --exact reads the calls",
            100.0 * error
        ));
    }
    said
}
