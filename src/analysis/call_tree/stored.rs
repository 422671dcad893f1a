//! The tree of a rank from its stored summary, and the summary of a rank from its tree.

use super::builder::{Builder, Growing};
use super::{RankTimes, RowTimes};
use crate::analysis::threads::ThreadIndex;
use crate::profile::{PathSummary, RowSummary, StoredSummary, saturate};
use rustc_hash::FxHashMap;

impl Builder<'_> {
    /// Takes all calls of a rank from what is stored of them. `rows` are those of the rank.
    pub(super) fn take_summary(&mut self, rank: u32, rows: &[usize], summary: &StoredSummary) {
        let first = summary.span_ns.map_or(0, |(first, _)| first);
        let mut nodes = Vec::with_capacity(summary.paths.len());
        let mut threads = ThreadIndex::default();
        for path in &summary.paths {
            let parent = path.parent.map_or(0, |parent| nodes[parent]);
            let region = self.source.rows()[rows[path.row]].name;
            let target = self.find_target(parent, region);
            nodes.push(target.node);
            if let Some(numbers) = &mut self.numbers {
                numbers.is_at(rows[path.row], target.node);
            }
            let node = &mut self.nodes[target.node];
            node.exclusive += i128::from(path.exclusive_ns);
            let mut folded = path.folded;
            if target.folded {
                folded = folded.saturating_add(path.statistics.count());
            } else {
                let is_outer = target.node != parent;
                let order = |start: i64| start.saturating_sub(if self.own_clocks { first } else { 0 });
                let start = path.first_start_ns.map(|start| (order(start), start));
                node.statistics.merge(&path.statistics);
                let outermost = if is_outer { path.outermost } else { 0 };
                node.outermost = node.outermost.saturating_add(outermost);
                node.recursion_depth = node.recursion_depth.max(path.recursion_depth);
                node.first_start = [node.first_start, start].into_iter().flatten().min();
                for &thread in &path.threads {
                    node.threads.add(rank, threads.of(thread), self.keep_threads);
                }
            }
            node.folded = node.folded.saturating_add(folded);
            self.folded = self.folded.saturating_add(folded);
        }
        let mut intervals = 0_u64;
        for (&row, of_row) in rows.iter().zip(&summary.rows) {
            intervals = intervals.saturating_add(of_row.statistics.count());
            let times = RowTimes {
                inclusive_ns: of_row.inclusive_ns,
                exclusive_ns: of_row.exclusive_ns,
                recursion_depth: of_row.recursion_depth,
            };
            self.rows.insert(row, times);
        }
        let times = RankTimes {
            threads: summary.threads,
            intervals,
            intervals_span_ns: summary.span_ns,
            busy_ns: summary.busy_ns,
            not_nested: 0,
        };
        self.ranks.insert(rank, times);
    }

    /// The summary of the only rank that was visited, without the statistics of its rows. `rows` are those of the
    /// rank, and `threads` the threads by their place.
    pub(super) fn into_summary(self, rank: u32, rows: &[usize], threads: &[u32]) -> StoredSummary {
        let row_of: FxHashMap<usize, usize> = (rows.iter().enumerate())
            .map(|(at, &row)| (self.source.rows()[row].name, at))
            .collect();
        let path = |node: &Growing| PathSummary {
            row: row_of.get(&node.region).copied().unwrap_or(0),
            parent: node.parent.checked_sub(1),
            statistics: node.statistics,
            exclusive_ns: saturate(node.exclusive),
            outermost: node.outermost,
            folded: node.folded,
            first_start_ns: node.first_start.map(|(_, start)| start),
            recursion_depth: node.recursion_depth,
            threads: node.threads.of_rank(threads),
        };
        let row = |row: &usize| {
            let times = self.rows.get(row).copied().unwrap_or_default();
            RowSummary {
                inclusive_ns: times.inclusive_ns,
                exclusive_ns: times.exclusive_ns,
                recursion_depth: times.recursion_depth,
                ..RowSummary::default()
            }
        };
        let times = self.ranks.get(&rank).copied().unwrap_or_default();
        StoredSummary {
            rows: rows.iter().map(row).collect(),
            paths: self.nodes.iter().skip(1).map(path).collect(),
            span_ns: times.intervals_span_ns,
            busy_ns: times.busy_ns,
            threads: times.threads,
        }
    }
}
