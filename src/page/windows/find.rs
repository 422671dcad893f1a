//! One call of many: the next, the one before, the longest.
//!
//! Calls are in order of start; those that start together in the order of the page's regions, then of ranks. Blocks say
//! where to look, so that little is read.

use super::PageWindows;
use crate::analysis::windows::{Pyramid, Windows};
use crate::error::{Error, Result};
use crate::profile::{Intervals, Number, Source};
use crate::ranges;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

/// No reader looks at more.
const MOST_LONGEST: usize = 64;

/// The calls that are meant: those of some of the page's regions on some ranks.
#[derive(Clone, Debug)]
pub(crate) struct Among {
    pub(crate) regions: Vec<RangeInclusive<u32>>,
    pub(crate) ranks: Vec<RangeInclusive<u32>>,
}

/// From where on a call is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From {
    /// On the page's axis, ns.
    pub(crate) start: i64,
    /// The call that the reader is at, which is not meant.
    pub(crate) at: Option<At>,
}

/// A call that starts at a known moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) region: u32,
    pub(crate) rank: u32,
    /// None where the page does not know.
    pub(crate) thread: Option<u32>,
    /// On the page's axis, ns.
    pub(crate) end: i64,
}

/// A call, as the page names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) region: u32,
    pub(crate) rank: u32,
    pub(crate) thread: u32,
    /// On the page's axis, ns.
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A call with its place among all, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    pub(crate) call: Option<Found>,
    pub(crate) place: u64,
    pub(crate) all: u64,
}

/// A number of a call; as text, since not all of them are numbers in a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FoundNumber {
    pub(crate) name: String,
    pub(crate) unit: Option<String>,
    pub(crate) value: String,
}

/// A row with calls that are meant.
struct Lane<'a> {
    row: usize,
    region: u32,
    rank: u32,
    shift: i64,
    pyramid: &'a Pyramid,
    windows: Windows<'a>,
}

/// In order: start on the page's axis, place of the lane, index in the row.
type Key = (i64, usize, u64);

/// The place behind all lanes.
const BEHIND: usize = usize::MAX;

impl PageWindows {
    /// The call after a moment or after another call, or the one before; after the last comes the first.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn step(&self, source: &dyn Source, among: &Among, from: From, forward: bool) -> Result<Step> {
        let mut lanes = self.lanes_among(source, among);
        let all = lanes.iter().map(|lane| source.rows()[lane.row].intervals).sum();
        let key = key_of(source, &mut lanes, from)?;
        let mut best: Option<Key> = seek(source, &mut lanes, key, forward)?;
        if best.is_none() {
            let edge = if forward { i64::MIN } else { i64::MAX };
            best = seek(source, &mut lanes, (edge, BEHIND, 0), forward)?;
        }
        let Some((start, lane, index)) = best else {
            return Ok(Step {
                call: None,
                place: 0,
                all,
            });
        };
        let mut place = 1;
        for (at, one) in lanes.iter_mut().enumerate() {
            place += match at.cmp(&lane) {
                // What starts at the same time comes before.
                std::cmp::Ordering::Less => one.calls_before(start.saturating_add(1))?,
                std::cmp::Ordering::Equal => index,
                std::cmp::Ordering::Greater => one.calls_before(start)?,
            };
        }
        let call = Some(lanes[lane].read(source, index)?);
        Ok(Step { call, place, all })
    }

    /// The longest calls, the longest first.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn longest(&self, source: &dyn Source, among: &Among, most: usize) -> Result<Vec<Found>> {
        let most = most.min(MOST_LONGEST);
        let lanes = self.lanes_among(source, among);
        // Blocks by their longest call, and calls by their length: what comes first is longest of all that is left.
        let mut open: BinaryHeap<(u64, Reverse<(usize, Piece)>)> = BinaryHeap::new();
        for (at, lane) in lanes.iter().enumerate() {
            if let Some(top) = lane.pyramid.levels().len().checked_sub(1) {
                let whole = lane.pyramid.whole().map_or(0, |block| block.longest_ns);
                open.push((whole, Reverse((at, Piece::Block(top, 0)))));
            }
        }
        let mut found = Vec::new();
        let mut buffer = Intervals::new();
        while let Some((_, Reverse((at, piece)))) = open.pop() {
            let lane = &lanes[at];
            match piece {
                Piece::Call(index) => found.push(lane.read(source, index)?),
                Piece::Block(0, number) => {
                    let block = &lane.pyramid.levels()[0][number];
                    source.read(lane.row, block.first_call..block.end_call, &mut buffer)?;
                    let calls = (block.first_call..).zip(buffer.iter());
                    // No more than these can be among the longest.
                    let mut longest: Vec<_> = calls
                        .map(|(index, call)| (call.duration_ns().max(0).unsigned_abs(), Reverse(index)))
                        .collect();
                    longest.sort_unstable_by(|a, b| b.cmp(a));
                    for (ns, Reverse(index)) in longest.into_iter().take(most) {
                        open.push((ns, Reverse((at, Piece::Call(index)))));
                    }
                }
                Piece::Block(level, number) => {
                    for below in lane.pyramid.below(level, number) {
                        let ns = lane.pyramid.levels()[level - 1][below].longest_ns;
                        open.push((ns, Reverse((at, Piece::Block(level - 1, below)))));
                    }
                }
            }
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }

    /// The numbers that the program recorded of a call.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub(crate) fn numbers(&self, source: &dyn Source, from: From) -> Result<Vec<FoundNumber>> {
        let Some(at) = from.at else { return Ok(Vec::new()) };
        let among = Among {
            regions: vec![at.region..=at.region],
            ranks: vec![at.rank..=at.rank],
        };
        let mut lanes = self.lanes_among(source, &among);
        let Some((lane, index)) = locate(source, &mut lanes, from)? else {
            return Ok(Vec::new());
        };
        let row = lanes[lane].row;
        let mut numbers = Vec::new();
        for &field in source.fields_of(row) {
            let field = &source.fields()[field];
            let mut one = Intervals::new().with_column(field.column());
            source.read(row, index..index + 1, &mut one)?;
            if let Some(value) = one.column(field.column()).and_then(|column| column.get(0)) {
                numbers.push(FoundNumber {
                    name: field.name().to_owned(),
                    unit: field.unit().map(str::to_owned),
                    value: match value {
                        Number::Int(value) => value.to_string(),
                        Number::Float(value) => value.to_string(),
                    },
                });
            }
        }
        Ok(numbers)
    }

    /// The rows that are meant, in the order of the page.
    fn lanes_among<'a>(&'a self, source: &'a dyn Source, among: &Among) -> Vec<Lane<'a>> {
        let mut lanes: Vec<Lane<'_>> = self
            .plan
            .rows()
            .filter_map(|row| {
                let rank = source.rows()[row].rank;
                let region = self.region_of(source, row)?;
                let is_meant =
                    ranges::contains(&among.ranks, rank) && ranges::contains(&among.regions, region);
                let pyramid = self.pyramids.all(row).filter(|_| is_meant)?;
                Some(Lane {
                    row,
                    region,
                    rank,
                    shift: self.shift(source, row),
                    pyramid,
                    windows: Windows::new(source, row, pyramid),
                })
            })
            .collect();
        lanes.sort_by_key(|lane| (lane.region, lane.rank));
        lanes
    }
}

/// A part of a lane; with equal lengths, earlier calls come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// Level and number.
    Block(usize, usize),
    Call(u64),
}

impl Lane<'_> {
    /// How many calls start before a moment of the page's axis.
    fn calls_before(&mut self, start: i64) -> Result<u64> {
        self.windows.calls_before(start.saturating_add(self.shift))
    }

    fn read(&self, source: &dyn Source, index: u64) -> Result<Found> {
        let mut one = Intervals::new();
        source.read(self.row, index..index + 1, &mut one)?;
        let call = one
            .iter()
            .next()
            .ok_or_else(|| Error::not_found("a call is not there any more"))?;
        let moment = |time: i64| time.saturating_sub(self.shift);
        Ok(Found {
            region: self.region,
            rank: self.rank,
            thread: call.thread,
            start: moment(call.start_ns),
            end: moment(call.end_ns.max(call.start_ns)),
        })
    }
}

/// The key from which on is looked: that of the call that the reader is at, or else one before all that start then.
fn key_of(source: &dyn Source, lanes: &mut [Lane<'_>], from: From) -> Result<Key> {
    Ok(match locate(source, lanes, from)? {
        Some((lane, index)) => (from.start, lane, index),
        None => (from.start.saturating_sub(1), BEHIND, 0),
    })
}

/// The call that the reader is at: the place of its lane, and its index in the row.
fn locate(source: &dyn Source, lanes: &mut [Lane<'_>], from: From) -> Result<Option<(usize, u64)>> {
    let is_of = |lane: &Lane<'_>, at: &At| (lane.region, lane.rank) == (at.region, at.rank);
    let found = from
        .at
        .and_then(|at| Some((at, lanes.iter().position(|lane| is_of(lane, &at))?)));
    let Some((at, number)) = found else {
        return Ok(None);
    };
    let lane = &mut lanes[number];
    let first = lane.calls_before(from.start)?;
    let after = lane.calls_before(from.start.saturating_add(1))?;
    for index in first..after {
        let call = lane.read(source, index)?;
        if call.end == at.end && at.thread.is_none_or(|thread| thread == call.thread) {
            return Ok(Some((number, index)));
        }
    }
    Ok(None)
}

/// The nearest key after another one, or before it.
fn seek(source: &dyn Source, lanes: &mut [Lane<'_>], key: Key, forward: bool) -> Result<Option<Key>> {
    let (start, lane, index) = key;
    let mut best: Option<Key> = None;
    for (at, one) in lanes.iter_mut().enumerate() {
        // Of the calls that start together, those of lanes before this one come before it.
        let mut next = match at.cmp(&lane) {
            std::cmp::Ordering::Less => one.calls_before(start.saturating_add(1))?,
            std::cmp::Ordering::Equal => index + u64::from(forward),
            std::cmp::Ordering::Greater => one.calls_before(start)?,
        };
        if !forward {
            let Some(before) = next.checked_sub(1) else {
                continue;
            };
            next = before;
        }
        if next >= source.rows()[one.row].intervals {
            continue;
        }
        let found = (one.read(source, next)?.start, at, next);
        let is_nearer = best.is_none_or(|best| if forward { found < best } else { found > best });
        if is_nearer {
            best = Some(found);
        }
    }
    Ok(best)
}
