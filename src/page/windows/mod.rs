//! What a served page asks for: the calls of a window of its time, which the page itself may have merged.
//!
//! A window of few calls is answered with each of them, nested as in the page. Of more calls those that share a pixel
//! are merged. Of too many to be read while somebody waits, nothing is said: the page is fine enough for those.
//!
//! The answer is whole numbers as those of [bars](super::bars):
//!
//! ```text
//! 0: nothing; 1: every call; 2: merged where they share a pixel
//! from when, until when: at least what was asked for, ns
//! lanes, as in the page
//! ```

mod part;

use super::bars::{self, Head, Packer};
use crate::analysis::pass;
use crate::analysis::windows::{Pyramids, Windows};
use crate::chart::GanttChart;
use crate::chart::gantt::Bar;
use crate::chart::gantt::nested::{GrowingNested, NestedPlan};
use crate::error::Result;
use crate::profile::Source;
use part::Part;
use std::ops::Range;
use std::sync::Arc;

/// So many calls are shown one by one.
const MOST_EXACT: u64 = 200_000;
/// So many are read for one answer.
const MOST_READ: u64 = 2_000_000;
/// No screen has more columns.
const MOST_COLUMNS: u64 = 16_384;

/// What answers for windows of a page's time.
#[derive(Debug)]
pub(crate) struct PageWindows {
    plan: Arc<NestedPlan>,
    /// Without its lanes: the regions in the order of the page, and the start of its axis.
    chart: GanttChart,
    pyramids: Pyramids,
}

/// How a window is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Nothing = 0,
    Exact = 1,
    Merged = 2,
}

/// Which intervals may overlap a window: of each row of the source, a range.
struct Chosen {
    window: Range<i64>,
    ranges: Vec<Range<u64>>,
    /// How many do.
    calls: u64,
}

impl Chosen {
    /// How many have to be read.
    fn read(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    fn detail(&self) -> Detail {
        match (self.calls, self.read()) {
            (_, read) if read > MOST_READ => Detail::Nothing,
            (calls, _) if calls > MOST_EXACT => Detail::Merged,
            _ => Detail::Exact,
        }
    }
}

impl PageWindows {
    pub(super) fn new(plan: Arc<NestedPlan>, chart: GanttChart, pyramids: Pyramids) -> Self {
        Self {
            plan,
            chart,
            pyramids,
        }
    }

    /// What ran in a window, in ns of the page's axis, which is seen in so many columns. More on either side is part of
    /// the answer where that is no less exact.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn answer(&self, source: &dyn Source, window: Range<i64>, columns: u64) -> Result<Vec<u8>> {
        let window = window.start.max(0)..window.end.min(self.chart.span_ns);
        let length = (window.end - window.start).max(0);
        let wide = (window.start - length).max(0)..(window.end + length).min(self.chart.span_ns);
        let mut chosen = self.choose(source, wide)?;
        if chosen.detail() != Detail::Exact {
            chosen = self.choose(source, window)?;
        }
        let detail = chosen.detail();
        let mut answer = Vec::new();
        bars::push(&mut answer, detail as u64);
        bars::push(&mut answer, chosen.window.start as u64);
        bars::push(&mut answer, chosen.window.end.max(0) as u64);
        let level = match detail {
            Detail::Nothing => {
                bars::push(&mut answer, 0);
                return Ok(answer);
            }
            Detail::Exact => 0,
            Detail::Merged => {
                let column = length as u64 / columns.clamp(1, MOST_COLUMNS);
                column.max(1).ilog2()
            }
        };
        answer.extend(self.pack(source, &chosen, level)?);
        Ok(answer)
    }

    fn choose(&self, source: &dyn Source, window: Range<i64>) -> Result<Chosen> {
        let mut ranges = vec![0..0; source.rows().len()];
        let mut calls = 0;
        for row in self.plan.rows() {
            let Some(pyramid) = self.pyramids.all(row) else {
                continue;
            };
            let rank = source.rows()[row].rank;
            let shift = self.plan.shift(rank).saturating_add(self.chart.origin_ns);
            let moment = |time: i64| time.saturating_add(shift);
            let of_rank = moment(window.start)..moment(window.end);
            let overlap = Windows::new(source, row, pyramid).overlap(of_rank)?;
            calls += overlap.calls;
            ranges[row] = overlap.range;
        }
        Ok(Chosen {
            window,
            ranges,
            calls,
        })
    }

    /// The calls, nested, as lanes.
    fn pack(&self, source: &dyn Source, chosen: &Chosen, level: u32) -> Result<Vec<u8>> {
        let part = Part::new(source, &chosen.ranges);
        let mut nested = GrowingNested::new(&part, Arc::clone(&self.plan), usize::MAX, level);
        pass::run(&part, &mut [&mut nested])?;
        let lanes = nested.finish();
        let Range { start, end } = chosen.window;
        let overlaps = |bar: &Bar| (bar.end_ns > start || bar.start_ns >= start) && bar.start_ns < end;
        let mut packer = Packer::default();
        for (region, lane) in lanes.of_regions(&self.chart, source) {
            let head = Head {
                region,
                rank: lane.rank,
                thread: Some(lane.thread),
                depth: lane.depth,
            };
            packer.push(&head, lane.bars(self.chart.origin_ns).filter(overlaps));
        }
        Ok(packer.finish())
    }
}
