//! Lanes for each thread and depth of nesting, as fine as a number of bars allows.
//!
//! A call lies one deeper than the deepest call of its thread that is still open when it begins, so calls of one depth
//! never overlap, be they nested, recursive, or neither. Depth counts what is drawn: what a filter leaves out takes no
//! room.

mod lanes;

pub(crate) use lanes::{NestedLane, NestedLanes};

use super::plan::Plan;
use super::value_lane::ValueLane;
use crate::analysis::lane::LaneReducer;
use crate::analysis::pass::{Observer, RankCall};
use crate::analysis::threads::ThreadIndex;
use crate::chart::call_numbers::CallNumbers;
use crate::chart::moments::Moments;
use crate::chart::subject::Subject;
use crate::error::Result;
use crate::profile::{Intervals, Row, Source};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Columns are made coarser by [`NestedLanes::coarsen`], not because a lane grows long.
const ANY_COLUMNS: u64 = 1 << 62;
/// The region of lanes that stand for the smallest regions together.
const OTHERS: u32 = u32::MAX;

/// What is decided of the lanes of a subject before anything is read. It is good for any part of its time.
#[derive(Debug)]
pub(crate) struct NestedPlan {
    drawn: Vec<bool>,
    /// Those whose calls have to come in one order to be nested.
    ranks: BTreeSet<u32>,
    moments: Moments,
    plan: Plan,
    /// By row: as deep are all of its calls. They need not be merged with those of other rows; a rank has all of its
    /// drawn rows here or none.
    depths: FxHashMap<usize, u32>,
}

impl NestedPlan {
    /// `max_regions` as for the chart beside it.
    pub(crate) fn new(subject: &Subject<'_>, max_regions: usize) -> Result<Self> {
        let rows = subject.source().rows();
        let plan = Plan::new(subject, usize::MAX, max_regions)?;
        let known = subject.known_rows()?;
        let mut ranks = BTreeSet::new();
        let mut depths = FxHashMap::default();
        for of_rank in subject.rows().chunk_by(|&a, &b| rows[a].rank == rows[b].rank) {
            let depth = |&row: &usize| {
                let depth = known.get(row).and_then(|known| known.depth);
                // Where regions share a lane, their calls are in no order.
                let is_alone = plan.region(rows[row].name).is_some();
                depth
                    .filter(|_| is_alone)
                    .or((rows[row].intervals == 0).then_some(0))
            };
            match of_rank.iter().map(depth).collect::<Option<Vec<u32>>>() {
                Some(of_rows) => depths.extend(of_rank.iter().copied().zip(of_rows)),
                None => drop(ranks.insert(rows[of_rank[0]].rank)),
            }
        }
        Ok(Self {
            drawn: subject.drawn()?,
            ranks,
            moments: Moments::new(subject)?,
            plan,
            depths,
        })
    }

    /// The rows that are drawn, as indices into [`Source::rows`].
    #[cfg(feature = "serve")]
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let drawn = self.drawn.iter().enumerate();
        drawn.filter(|(_, is_drawn)| **is_drawn).map(|(row, _)| row)
    }

    /// Whether a region, an index into [`Source::names`], is drawn as one of the smallest, which stand together.
    #[cfg(feature = "serve")]
    pub(crate) fn is_other(&self, name: usize) -> bool {
        self.plan.region(name).is_none()
    }

    /// The first and the last moment of the axis, where they are known before intervals are read.
    #[cfg(feature = "serve")]
    pub(crate) fn axis(&self) -> Option<(i64, i64)> {
        self.moments.axis()
    }

    /// What to take from the times of a rank, ns.
    #[cfg(feature = "serve")]
    pub(crate) fn shift(&self, rank: u32) -> i64 {
        self.moments.shift(rank)
    }
}

/// The lanes while a [pass](crate::analysis::pass) goes on.
pub(crate) struct GrowingNested<'a> {
    source: &'a dyn Source,
    plan: Arc<NestedPlan>,
    /// What the rank that is being read has.
    rank: RankLanes,
    /// The lanes of rows that are being read by themselves: by row its threads, and the place of the lane of each.
    rows: FxHashMap<usize, (ThreadIndex, Vec<usize>)>,
    lanes: NestedLanes,
    numbers: CallNumbers<'a>,
    /// Bars beyond which columns are made coarser.
    most_bars: usize,
    /// No more bars than this.
    bars_at_most: usize,
}

#[derive(Default)]
struct RankLanes {
    rank: u32,
    /// The lanes of the ranks before.
    lanes_before: usize,
    shift: i64,
    /// By row of the rank: its region, an index into [`Source::names`] or [`OTHERS`]; none is not drawn.
    regions: Vec<Option<u32>>,
    /// By row of the rank: its place among all.
    rows: Vec<usize>,
    threads: ThreadIndex,
    /// By thread and depth, when the latest call ends.
    ends: Vec<Vec<i64>>,
    /// By region, thread and depth: which of the lanes it is.
    places: FxHashMap<(u32, u32, u32), usize>,
    /// The same by thread, depth and row, one after the other, as far as it takes little room.
    shallow: Vec<u32>,
}

/// Rows and depths whose places are also looked up in a table.
const SHALLOW_ROWS: usize = 256;
const SHALLOW: usize = 8;
/// No place yet.
const NOWHERE: u32 = u32::MAX;

impl RankLanes {
    /// The place of a call in the table; none where it has none yet or is not in it.
    #[inline]
    fn place(&self, row: usize, thread: usize, depth: usize) -> Option<usize> {
        let &place = self.shallow.get(self.shallow_at(row, thread, depth)?)?;
        (place != NOWHERE).then_some(place as usize)
    }

    /// Where in the table a place is.
    #[inline]
    fn shallow_at(&self, row: usize, thread: usize, depth: usize) -> Option<usize> {
        let rows = self.regions.len();
        (depth < SHALLOW && rows <= SHALLOW_ROWS).then_some((thread * SHALLOW + depth) * rows + row)
    }

    fn set_place(&mut self, row: usize, thread: usize, depth: usize, place: usize) {
        let at = self.shallow_at(row, thread, depth);
        let Some((at, place)) = at.zip(u32::try_from(place).ok()) else {
            return;
        };
        if self.shallow.len() <= at {
            let of_thread = SHALLOW * self.regions.len();
            self.shallow.resize((thread + 1) * of_thread, NOWHERE);
        }
        self.shallow[at] = place;
    }
}

impl<'a> GrowingNested<'a> {
    /// Of the source of the plan, or a part of its intervals; at most about `most_bars` bars are kept. From the start
    /// only calls shorter than 2^`level` ns share a bar.
    pub(crate) fn new(source: &'a dyn Source, plan: Arc<NestedPlan>, most_bars: usize, level: u32) -> Self {
        Self {
            source,
            plan,
            rank: RankLanes::default(),
            rows: FxHashMap::default(),
            lanes: NestedLanes {
                level,
                ..NestedLanes::default()
            },
            numbers: CallNumbers::new(source, Vec::new()),
            most_bars,
            bars_at_most: 0,
        }
    }

    /// The same with the numbers of calls in these fields, as indices into [`Source::fields`].
    pub(crate) fn with_fields(self, fields: Vec<usize>) -> Self {
        let numbers = CallNumbers::new(self.source, fields);
        Self { numbers, ..self }
    }

    /// The lanes, when the pass is over.
    pub(crate) fn finish(mut self) -> NestedLanes {
        self.lanes.lanes.iter_mut().for_each(|lane| lane.reducer.close());
        self.lanes.ranges = self.numbers.into_ranges();
        self.lanes
    }

    /// The lanes as far as they have come; the latest call of each may be missing.
    #[cfg(feature = "serve")]
    pub(crate) fn so_far(&self) -> &NestedLanes {
        &self.lanes
    }

    fn push(&mut self, call: &RankCall) {
        let rank = &mut self.rank;
        let Some(region) = rank.regions[call.row] else {
            return;
        };
        let (start, end) = (call.start, call.end.max(call.start));
        let thread = rank.threads.of(call.thread);
        if rank.ends.len() <= thread {
            rank.ends.resize(thread + 1, Vec::new());
        }
        let ends = &mut rank.ends[thread];
        while ends.last().is_some_and(|&end| end <= start) {
            ends.pop();
        }
        let depth = ends.len();
        ends.push(end);
        let place = match rank.place(call.row, thread, depth) {
            Some(place) => place,
            None => self.find_or_add(call, region, thread, depth),
        };
        let shift = self.rank.shift;
        let shifted = |time: i64| time.saturating_sub(shift);
        let (start, end) = (shifted(start), shifted(end));
        self.lanes.lanes[place].reducer.push(start, end);
        if let Some(values) = &mut self.lanes.lanes[place].values {
            let numbers = self.numbers.next(self.rank.rows[call.row]);
            values.push(start, end, numbers);
        }
    }

    /// The lane of a region on a thread at a depth.
    fn find_or_add(&mut self, call: &RankCall, region: u32, thread: usize, depth: usize) -> usize {
        let (rank, fields) = (self.rank.rank, self.numbers.fields());
        let depth_number = u32::try_from(depth).unwrap_or(u32::MAX);
        let lanes = &mut self.lanes;
        let key = (region, thread as u32, depth_number);
        let place = *self.rank.places.entry(key).or_insert_with(|| {
            lanes.lanes.push(NestedLane {
                region,
                rank,
                thread: call.thread,
                depth: depth_number,
                reducer: LaneReducer::new(ANY_COLUMNS, lanes.level),
                values: value_lane(fields, lanes.level),
            });
            lanes.lanes.len() - 1
        });
        self.rank.set_place(call.row, thread, depth, place);
        place
    }

    /// Takes the next calls of a row that are all as deep.
    fn push_row(&mut self, row: usize, depth: u32, chunk: &Intervals) {
        let Row { rank, name, .. } = self.source.rows()[row];
        let shift = self.plan.moments.shift(rank);
        let shifted = |time: i64| time.saturating_sub(shift);
        let fields = self.numbers.fields();
        let numbers = self.numbers.of(row, chunk);
        let mut numbers = numbers.chunks(fields.max(1));
        let (threads, places) = self.rows.entry(row).or_default();
        let lanes = &mut self.lanes;
        let mut calls = chunk.iter();
        for same in chunk.threads().chunk_by(|one, next| one == next) {
            let slot = threads.of(same[0]);
            if slot == places.len() {
                places.push(lanes.lanes.len());
                lanes.lanes.push(NestedLane {
                    region: u32::try_from(name).unwrap_or(OTHERS),
                    rank,
                    thread: same[0],
                    depth,
                    reducer: LaneReducer::new(ANY_COLUMNS, lanes.level),
                    values: value_lane(fields, lanes.level),
                });
            }
            let NestedLane { reducer, values, .. } = &mut lanes.lanes[places[slot]];
            let calls = calls.by_ref().take(same.len());
            let mut times = calls.map(|call| (shifted(call.start_ns), shifted(call.end_ns)));
            if let Some(values) = values {
                let times: Vec<(i64, i64)> = times.collect();
                for (&(start, end), numbers) in times.iter().zip(numbers.by_ref()) {
                    values.push(start, end, numbers.iter().copied());
                }
                reducer.push_each(times.into_iter());
            } else {
                reducer.push_each(times.by_ref());
            }
        }
    }

    /// Each call adds at most one bar, so they need to be counted now and then only.
    fn keep_few(&mut self, calls: usize) {
        self.bars_at_most += calls;
        if self.bars_at_most > self.most_bars {
            self.bars_at_most = self.lanes.bars();
            // Most of them stay, and it need not be done again soon.
            if self.bars_at_most > self.most_bars / 8 * 7 {
                self.lanes.coarsen(self.most_bars / 4 * 3);
                self.bars_at_most = self.lanes.bars();
            }
        }
    }
}

impl Observer for GrowingNested<'_> {
    fn takes_row(&self, row: usize) -> bool {
        let has_numbers = || self.plan.drawn[row] && self.numbers.has(row);
        self.plan.depths.contains_key(&row) || has_numbers()
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        self.numbers.columns(row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        if !self.plan.depths.contains_key(&row) {
            self.numbers.take(row, chunk);
        }
        if let Some(&depth) = self.plan.depths.get(&row) {
            self.push_row(row, depth, chunk);
            self.keep_few(chunk.len());
        }
        Ok(())
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        let (_, places) = self.rows.remove(&row).unwrap_or_default();
        places
            .into_iter()
            .for_each(|at| self.lanes.lanes[at].reducer.shrink());
        Ok(())
    }

    fn takes_rank(&self, rank: u32) -> bool {
        self.plan.ranks.contains(&rank)
    }

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        let regions = rows.iter().map(|&row| {
            let region = self.plan.plan.region(self.source.rows()[row].name);
            let region = region.map_or(OTHERS, |name| u32::try_from(name).unwrap_or(OTHERS));
            self.plan.drawn[row].then_some(region)
        });
        self.rank = RankLanes {
            rank,
            lanes_before: self.lanes.lanes.len(),
            shift: self.plan.moments.shift(rank),
            regions: regions.collect(),
            rows: rows.to_vec(),
            ..RankLanes::default()
        };
        Ok(())
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        calls.iter().for_each(|call| self.push(call));
        self.keep_few(calls.len());
        Ok(())
    }

    fn end_rank(&mut self, _: u32) -> Result<()> {
        self.numbers.clear();
        let of_rank = &mut self.lanes.lanes[self.rank.lanes_before..];
        of_rank.iter_mut().for_each(|lane| lane.reducer.shrink());
        Ok(())
    }
}

fn value_lane(fields: usize, level: u32) -> Option<ValueLane> {
    (fields > 0).then(|| ValueLane::new(fields, ANY_COLUMNS, level))
}

#[cfg(test)]
mod tests;
