//! From intervals to the lanes of a Gantt chart, while they stream past.

use super::blocks::FromBlocks;
use super::density::Density;
use super::plan::{ByLane, Plan};
use super::row::RowReducer;
use super::valued::GrowingValues;
use super::{Bar, GanttChart, GanttRegion, Lane};
use crate::analysis::lane::{LaneReducer, RawBar, level_for, offset};
use crate::analysis::metrics::none_has;
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::analysis::windows::Pyramids;
use crate::chart::header::Header;
use crate::chart::moments::{Moments, part_of_run};
use crate::chart::options::ChartOptions;
use crate::chart::palette::OTHERS;
use crate::chart::subject::{Facts, Subject, not_in_window, not_timed};
use crate::chart::value_colors::ValueColors;
use crate::error::Result;
use crate::profile::{Intervals, Source, Window, thread_label};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

impl GanttChart {
    /// Reduces the chosen regions and ranks of a source, in one pass.
    ///
    /// An interval that is at least one column wide (see [`ChartOptions::columns`]) is a bar of its
    /// own; shorter ones in the same column share one, which keeps their exact busy time. Threads
    /// of one region and rank have lanes of their own where they overlap in time. When there are
    /// more lanes than [`ChartOptions::max_lanes`], first threads and then ranks share lanes, and
    /// the [`header`](Self::header) says so. An end before its start counts as no length; a time
    /// axis of more than `i64::MAX` ns (292 years) is cut off there.
    ///
    /// Memory is bounded by lanes times columns; `filter` decides what is drawn, whatever
    /// `options` choose.
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the file cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        let mut growing = GrowingGantt::new(&subject, options)?;
        let facts = subject.observe(&mut [&mut growing])?;
        growing.finish(&facts)
    }
}

/// A [`GanttChart`] that grows while a [pass](crate::analysis::pass) goes on, beside other observers.
pub struct GrowingGantt<'a> {
    source: &'a dyn Source,
    title: String,
    drawn: Vec<bool>,
    moments: Moments,
    plan: Plan,
    columns: u64,
    max_lanes: usize,
    /// Whether lanes are left empty.
    is_outline: bool,
    /// The 0 of the axis, where there is a window, which is what is drawn.
    origin: i64,
    window: Option<Window>,
    first_start: i64,
    last_end: i64,
    /// The rows that are being read.
    open: FxHashMap<usize, RowReducer>,
    threads: HashSet<(u32, u32)>,
    header: Header,
    /// First start of each drawn region; `None` is "others".
    starts: BTreeMap<Option<usize>, i64>,
    own: ByLane<OwnLanes>,
    shared: ByLane<Density>,
    /// Lanes of threads in `own`; once too many, none are kept and none are made.
    thread_lanes: usize,
    /// What bars are coloured by, where that is a field.
    values: Option<GrowingValues>,
}

/// What a row became that shares its lane with no other.
struct OwnLanes {
    all: (u32, Vec<RawBar>),
    threads: Vec<(u32, (u32, Vec<RawBar>))>,
}

impl<'a> GrowingGantt<'a> {
    /// For [`GanttChart::reduce`].
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, no call has the field that bars are to be coloured by, or what has to be known
    /// before cannot be read.
    pub fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let mut this = Self::empty(subject, options, options.window)?;
        let field = options.color_by.as_deref();
        let values = field.map(|field| GrowingValues::new(subject, field, this.window));
        this.values = values.transpose()?;
        this.take_blocks(subject)?;
        Ok(this)
    }

    fn empty(subject: &Subject<'a>, options: &ChartOptions, window: Option<Window>) -> Result<Self> {
        let (source, drawn) = (subject.source(), subject.drawn()?);
        let moments = match window {
            Some(_) => Moments::of_part(subject)?,
            None => Moments::new(subject)?,
        };
        let (origin, end) = moments.axis().unwrap_or((i64::MAX, i64::MIN));
        let window = window
            .map(|window| part_of_run(window, (origin, end)))
            .transpose()?;
        let (first_start, last_end) = window.map_or((origin, end), |of| (of.from_ns(), of.until_ns()));
        Ok(GrowingGantt {
            source,
            title: options.title_for(source),
            drawn,
            moments,
            plan: Plan::new(subject, options.max_lanes, options.max_regions)?,
            columns: options.columns.into(),
            max_lanes: options.max_lanes,
            is_outline: false,
            origin,
            window,
            first_start,
            last_end,
            open: FxHashMap::default(),
            threads: HashSet::new(),
            header: Header::default(),
            starts: BTreeMap::new(),
            own: ByLane::new(),
            shared: ByLane::new(),
            thread_lanes: 0,
            values: None,
        })
    }

    /// As [`new`](Self::new), for header and regions with lanes that somebody else fills.
    #[cfg(feature = "plot")]
    pub(crate) fn outline(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let mut this = GrowingGantt {
            is_outline: true,
            ..Self::empty(subject, options, None)?
        };
        for (row, known) in subject.known_rows()?.iter() {
            let shift = this.moments.shift(this.source.rows()[row].rank);
            let shifted = |time: i64| time.saturating_sub(shift);
            let span = (shifted(known.span_ns.0), shifted(known.span_ns.1));
            let intervals = this.source.rows()[row].intervals;
            let no_bars = LaneReducer::new(this.columns, 0);
            this.drawn[row] = false;
            this.add(
                row,
                RowReducer::reduced(span, &known.threads, intervals, no_bars, None),
            );
        }
        Ok(this)
    }

    /// Takes the rows that the source has stored blocks of, as far as these save most of the reading.
    fn take_blocks(&mut self, subject: &Subject<'_>) -> Result<()> {
        let of_rank = |a: &usize, b: &usize| self.source.rows()[*a].rank == self.source.rows()[*b].rank;
        for rows in subject.rows().chunk_by(of_rank) {
            let pyramids = Pyramids::stored(self.source, rows)?;
            // Blocks have no values.
            let is_valued = |row| self.values.as_ref().is_some_and(|values| values.takes(row));
            let rows: Vec<usize> = rows.iter().copied().filter(|&row| !is_valued(row)).collect();
            for row in rows {
                let from = FromBlocks {
                    source: self.source,
                    pyramids: &pyramids,
                    columns: self.columns,
                    level: self.level(),
                    window: self.window,
                };
                let shift = self.moments.shift(self.source.rows()[row].rank);
                if let Some(reducer) = from.row(row, shift, self.max_threads(row))? {
                    self.drawn[row] = false;
                    self.add(row, reducer);
                    #[cfg(feature = "serve")]
                    if let Some(watch) = subject.watch() {
                        watch.reads(self.source.rows()[row].intervals)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn level(&self) -> u32 {
        let span = self.last_end.wrapping_sub(self.first_start) as u64;
        if self.first_start > self.last_end {
            0
        } else {
            level_for(span, self.columns)
        }
    }

    /// What reduces a row, which begins.
    fn begin(&self, row: usize) -> RowReducer {
        RowReducer::new(self.columns, self.level(), self.max_threads(row), self.window)
    }

    /// How many threads of a row may have lanes of their own.
    fn max_threads(&self, row: usize) -> usize {
        let region = self.plan.region(self.source.rows()[row].name);
        if self.plan.shares(region) || self.header.threads_merged {
            1
        } else {
            self.max_lanes
        }
    }

    /// Takes a row that is read to its end.
    fn add(&mut self, index: usize, mut reducer: RowReducer) {
        let row = &self.source.rows()[index];
        let region = self.plan.region(row.name);
        // Rows before this one may have ended since it began.
        reducer.coarsen_to(self.level());
        if self.header.threads_merged {
            reducer.merge_threads();
        }
        if self.window.is_some() && reducer.calls == 0 {
            return;
        }
        self.header.intervals += match self.window {
            Some(_) => reducer.calls,
            None => row.intervals,
        };
        let shift = self.moments.shift(row.rank);
        let unshifted = |time: i64| time.saturating_add(shift);
        self.moments.see(
            row.rank,
            unshifted(reducer.first_start),
            unshifted(reducer.last_end),
        );
        if self.window.is_none() {
            self.first_start = self.first_start.min(reducer.first_start);
            self.last_end = self.last_end.max(reducer.last_end);
        }
        self.threads
            .extend(reducer.threads().iter().map(|&thread| (row.rank, thread)));
        let start = self.starts.entry(region).or_insert(i64::MAX);
        *start = reducer.first_start.min(*start);
        self.header.threads_merged |= reducer.threads_were_merged();

        let key = (region, self.plan.group(row.rank));
        let level = self.level();
        if let Some(values) = &mut self.values {
            values.end_row(index, key, self.plan.shares(region), level);
        }
        let (all, threads) = reducer.into_lanes();
        if self.plan.shares(region) {
            let columns = self.columns;
            let density = self.shared.entry(key).or_insert_with(|| Density::new(columns));
            density.add(all);
        } else {
            self.add_own(key, all, threads);
        }
    }

    /// Takes the lanes of a row that shares them with no other.
    fn add_own(&mut self, key: (Option<usize>, usize), all: LaneReducer, threads: Vec<(u32, LaneReducer)>) {
        let level = self.level();
        let threads = threads.into_iter();
        let lanes = OwnLanes {
            all: all.finish(level),
            threads: threads
                .map(|(thread, lane)| (thread, lane.finish(level)))
                .collect(),
        };
        self.thread_lanes += lanes.threads.len();
        self.own.insert(key, lanes);
        if self.own.len() + self.thread_lanes > self.max_lanes && self.thread_lanes > 0 {
            self.header.threads_merged = true;
            self.thread_lanes = 0;
            self.own.values_mut().for_each(|lanes| lanes.threads.clear());
        }
    }

    /// The chart, when the pass is over.
    ///
    /// # Errors
    ///
    /// When there was nothing to draw, or names of threads cannot be read.
    pub fn finish(mut self, facts: &Facts) -> Result<GanttChart> {
        if self.header.intervals == 0 {
            return Err(match self.window {
                Some(_) => not_in_window(),
                None => not_timed(self.source),
            });
        }
        let level = self.level();
        let mut order: Vec<Option<usize>> = self.starts.keys().copied().collect();
        order.sort_by_key(|&region| {
            // Of regions that start together the longest first: it is likely to be around the others.
            let total = region.map_or(0, |name| facts.totals[name]);
            // "Others" come last: their first start says nothing about any of them.
            (region.is_none(), self.starts[&region], Reverse(total), region)
        });

        let mut regions = Vec::with_capacity(order.len());
        let mut thread_names = HashMap::new();
        for region in order {
            let mut lanes = self.lanes(region, level);
            self.name_threads(&mut lanes, &mut thread_names)?;
            let (name, color) = match region {
                Some(name) => (self.source.names()[name].clone(), facts.palette.color(name)),
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
        let colors = self.value_colors(&regions)?;
        let origin_ns = self.window.map_or(self.first_start, |_| self.origin);
        let from_ns = offset(origin_ns, self.first_start);
        let span_ns = offset(self.first_start, self.last_end).max(1);
        let wall = self.moments.wall(self.source);
        Ok(GanttChart {
            header: Header {
                title: self.title,
                ranks: self.plan.ranks(),
                threads: self.threads.len(),
                merged,
                wall_ns: wall.ns(),
                is_of_run: wall.is_of_run(),
                own_clocks: wall.has_own_clocks(),
                ranks_per_lane: self.plan.ranks_per_lane,
                regions_merged: self.plan.others(),
                run_notes: facts.notes.clone(),
                ..self.header
            },
            origin_ns,
            from_ns,
            span_ns,
            colors,
            regions,
        })
    }

    /// What the colours of these bars mean, where they are by value.
    fn value_colors(&self, regions: &[GanttRegion]) -> Result<Option<ValueColors>> {
        let Some(values) = &self.values else {
            return Ok(None);
        };
        let lanes = regions.iter().flat_map(|region| &region.lanes);
        let bars = lanes.flat_map(|lane| &lane.bars);
        let colors = ValueColors::of(values.field(), bars.filter_map(|bar| bar.value));
        colors.map(Some).ok_or_else(|| none_has(values.field().name()))
    }

    /// Labels the lanes of single threads.
    fn name_threads(
        &self,
        lanes: &mut [Lane],
        names: &mut HashMap<u32, BTreeMap<u32, String>>,
    ) -> Result<()> {
        for lane in lanes {
            let Some(thread) = lane.thread else { continue };
            let of_rank = match names.entry(lane.rank) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.source.thread_names(lane.rank)?),
            };
            let name = of_rank.get(&thread);
            lane.thread_label = thread_label(thread, name.map(String::as_str));
        }
        Ok(())
    }

    /// Takes the lanes of a region, in order of rank and thread.
    fn lanes(&mut self, region: Option<usize>, level: u32) -> Vec<Lane> {
        let (origin, end) = (self.first_start, self.last_end);
        let after_zero = self.window.map_or(0, |_| offset(self.origin, origin));
        let mut lanes = Vec::new();
        for group in 0..self.plan.ranks().div_ceil(self.plan.ranks_per_lane) {
            let members = self.plan.members(group);
            let (Some(&rank), Some(&last_rank)) = (members.first(), members.last()) else {
                continue;
            };
            let mut push = |thread, mut bars: Vec<Bar>| {
                bars.iter_mut().for_each(|bar| *bar = bar.shifted(after_zero));
                lanes.push(Lane {
                    rank,
                    last_rank,
                    thread,
                    thread_label: String::new(),
                    depth: 0,
                    bars,
                })
            };
            if let Some(density) = self.shared.remove(&(region, group)) {
                if !density.is_empty() {
                    let mut bars = density.finish(level, origin, end, members.len());
                    if let Some(values) = &mut self.values {
                        values.color_shared((region, group), level, (&mut bars, origin));
                    }
                    push(None, bars);
                }
            }
            if let Some(own) = self.own.remove(&(region, group)) {
                let mut colored = |thread, lane| {
                    let mut bars = bars(lane, level, origin);
                    if let Some(values) = &mut self.values {
                        values.color((region, group), thread, level, (&mut bars, origin));
                    }
                    push(thread, bars);
                };
                if own.threads.is_empty() {
                    colored(None, own.all);
                }
                for (thread, lane) in own.threads {
                    colored(Some(thread), lane);
                }
            }
        }
        lanes
    }
}

impl Observer for GrowingGantt<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row]
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let values = self.values.as_ref().filter(|values| values.takes(row));
        values.map(|values| values.field().column()).into_iter().collect()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let shift = self.moments.shift(self.source.rows()[row].rank);
        let mut reducer = match self.open.remove(&row) {
            Some(reducer) => reducer,
            None => self.begin(row),
        };
        if self.is_outline {
            reducer.see_all(chunk, shift);
        } else {
            reducer.push_all(chunk, shift);
        }
        self.open.insert(row, reducer);
        let columns = (self.columns, self.level());
        if let Some(values) = &mut self.values {
            values.chunk(row, chunk, shift, columns);
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        if let Some(reducer) = self.open.remove(&row) {
            self.add(row, reducer);
        }
        Ok(())
    }
}

fn bars((at, mut raw): (u32, Vec<RawBar>), level: u32, origin: i64) -> Vec<Bar> {
    if at < level {
        raw.dedup_by(|next, last| last.absorbs(next, level));
    }
    raw.into_iter().map(|bar| Bar::of(bar, origin)).collect()
}
