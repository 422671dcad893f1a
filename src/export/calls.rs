//! The calls of a rank in order of start, and what of them stands on each thread's stack when.

use super::lives::Lives;
use super::selected::Selected;
use super::waiting::Waiting;
use crate::analysis::lifetimes::Life;
use crate::analysis::merge::Merge;
use crate::analysis::pass::RankCall;
use crate::analysis::threads::ThreadIndex;
use crate::error::Result;
use crate::profile::{Field, Interval, Number};

/// As many fit into the fastest cache.
const BATCH: usize = 512;

/// What there is to tell of a rank. Rows are indices into those that were asked for.
pub(super) enum Item<'a> {
    /// A call, and its numbers: each with the place of its field among those that were asked for.
    Call(&'a RankCall, &'a [(usize, Number)]),
    /// A span of the row that was polled several times, or on several threads. It comes when it is over, or later.
    Life(usize, &'a Life),
}

impl Selected<'_> {
    /// Calls `each` for the calls in the window of some rows of one rank, in order of their start before they were cut;
    /// of those that start together the longer first. [`RankCall::row`] is an index into `rows`. A call that ends
    /// before it starts has the length 0.
    pub(super) fn each_call(
        &self,
        rows: &[usize],
        mut each: impl FnMut(&RankCall) -> Result<()>,
    ) -> Result<()> {
        self.each_of(rows, Lives::default(), &[], |item| match item {
            Item::Call(call, _) => each(call),
            Item::Life(..) => Ok(()),
        })
    }

    /// As [`each_call`](Self::each_call), with the numbers of these fields, and with the lives of spans.
    pub(super) fn each_call_and_life(
        &self,
        rows: &[usize],
        fields: &[&Field],
        each: impl FnMut(Item<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(&first) = rows.first() else { return Ok(()) };
        let lives = Lives::of(self.source(), rows, self.window_of(self.rank(first)))?;
        self.each_of(rows, lives, fields, each)
    }

    fn each_of(
        &self,
        rows: &[usize],
        mut lives: Lives,
        fields: &[&Field],
        mut each: impl FnMut(Item<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(&first) = rows.first() else { return Ok(()) };
        let window = self.window_of(self.rank(first));
        let mut waiting = Waiting::new(rows, fields.iter().map(|field| field.column()));
        let mut numbers = Vec::new();
        let columns = |row| {
            let of_lives = lives.columns(row).into_iter().map(String::from);
            of_lives.chain(waiting.columns().iter().cloned()).collect()
        };
        let mut merge = Merge::new(self.source(), rows, columns);
        let mut calls = Vec::with_capacity(BATCH);
        'calls: loop {
            calls.clear();
            merge.next_calls(&mut calls, BATCH, |row, chunk| {
                self.count_read(chunk.len() as u64);
                lives.chunk(row, chunk, window);
                if !fields.is_empty() {
                    waiting.load(row, chunk);
                }
                Ok(())
            })?;
            for (row, life) in lives.take() {
                each(Item::Life(row, &life))?;
            }
            if calls.is_empty() {
                break;
            }
            for call in &mut calls {
                if !fields.is_empty() {
                    numbers.clear();
                    let known = waiting.next(call.row).enumerate();
                    numbers.extend(known.filter_map(|(field, number)| Some((field, number?))));
                }
                call.end = call.end.max(call.start);
                if let Some(window) = window {
                    if call.start >= window.until_ns() {
                        break 'calls;
                    }
                    let whole = Interval {
                        start_ns: call.start,
                        end_ns: call.end,
                        thread: call.thread,
                    };
                    let Some(part) = window.cut(whole) else { continue };
                    (call.start, call.end) = (part.start_ns, part.end_ns);
                }
                each(Item::Call(call, &numbers))?;
            }
        }
        lives.end();
        lives
            .take()
            .try_for_each(|(row, life)| each(Item::Life(row, &life)))
    }
}

/// Told of what is put on the stack of a thread and taken off it, in order of time on each thread.
pub(super) trait OnStack {
    /// A call of the row begins, or goes on, on top of the stack. `thread` counts the threads in the order in which
    /// they appear.
    fn push(&mut self, thread: usize, row: usize, at_ns: i64) -> Result<()>;

    /// The call on top of the stack ends, or is put aside.
    fn pop(&mut self, thread: usize, row: usize, at_ns: i64) -> Result<()>;
}

/// The stack of each thread of a rank.
///
/// Where a call ends below others, because they partly overlap, the ones above it are taken off with it and put back,
/// so that every row is on the stack for exactly as long as it was open.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    threads: ThreadIndex,
    stacks: Vec<Vec<Open>>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    row: usize,
    end: i64,
    /// The earliest end of this call and those below it.
    next_end: i64,
}

impl Stacks {
    /// Takes the next call, in order of start.
    pub(super) fn call(&mut self, call: &RankCall, on: &mut impl OnStack) -> Result<()> {
        let thread = self.threads.of(call.thread);
        if thread == self.stacks.len() {
            self.stacks.push(Vec::new());
        }
        let stack = &mut self.stacks[thread];
        end_until(stack, thread, call.start, on)?;
        push(stack, call.row, call.end);
        on.push(thread, call.row, call.start)
    }

    /// Ends all calls; gives the threads in the order in which they appeared.
    pub(super) fn end(mut self, on: &mut impl OnStack) -> Result<Vec<u32>> {
        for (thread, stack) in self.stacks.iter_mut().enumerate() {
            end_until(stack, thread, i64::MAX, on)?;
        }
        Ok(self.threads.seen().to_vec())
    }
}

fn push(stack: &mut Vec<Open>, row: usize, end: i64) {
    let next_end = stack.last().map_or(end, |below| below.next_end.min(end));
    stack.push(Open { row, end, next_end });
}

/// Ends the calls whose end is not after `now`, in order of their ends.
fn end_until(stack: &mut Vec<Open>, thread: usize, now: i64, on: &mut impl OnStack) -> Result<()> {
    while let Some(top) = stack.last().copied().filter(|top| top.next_end <= now) {
        let at = top.next_end;
        let mut aside = Vec::new();
        while let Some(open) = stack.pop() {
            on.pop(thread, open.row, at)?;
            if open.end == at {
                break;
            }
            aside.push(open);
        }
        for open in aside.into_iter().rev() {
            push(stack, open.row, open.end);
            on.push(thread, open.row, at)?;
        }
    }
    Ok(())
}

/// Puts calls on tracks on which they nest: a thread has one, and more where its calls partly overlap.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    threads: ThreadIndex,
    /// Of each thread, its tracks with the ends of the calls that are open there.
    ends: Vec<Vec<Track>>,
    count: usize,
}

#[derive(Debug)]
struct Track {
    number: usize,
    open: Vec<i64>,
}

/// What to call the further tracks of a thread.
pub(super) fn overlapping(label: &str, lane: usize) -> String {
    match lane {
        1 => format!("{label}, overlapping calls"),
        _ => format!("{label}, overlapping calls {lane}"),
    }
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the track, in the order in which they appear.
    pub(super) track: usize,
    /// 0 for the first track of its thread.
    pub(super) lane: usize,
    /// Whether no call was on it before.
    pub(super) is_new: bool,
}

impl Tracks {
    /// Takes the next call, in order of start. `ended` is told of calls on any track of its thread that end before it
    /// begins: track and time, in order of time on each track.
    pub(super) fn call(
        &mut self,
        call: &RankCall,
        mut ended: impl FnMut(usize, i64) -> Result<()>,
    ) -> Result<Place> {
        let thread = self.threads.of(call.thread);
        if thread == self.ends.len() {
            self.ends.push(Vec::new());
        }
        let tracks = &mut self.ends[thread];
        for (lane, track) in tracks.iter_mut().enumerate() {
            while let Some(&end) = track.open.last().filter(|end| **end <= call.start) {
                ended(track.number, end)?;
                track.open.pop();
            }
            if track.open.last().is_none_or(|&end| end >= call.end) {
                track.open.push(call.end);
                return Ok(Place {
                    track: track.number,
                    lane,
                    is_new: false,
                });
            }
        }
        tracks.push(Track {
            number: self.count,
            open: vec![call.end],
        });
        self.count += 1;
        Ok(Place {
            track: self.count - 1,
            lane: tracks.len() - 1,
            is_new: true,
        })
    }

    /// Ends all calls.
    pub(super) fn end(self, mut ended: impl FnMut(usize, i64) -> Result<()>) -> Result<()> {
        for track in self.ends.into_iter().flatten() {
            for &end in track.open.iter().rev() {
                ended(track.number, end)?;
            }
        }
        Ok(())
    }
}
