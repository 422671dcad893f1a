//! A page that is shown while its file is read: at first without any bar, then with those that have been read by now.
//!
//! The lanes of what has been read are as they will be; the order of regions, and where the axis begins and ends, may
//! change until all of it is. Numbers and the other views come with the whole page.

use super::bars::{self, Head, Packer};
use super::data::{PageData, PageNote, ThreadName};
use super::growing::MOST_REGIONS;
use super::json::{self, Reading, Served};
use super::views::Views;
use super::{html, views};
use crate::analysis::notes;
use crate::analysis::pass::{Observer, RankCall, Watch};
use crate::analysis::selection::RegionFilter;
use crate::chart::gantt::GanttRegion;
use crate::chart::gantt::nested::{GrowingNested, NestedLane, NestedLanes, NestedPlan};
use crate::chart::palette::OTHERS;
use crate::chart::{ChartOptions, GanttChart, Header, Palette, Subject};
use crate::error::{Error, Result};
use crate::profile::{ClockAgreement, Intervals, Source, thread_label};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first picture is made of this share of the intervals; then of twice as much each time, up to [`OFTEN`].
const FIRST: f64 = 1.0 / 256.0;
/// A picture is made at least so often, as a share of the intervals.
const OFTEN: f64 = 1.0 / 32.0;

/// Is told of the share of the intervals that have been read.
type Told = dyn Fn(f64) + Send + Sync;

/// What a page can show while its file is read, by one thread for any number of others.
pub(crate) struct Filling {
    expected: AtomicU64,
    read: AtomicU64,
    is_over: AtomicBool,
    told: Box<Told>,
    /// What is known without reading.
    outline: Outline,
    latest: Mutex<Latest>,
}

/// The latest picture.
struct Latest {
    number: u64,
    /// Whether somebody has seen it: until then there is no need for another.
    is_seen: bool,
    /// The next is made once so much has been read.
    next: f64,
    chart: GanttChart,
    lanes: Vec<u8>,
}

struct Outline {
    header: Header,
    data: PageData,
    names: Vec<String>,
    /// The drawn rows: region and rank.
    rows: Vec<(usize, u32)>,
    /// The total time of each region, where the file states it.
    totals: Option<Vec<i128>>,
    wall_ns: i64,
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = self.share();
        f.debug_struct("Filling")
            .field("share", &share)
            .finish_non_exhaustive()
    }
}

impl Filling {
    /// Of the regions and ranks that a filter chooses. Reads no intervals.
    ///
    /// # Errors
    ///
    /// As [`Subject::new`].
    pub(crate) fn new(
        source: &dyn Source,
        filter: &RegionFilter,
        options: &ChartOptions,
        told: Box<Told>,
    ) -> Result<Self> {
        let outline = Outline::new(source, filter, options)?;
        let (chart, lanes) = outline.picture(source, &NestedLanes::default(), None);
        Ok(Self {
            expected: AtomicU64::new(outline.header.intervals),
            read: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            told,
            outline,
            latest: Mutex::new(Latest {
                number: 0,
                is_seen: false,
                next: FIRST,
                chart,
                lanes,
            }),
        })
    }

    /// The share of the intervals that has been read.
    pub(crate) fn share(&self) -> f64 {
        let (read, expected) = (&self.read, &self.expected);
        let read = read.load(Ordering::Relaxed) as f64;
        (read / expected.load(Ordering::Relaxed).max(1) as f64).min(1.0)
    }

    /// The number of the latest picture.
    pub(crate) fn number(&self) -> u64 {
        self.latest().number
    }

    /// Ends the reading soon.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// The page as it can be by now.
    pub(crate) fn page(&self) -> String {
        let (chart, lanes, number) = {
            let mut latest = self.latest();
            latest.is_seen = true;
            (latest.chart.clone(), latest.lanes.clone(), latest.number)
        };
        let mut data = self.outline.data.clone();
        data.served = Some(Served {
            version: 0,
            follows: false,
            reading: Some(Reading {
                share: self.share(),
                picture: number,
            }),
        });
        let views = views::pack(&data.views, &json::names(&chart, &data), usize::MAX);
        html::with_packed(&chart, &data, &views, &bars::compress(&lanes))
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a picture of the lanes so far, where one is due.
    fn look(&self, source: &dyn Source, plan: &NestedPlan, lanes: &NestedLanes) {
        let share = self.share();
        let is_due = {
            let latest = self.latest();
            share >= latest.next && latest.is_seen
        };
        if !is_due {
            return;
        }
        let (chart, packed) = self.outline.picture(source, lanes, Some(plan));
        let mut latest = self.latest();
        *latest = Latest {
            number: latest.number + 1,
            is_seen: false,
            next: share + share.min(OFTEN),
            chart,
            lanes: packed,
        };
    }
}

impl Watch for Filling {
    fn expects(&self, intervals: u64) {
        self.expected.fetch_add(intervals, Ordering::Relaxed);
    }

    fn reads(&self, intervals: u64) -> Result<()> {
        self.read.fetch_add(intervals, Ordering::Relaxed);
        (self.told)(self.share());
        if self.is_over.load(Ordering::Relaxed) {
            return Err(Error::config("nobody waits for the page any more"));
        }
        Ok(())
    }
}

impl Outline {
    fn new(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        subject.drawn()?;
        let of_row = |&row: &usize| &source.rows()[row];
        let rows: Vec<(usize, u32)> = subject
            .rows()
            .iter()
            .map(of_row)
            .map(|row| (row.name, row.rank))
            .collect();
        let ranks: BTreeSet<u32> = rows.iter().map(|&(_, rank)| rank).collect();
        let intervals = subject.rows().iter().map(of_row).map(|row| row.intervals);
        let mut totals: Option<Vec<i128>> = Some(vec![0; source.names().len()]);
        for row in source.rows() {
            match (&mut totals, row.total_ns) {
                (Some(totals), Some(total)) => totals[row.name] += i128::from(total),
                (Some(_), None) if row.intervals == 0 => {}
                _ => totals = None,
            }
        }
        let all = source.ranks();
        let spans = source.run().spans(&all);
        let own_clocks = source.clocks(&all) == ClockAgreement::Unknown;
        let header = Header {
            title: options.title_for(source),
            ranks: ranks.len(),
            intervals: intervals.fold(0, u64::saturating_add),
            is_of_run: spans.is_some(),
            own_clocks,
            ranks_per_lane: 1,
            run_notes: notes::of(source, filter),
            ..Header::default()
        };
        let spans: Vec<(i64, i64)> = spans.unwrap_or_default().into_values().collect();
        let ends = spans.iter().map(|&(_, end)| end);
        let wall_ns = if own_clocks {
            spans.iter().map(|&(start, end)| end.saturating_sub(start)).max()
        } else {
            let first = spans.iter().map(|&(start, _)| start).min();
            ends.max()
                .zip(first)
                .map(|(end, start)| end.saturating_sub(start))
        };
        let mut data = PageData {
            views: Views::of_run(source),
            notes: header.run_notes.iter().map(PageNote::from).collect(),
            ..PageData::default()
        };
        for &rank in &ranks {
            let names = source.thread_names(rank)?.into_iter();
            data.threads.extend(
                names.map(|(thread, name)| ThreadName::new(rank, thread, thread_label(thread, Some(&name)))),
            );
        }
        Ok(Self {
            header,
            data,
            names: source.names().to_vec(),
            rows,
            totals,
            wall_ns: wall_ns.unwrap_or(0),
        })
    }

    /// The chart without its lanes, and the lanes packed. Rows of which nothing has come yet have an empty one.
    fn picture(
        &self,
        source: &dyn Source,
        lanes: &NestedLanes,
        plan: Option<&NestedPlan>,
    ) -> (GanttChart, Vec<u8>) {
        let is_other = |name: usize| plan.is_some_and(|plan| plan.is_other(name));
        let mut seen: BTreeMap<usize, (i64, i128)> = BTreeMap::new();
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for lane in lanes.all() {
            let Some((start, end, busy)) = lane.extent() else {
                continue;
            };
            (first, last) = (first.min(start), last.max(end));
            if let Some(name) = lane.region() {
                let of_region = seen.entry(name).or_insert((start, 0));
                *of_region = (of_region.0.min(start), of_region.1 + busy);
            }
        }
        let (first, last) = plan.and_then(NestedPlan::axis).unwrap_or((first, last));
        let total = |name: usize| match &self.totals {
            Some(totals) => totals[name],
            None => seen.get(&name).map_or(0, |&(_, busy)| busy),
        };
        let totals: Vec<i128> = (0..self.names.len()).map(total).collect();
        let palette = Palette::from_totals(&self.names, &totals);
        let mut names: Vec<usize> = self
            .rows
            .iter()
            .map(|&(name, _)| name)
            .filter(|&name| !is_other(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.sort_by_key(|&name| {
            (
                seen.get(&name).map_or(i64::MAX, |one| one.0),
                Reverse(totals[name]),
            )
        });
        names.truncate(MOST_REGIONS);
        let region = |&name: &usize| GanttRegion::new(self.names[name].clone(), palette.color(name));
        let mut chart = GanttChart {
            header: self.header.clone(),
            origin_ns: if first <= last { first } else { 0 },
            span_ns: if first <= last {
                last.saturating_sub(first).max(1)
            } else {
                self.wall_ns.max(1)
            },
            regions: names.iter().map(region).collect(),
            ..GanttChart::default()
        };
        chart.header.wall_ns = self.wall_ns;
        if self.rows.iter().any(|&(name, _)| is_other(name)) {
            chart.regions.push(GanttRegion::new("other regions", OTHERS));
        }
        let packed = self.pack(&chart, &names, lanes.of_regions(&chart, source));
        (chart, packed)
    }

    fn pack(&self, chart: &GanttChart, names: &[usize], lanes: Vec<(usize, &NestedLane)>) -> Vec<u8> {
        let known: BTreeSet<(usize, u32)> = lanes.iter().map(|&(region, lane)| (region, lane.rank)).collect();
        let mut places = vec![None; self.names.len()];
        names
            .iter()
            .enumerate()
            .for_each(|(place, &name)| places[name] = Some(place));
        let empty = self
            .rows
            .iter()
            .filter_map(|&(name, rank)| Some((places[name]?, rank)));
        let empty = empty.filter(|row| !known.contains(row)).map(|row| (row, None));
        let lanes = lanes
            .into_iter()
            .map(|(region, lane)| ((region, lane.rank), Some(lane)));
        let mut all: Vec<((usize, u32), Option<&NestedLane>)> = lanes.chain(empty).collect();
        // Those of one region and rank stay in their order.
        all.sort_by_key(|&(row, _)| row);
        let mut packer = Packer::default();
        for ((region, rank), lane) in all {
            let head = Head {
                region,
                rank,
                thread: lane.map(|lane| lane.thread),
                depth: lane.map_or(0, |lane| lane.depth),
            };
            packer.push(
                &head,
                lane.into_iter().flat_map(|lane| lane.bars(chart.origin_ns)),
            );
        }
        packer.finish()
    }
}

/// Lanes that grow, of which there is a picture now and then.
pub(super) struct WatchedLanes<'a> {
    source: &'a dyn Source,
    plan: std::sync::Arc<NestedPlan>,
    pub(super) lanes: GrowingNested<'a>,
    pub(super) filling: Option<&'a Filling>,
}

impl<'a> WatchedLanes<'a> {
    pub(super) fn new(
        source: &'a dyn Source,
        plan: std::sync::Arc<NestedPlan>,
        lanes: GrowingNested<'a>,
    ) -> Self {
        Self {
            source,
            plan,
            lanes,
            filling: None,
        }
    }

    fn have_grown(&self, calls: usize) -> Result<()> {
        let Some(filling) = self.filling else {
            return Ok(());
        };
        filling.look(self.source, &self.plan, self.lanes.so_far());
        filling.reads(calls as u64)
    }
}

impl Observer for WatchedLanes<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.lanes.takes_row(row)
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        self.lanes.columns(row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        self.lanes.chunk(row, chunk)?;
        self.have_grown(chunk.len())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.lanes.end_row(row)
    }

    fn takes_rank(&self, rank: u32) -> bool {
        self.lanes.takes_rank(rank)
    }

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        self.lanes.begin_rank(rank, rows)
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        self.lanes.calls(calls)?;
        self.have_grown(calls.len())
    }

    fn end_rank(&mut self, rank: u32) -> Result<()> {
        self.lanes.end_rank(rank)
    }
}
