//! The numbers of the rows.

use super::super::column::{Column, pad_right, time};
use super::{metrics, spark};
use crate::analysis::call_tree::{CallNode, CallTree};
use crate::analysis::distributions::Distribution;
use crate::analysis::metrics::Metrics;
use crate::units;
use std::collections::BTreeMap;

const BAR_CELLS: usize = 10;
const SHARE: &str = "share";
pub(super) const MEDIAN: &str = "p50";

type Cell = fn(&CallTree, &CallNode, bool) -> String;

/// From left to right, the most wanted first.
const COLUMNS: [(&str, Cell); 8] = [
    ("calls", |_, node, _| units::count(node.calls())),
    ("total", |_, node, unicode| {
        timed(node, unicode, |node| node.inclusive_ns() as f64)
    }),
    ("exclusive", |_, node, unicode| {
        timed(node, unicode, |node| node.exclusive_ns() as f64)
    }),
    (SHARE, |tree, node, unicode| {
        share(tree.share(node), &reason(tree, node), unicode)
    }),
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

/// The columns of distributions.
const DISTRIBUTION: [(&str, DistributionCell); 4] = [
    (MEDIAN, |of, unicode| time(of.map(Distribution::p50_ns), unicode)),
    ("p95", |of, unicode| time(of.map(Distribution::p95_ns), unicode)),
    ("p99", |of, unicode| time(of.map(Distribution::p99_ns), unicode)),
    ("min to max", |of, unicode| {
        of.map_or_else(String::new, |of| {
            spark::line(&of.histogram(spark::CELLS), unicode)
        })
    }),
];
/// So many columns stand before these where they are asked for.
const AFTER: usize = 3;

type DistributionCell = fn(Option<&Distribution>, bool) -> String;

/// The columns of these nodes. Those of distributions come last, or with `first` soon, and those of metrics before all
/// that is not asked for.
pub(super) fn columns(
    tree: &CallTree,
    of: &Metrics,
    nodes: &[(usize, usize)],
    unicode: bool,
    first: bool,
) -> Vec<Column> {
    let cost = tree.call_cost_ns().map(|_| &PROFILER);
    let nodes = || nodes.iter().map(|&(_, index)| tree.node(index));
    let reasons = nodes().map(|node| reason(tree, node).len()).max().unwrap_or(0);
    let times = COLUMNS.iter().chain(cost).map(|&(header, cell)| {
        let behind = if header == SHARE {
            BAR_CELLS + 1 + reasons
        } else {
            0
        };
        Column::new(header, behind, nodes().map(|node| cell(tree, node, unicode)))
    });
    let mut columns: Vec<Column> = times.collect();
    let paths = paths(tree);
    if tree.has_distributions() {
        let known = |node: &CallNode| tree.distribution(node.name()).filter(|_| paths[node.name()] == 1);
        let distributions = DISTRIBUTION
            .iter()
            .map(|&(header, cell)| Column::new(header, 0, nodes().map(|node| cell(known(node), unicode))));
        let place = if first { AFTER } else { columns.len() };
        columns.splice(place..place, distributions);
    }
    let nodes: Vec<&CallNode> = nodes().collect();
    columns.splice(AFTER..AFTER, metrics::columns(of, &nodes, &paths, unicode));
    columns
}

/// In how many places of the tree each region is.
pub(super) fn paths(tree: &CallTree) -> BTreeMap<&str, usize> {
    let mut paths = BTreeMap::new();
    for (_, node) in tree.walk() {
        *paths.entry(node.name()).or_insert(0) += 1;
    }
    paths
}

fn timed(node: &CallNode, unicode: bool, value: impl Fn(&CallNode) -> f64) -> String {
    time((node.statistics().count() > 0).then(|| value(node)), unicode)
}

/// Why a share is beyond 100 %: the threads that ran the region at the same time.
fn reason(tree: &CallTree, node: &CallNode) -> String {
    if tree.share(node).is_none_or(|share| share < 1.000_5) {
        return String::new();
    }
    let threads = units::plural(node.threads(), "thread");
    match tree.ranks() {
        1 => format!(" {threads}"),
        ranks => format!(" {threads} of {ranks} ranks"),
    }
}

fn share(share: Option<f64>, reason: &str, unicode: bool) -> String {
    match share {
        None => format!("-{}", " ".repeat(BAR_CELLS + 3)),
        Some(share) => format!("{:.1} % {}{reason}", share * 100.0, bar(share, unicode)),
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
