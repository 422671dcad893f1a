//! Timelines while a pass goes on.

use super::innermost::Innermost;
use super::nested::Nested;
use super::strip::RawPiece;
use super::tasks::GrowingTasks;
use super::valued::{ByCall, ColoredBy};
use super::{LaneOf, Piece, Timeline, TimelineLane, TimelineRegion};
use crate::analysis::lane::{level_for, offset};
use crate::analysis::pass::{MOST_INTERLEAVED, Observer, RankCall};
use crate::chart::header::Header;
use crate::chart::list::{Chart, GrowingChart};
use crate::chart::moments::{Moments, part_of_run};
use crate::chart::options::{ChartOptions, Lanes as Order};
use crate::chart::subject::{Facts, Subject, no_length, not_in_window, not_timed};
use crate::error::Result;
use crate::profile::{Interval, Intervals, Source, Window, thread_label};
use crate::render::Figure;
use crate::units;
use rustc_hash::FxHashSet;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// More lanes of ranks than these are too thin: neighbouring ranks share one.
const MOST_LANES: usize = 600;
/// The time axis is kept in at least so many columns, and less than twice as many; of many lanes in fewer.
const COLUMNS: u64 = 2048;
const FEW_COLUMNS: u64 = 1024;
const MANY_LANES: usize = 128;

/// The flame chart in the list of charts.
pub(in crate::chart) struct FlameChart;

impl Chart for FlameChart {
    fn name(&self) -> &'static str {
        "flamechart"
    }

    fn about(&self) -> &'static str {
        "what each thread did when: nested calls below those around them"
    }

    fn file_stem(&self) -> &'static str {
        "flame_chart"
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        observe(subject, options, Order::Thread)
    }
}

/// Begins the timeline with a lane for each rank, thread or task.
pub(in crate::chart) fn observe<'a>(
    subject: &Subject<'a>,
    options: &ChartOptions,
    order: Order,
) -> Result<Box<dyn GrowingChart + 'a>> {
    Ok(Box::new(Growing::new(subject, options, order)?))
}

/// A timeline while a pass goes on.
pub(super) enum Growing<'a> {
    Calls(GrowingTimeline<'a>),
    Tasks(GrowingTasks<'a>),
}

impl<'a> Growing<'a> {
    pub(super) fn new(subject: &Subject<'a>, options: &ChartOptions, order: Order) -> Result<Self> {
        let run = Run::new(subject, options)?;
        let ranks_per_lane = run.ranks.len().div_ceil(options.max_lanes.min(MOST_LANES));
        let many = run.ranks.len() > MANY_LANES;
        let columns = if many { FEW_COLUMNS } else { COLUMNS };
        let level = run.level(columns);
        let lanes: Box<dyn Lanes> = match order {
            Order::Task => return Ok(Self::Tasks(GrowingTasks::new(run, subject)?)),
            Order::Rank => Box::new(Innermost::new(columns, level, run.ranks.clone(), ranks_per_lane)),
            _ => Box::new(Nested::new(columns, level)),
        };
        Ok(Self::Calls(GrowingTimeline {
            values: run.colored_by.as_ref().map(ColoredBy::numbers),
            run,
            columns,
            regions: Vec::new(),
            shift: 0,
            rank: 0,
            lanes,
        }))
    }

    pub(super) fn observer(&mut self) -> &mut dyn Observer {
        match self {
            Self::Calls(growing) => growing,
            Self::Tasks(growing) => growing,
        }
    }

    pub(super) fn finish(self, facts: &Facts) -> Result<Timeline> {
        match self {
            Self::Calls(growing) => growing.finish(facts),
            Self::Tasks(growing) => growing.finish(facts),
        }
    }
}

impl GrowingChart for Growing<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self.observer()]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new((*self).finish(facts)?))
    }
}

/// A call, on the time axis of its rank.
pub(super) struct Call {
    /// An index into [`Source::names`].
    pub(super) region: u32,
    pub(super) thread: u32,
    pub(super) start: i64,
    pub(super) end: i64,
    /// The number that it is coloured by, where that is one.
    pub(super) value: Option<f64>,
}

/// Takes the calls of one rank after the other.
pub(super) trait Lanes {
    fn begin_rank(&mut self, rank: u32);

    /// Takes the next call, in order of start.
    fn call(&mut self, call: &Call);

    fn end_rank(&mut self);

    /// The lanes, with columns of at least 2^level ns; what is not drawn is said in the header of the timeline.
    fn finish(self: Box<Self>, level: u32, timeline: &mut Timeline) -> Vec<RawLane>;
}

/// A lane with times on the clock of the file.
pub(super) struct RawLane {
    pub(super) of: LaneOf,
    pub(super) rows: Vec<Vec<RawPiece>>,
    pub(super) life: Option<(i64, i64)>,
    /// Of a life, the value that it ends with.
    pub(super) value: Option<f64>,
}

/// What all timelines have to know of the run.
pub(super) struct Run<'a> {
    pub(super) source: &'a dyn Source,
    title: String,
    /// Of each row of the source, whether it is drawn.
    pub(super) drawn: Vec<bool>,
    /// In order.
    ranks: Vec<u32>,
    moments: Moments,
    /// The 0 of the axis.
    origin: i64,
    /// What is drawn of the run, on the clock of the axis.
    pub(super) window: Option<Window>,
    /// Where colours are not those of regions.
    pub(super) colored_by: Option<ColoredBy<'a>>,
    /// From the first to the last moment that is drawn, as far as they are known.
    axis: (i64, i64),
    threads: FxHashSet<(u32, u32)>,
    last_thread: Option<(u32, u32)>,
    intervals: u64,
    in_window: u64,
}

impl<'a> Run<'a> {
    fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let (source, drawn) = (subject.source(), subject.drawn()?);
        let rows = || subject.rows().iter().map(|&row| &source.rows()[row]);
        let intervals = rows().map(|row| row.intervals).sum();
        if intervals == 0 {
            return Err(not_timed(source));
        }
        let ranks: BTreeSet<u32> = rows().map(|row| row.rank).collect();
        let field = options.color_by.as_deref();
        let colored_by = field.map(|field| ColoredBy::new(subject, field)).transpose()?;
        let moments = match options.window {
            Some(_) => Moments::of_part(subject)?,
            None => Moments::new(subject)?,
        };
        let (origin, end) = moments.axis().unwrap_or((i64::MAX, i64::MIN));
        let window = options.window.map(|window| part_of_run(window, (origin, end)));
        let window = window.transpose()?;
        Ok(Self {
            source,
            title: options.title_for(source),
            drawn,
            ranks: ranks.into_iter().collect(),
            origin,
            axis: window.map_or((origin, end), |of| (of.from_ns(), of.until_ns())),
            window,
            colored_by,
            moments,
            threads: FxHashSet::default(),
            last_thread: None,
            intervals,
            in_window: 0,
        })
    }

    /// The level at which the axis, as far as it is known, has few columns.
    pub(super) fn level(&self, columns: u64) -> u32 {
        if self.axis.0 > self.axis.1 {
            return 0;
        }
        level_for(self.axis.1.wrapping_sub(self.axis.0) as u64, columns)
    }

    /// What to take from the times of a rank.
    pub(super) fn shift(&self, rank: u32) -> i64 {
        self.moments.shift(rank)
    }

    /// Takes note of a thread.
    #[inline]
    pub(super) fn see_thread(&mut self, rank: u32, thread: u32) {
        let thread = Some((rank, thread));
        if thread != self.last_thread {
            self.last_thread = thread;
            self.threads.extend(thread);
        }
    }

    /// What is drawn of an interval.
    #[inline]
    pub(super) fn cut(&mut self, interval: Interval) -> Option<Interval> {
        let Some(window) = self.window else {
            return Some(interval);
        };
        let part = window.cut(interval)?;
        self.in_window += 1;
        Some(part)
    }

    /// Takes note of the first start and the last end of some calls, from which `shift` was taken.
    pub(super) fn see_span(&mut self, rank: u32, shift: i64, (first, last): (i64, i64)) {
        if self.window.is_some() {
            return;
        }
        self.axis = (self.axis.0.min(first), self.axis.1.max(last));
        self.origin = self.axis.0;
        let unshifted = |time: i64| time.saturating_add(shift);
        self.moments.see(rank, unshifted(first), unshifted(last));
    }

    /// Everything but the lanes.
    pub(super) fn outline(&self) -> Timeline {
        Timeline {
            from_ns: offset(self.origin, self.axis.0),
            span_ns: offset(self.axis.0, self.axis.1).max(1),
            ..Timeline::default()
        }
    }

    /// The chart with these lanes.
    pub(super) fn finish(
        self,
        mut timeline: Timeline,
        lanes: Vec<RawLane>,
        facts: &Facts,
    ) -> Result<Timeline> {
        let mut busy: BTreeMap<u32, u64> = BTreeMap::new();
        for piece in lanes.iter().flat_map(|lane| lane.rows.iter().flatten()) {
            *busy.entry(piece.region).or_default() += piece.busy;
        }
        if busy.is_empty() {
            return Err(self.window.map_or_else(no_length, |_| not_in_window()));
        }
        let mut order: Vec<(u32, u64)> = busy.into_iter().collect();
        order.sort_by_key(|&(region, ns)| (std::cmp::Reverse(ns), region));
        let places: BTreeMap<u32, usize> = order
            .iter()
            .enumerate()
            .map(|(place, of)| (of.0, place))
            .collect();
        let regions = order.iter().map(|&(region, busy_ns)| TimelineRegion {
            name: self.source.names()[region as usize].clone(),
            color: facts.palette.color(region as usize),
            busy_ns,
        });
        timeline.regions = regions.collect();
        let origin = self.origin;
        let mut names = BTreeMap::new();
        for lane in lanes {
            let of = labelled(lane.of, self.source, &mut names)?;
            let rows = lane.rows.iter().map(|row| {
                let pieces = row
                    .iter()
                    .map(|piece| on_axis(piece, places[&piece.region], origin));
                pieces.collect()
            });
            timeline.lanes.push(TimelineLane {
                of,
                rows: rows.collect(),
                life_ns: lane
                    .life
                    .map(|(start, end)| (offset(origin, start), offset(origin, end))),
                life_value: lane.value,
            });
        }
        let pieces = || timeline.lanes.iter().flat_map(|lane| lane.rows.iter().flatten());
        let colored_by = self.colored_by.as_ref();
        let colors = colored_by.map(|by| by.colors(pieces())).transpose()?;
        let merged = pieces()
            .filter(|piece| piece.calls > 1)
            .map(|piece| u64::from(piece.calls));
        let merged = merged.sum();
        timeline.colors = colors;
        let wall = self.moments.wall(self.source);
        timeline.header = Header {
            title: self.title,
            ranks: self.ranks.len(),
            threads: self.threads.len(),
            intervals: self.window.map_or(self.intervals, |_| self.in_window),
            merged,
            wall_ns: wall.ns(),
            is_of_run: wall.is_of_run(),
            own_clocks: wall.has_own_clocks(),
            run_notes: facts.notes.clone(),
            ..timeline.header
        };
        Ok(timeline)
    }
}

/// With the label of the thread, where it is a lane of one.
fn labelled(
    of: LaneOf,
    source: &dyn Source,
    names: &mut BTreeMap<u32, BTreeMap<u32, String>>,
) -> Result<LaneOf> {
    let LaneOf::Thread(rank, thread, _) = of else {
        return Ok(of);
    };
    let of_rank = match names.entry(rank) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(source.thread_names(rank)?),
    };
    let name = of_rank.get(&thread);
    let label = thread_label(thread, name.map(String::as_str));
    Ok(LaneOf::Thread(rank, thread, label))
}

fn on_axis(piece: &RawPiece, region: usize, origin: i64) -> Piece {
    let length = piece.end.wrapping_sub(piece.start) as u64;
    Piece {
        region,
        start_ns: offset(origin, piece.start),
        end_ns: offset(origin, piece.end),
        busy: if length == 0 {
            1.0
        } else {
            (piece.busy as f64 / length as f64).min(1.0) as f32
        },
        calls: piece.calls,
        value: piece.value.get(),
    }
}

/// A lane for each rank or thread.
pub(super) struct GrowingTimeline<'a> {
    run: Run<'a>,
    columns: u64,
    /// The rank that is being read: by row of it the region, if it is drawn, and what to take from its times.
    regions: Vec<Option<u32>>,
    rank: u32,
    shift: i64,
    lanes: Box<dyn Lanes + 'a>,
    /// What calls are coloured by, where that is not their region.
    values: Option<ByCall<'a>>,
}

impl Observer for GrowingTimeline<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.values.as_ref().is_some_and(|values| values.takes(row))
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let column = self.values.as_ref().and_then(|values| values.column(row));
        column.into_iter().collect()
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if let Some(values) = &mut self.values {
            values.take(row, chunk);
        }
        Ok(())
    }

    fn takes_rank(&self, rank: u32) -> bool {
        self.run.ranks.binary_search(&rank).is_ok()
    }

    fn begin_rank(&mut self, rank: u32, rows_of_rank: &[usize]) -> Result<()> {
        let rows = rows_of_rank.iter().map(|&row| {
            let name = self.run.source.rows()[row].name;
            self.run.drawn[row].then(|| u32::try_from(name).unwrap_or(u32::MAX))
        });
        self.regions = rows.collect();
        (self.rank, self.shift) = (rank, self.run.shift(rank));
        self.lanes.begin_rank(rank);
        if let Some(values) = &mut self.values {
            values.begin_rank(rows_of_rank);
        }
        Ok(())
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        let mut span = (i64::MAX, i64::MIN);
        for call in calls {
            let Some(region) = self.regions[call.row] else {
                continue;
            };
            // Also of a call that is outside of the window, so that the next one does not get it.
            let value = self.values.as_mut().and_then(|values| values.next(call));
            let shifted = |time: i64| time.saturating_sub(self.shift);
            let interval = Interval {
                start_ns: shifted(call.start),
                end_ns: shifted(call.end.max(call.start)),
                thread: call.thread,
            };
            let Some(interval) = self.run.cut(interval) else {
                continue;
            };
            let call = Call {
                region,
                thread: interval.thread,
                start: interval.start_ns,
                end: interval.end_ns,
                value,
            };
            span = (span.0.min(call.start), span.1.max(call.end));
            self.run.see_thread(self.rank, call.thread);
            self.lanes.call(&call);
        }
        if span.0 <= span.1 {
            self.run.see_span(self.rank, self.shift, span);
        }
        Ok(())
    }

    fn end_rank(&mut self, _: u32) -> Result<()> {
        self.lanes.end_rank();
        if let Some(values) = &mut self.values {
            values.end_rank();
        }
        Ok(())
    }
}

impl GrowingTimeline<'_> {
    fn finish(self, facts: &Facts) -> Result<Timeline> {
        let level = self.run.level(self.columns);
        let mut timeline = self.run.outline();
        let lanes = self.lanes.finish(level, &mut timeline);
        let without = self.values.as_ref().map_or(0, ByCall::without);
        if without > 0 {
            let ranks = units::plural(without as u64, "rank");
            timeline.header.not_drawn.push(format!(
                "values of {ranks} with more than {MOST_INTERLEAVED} regions not drawn; lanes of regions have them"
            ));
        }
        self.run.finish(timeline, lanes, facts)
    }
}
