//! The statistics table: a call tree in a terminal.

use super::column::{Column, GAP, Paint, fit, pad_right, time};
use super::text::{printable, shorten, width};
use crate::analysis::call_tree::{CallNode, CallTree};
use crate::profile::ClockAgreement;
use crate::units;
use std::fmt::Write;

/// How a table is laid out; by default Unicode, no colour, no limit to its width.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TableOptions {
    /// Columns of the terminal: what does not fit is left out from the right.
    pub width: Option<usize>,
    /// Lines of the tree, bars and µ; without it plain ASCII.
    pub unicode: bool,
    /// ANSI colours.
    pub color: bool,
    /// Stands in front of the first line: the run's label or the file's name.
    pub title: Option<String>,
    /// How far the times of the ranks can be compared; said below a table of several ranks.
    pub clocks: Option<ClockAgreement>,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            width: None,
            unicode: true,
            color: false,
            title: None,
            clocks: None,
        }
    }
}

/// Names longer than this are shortened in the middle even where there is room.
const LONGEST_LABEL: usize = 72;
const BAR_CELLS: usize = 10;
const SHARE: &str = "share";

/// The call tree as a table, one line for each node: calls, total and exclusive time, share of the
/// wall time of all ranks, average, shortest and longest call, standard deviation; and, where the
/// profile says what a call costs, the share of the time that is the profiler's own.
///
/// Unknown values show as `-`: times of calls that were only counted.
///
/// ```
/// use scope_profiler::analysis::call_tree::CallTree;
/// use scope_profiler::export::table::{self, TableOptions};
/// use scope_profiler::{ProfilingH5Reader, RegionFilter};
///
/// let reader = ProfilingH5Reader::open("tests/golden/s1_thread_ids.h5")?;
/// let tree = CallTree::of(&reader, &RegionFilter::new().rows(&reader)?)?;
/// let mut options = TableOptions::default();
/// options.width = Some(40);
/// assert_eq!(
///     table::render(&tree, &options),
///     "\
/// 1 rank, 2 threads, 4…s, wall time 120 ns
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
    let mut out = String::new();
    let paint = Paint { color: options.color };
    let line = |text: &str| match options.width {
        Some(max) => shorten(text, max, options.unicode),
        None => text.to_owned(),
    };
    let _ = writeln!(out, "{}", paint.bold(&line(&summary(tree, options))));
    if tree.roots().next().is_some() {
        out.push('\n');
        body(&mut out, tree, options, paint);
    }
    for note in notes(tree, options.unicode)
        .into_iter()
        .chain(clocks(tree, options))
    {
        let _ = writeln!(out, "{}", paint.dim(&line(&note)));
    }
    out
}

fn summary(tree: &CallTree, options: &TableOptions) -> String {
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut text = String::new();
    if let Some(title) = &options.title {
        let _ = write!(text, "{}: ", printable(title, options.unicode));
    }
    let _ = write!(
        text,
        "{}, {}, {} interval{}, wall time {}",
        plural(tree.ranks(), "rank"),
        plural(tree.threads(), "thread"),
        units::count(tree.intervals()),
        if tree.intervals() == 1 { "" } else { "s" },
        time(Some(tree.wall_ns() as f64), options.unicode)
    );
    text
}

/// How far the times of different ranks can be compared.
fn clocks(tree: &CallTree, options: &TableOptions) -> Option<String> {
    match options.clocks.filter(|_| tree.ranks() > 1)? {
        ClockAgreement::Same => Some("clocks: all ranks read the same one".into()),
        ClockAgreement::Within(ns) => Some(format!(
            "clocks: times of different ranks agree within {}",
            time(Some(ns as f64), options.unicode)
        )),
        ClockAgreement::Unknown => {
            Some("clocks: not compared; times of different ranks may be shifted against each other".into())
        }
    }
}

/// What the numbers do not say by themselves.
fn notes(tree: &CallTree, unicode: bool) -> Vec<String> {
    let untimed: u64 = tree
        .walk()
        .map(|(_, node)| node.calls() - node.statistics().count())
        .fold(0, u64::saturating_add);
    // These have a line of their own.
    let throttled_calls = tree.throttled().map(|(_, calls, _)| calls);
    let untimed = throttled_calls.fold(untimed, u64::saturating_sub);
    let note = |n: u64, text: &str| (n > 0).then(|| format!("{text}: {}", units::count(n)));
    [
        note(untimed, "calls that were counted without their times"),
        note(
            tree.overlaps(),
            "calls that overlap another of their thread only in part, and stand beside it",
        ),
        note(tree.reversed(), "calls that end before they start"),
        note(
            tree.folded(),
            "calls on further paths, added up by region at the top level",
        ),
    ]
    .into_iter()
    .flatten()
    .chain(throttled(tree, unicode))
    .chain(spans(tree, unicode))
    .collect()
}

/// Spans that were entered several times, as those of futures are.
fn spans(tree: &CallTree, unicode: bool) -> Option<String> {
    let regions = tree.reentered();
    let text = regions.map(|(name, spans, calls)| {
        format!(
            "{} {} in {} calls",
            label(name, unicode),
            units::count(spans),
            units::count(calls)
        )
    });
    a_few("spans", text)
}

/// Regions that became too many and too short to keep each interval.
fn throttled(tree: &CallTree, unicode: bool) -> Option<String> {
    let regions = tree.throttled();
    let text = regions.map(|(name, calls, ns)| {
        let time = time(Some(ns as f64), unicode);
        format!("{} {} calls, {time}", label(name, unicode), units::count(calls))
    });
    a_few("throttled, and only summed up", text)
}

fn label(name: &str, unicode: bool) -> String {
    shorten(&printable(name, unicode), LONGEST_LABEL / 2, unicode)
}

/// The first of the regions after what is said of them, and how many more there are.
fn a_few(what: &str, regions: impl Iterator<Item = String>) -> Option<String> {
    const SHOWN: usize = 4;
    let mut text: Vec<String> = regions.collect();
    let more = text.len().saturating_sub(SHOWN);
    text.truncate(SHOWN);
    if more > 0 {
        text.push(format!("{more} more regions"));
    }
    (!text.is_empty()).then(|| format!("{what}: {}", text.join("; ")))
}

fn body(out: &mut String, tree: &CallTree, options: &TableOptions, paint: Paint) {
    let nodes: Vec<(String, &CallNode)> = guides(tree, options.unicode);
    let names: Vec<String> = nodes
        .iter()
        .map(|(_, node)| printable(node.name(), options.unicode))
        .collect();
    let natural = nodes
        .iter()
        .zip(&names)
        .map(|((guide, _), name)| width(guide) + width(name))
        .max();
    let natural = natural.unwrap_or(0).clamp("region".len(), LONGEST_LABEL);

    let cost = tree.call_cost_ns().map(|_| &PROFILER);
    let mut columns: Vec<Column> = COLUMNS
        .iter()
        .chain(cost)
        .map(|&(header, cell)| {
            Column::new(
                header,
                if header == SHARE { BAR_CELLS + 1 } else { 0 },
                nodes.iter().map(|(_, node)| cell(tree, node, options.unicode)),
            )
        })
        .collect();
    let label = fit(&mut columns, natural, options.width);

    let mut line = pad_right(&shorten("region", label, options.unicode), label);
    for column in &columns {
        line += GAP;
        line += &column.header();
    }
    let _ = writeln!(out, "{}", paint.bold(line.trim_end()));
    for (index, ((guide, _), name)) in nodes.iter().zip(&names).enumerate() {
        let mut line = paint_label(guide, name, label, options.unicode, paint);
        for column in &columns {
            line += GAP;
            line += &column.cell(index);
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn paint_label(guide: &str, name: &str, label: usize, unicode: bool, paint: Paint) -> String {
    // Deep below, the lines of the tree give way first: their right end matters.
    let name_room = width(name).min(label.saturating_sub(width(guide)).max(label.min(12)));
    let skip = width(guide).saturating_sub(label - name_room);
    let guide: String = guide.chars().skip(skip).collect();
    let name = shorten(name, label - width(&guide), unicode);
    let padding = " ".repeat(label.saturating_sub(width(&guide) + width(&name)));
    paint.dim(&guide) + &name + &padding
}

/// Every node with the lines that connect it to its parent.
fn guides(tree: &CallTree, unicode: bool) -> Vec<(String, &CallNode)> {
    let [branch, last, through] = if unicode {
        ["├─ ", "└─ ", "│  "]
    } else {
        ["|- ", "`- ", "|  "]
    };
    let nodes: Vec<(usize, &CallNode)> = tree.walk().collect();
    // A node is its parent's last child when no later one of the same depth comes before a
    // shallower one; seen from the end, that is the state of this list.
    let mut later_at_depth: Vec<bool> = Vec::new();
    let mut lines: Vec<(String, &CallNode)> = Vec::with_capacity(nodes.len());
    for &(depth, node) in nodes.iter().rev() {
        let has_later = later_at_depth.get(depth).copied().unwrap_or(false);
        let mut guide = String::new();
        for level in 1..depth {
            guide += if later_at_depth.get(level).copied().unwrap_or(false) {
                through
            } else {
                "   "
            };
        }
        if depth > 0 {
            guide += if has_later { branch } else { last };
        }
        later_at_depth.resize(depth + 1, false);
        later_at_depth[depth] = true;
        lines.push((guide, node));
    }
    lines.reverse();
    lines
}

type Cell = fn(&CallTree, &CallNode, bool) -> String;

/// From left to right, the most wanted first.
const COLUMNS: [(&str, Cell); 8] = [
    ("calls", |_, node, _| units::count(node.calls())),
    ("total", |_, node, unicode| {
        timed(node, unicode, |node| node.statistics().total_ns() as f64)
    }),
    ("exclusive", |_, node, unicode| {
        timed(node, unicode, |node| node.exclusive_ns() as f64)
    }),
    (SHARE, share),
    ("average", |_, node, unicode| {
        timed(node, unicode, |node| node.statistics().mean_ns())
    }),
    ("min", |_, node, unicode| {
        time(node.statistics().min_ns().map(|ns| ns as f64), unicode)
    }),
    ("max", |_, node, unicode| {
        time(node.statistics().max_ns().map(|ns| ns as f64), unicode)
    }),
    ("std", |_, node, unicode| {
        timed(node, unicode, |node| node.statistics().std_ns())
    }),
];

/// How much of a region's time is the profiler's own; where the profile tells.
const PROFILER: (&str, Cell) = ("profiler", |tree, node, _| match tree.instrumentation(node) {
    None => "-".into(),
    Some(share) if share < 0.000_5 => "<0.1 %".into(),
    Some(share) => format!("{:.1} %", 100.0 * share),
});

fn timed(node: &CallNode, unicode: bool, value: impl Fn(&CallNode) -> f64) -> String {
    time((node.statistics().count() > 0).then(|| value(node)), unicode)
}

fn share(tree: &CallTree, node: &CallNode, unicode: bool) -> String {
    match tree.share(node) {
        None => format!("-{}", " ".repeat(BAR_CELLS + 3)),
        Some(share) => format!("{:.1} % {}", share * 100.0, bar(share, unicode)),
    }
}

/// A bar of fixed width, full at 1.
fn bar(share: f64, unicode: bool) -> String {
    let share = share.clamp(0.0, 1.0);
    let mut bar = String::new();
    if unicode {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let eighths = (share * (BAR_CELLS * 8) as f64).round() as usize;
        bar += &"█".repeat(eighths / 8);
        bar += EIGHTHS[eighths % 8];
    } else {
        bar += &"#".repeat((share * BAR_CELLS as f64).round() as usize);
    }
    pad_right(&bar, BAR_CELLS)
}
