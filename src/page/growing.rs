//! From a profile to a page of a given size.

use super::bars;
use super::data::PageData;
use super::html::Carried;
use super::json::Served;
use super::packing::Packed;
#[cfg(feature = "serve")]
use super::{
    filling::{Filling, WatchedLanes},
    stored,
    windows::PageWindows,
};
use super::{html, json, values, views};
#[cfg(feature = "serve")]
use crate::analysis::pass::Watch;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
#[cfg(feature = "serve")]
use crate::analysis::windows::GrowingPyramids;
use crate::chart::details::GrowingDetails;
use crate::chart::gantt::nested::{GrowingNested, NestedPlan};
use crate::chart::{ChartOptions, Facts, GanttChart, GrowingFacts, GrowingGantt, Subject};
use crate::error::Result;
use crate::output;
use crate::page::tasks::GrowingTasks;
use crate::profile::Source;
use std::path::Path;
use std::sync::Arc;

/// Regions with lanes of their own.
pub(super) const MOST_REGIONS: usize = 4096;
/// The views beside the timeline take no more than about this part of the page: compressed, and a third more as text.
pub(super) const VIEWS: usize = 5;
/// No bar takes less of the page than about this many bytes, nor a number of it.
const LEAST_BYTES: usize = 4;
const LEAST_OF_NUMBER: usize = 2;

/// Writes the page of a profile.
pub(crate) fn write(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    path: &Path,
) -> Result<()> {
    let subject = Subject::new(source, filter)?;
    let mut page = GrowingPage::new(&subject, options)?;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut observers = facts.observers();
    observers.extend(page.observers());
    pass::run(source, &mut observers)?;
    page.write(&facts.finish(), path)
}

/// The page of a profile as a server shows it, with what answers for windows of its time. Of more than `most` intervals
/// none is read where enough is [stored]. A page that is shown meanwhile is filled.
#[cfg(feature = "serve")]
pub(crate) fn render(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    served: Served,
    most: u64,
    filling: Option<&Filling>,
) -> Result<(String, PageWindows)> {
    let subject = Subject::new(source, filter)?;
    let watch = filling.map(|filling| filling as &dyn Watch);
    let subject = subject.watched(watch);
    let rows = subject.rows().iter().map(|&row| source.rows()[row].intervals);
    if rows.fold(0, u64::saturating_add) > most {
        if let Some(page) = stored::render(source, filter, options, served, watch)? {
            return Ok(page);
        }
    }
    let mut page = GrowingPage::new(&subject, options)?;
    page.served = Some(served);
    page.lanes.filling = filling;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut pyramids = GrowingPyramids::new(source, subject.rows())?;
    let mut observers = facts.observers();
    observers.extend(page.observers());
    observers.push(&mut pyramids);
    pass::run(source, &mut observers)?;
    let plan = Arc::clone(&page.plan);
    let (text, chart, fields) = page.render(&facts.finish())?;
    let windows = PageWindows::new(plan, chart, pyramids.finish()).with_fields(fields);
    Ok((text, windows))
}

/// A page that grows while a [pass] goes on, beside other observers. Its [`Facts`] need the call
/// tree.
pub struct GrowingPage<'a> {
    source: &'a dyn Source,
    filter: &'a RegionFilter,
    /// Regions and header.
    chart: GrowingGantt<'a>,
    #[cfg(feature = "serve")]
    plan: Arc<NestedPlan>,
    #[cfg(feature = "serve")]
    lanes: WatchedLanes<'a>,
    #[cfg(not(feature = "serve"))]
    lanes: GrowingNested<'a>,
    details: GrowingDetails<'a>,
    tasks: GrowingTasks<'a>,
    most_bytes: usize,
    /// Those whose numbers the lanes have, as indices into [`Source::fields`].
    fields: Vec<usize>,
    color_by: Option<String>,
    served: Option<Served>,
}

impl<'a> GrowingPage<'a> {
    /// Of a subject, with the title and the [size](ChartOptions::max_page_bytes) that the options choose.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::new`], also where the page is to open with colours by a field that no call has.
    pub fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let most_bytes = options.max_page_bytes;
        let options = options.clone().max_lanes(usize::MAX).max_regions(MOST_REGIONS);
        let plan = Arc::new(NestedPlan::new(subject, MOST_REGIONS)?);
        let source = subject.source();
        let fields = values::fields_of(source, subject.rows());
        if let Some(name) = &options.color_by {
            values::field_to_color_by(source, subject.rows(), name)?;
        }
        let of_bar = LEAST_BYTES + LEAST_OF_NUMBER * fields.len();
        let lanes = GrowingNested::new(source, Arc::clone(&plan), most_bytes / of_bar, 0);
        let lanes = lanes.with_fields(fields.clone());
        #[cfg(feature = "serve")]
        let lanes = WatchedLanes::new(source, Arc::clone(&plan), lanes);
        Ok(Self {
            source,
            filter: subject.filter(),
            chart: GrowingGantt::outline(subject, &options)?,
            lanes,
            fields,
            color_by: options.color_by.clone(),
            #[cfg(feature = "serve")]
            plan,
            details: GrowingDetails::new(subject)?,
            tasks: GrowingTasks::new(subject)?,
            most_bytes,
            served: None,
        })
    }

    /// What has to be part of the pass.
    pub fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![
            &mut self.chart,
            &mut self.lanes,
            &mut self.details,
            &mut self.tasks,
        ]
    }

    /// Writes the page, when the pass is over. The file appears when it is complete.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::finish`] and [`html::write`].
    pub fn write(self, facts: &Facts, path: impl AsRef<Path>) -> Result<()> {
        output::write(path.as_ref(), "page", self.text(facts)?.as_bytes())
    }

    /// What [`write`](Self::write) writes.
    pub(crate) fn text(self, facts: &Facts) -> Result<String> {
        Ok(self.render(facts)?.0)
    }

    /// The page, the chart without its lanes, and the fields that bars have values of.
    fn render(self, facts: &Facts) -> Result<(String, GanttChart, Vec<usize>)> {
        let around = html::document("connect-src 'none'", "", &[]).len();
        let (carried, chart, fields) = self.carried(facts, around)?;
        Ok((carried.page(), chart, fields))
    }

    /// What the page has of the run, with as many bars as there is room for beside so many bytes, the chart without its
    /// lanes, and the fields that bars have values of, as indices into [`Source::fields`].
    pub(super) fn carried(self, facts: &Facts, around: usize) -> Result<(Carried, GanttChart, Vec<usize>)> {
        let mut chart = self.chart.finish(facts)?;
        let details = self.details.finish(facts)?;
        let mut data = PageData::new(self.source, self.filter, facts, details, self.tasks.finish())?;
        data.served = self.served;
        #[cfg(feature = "serve")]
        let mut lanes = self.lanes.lanes.finish();
        #[cfg(not(feature = "serve"))]
        let mut lanes = self.lanes.finish();
        chart.regions.iter_mut().for_each(|region| region.lanes.clear());
        let views = views::pack(&data.views, &json::names(&chart, &data), self.most_bytes / VIEWS);
        let no_bars = bars::compress(&bars::pack(&chart));
        let without_bars = Carried::new(&chart, &data, views.clone(), no_bars, None);
        let around = around + html::escape_html(&chart.header.title).len();
        let fixed = around + without_bars.len();
        let notes = data.notes.clone();
        loop {
            let packed = Packed::new(&mut lanes, &mut chart, self.source, &self.fields);
            data.grain_ns = lanes.grain_ns();
            let mut of_bars = bars::estimate(&packed.bars);
            let room = self.most_bytes.saturating_sub(fixed + of_bars);
            let (fields, of_values) = packed.choose(room, of_bars);
            of_bars += of_values;
            data.notes.clone_from(&notes);
            data.notes.extend(packed.note_on_left_out(fields));
            data.fields = packed.fields(fields);
            let is_there = |name: &String| data.fields.iter().any(|of| of.field.name() == name);
            data.color_by = self.color_by.clone().filter(is_there);
            let carried = || {
                let (views, bars) = (views.clone(), bars::compress(&packed.bars));
                let carried = Carried::new(&chart, &data, views, bars, packed.values(fields));
                (carried, data.fields.iter().map(|of| of.index).collect())
            };
            if fixed + of_bars <= self.most_bytes {
                let (carried, fields) = carried();
                let length = around + carried.len();
                if length <= self.most_bytes {
                    return Ok((carried, chart, fields));
                }
                of_bars = length.saturating_sub(fixed);
            }
            // In proportion, but at least one bar in fifty goes each time.
            let bars = lanes.bars();
            let room = self.most_bytes.saturating_sub(fixed);
            let left = (bars as u128 * room as u128 / of_bars.max(1) as u128) as usize;
            if !lanes.coarsen(left.min(bars - bars.div_ceil(50))) {
                let (carried, fields) = carried();
                return Ok((carried, chart, fields));
            }
        }
    }
}
