//! What a served page asks for: the calls of a window of its time, which the page itself may have merged.
//!
//! A window of few calls is answered with each of them, nested as in the page. Of more calls those that share a pixel
//! are merged. Of too many to be read while somebody waits, nothing is said: the page is fine enough for those.
//!
//! The answer is whole numbers as those of [bars]:
//!
//! ```text
//! 0: nothing; 1: every call; 2: merged where they share a pixel
//! from when, until when: at least what was asked for, ns
//! lanes, as in the page
//! of each field that the page has numbers of, those of the bars, as in the page
//! ```

mod calls;
mod find;
#[cfg(test)]
mod tests;
mod tree;

use super::bars::{self, Head, Packer};
use super::stored::Places;
use super::stored_values::{self, GrowingField};
use super::values;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::analysis::windows::Pyramids;
use crate::chart::gantt::Bar;
use crate::chart::gantt::nested::{GrowingNested, NestedPlan};
use crate::chart::{ChartOptions, GanttChart, GrowingGantt, Subject};
use crate::error::Result;
use crate::profile::{Source, Window};
use calls::{Plan, WindowCalls};
pub(crate) use find::{Among, At, From};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// So many calls are shown one by one.
const MOST_EXACT: u64 = 200_000;
/// So many are read for one answer.
const MOST_READ: u64 = 1_000_000;
/// So many bars make up an answer that is merged.
const MOST_BARS: usize = 300_000;
/// No screen has more columns.
const MOST_COLUMNS: u64 = 16_384;

/// What answers for windows of a page's time.
#[derive(Debug)]
pub(crate) struct PageWindows {
    plan: Arc<NestedPlan>,
    /// Without its lanes: the regions in the order of the page, and the start of its axis.
    chart: GanttChart,
    /// The number of each region in the page, by name.
    numbers: HashMap<String, usize>,
    pyramids: Pyramids,
    /// Of a page whose lanes come of what is stored.
    places: Option<Places>,
    /// Those that the page has numbers of, as indices into [`Source::fields`].
    fields: Vec<usize>,
}

/// How a window is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Nothing = 0,
    Exact = 1,
    Merged = 2,
}

impl PageWindows {
    pub(super) fn new(plan: Arc<NestedPlan>, chart: GanttChart, pyramids: Pyramids) -> Self {
        let regions = chart.regions.iter().enumerate();
        Self {
            numbers: regions.map(|(at, region)| (region.name.clone(), at)).collect(),
            plan,
            chart,
            pyramids,
            places: None,
            fields: Vec::new(),
        }
    }

    /// Of a page with the numbers of these fields, indices into [`Source::fields`].
    pub(super) fn with_fields(self, fields: Vec<usize>) -> Self {
        Self { fields, ..self }
    }

    /// Of a page whose lanes come of what is stored, as those of its windows do that are too long to be read.
    pub(super) fn of_stored(self, places: Places) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    /// What ran in a window, in ns of the page's axis, which is seen in so many columns. As much again on either side
    /// is part of the answer where that is no less exact.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn answer(
        &self,
        source: &dyn Source,
        filter: &RegionFilter,
        window: Range<i64>,
        columns: u64,
    ) -> Result<Vec<u8>> {
        let span = self.chart.span_ns;
        let start = window.start.clamp(0, span);
        let narrow = start..window.end.clamp(start, span);
        let length = narrow.end - narrow.start;
        let wide = (narrow.start - length).max(0)..(narrow.end + length).min(span);
        let mut plan = self.plan(source, &wide);
        let mut window = wide;
        if plan.about > MOST_EXACT as f64 {
            plan = self.plan(source, &narrow);
            window = narrow.clone();
        }
        if plan.inside > MOST_READ {
            let Some(places) = self.places.as_ref().filter(|_| !narrow.is_empty()) else {
                return Ok(begin(Detail::Nothing, &window, &[0]));
            };
            let lanes = self.lanes_of_blocks(source, filter, places, &narrow, columns)?;
            return Ok(begin(Detail::Merged, &narrow, &lanes));
        }
        let mut calls = WindowCalls::read(source, &plan, &self.fields)?;
        if calls.len() > MOST_EXACT && window != narrow {
            calls.narrow(&self.plan(source, &narrow));
            window = narrow;
        }
        if calls.len() <= MOST_EXACT {
            let lanes = self.pack(&calls, &window, 0, usize::MAX)?;
            return Ok(begin(Detail::Exact, &window, &lanes));
        }
        let column = length as u64 / columns.clamp(1, MOST_COLUMNS);
        let lanes = self.pack(&calls, &window, column.max(1).ilog2(), MOST_BARS)?;
        Ok(begin(Detail::Merged, &window, &lanes))
    }

    /// The lanes of a window of any number of calls, of what is stored.
    fn lanes_of_blocks(
        &self,
        source: &dyn Source,
        filter: &RegionFilter,
        places: &Places,
        window: &Range<i64>,
        columns: u64,
    ) -> Result<Vec<u8>> {
        let options = places.options(&ChartOptions::new());
        let options = options
            .window(Window::new(window.start, window.end))
            .columns(columns.clamp(1, MOST_COLUMNS) as u32);
        let subject = Subject::new(source, filter)?;
        let mut chart = GrowingGantt::new(&subject, &options)?;
        let values = self.fields.iter();
        let values = values.map(|&field| GrowingField::new(&subject, field, &options));
        let mut values: Vec<GrowingField<'_>> = values.collect::<Result<_>>()?;
        let mut observers: Vec<&mut dyn Observer> = vec![&mut chart];
        observers.extend(values.iter_mut().map(|values| values as &mut dyn Observer));
        let facts = subject.observe(&mut observers)?;
        let mut chart = chart.finish(&facts)?;
        places.put(&mut chart);
        chart
            .regions
            .retain(|region| self.numbers.contains_key(region.name.as_str()));
        let mut packer = Packer::default();
        for of_region in &chart.regions {
            let region = self.numbers[of_region.name.as_str()];
            for lane in &of_region.lanes {
                packer.push(&Head::of(region, lane), lane.bars.iter().copied());
            }
        }
        let mut packed = packer.finish();
        for values in values {
            let mut valued = values.finish(&facts)?.map(|(_, valued)| valued);
            valued.iter_mut().for_each(|valued| places.put(valued));
            packed.extend(stored_values::pack(&chart, valued.as_ref()));
        }
        Ok(packed)
    }

    fn plan(&self, source: &dyn Source, window: &Range<i64>) -> Plan {
        let windows = self.plan.rows().map(|row| {
            let shift = self.shift(source, row);
            let moment = |time: i64| time.saturating_add(shift);
            (row, moment(window.start)..moment(window.end))
        });
        Plan::new(&self.pyramids, windows)
    }

    /// What to take from the times of a row, so that they are on the page's axis, ns.
    fn shift(&self, source: &dyn Source, row: usize) -> i64 {
        let shift = self.plan.shift(source.rows()[row].rank);
        shift.saturating_add(self.chart.origin_ns)
    }

    /// The number of a row's region in the page.
    fn region_of(&self, source: &dyn Source, row: usize) -> Option<u32> {
        let name = source.rows()[row].name;
        let region = if self.plan.is_other(name) {
            self.chart.regions.len().checked_sub(1)
        } else {
            self.numbers.get(source.names()[name].as_str()).copied()
        };
        region.and_then(|region| u32::try_from(region).ok())
    }

    /// The calls, nested, as lanes.
    fn pack(&self, calls: &WindowCalls<'_>, window: &Range<i64>, level: u32, most: usize) -> Result<Vec<u8>> {
        let nested = GrowingNested::new(calls, Arc::clone(&self.plan), most, level);
        let mut nested = nested.with_fields(self.fields.clone());
        pass::run(calls, &mut [&mut nested])?;
        let mut lanes = nested.finish();
        lanes.settle_values();
        let Range { start, end } = *window;
        let overlaps = |bar: &Bar| (bar.end_ns > start || bar.start_ns >= start) && bar.start_ns < end;
        let mut packer = Packer::default();
        let lanes = lanes.of_regions(&self.chart, calls);
        for (region, lane) in &lanes {
            let head = Head {
                region: *region,
                rank: lane.rank,
                thread: Some(lane.thread),
                depth: lane.depth,
            };
            packer.push(&head, lane.bars(self.chart.origin_ns).filter(overlaps));
        }
        let mut packed = packer.finish();
        for field in 0..self.fields.len() {
            for (_, lane) in &lanes {
                let bars = lane.bars(self.chart.origin_ns).zip(lane.values(field));
                let seen = bars.filter(|(bar, _)| overlaps(bar));
                let values = seen.map(|(bar, value)| values::of_bar(&bar, value));
                let values: Vec<Option<f64>> = values.collect();
                values::pack_lane(&mut packed, &values);
            }
        }
        Ok(packed)
    }
}

/// An answer with these lanes.
fn begin(detail: Detail, window: &Range<i64>, lanes: &[u8]) -> Vec<u8> {
    let mut answer = Vec::with_capacity(lanes.len() + 32);
    bars::push(&mut answer, detail as u64);
    bars::push(&mut answer, window.start as u64);
    bars::push(&mut answer, window.end as u64);
    answer.extend_from_slice(lanes);
    answer
}
