//! The page of a run that is too long to be read while somebody waits: of what its file has stored beside the
//! intervals.
//!
//! Lanes come of [blocks](crate::analysis::windows) and numbers of summaries, so both are exact; how durations are
//! spread comes of the sketches of those. What nothing is stored of is missing: how durations change over the run,
//! tasks, and what spans follow from. Of numbers of calls those of few are [read](super::stored_values). A region has
//! one lane on each rank, as deep as its shallowest calls; windows have each call in its place.

use super::data::{PageData, PageNote};
use super::growing::{MOST_REGIONS, VIEWS};
use super::html::Carried;
use super::json::{self, Served};
use super::stored_values::{self, Chosen, GrowingField};
use super::windows::PageWindows;
use super::{bars, views};
use crate::analysis::pass::{self, Observer, Watch};
use crate::analysis::selection::RegionFilter;
use crate::analysis::windows::GrowingPyramids;
use crate::chart::details::GrowingDetails;
use crate::chart::gantt::nested::NestedPlan;
use crate::chart::subject::Watched;
use crate::chart::{ChartOptions, GanttChart, GrowingFacts, GrowingGantt, Subject};
use crate::error::Result;
use crate::page::tasks::Tasks;
use crate::profile::{Source, StoredSummary};
use crate::units;
use std::collections::HashMap;
use std::sync::Arc;

/// What the page says of itself.
const LEFT_OUT: &str = "too many intervals to be read at once: courses over the run and tasks are left out; the chart \
    timeseries has courses";
/// So many intervals are read all the same.
const MOST_READ: u64 = 4_000_000;
/// So many are read to know better how durations are spread.
const MOST_SPREAD: u64 = 2_000_000;
/// Percentiles that may be off by a larger share say so.
const USUAL_ERROR: f64 = 0.01;

/// The page; none where much would have to be read for it.
pub(super) fn render(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    served: Served,
    watch: Option<&dyn Watch>,
) -> Result<Option<(String, PageWindows)>> {
    let subject = Subject::new(source, filter)?.watched(watch);
    let Some(places) = Places::of(source, subject.rows())? else {
        return Ok(None);
    };
    let mut pyramids = GrowingPyramids::new(source, subject.rows())?;
    if to_read(source, subject.rows(), &pyramids) > MOST_READ {
        return Ok(None);
    }
    let (most_bytes, color_by) = (options.max_page_bytes, options.color_by.clone());
    let options = places.options(options);
    let plan = Arc::new(NestedPlan::new(&subject, MOST_REGIONS)?);
    let mut chart = GrowingGantt::new(&subject, &options)?;
    let fields = Chosen::of(source, subject.rows(), stored_values::MOST_READ);
    let values = fields.read.iter();
    let values = values.map(|&field| GrowingField::new(&subject, field, &options));
    let mut values: Vec<GrowingField<'_>> = values.collect::<Result<_>>()?;
    let (mut details, without_spread) = GrowingDetails::of_stored(&subject, MOST_SPREAD)?;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut observers = facts.observers();
    // The chart has told of the rows that it has blocks of.
    let rows = 0..source.rows().len();
    let takes: Vec<bool> = rows.map(|row| chart.takes_row(row)).collect();
    observers.push(&mut chart);
    observers.push(&mut pyramids);
    observers.push(&mut details);
    observers.extend(values.iter_mut().map(|values| values as &mut dyn Observer));
    let mut watched = watch.map(|watch| Watched { watch, takes });
    observers.extend(watched.as_mut().map(|watched| watched as &mut dyn Observer));
    pass::run(source, &mut observers)?;
    let facts = facts.finish();
    let mut chart = chart.finish(&facts)?;
    places.put(&mut chart);
    let details = details.finish(&facts)?;
    let error = details.relative_error;
    let mut data = PageData::new(source, filter, &facts, details, Tasks::default())?;
    data.served = Some(served);
    data.notes.push(PageNote::new(LEFT_OUT));
    data.notes.extend(note_on_numbers(source, &fields.left_out));
    data.notes.extend(notes_on_spread(error, without_spread));
    let views = views::pack(&data.views, &json::names(&chart, &data), most_bytes / VIEWS);
    let mut packed = Vec::new();
    for values in values {
        let Some((field, mut valued)) = values.finish(&facts)? else {
            continue;
        };
        places.put(&mut valued);
        packed.extend(stored_values::pack(&chart, Some(&valued)));
        data.fields.push(field);
    }
    let is_there = |name: &String| data.fields.iter().any(|of| of.field.name() == name);
    data.color_by = color_by.filter(is_there);
    let indices = data.fields.iter().map(|of| of.index).collect();
    let packed = (!packed.is_empty()).then(|| bars::compress(&packed));
    let page = Carried::new(&chart, &data, views, bars::compress(&bars::pack(&chart)), packed).page();
    chart.regions.iter_mut().for_each(|region| region.lanes.clear());
    let windows = PageWindows::new(plan, chart, pyramids.finish());
    Ok(Some((page, windows.of_stored(places).with_fields(indices))))
}

/// That a page has no colours by the numbers of these fields.
fn note_on_numbers(source: &dyn Source, left_out: &[usize]) -> Option<PageNote> {
    let names: Vec<&str> = left_out
        .iter()
        .map(|&field| source.fields()[field].name())
        .collect();
    let text = format!(
        "too many calls have numbers of {} to be read at once: colours by these are left out; the chart gantt has them",
        names.join(", ")
    );
    (!names.is_empty()).then(|| PageNote::new(text))
}

/// What has to be known of percentiles and histograms.
fn notes_on_spread(error: f64, without: usize) -> Vec<PageNote> {
    let mut notes = Vec::new();
    if error > USUAL_ERROR {
        let percent = (100.0 * error).ceil();
        notes.push(PageNote::new(format!("percentiles are off by up to {percent} %")));
    }
    if without > 0 {
        let regions = units::plural(without as u64, "region");
        let have = if without == 1 { "has" } else { "have" };
        notes.push(PageNote::new(format!(
            "{regions} of many short rows {have} no percentiles here"
        )));
    }
    notes
}

/// The intervals of rows without blocks: they have few calls.
fn to_read(source: &dyn Source, rows: &[usize], pyramids: &GrowingPyramids) -> u64 {
    let rows = rows.iter().filter(|&&row| pyramids.takes_row(row));
    let intervals = rows.map(|&row| source.rows()[row].intervals);
    intervals.fold(0, u64::saturating_add)
}

/// How deep the calls of a region are on a rank, and on which thread where there is only one.
#[derive(Debug)]
pub(super) struct Places(HashMap<(String, u32), (u32, Option<u32>)>);

impl Places {
    /// Of these rows; none where a rank has no summary.
    fn of(source: &dyn Source, chosen: &[usize]) -> Result<Option<Self>> {
        let mut places = HashMap::new();
        let rows: Vec<usize> = (0..source.rows().len()).collect();
        for of_rank in rows.chunk_by(|&a, &b| source.rows()[a].rank == source.rows()[b].rank) {
            let rank = source.rows()[of_rank[0]].rank;
            let Some(summary) = source.summary(rank)? else {
                return Ok(None);
            };
            let is_chosen: Vec<bool> = of_rank
                .iter()
                .map(|row| chosen.binary_search(row).is_ok())
                .collect();
            let thread = only_thread(&summary);
            let mut depths: Vec<u32> = Vec::with_capacity(summary.paths.len());
            for path in &summary.paths {
                let above = path.parent.map_or(0, |parent| {
                    let is_drawn = is_chosen[summary.paths[parent].row];
                    depths[parent] + u32::from(is_drawn)
                });
                depths.push(above);
                let name = source.names()[source.rows()[of_rank[path.row]].name].clone();
                let place = places.entry((name, rank)).or_insert((above, thread));
                place.0 = above.min(place.0);
            }
        }
        Ok(Some(Self(places)))
    }

    /// How a chart is drawn that has a lane for each region and rank.
    pub(super) fn options(&self, options: &ChartOptions) -> ChartOptions {
        let options = options.clone().max_lanes(usize::MAX).max_regions(MOST_REGIONS);
        // Blocks have no values.
        ChartOptions {
            color_by: None,
            ..options
        }
    }

    /// Puts the lanes of a chart in their places.
    pub(super) fn put(&self, chart: &mut GanttChart) {
        for region in &mut chart.regions {
            for lane in &mut region.lanes {
                if let Some(&(depth, thread)) = self.0.get(&(region.name.clone(), lane.rank)) {
                    lane.depth = depth;
                    lane.thread = lane.thread.or(thread);
                }
            }
        }
    }
}

/// The only thread with calls.
fn only_thread(summary: &StoredSummary) -> Option<u32> {
    let mut threads = summary.paths.iter().flat_map(|path| &path.threads);
    let &first = threads.next()?;
    threads.all(|&thread| thread == first).then_some(first)
}
