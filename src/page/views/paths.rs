//! The call tree as rows, each before those below it.

use crate::analysis::call_tree::CallTree;
use std::cmp::Reverse;

/// Nobody reads more.
pub(super) const MOST: usize = 1 << 14;

/// The nodes of a call tree that are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::page) struct Paths {
    pub(in crate::page) rows: Vec<Row>,
    /// How many were left out: those with the least time.
    pub(in crate::page) left_out: usize,
}

/// One region below one path of regions.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::page) struct Row {
    pub(super) depth: usize,
    pub(super) name: String,
    pub(in crate::page) calls: u64,
    pub(super) inclusive_ns: i64,
    pub(super) exclusive_ns: i64,
    /// Of a timed call.
    pub(super) mean_ns: i64,
    pub(super) is_recursive: bool,
}

impl Paths {
    pub(in crate::page) fn of(tree: &CallTree) -> Self {
        let rows = tree.walk().map(|(depth, node)| Row {
            depth,
            name: node.name().to_owned(),
            calls: node.calls(),
            inclusive_ns: node.inclusive_ns(),
            exclusive_ns: node.exclusive_ns(),
            mean_ns: node.statistics().mean_ns().round() as i64,
            is_recursive: node.is_recursive(),
        });
        Self {
            rows: rows.collect(),
            left_out: 0,
        }
        .largest(MOST)
    }

    /// As whole numbers one after the other: depth, region by its number, calls, inclusive time, exclusive time, mean
    /// duration, whether it is recursive (1 or 0). A region without a number has -1.
    pub(in crate::page) fn flat(&self, number: impl Fn(&str) -> Option<usize>) -> Vec<i64> {
        let flat = |row: &Row| {
            let calls = i64::try_from(row.calls).unwrap_or(i64::MAX);
            let region = number(&row.name).map_or(-1, |number| number as i64);
            let recursive = i64::from(row.is_recursive);
            [
                row.depth as i64,
                region,
                calls,
                row.inclusive_ns,
                row.exclusive_ns,
                row.mean_ns,
                recursive,
            ]
        };
        self.rows.iter().flat_map(flat).collect()
    }

    /// About so many of them, those with the most time and all that are above those.
    pub(super) fn largest(&self, most: usize) -> Self {
        if self.rows.len() <= most {
            return self.clone();
        }
        let mut times: Vec<i64> = self.rows.iter().map(|row| row.inclusive_ns).collect();
        times.sort_unstable_by_key(|&ns| Reverse(ns));
        let least = times.get(most).map_or(i64::MAX, |ns| ns.saturating_add(1));
        let mut keeps = vec![false; self.rows.len()];
        let mut above: Vec<usize> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            above.truncate(row.depth);
            above.push(index);
            if row.inclusive_ns >= least {
                above.iter().for_each(|&index| keeps[index] = true);
            }
        }
        let rows = self.rows.iter().zip(keeps).filter(|(_, keep)| *keep);
        let rows: Vec<Row> = rows.map(|(row, _)| row.clone()).collect();
        Self {
            left_out: self.left_out + self.rows.len() - rows.len(),
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_everything_above_it() {
        let row = |depth: usize, name: &str, inclusive_ns: i64| Row {
            depth,
            name: name.into(),
            calls: 1,
            inclusive_ns,
            exclusive_ns: 0,
            mean_ns: 0,
            is_recursive: false,
        };
        // A filter may leave a node with less time than one below it.
        let rows = vec![
            row(0, "a", 50),
            row(1, "b", 5),
            row(2, "c", 40),
            row(1, "d", 9),
            row(0, "e", 8),
        ];
        let all = Paths { rows, left_out: 1 };
        assert_eq!(all.largest(5), all);
        let few = all.largest(2);
        let names: Vec<&str> = few.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, few.left_out), (vec!["a", "b", "c"], 3));
    }
}
