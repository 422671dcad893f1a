//! A lane for each thread, with the calls inside others in rows below them.

use super::growing::{Call, Lanes, RawLane};
use super::strip::Strip;
use super::{LaneOf, Timeline};
use crate::analysis::threads::ThreadIndex;
use crate::units;

/// More lanes than these are too low to be seen: the threads after them are left out.
const MOST_LANES: usize = 300;
/// So many rows can be seen: the innermost calls are left out where there are more.
const MOST_ROWS: usize = 400;
/// Rows that are kept until it is known which of them can be seen.
const MOST_KEPT: usize = 2_000;
/// Calls inside so many others of their thread are left out.
const MOST_DEPTH: usize = 64;

pub(super) struct Nested {
    columns: u64,
    level: u32,
    lanes: Vec<NestedLane>,
    rows: usize,
    /// The rank that is being read, the lanes before it, and its threads.
    rank: u32,
    before: usize,
    threads: ThreadIndex,
    /// By thread of the rank, whether it has a lane.
    has_lane: Vec<bool>,
    left_out: usize,
    too_deep: u64,
}

struct NestedLane {
    rank: u32,
    thread: u32,
    /// When the calls that are open end.
    ends: Vec<i64>,
    rows: Vec<Strip>,
}

impl Nested {
    pub(super) fn new(columns: u64, level: u32) -> Self {
        Self {
            columns,
            level,
            lanes: Vec::new(),
            rows: 0,
            rank: 0,
            before: 0,
            threads: ThreadIndex::default(),
            has_lane: Vec::new(),
            left_out: 0,
            too_deep: 0,
        }
    }

    /// So many rows of each lane can be seen.
    fn depth_that_fits(&self) -> usize {
        let depths = (1..=MOST_DEPTH).rev();
        let rows = |depth: usize| {
            self.lanes
                .iter()
                .map(|lane| lane.rows.len().min(depth))
                .sum::<usize>()
        };
        depths
            .into_iter()
            .find(|&depth| rows(depth) <= MOST_ROWS)
            .unwrap_or(1)
    }

    /// Gives a new thread of the rank a lane, as long as there is room.
    fn add_thread(&mut self, thread: u32) {
        let has_room = self.lanes.len() < MOST_LANES;
        self.has_lane.push(has_room);
        if has_room {
            self.lanes.push(NestedLane {
                rank: self.rank,
                thread,
                ends: Vec::new(),
                rows: Vec::new(),
            });
        } else {
            self.left_out += 1;
        }
    }
}

impl Lanes for Nested {
    fn begin_rank(&mut self, rank: u32) {
        self.rank = rank;
        self.before = self.lanes.len();
        self.threads = ThreadIndex::default();
        self.has_lane.clear();
    }

    fn call(&mut self, call: &Call) {
        let thread = self.threads.of(call.thread);
        if thread == self.has_lane.len() {
            self.add_thread(call.thread);
        }
        if !self.has_lane[thread] {
            return;
        }
        // Threads without a lane come after those with one.
        let lane = &mut self.lanes[self.before + thread];
        while lane.ends.last().is_some_and(|&end| end <= call.start) {
            lane.ends.pop();
        }
        let depth = lane.ends.len();
        lane.ends.push(call.end);
        if depth == lane.rows.len() && depth < MOST_DEPTH && (depth == 0 || self.rows < MOST_KEPT) {
            lane.rows.push(Strip::new(self.columns, self.level));
            self.rows += 1;
        }
        match lane.rows.get_mut(depth) {
            Some(row) => row.push(call.region, (call.start, call.end), 1, call.value),
            None => self.too_deep += 1,
        }
    }

    fn end_rank(&mut self) {
        self.lanes[self.before..].sort_by_key(|lane| lane.thread);
    }

    fn finish(mut self: Box<Self>, level: u32, timeline: &mut Timeline) -> Vec<RawLane> {
        let depth = self.depth_that_fits();
        let lanes = self.lanes.iter_mut().map(|lane| {
            let below = lane.rows.split_off(lane.rows.len().min(depth));
            let rows = std::mem::take(&mut lane.rows).into_iter();
            let calls = below.into_iter().flat_map(|row| row.finish(level));
            self.too_deep += calls.map(|piece| u64::from(piece.calls)).sum::<u64>();
            RawLane {
                of: LaneOf::Thread(lane.rank, lane.thread, String::new()),
                rows: rows.map(|row| row.finish(level)).collect(),
                life: None,
                value: None,
            }
        });
        let lanes: Vec<RawLane> = lanes.collect();
        if self.left_out > 0 {
            let threads = units::plural(self.left_out as u64, "further thread");
            let note = format!("{threads} not drawn for want of room; choose ranks to see others");
            timeline.header.not_drawn.push(note);
        }
        if self.too_deep > 0 {
            let calls = units::plural(self.too_deep, "call");
            let note = format!("{calls} not drawn: they are inside {depth} or more others");
            timeline.header.not_drawn.push(note);
        }
        lanes
    }
}
