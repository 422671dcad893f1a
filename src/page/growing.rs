//! From a profile to a page of a given size.

use super::bars::{self, Head, Packer};
use super::data::{PageData, PageNote};
use super::json::Served;
use super::values::{self, PageField};
use super::{html, json, views};
#[cfg(feature = "serve")]
use super::{stored, windows::PageWindows};
use crate::analysis::metrics::{field_of, none_has};
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
#[cfg(feature = "serve")]
use crate::analysis::windows::GrowingPyramids;
use crate::chart::details::GrowingDetails;
use crate::chart::gantt::nested::{GrowingNested, NestedLanes, NestedPlan};
use crate::chart::{ChartOptions, Facts, GanttChart, GrowingFacts, GrowingGantt, Subject, ValueColors};
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
const LEAST_BYTES: usize = 5;
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
/// none is read where enough is [stored](super::stored).
#[cfg(feature = "serve")]
pub(crate) fn render(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    served: Served,
    most: u64,
) -> Result<(String, PageWindows)> {
    let subject = Subject::new(source, filter)?;
    let rows = subject.rows().iter().map(|&row| source.rows()[row].intervals);
    if rows.fold(0, u64::saturating_add) > most {
        if let Some(page) = stored::render(source, filter, options, served)? {
            return Ok(page);
        }
    }
    let mut page = GrowingPage::new(&subject, options)?;
    page.served = Some(served);
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut pyramids = GrowingPyramids::new(source, subject.rows())?;
    let mut observers = facts.observers();
    observers.extend(page.observers());
    observers.push(&mut pyramids);
    pass::run(source, &mut observers)?;
    let plan = Arc::clone(&page.plan);
    let (text, chart, fields) = page.render(&facts.finish())?;
    let fields = fields.iter().map(|of| of.index).collect();
    Ok((
        text,
        PageWindows::new(plan, chart, pyramids.finish()).with_fields(fields),
    ))
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
            let wanted = field_of(source, name)?;
            fields
                .contains(&wanted)
                .then_some(())
                .ok_or_else(|| none_has(name))?;
        }
        let of_bar = LEAST_BYTES + LEAST_OF_NUMBER * fields.len();
        let lanes = GrowingNested::new(source, Arc::clone(&plan), most_bytes / of_bar, 0);
        Ok(Self {
            source: subject.source(),
            filter: subject.filter(),
            chart: GrowingGantt::outline(subject, &options)?,
            lanes: lanes.with_fields(fields.clone()),
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
        output::write(path.as_ref(), "page", self.render(facts)?.0.as_bytes())
    }

    /// The page, with as many bars as there is room for, the chart without its lanes, and the fields that bars have values
    /// of.
    fn render(self, facts: &Facts) -> Result<(String, GanttChart, Vec<PageField>)> {
        let mut chart = self.chart.finish(facts)?;
        let details = self.details.finish(facts)?;
        let mut data = PageData::new(self.source, self.filter, facts, details, self.tasks.finish())?;
        data.served = self.served;
        let mut lanes = self.lanes.finish();
        chart.regions.iter_mut().for_each(|region| region.lanes.clear());
        let views = views::pack(&data.views, &json::names(&chart, &data), self.most_bytes / VIEWS);
        let no_values = bars::compress(&[]);
        let no_bars = bars::compress(&bars::pack(&chart));
        let fixed = html::with_packed(&chart, &data, &views, &no_bars, &no_values).len();
        let notes = data.notes.clone();
        loop {
            let packed = pack(&mut lanes, &mut chart, self.source, &self.fields);
            data.grain_ns = lanes.grain_ns();
            let mut of_bars = bars::estimate(&packed.bars);
            let (values, of_values) = packed.choose(self.most_bytes.saturating_sub(fixed + of_bars), of_bars);
            data.notes.clone_from(&notes);
            data.notes
                .extend(note_on_left_out(&packed.values[values.len()..]));
            data.fields = values.iter().map(|(field, _)| field.clone()).collect();
            let is_there = |name: &String| data.fields.iter().any(|of| of.field.name() == name);
            data.color_by = self.color_by.clone().filter(is_there);
            of_bars += of_values;
            let page = || {
                let numbers: Vec<u8> = values.iter().flat_map(|(_, numbers)| numbers).copied().collect();
                let (bars, numbers) = (bars::compress(&packed.bars), bars::compress(&numbers));
                html::with_packed(&chart, &data, &views, &bars, &numbers)
            };
            if fixed + of_bars <= self.most_bytes {
                let page = page();
                if page.len() <= self.most_bytes {
                    return Ok((page, chart, data.fields));
                }
                of_bars = page.len() - fixed;
            }
            // In proportion, but at least one bar in twenty goes each time.
            let bars = lanes.bars();
            let room = self.most_bytes.saturating_sub(fixed);
            let left = (bars as u128 * room as u128 / of_bars.max(1) as u128) as usize;
            if !lanes.coarsen(left.min(bars - bars.div_ceil(20))) {
                return Ok((page(), chart, data.fields));
            }
        }
    }
}

/// What a page has of its lanes.
struct Packed {
    bars: Vec<u8>,
    /// Of each field that any of the bars has a number of.
    values: Vec<(PageField, Vec<u8>)>,
}

impl Packed {
    /// The first fields for which there is room, and about how many bytes they take: all, or else no more than the bars.
    fn choose(&self, room: usize, of_bars: usize) -> (&[(PageField, Vec<u8>)], usize) {
        let mut sum = 0;
        let sums = self.values.iter().map(|(_, numbers)| {
            sum += bars::estimate(numbers);
            sum
        });
        let sums: Vec<usize> = sums.collect();
        let all = sums.last().copied().unwrap_or(0);
        if all <= room {
            return (&self.values, all);
        }
        let number = sums.partition_point(|&sum| sum <= of_bars);
        (
            &self.values[..number],
            number.checked_sub(1).map_or(0, |last| sums[last]),
        )
    }
}

/// That a page has no numbers of these fields.
fn note_on_left_out(fields: &[(PageField, Vec<u8>)]) -> Option<PageNote> {
    let names: Vec<&str> = fields.iter().map(|(of, _)| of.field.name()).collect();
    let which = names.join(", ");
    let text = format!(
        "the numbers of {which} are left out, as the page would be too large; --max-html-size allows more"
    );
    (!names.is_empty()).then(|| PageNote::new(text))
}

/// The bars of the lanes and their values, for a chart whose header says of them how many calls are merged.
fn pack(lanes: &mut NestedLanes, chart: &mut GanttChart, source: &dyn Source, fields: &[usize]) -> Packed {
    lanes.settle_values();
    let lanes = lanes.of_regions(chart, source);
    chart.header.merged = lanes.iter().map(|(_, lane)| lane.merged()).sum();
    let values = fields.iter().enumerate().filter_map(|(place, &index)| {
        let field = source.fields()[index].clone();
        let (low, high) = values::range(&lanes, place)?;
        let colors = ValueColors::new(&field, low, high);
        let field = PageField { index, field, colors };
        Some((field, values::pack(&lanes, place)))
    });
    let values = values.collect();
    let mut packer = Packer::default();
    for (region, lane) in &lanes {
        let head = Head {
            region: *region,
            rank: lane.rank,
            thread: Some(lane.thread),
            depth: lane.depth,
        };
        packer.push(&head, lane.bars(chart.origin_ns));
    }
    Packed {
        bars: packer.finish(),
        values,
    }
}
