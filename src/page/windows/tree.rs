//! The call tree of a window.

use super::calls::WindowCalls;
use super::{MOST_READ, PageWindows};
use crate::analysis::call_tree::CallTree;
use crate::error::Result;
use crate::page::views::Paths;
use crate::profile::Source;
use crate::ranges;
use serde::Serialize;
use std::ops::{Range, RangeInclusive};

/// The tree as the views have it; without paths where the window has too many calls to be read while somebody waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WindowTree {
    paths: Option<Vec<i64>>,
    left_out: usize,
}

impl PageWindows {
    /// The call tree of a window, in ns of the page's axis, on some ranks. Calls are cut at the edges of the window.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn tree(
        &self,
        source: &dyn Source,
        window: Range<i64>,
        ranks: &[RangeInclusive<u32>],
    ) -> Result<WindowTree> {
        let start = window.start.clamp(0, self.chart.span_ns);
        let window = start..window.end.clamp(start, self.chart.span_ns);
        let plan = self.plan(source, &window);
        if plan.inside > MOST_READ {
            return Ok(WindowTree {
                paths: None,
                left_out: 0,
            });
        }
        let mut calls = WindowCalls::read(source, &plan, &[])?;
        calls.cut(&plan);
        let is_meant = |row: &usize| ranges::contains(ranks, source.rows()[*row].rank);
        let rows: Vec<usize> = self.plan.rows().filter(is_meant).collect();
        let mut paths = Paths::of(&CallTree::of(&calls, &rows)?);
        // Regions without calls have rows, too.
        paths.rows.retain(|row| row.calls > 0);
        let number = |name: &str| self.numbers.get(name).copied();
        Ok(WindowTree {
            paths: Some(paths.flat(number)),
            left_out: paths.left_out,
        })
    }
}
