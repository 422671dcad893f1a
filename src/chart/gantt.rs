//! The Gantt chart: when each region ran, on which rank and thread.

use super::density::Density;
use super::lane::{RawBar, level_for, offset};
use super::options::GanttOptions;
pub use super::palette::Color;
use super::palette::{OTHERS, Palette};
use super::plan::{ByLane, Plan};
use super::row::RowReducer;
use super::totals::{Totals, for_each_chunk, sum_of};
use crate::analysis::selection::RegionFilter;
use crate::error::{Error, Result};
use crate::profile::{Intervals, Source};
use crate::units;
use std::collections::{BTreeMap, HashSet};

/// What every chart says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The run's label, or the file's name.
    pub title: String,
    /// The number of ranks drawn.
    pub ranks: usize,
    /// The number of threads drawn, over all ranks.
    pub threads: usize,
    /// The number of intervals in the selection.
    pub intervals: u64,
    /// How many of them share a bar with others.
    pub merged: u64,
    /// From the first start to the last end, ns.
    pub wall_ns: i64,
    /// How many consecutive ranks share a lane; 1, or 0 in an empty header, when none do.
    pub ranks_per_lane: usize,
    /// Whether threads that overlap in time share a lane because there were too many.
    pub threads_merged: bool,
    /// How many regions are drawn together as "others".
    pub regions_merged: usize,
}

impl Header {
    /// The header in words, without the title: `4 ranks × 8 threads · 12 345 intervals · 1.25 s`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        let per_rank = self.threads.div_ceil(self.ranks.max(1));
        parts.push(match (self.ranks, self.threads) {
            (ranks, threads) if threads <= ranks => plural(ranks, "rank"),
            (1, threads) => format!("1 rank × {}", plural(threads, "thread")),
            (ranks, threads) if threads % ranks == 0 => {
                format!("{} × {}", plural(ranks, "rank"), plural(per_rank, "thread"))
            }
            (ranks, threads) => format!("{}, {}", plural(ranks, "rank"), plural(threads, "thread")),
        });
        let intervals = if self.intervals == 1 {
            "interval"
        } else {
            "intervals"
        };
        parts.push(format!("{} {intervals}", units::count(self.intervals)));
        parts.push(format!("{} wall time", units::duration(self.wall_ns)));
        parts.join("  ·  ")
    }

    /// What the chart does not show as it was recorded, in words; empty when there is nothing.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.merged > 0 {
            notes.push(format!(
                "{} intervals merged for drawing",
                units::count(self.merged)
            ));
        }
        if self.threads_merged {
            notes.push("the threads of a rank share a lane".into());
        }
        if self.ranks_per_lane > 1 {
            notes.push(format!(
                "{} ranks share a lane, shaded by their mean",
                self.ranks_per_lane
            ));
        }
        if self.regions_merged > 0 {
            notes.push(format!(
                "the {} shortest regions share a lane",
                self.regions_merged
            ));
        }
        notes
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        units::count(n as u64),
        if n == 1 { "" } else { "s" }
    )
}

/// A Gantt chart, ready to be drawn: regions from top to bottom in order of their first start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GanttChart {
    /// What the chart is of.
    pub header: Header,
    /// The time, on the file's clock, that the axis calls 0, ns.
    pub origin_ns: i64,
    /// The length of the time axis, ns; at least 1.
    pub span_ns: i64,
    /// The regions.
    pub regions: Vec<GanttRegion>,
}

/// All lanes of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct GanttRegion {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// By rank, then by thread.
    pub lanes: Vec<Lane>,
}

/// One horizontal lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// The rank, or the first of several that share the lane.
    pub rank: u32,
    /// The last of the ranks that share the lane; the same as `rank` unless
    /// [`Header::ranks_per_lane`] is above 1.
    pub last_rank: u32,
    /// The thread, where the region's threads overlap in time and have a lane each; `None` for a
    /// lane that carries all threads.
    pub thread: Option<u32>,
    /// In order of time, never overlapping.
    pub bars: Vec<Bar>,
}

/// One interval, or several that are too close to be told apart at the chart's resolution.
///
/// Overlapping intervals of one lane (recursion) are one bar that covers them all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Start, ns after the origin.
    pub start_ns: i64,
    /// End, ns after the origin; never before the start.
    pub end_ns: i64,
    /// The share of the bar's time in which the region ran, 0 to 1; 1 for a single interval. In a
    /// lane of several ranks, the mean over them.
    pub busy: f32,
    /// The number of intervals; in a lane of several ranks, of those that begin here, maybe 0.
    pub calls: u32,
}

impl GanttChart {
    /// Reduces the chosen regions and ranks of a source, in one pass.
    ///
    /// An interval that is at least one column wide (see [`GanttOptions::columns`]) is a bar of its
    /// own; shorter ones in the same column share one, which keeps their exact busy time. Threads
    /// of one region and rank have lanes of their own where they overlap in time. When there are
    /// more lanes than [`GanttOptions::max_lanes`], first threads and then ranks share lanes, and
    /// the [`header`](Self::header) says so. An end before its start counts as no length; a time
    /// axis of more than `i64::MAX` ns (292 years) is cut off there.
    ///
    /// Memory is bounded by lanes times columns; `filter` decides what is drawn, whatever
    /// `options` choose.
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the file cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &GanttOptions) -> Result<Self> {
        Reduction::new(source, filter.rows(source)?, options)?.run()
    }
}

/// The state of one pass over a source.
struct Reduction<'a> {
    source: &'a dyn Source,
    options: &'a GanttOptions,
    rows: Vec<usize>,
    totals: Totals,
    plan: Plan,
    columns: u64,
    first_start: i64,
    last_end: i64,
    threads: HashSet<(u32, u32)>,
    header: Header,
    /// First start of each drawn region; `None` is "others".
    starts: BTreeMap<Option<usize>, i64>,
    own: ByLane<OwnLanes>,
    shared: ByLane<Density>,
    /// Lanes of threads in `own`; once too many, none are kept and none are made.
    thread_lanes: usize,
}

/// What a row became that shares its lane with no other.
struct OwnLanes {
    all: (u32, Vec<RawBar>),
    threads: Vec<(u32, (u32, Vec<RawBar>))>,
}

impl<'a> Reduction<'a> {
    fn new(source: &'a dyn Source, rows: Vec<usize>, options: &'a GanttOptions) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::not_found(
                "there is nothing to draw: the profile holds no regions",
            ));
        }
        let mut totals = Totals::stated(source);
        let plan = Plan::new(source, &rows, options.max_lanes, options.max_regions, &mut totals)?;
        Ok(Reduction {
            source,
            options,
            rows,
            totals,
            plan,
            columns: options.columns.into(),
            first_start: i64::MAX,
            last_end: i64::MIN,
            threads: HashSet::new(),
            header: Header::default(),
            starts: BTreeMap::new(),
            own: ByLane::new(),
            shared: ByLane::new(),
            thread_lanes: 0,
        })
    }

    fn run(mut self) -> Result<GanttChart> {
        let mut buffer = Intervals::default();
        for index in std::mem::take(&mut self.rows) {
            self.row(index, &mut buffer)?;
        }
        if self.header.intervals == 0 {
            return Err(Error::not_found(
                "there is nothing to draw: calls of the chosen regions were counted but not timed (time_trace was off)",
            ));
        }
        self.totals.read_missing(self.source)?;
        Ok(self.finish())
    }

    fn level(&self) -> u32 {
        let span = self.last_end.wrapping_sub(self.first_start) as u64;
        if self.first_start > self.last_end {
            0
        } else {
            level_for(span, self.columns)
        }
    }

    fn row(&mut self, index: usize, buffer: &mut Intervals) -> Result<()> {
        let row = &self.source.rows()[index];
        let region = self.plan.region(row.name);
        let shares = self.plan.shares(region);
        let max_threads = if shares || self.header.threads_merged {
            1
        } else {
            self.options.max_lanes
        };
        let mut reducer = RowReducer::new(self.columns, self.level(), max_threads);
        let (mut sum, sums) = (0, self.totals.is_missing(index));
        for_each_chunk(self.source, index, buffer, |chunk| {
            reducer.push_all(chunk);
            if sums {
                sum += sum_of(chunk);
            }
        })?;
        if sums {
            self.totals.set(index, sum);
        }
        if row.intervals == 0 {
            return Ok(());
        }
        self.header.intervals += row.intervals;
        self.first_start = self.first_start.min(reducer.first_start);
        self.last_end = self.last_end.max(reducer.last_end);
        self.threads
            .extend(reducer.threads().iter().map(|&thread| (row.rank, thread)));
        let start = self.starts.entry(region).or_insert(i64::MAX);
        *start = reducer.first_start.min(*start);
        self.header.threads_merged |= reducer.threads_were_merged();

        let key = (region, self.plan.group(row.rank));
        let (all, threads) = reducer.into_lanes();
        if shares {
            self.shared
                .entry(key)
                .or_insert_with(|| Density::new(self.columns))
                .add(all);
            return Ok(());
        }
        let level = self.level();
        let lanes = OwnLanes {
            all: all.finish(level),
            threads: threads
                .into_iter()
                .map(|(thread, lane)| (thread, lane.finish(level)))
                .collect(),
        };
        self.thread_lanes += lanes.threads.len();
        self.own.insert(key, lanes);
        if self.own.len() + self.thread_lanes > self.options.max_lanes && self.thread_lanes > 0 {
            self.header.threads_merged = true;
            self.thread_lanes = 0;
            self.own.values_mut().for_each(|lanes| lanes.threads.clear());
        }
        Ok(())
    }

    fn finish(mut self) -> GanttChart {
        let level = self.level();
        let palette = Palette::from_totals(self.source.names(), &self.totals.by_name(self.source));
        let mut order: Vec<(i64, Option<usize>)> = self
            .starts
            .iter()
            .map(|(&region, &start)| (start, region))
            .collect();
        // "Others" come last: their first start says nothing about any of them.
        order.sort_by_key(|&(start, region)| (region.is_none(), start, region));

        let mut regions = Vec::with_capacity(order.len());
        for (_, region) in order {
            let lanes = self.lanes(region, level);
            let (name, color) = match region {
                Some(name) => (self.source.names()[name].clone(), palette.color(name)),
                None => (format!("{} other regions", self.plan.others()), OTHERS),
            };
            regions.push(GanttRegion { name, color, lanes });
        }
        let bars = regions
            .iter()
            .flat_map(|region| &region.lanes)
            .flat_map(|lane| &lane.bars);
        let merged = bars
            .filter(|bar| bar.calls > 1)
            .map(|bar| u64::from(bar.calls))
            .sum();
        let wall_ns = offset(self.first_start, self.last_end);
        GanttChart {
            header: Header {
                title: self.options.title.clone(),
                ranks: self.plan.ranks(),
                threads: self.threads.len(),
                merged,
                wall_ns,
                ranks_per_lane: self.plan.ranks_per_lane,
                regions_merged: self.plan.others(),
                ..self.header
            },
            origin_ns: self.first_start,
            span_ns: wall_ns.max(1),
            regions,
        }
    }

    /// Takes the lanes of a region, in order of rank and thread.
    fn lanes(&mut self, region: Option<usize>, level: u32) -> Vec<Lane> {
        let (origin, end) = (self.first_start, self.last_end);
        let mut lanes = Vec::new();
        for group in 0..self.plan.ranks().div_ceil(self.plan.ranks_per_lane) {
            let members = self.plan.members(group);
            let (Some(&rank), Some(&last_rank)) = (members.first(), members.last()) else {
                continue;
            };
            let mut push = |thread, bars| {
                lanes.push(Lane {
                    rank,
                    last_rank,
                    thread,
                    bars,
                })
            };
            if let Some(density) = self.shared.remove(&(region, group)) {
                if !density.is_empty() {
                    push(None, density.finish(level, origin, end, members.len()));
                }
            }
            if let Some(own) = self.own.remove(&(region, group)) {
                if own.threads.is_empty() {
                    push(None, bars(own.all, level, origin));
                }
                for (thread, lane) in own.threads {
                    push(Some(thread), bars(lane, level, origin));
                }
            }
        }
        lanes
    }
}

fn bars((at, mut raw): (u32, Vec<RawBar>), level: u32, origin: i64) -> Vec<Bar> {
    if at < level {
        raw.dedup_by(|next, last| last.absorbs(next, level));
    }
    raw.into_iter().map(|bar| bar.to_bar(origin)).collect()
}
