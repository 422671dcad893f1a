//! From a profile to a page of a given size.

use super::bars::{self, Head, Packer};
use super::data::PageData;
use super::html::Carried;
use super::json::Served;
#[cfg(feature = "serve")]
use super::{
    filling::{Filling, WatchedLanes},
    stored,
    windows::PageWindows,
};
use super::{html, json, views};
#[cfg(feature = "serve")]
use crate::analysis::pass::Watch;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
#[cfg(feature = "serve")]
use crate::analysis::windows::GrowingPyramids;
use crate::chart::details::GrowingDetails;
use crate::chart::gantt::nested::{GrowingNested, NestedLanes, NestedPlan};
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
/// No bar takes less of the page than about this many bytes.
const LEAST_BYTES: usize = 5;

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
/// none is read where enough is [stored](super::stored). A page that is shown meanwhile is filled.
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
    let subject = subject.watched(filling.map(|filling| filling as &dyn Watch));
    let rows = subject.rows().iter().map(|&row| source.rows()[row].intervals);
    if rows.fold(0, u64::saturating_add) > most {
        if let Some(page) = stored::render(source, filter, options, served)? {
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
    let (text, chart) = page.render(&facts.finish())?;
    Ok((text, PageWindows::new(plan, chart, pyramids.finish())))
}

/// A page that grows while a [pass](crate::analysis::pass) goes on, beside other observers. Its [`Facts`] need the call
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
    served: Option<Served>,
}

impl<'a> GrowingPage<'a> {
    /// Of a subject, with the title and the [size](ChartOptions::max_page_bytes) that the options choose.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::new`].
    pub fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let most_bytes = options.max_page_bytes;
        let options = options.clone().max_lanes(usize::MAX).max_regions(MOST_REGIONS);
        let plan = Arc::new(NestedPlan::new(subject, MOST_REGIONS)?);
        let lanes = GrowingNested::new(subject.source(), Arc::clone(&plan), most_bytes / LEAST_BYTES, 0);
        #[cfg(feature = "serve")]
        let lanes = WatchedLanes::new(subject.source(), Arc::clone(&plan), lanes);
        Ok(Self {
            source: subject.source(),
            filter: subject.filter(),
            chart: GrowingGantt::outline(subject, &options)?,
            lanes,
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

    /// The page, and the chart without its lanes.
    fn render(self, facts: &Facts) -> Result<(String, GanttChart)> {
        let around = html::document("connect-src 'none'", "", &[]).len();
        let (carried, chart) = self.carried(facts, around)?;
        Ok((carried.page(), chart))
    }

    /// What the page has of the run, with as many bars as there is room for beside so many bytes, and the chart without
    /// its lanes.
    pub(super) fn carried(self, facts: &Facts, around: usize) -> Result<(Carried, GanttChart)> {
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
        let without_bars = Carried::new(&chart, &data, views.clone(), bars::compress(&bars::pack(&chart)));
        let around = around + html::escape_html(&chart.header.title).len();
        let fixed = around + without_bars.len();
        loop {
            let packed = pack(&lanes, &mut chart, self.source);
            data.grain_ns = lanes.grain_ns();
            let mut of_bars = bars::estimate(&packed);
            if fixed + of_bars <= self.most_bytes {
                let carried = Carried::new(&chart, &data, views.clone(), bars::compress(&packed));
                let length = around + carried.len();
                if length <= self.most_bytes {
                    return Ok((carried, chart));
                }
                of_bars = length.saturating_sub(fixed);
            }
            // In proportion, but at least one bar in twenty goes each time.
            let bars = lanes.bars();
            let room = self.most_bytes.saturating_sub(fixed);
            let left = (bars as u128 * room as u128 / of_bars.max(1) as u128) as usize;
            if !lanes.coarsen(left.min(bars - bars.div_ceil(20))) {
                let carried = Carried::new(&chart, &data, views, bars::compress(&packed));
                return Ok((carried, chart));
            }
        }
    }
}

/// The bars of the lanes, for a chart whose header says of them how many calls are merged.
fn pack(lanes: &NestedLanes, chart: &mut GanttChart, source: &dyn Source) -> Vec<u8> {
    let lanes = lanes.of_regions(chart, source);
    chart.header.merged = lanes.iter().map(|(_, lane)| lane.merged()).sum();
    let mut packer = Packer::default();
    for (region, lane) in lanes {
        let head = Head {
            region,
            rank: lane.rank,
            thread: Some(lane.thread),
            depth: lane.depth,
        };
        packer.push(&head, lane.bars(chart.origin_ns));
    }
    packer.finish()
}
