//! From a profile to a page of a given size.

use super::bars::{self, Head, Packer};
use super::data::PageData;
use super::json::Served;
use super::{html, json, views};
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::chart::details::GrowingDetails;
use crate::chart::gantt::nested::{GrowingNested, NestedLanes};
use crate::chart::{ChartOptions, Facts, GanttChart, GrowingFacts, GrowingGantt, Subject};
use crate::error::Result;
use crate::output;
use crate::profile::Source;
use std::path::Path;

/// Regions with lanes of their own.
const MOST_REGIONS: usize = 4096;
/// The views beside the timeline take no more than about this part of the page: compressed, and a third more as text.
const VIEWS: usize = 5;
/// No bar takes less of the page than about this many bytes.
const LEAST_BYTES: usize = 5;

/// Writes the page of a profile.
pub(crate) fn write(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    path: &Path,
) -> Result<()> {
    let page = render(source, filter, options, None)?;
    output::write(path, "page", page.as_bytes())
}

/// The page of a profile as text.
pub(crate) fn render(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    served: Option<Served>,
) -> Result<String> {
    let subject = Subject::new(source, filter)?;
    let mut page = GrowingPage::new(&subject, options)?;
    page.served = served;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut observers = facts.observers();
    observers.extend(page.observers());
    pass::run(source, &mut observers)?;
    page.render(&facts.finish())
}

/// A page that grows while a [pass](crate::analysis::pass) goes on, beside other observers. Its [`Facts`] need the call
/// tree.
pub struct GrowingPage<'a> {
    source: &'a dyn Source,
    filter: &'a RegionFilter,
    /// Regions and header.
    chart: GrowingGantt<'a>,
    lanes: GrowingNested<'a>,
    details: GrowingDetails<'a>,
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
        Ok(Self {
            source: subject.source(),
            filter: subject.filter(),
            chart: GrowingGantt::outline(subject, &options)?,
            lanes: GrowingNested::new(subject, MOST_REGIONS, most_bytes / LEAST_BYTES)?,
            details: GrowingDetails::new(subject)?,
            most_bytes,
            served: None,
        })
    }

    /// What has to be part of the pass.
    pub fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![&mut self.chart, &mut self.lanes, &mut self.details]
    }

    /// Writes the page, when the pass is over. The file appears when it is complete.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::finish`] and [`html::write`].
    pub fn write(self, facts: &Facts, path: impl AsRef<Path>) -> Result<()> {
        output::write(path.as_ref(), "page", self.render(facts)?.as_bytes())
    }

    /// The page, with as many bars as there is room for.
    fn render(self, facts: &Facts) -> Result<String> {
        let mut chart = self.chart.finish(facts)?;
        let details = self.details.finish(facts)?;
        let mut data = PageData::new(self.source, self.filter, facts, details)?;
        data.served = self.served;
        let mut lanes = self.lanes.finish();
        chart.regions.iter_mut().for_each(|region| region.lanes.clear());
        let views = views::pack(&data.views, &json::names(&chart, &data), self.most_bytes / VIEWS);
        let fixed = html::with_packed(&chart, &data, &views, &bars::compress(&bars::pack(&chart))).len();
        loop {
            let packed = pack(&lanes, &mut chart, self.source);
            data.grain_ns = lanes.grain_ns();
            let mut of_bars = bars::estimate(&packed);
            if fixed + of_bars <= self.most_bytes {
                let page = html::with_packed(&chart, &data, &views, &bars::compress(&packed));
                if page.len() <= self.most_bytes {
                    return Ok(page);
                }
                of_bars = page.len() - fixed;
            }
            // In proportion, but at least one bar in twenty goes each time.
            let bars = lanes.bars();
            let room = self.most_bytes.saturating_sub(fixed);
            let left = (bars as u128 * room as u128 / of_bars.max(1) as u128) as usize;
            if !lanes.coarsen(left.min(bars - bars.div_ceil(20))) {
                return Ok(html::with_packed(&chart, &data, &views, &bars::compress(&packed)));
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
