//! A lane for each rank, of the regions that its threads are in, without those around them.

use super::growing::{Call, Lanes, RawLane};
use super::mix::Mix;
use super::strip::{RawPiece, Strip};
use super::{LaneOf, Timeline};
use crate::analysis::threads::ThreadIndex;

pub(super) struct Innermost {
    columns: u64,
    level: u32,
    /// In order.
    ranks: Vec<u32>,
    ranks_per_lane: usize,
    lanes: Vec<Lane>,
    /// The rank that is being read, and its threads.
    rank: u32,
    threads: ThreadIndex,
    stacks: Vec<Stack>,
}

enum Lane {
    /// Of one thread.
    Own(Vec<RawPiece>),
    Shared(Mix),
}

/// The calls of a thread that are open.
struct Stack {
    open: Vec<Open>,
    /// Up to when it is known what was innermost.
    until: i64,
    strip: Strip,
}

struct Open {
    region: u32,
    end: i64,
    value: Option<f64>,
    /// Whether its own time has not begun.
    is_new: bool,
}

impl Stack {
    /// Ends the calls that are over by then, and goes on in the innermost of the others.
    fn go_to(&mut self, time: i64) {
        while let Some(&Open { end, .. }) = self.open.last() {
            if end > time {
                break;
            }
            self.be_inside_until(end);
            self.open.pop();
        }
        self.be_inside_until(time);
        self.until = self.until.max(time);
    }

    /// Until then the innermost call went on.
    fn be_inside_until(&mut self, time: i64) {
        if time <= self.until {
            return;
        }
        if let Some(call) = self.open.last_mut() {
            let calls = u32::from(std::mem::take(&mut call.is_new));
            self.strip
                .push(call.region, (self.until, time), calls, call.value);
        }
        self.until = time;
    }
}

impl Innermost {
    /// Of these ranks, which are in order, and of which so many share a lane.
    pub(super) fn new(columns: u64, level: u32, ranks: Vec<u32>, ranks_per_lane: usize) -> Self {
        let lanes = ranks.len().div_ceil(ranks_per_lane);
        Self {
            columns,
            level,
            ranks,
            ranks_per_lane,
            lanes: (0..lanes)
                .map(|_| Lane::Shared(Mix::new(columns, level)))
                .collect(),
            rank: 0,
            threads: ThreadIndex::default(),
            stacks: Vec::new(),
        }
    }
}

impl Lanes for Innermost {
    fn begin_rank(&mut self, rank: u32) {
        self.rank = rank;
        self.threads = ThreadIndex::default();
        self.stacks.clear();
    }

    fn call(&mut self, call: &Call) {
        let thread = self.threads.of(call.thread);
        if thread == self.stacks.len() {
            self.stacks.push(Stack {
                open: Vec::new(),
                until: call.start,
                strip: Strip::new(self.columns, self.level),
            });
        }
        let stack = &mut self.stacks[thread];
        stack.go_to(call.start);
        stack.open.push(Open {
            region: call.region,
            end: call.end,
            value: call.value,
            is_new: true,
        });
    }

    fn end_rank(&mut self) {
        let stacks = std::mem::take(&mut self.stacks).into_iter();
        let mut threads: Vec<Vec<RawPiece>> = stacks
            .map(|mut stack| {
                let end = stack.open.iter().map(|call| call.end).max();
                stack.go_to(end.unwrap_or(stack.until));
                stack.strip.finish(self.level)
            })
            .collect();
        let place = self.ranks.partition_point(|&other| other < self.rank) / self.ranks_per_lane;
        if threads.len() == 1 && self.ranks_per_lane == 1 {
            self.lanes[place] = Lane::Own(threads.pop().unwrap_or_default());
            return;
        }
        let Lane::Shared(mix) = &mut self.lanes[place] else {
            return;
        };
        if let [pieces] = &threads[..] {
            mix.add(pieces);
            return;
        }
        let mut of_rank = Mix::new(self.columns, self.level);
        threads.iter().for_each(|pieces| of_rank.add(pieces));
        mix.add(&of_rank.finish(1));
    }

    fn finish(self: Box<Self>, _: u32, timeline: &mut Timeline) -> Vec<RawLane> {
        timeline.header.ranks_per_lane = self.ranks_per_lane;
        let lanes = self.lanes.into_iter().zip(self.ranks.chunks(self.ranks_per_lane));
        let lanes = lanes.map(|(lane, ranks)| RawLane {
            of: LaneOf::Ranks(ranks[0], ranks[ranks.len() - 1]),
            rows: vec![match lane {
                Lane::Own(pieces) => pieces,
                Lane::Shared(mix) => mix.finish(ranks.len() as u64),
            }],
            life: None,
            value: None,
        });
        lanes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(region: u32, start: i64, end: i64) -> Call {
        Call {
            region,
            thread: 0,
            start,
            end,
            value: Some(f64::from(region)),
        }
    }

    fn pieces(calls: &[Call]) -> Vec<(u32, i64, i64)> {
        let mut lanes = Box::new(Innermost::new(1_000, 0, vec![0], 1));
        lanes.begin_rank(0);
        calls.iter().for_each(|call| lanes.call(call));
        lanes.end_rank();
        let lanes = lanes.finish(0, &mut Timeline::default());
        let pieces = lanes[0].rows[0].iter();
        pieces
            .map(|piece| (piece.region, piece.start, piece.end))
            .collect()
    }

    #[test]
    fn a_moment_belongs_to_the_innermost_call() {
        let nested = [call(0, 0, 100), call(1, 10, 60), call(2, 20, 30), call(1, 70, 80)];
        let expected = [
            (0, 0, 10),
            (1, 10, 20),
            (2, 20, 30),
            (1, 30, 60),
            (0, 60, 70),
            (1, 70, 80),
            (0, 80, 100),
        ];
        assert_eq!(pieces(&nested), expected);
    }

    #[test]
    fn of_two_that_partly_overlap_the_later_one_has_the_time() {
        assert_eq!(
            pieces(&[call(0, 0, 50), call(1, 30, 80)]),
            [(0, 0, 30), (1, 30, 80)]
        );
        // Between calls there is nothing.
        assert_eq!(
            pieces(&[call(0, 0, 50), call(1, 70, 80)]),
            [(0, 0, 50), (1, 70, 80)]
        );
    }
}
