//! Reduces a row from the blocks that its source has stored: calls are read only where a block says too little.

use super::lane::{LaneReducer, RawBar};
use super::row::RowReducer;
use crate::analysis::windows::{Around, Part, Pyramid, Pyramids};
use crate::error::Result;
use crate::profile::{Intervals, Source};
use std::ops::Range;

/// All time there is.
const ALWAYS: Range<i64> = i64::MIN..i64::MAX;

/// How a row is to be reduced.
pub(super) struct FromBlocks<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) pyramids: &'a Pyramids,
    pub(super) columns: u64,
    /// The columns that the chart will have at least, as a power of two, ns.
    pub(super) level: u32,
}

impl FromBlocks<'_> {
    /// The row, if it has blocks from which it comes with less than half of the reading.
    pub(super) fn row(&self, row: usize, shift: i64, max_threads: usize) -> Result<Option<RowReducer>> {
        let Some(all) = self.pyramids.all(row) else {
            return Ok(None);
        };
        let Some(whole) = all.whole() else { return Ok(None) };
        let numbers = self.pyramids.thread_numbers(row);
        let of_threads = self.pyramids.threads(row);
        let overlap = !of_threads.is_empty();
        let has_lanes = overlap && of_threads.len() <= max_threads;
        let lanes = [all].into_iter().chain(of_threads.iter().filter(|_| has_lanes));
        let lanes: Vec<_> = lanes.map(|lane| (lane, self.parts(lane, shift))).collect();
        let to_read: u64 = lanes.iter().map(|(_, parts)| calls(parts)).sum();
        if numbers.is_empty() || to_read.saturating_mul(2) > whole.end_call {
            return Ok(None);
        }
        let mut lanes = lanes.into_iter();
        let mut reduced = lanes
            .by_ref()
            .map(|(lane, parts)| self.lane(row, lane, parts, shift));
        let Some(all) = reduced.next().transpose()? else {
            return Ok(None);
        };
        let of_threads: Vec<LaneReducer> = reduced.collect::<Result<_>>()?;
        let span = (whole.first_start_ns, whole.last_end_ns);
        Ok(Some(RowReducer::reduced(
            (span.0.saturating_sub(shift), span.1.saturating_sub(shift)),
            numbers,
            all,
            overlap.then_some(of_threads),
        )))
    }

    fn parts(&self, lane: &Pyramid, shift: i64) -> Vec<Part> {
        let column = |time: i64| time.saturating_sub(shift) >> self.level;
        lane.parts(&ALWAYS, &|Around {
                                  block,
                                  reach_ns,
                                  next_start_ns,
                              }| {
            let (start, end) = (block.first_start_ns, block.last_end_ns);
            let is_apart = reach_ns <= start && next_start_ns.is_none_or(|next| next >= end);
            is_inside(reach_ns, end) || (is_apart && column(start) == column(end))
        })
    }

    fn lane(&self, row: usize, lane: &Pyramid, parts: Vec<Part>, shift: i64) -> Result<LaneReducer> {
        let mut reducer = LaneReducer::new(self.columns, self.level);
        let mut buffer = Intervals::new();
        let shifted = |time: i64| time.saturating_sub(shift);
        for part in parts {
            match part {
                Part::Whole { block, reach_ns } if is_inside(reach_ns, block.last_end_ns) => {
                    reducer.push_inside(block.calls);
                }
                Part::Whole { block, .. } => reducer.push_hull(RawBar {
                    start: shifted(block.first_start_ns),
                    end: shifted(block.last_end_ns),
                    busy: block.busy_ns,
                    calls: u32::try_from(block.calls).unwrap_or(u32::MAX),
                }),
                Part::Calls(calls) => {
                    lane.each_call(self.source, row, calls, &mut buffer, |start, end| {
                        reducer.push(shifted(start), shifted(end.max(start)));
                    })?
                }
            }
        }
        Ok(reducer)
    }
}

/// Whether calls of which the last ends there are inside one before them.
fn is_inside(reach_ns: i64, end: i64) -> bool {
    end < reach_ns
}

fn calls(parts: &[Part]) -> u64 {
    let calls = parts.iter().map(|part| match part {
        Part::Whole { .. } => 0,
        Part::Calls(calls) => calls.end - calls.start,
    });
    calls.sum()
}

#[cfg(test)]
mod tests {
    use super::super::GanttChart;
    use crate::RegionFilter;
    use crate::analysis::windows::stored_blocks::Stored;
    use crate::chart::ChartOptions;
    use crate::profile::{Call, Profile};
    use proptest::prelude::*;
    use std::cell::Cell;

    /// Short calls of some threads after one another, now and then a long one around them.
    fn profile() -> impl Strategy<Value = Profile> {
        let call = (0_i64..9, prop_oneof![20 => 0_i64..9, 1 => 0_i64..3_000]);
        let thread = prop::collection::vec(call, 1..400);
        let gaps = prop_oneof![Just(false), Just(true)];
        (prop::collection::vec(thread, 1..4), gaps).prop_map(|(threads, take_turns)| {
            let mut builder = Profile::builder().session(0, 0, 20_000);
            let mut time = 0;
            for (thread, calls) in (0..).zip(threads) {
                time = if take_turns { time } else { 0 };
                for (gap, length) in calls {
                    time += gap;
                    builder.push(Call::new("solve", time..time + length).thread(thread));
                    time += if length > 9 { 0 } else { length };
                }
                time += 3_000;
            }
            builder.build()
        })
    }

    proptest! {
        #[test]
        fn a_chart_from_blocks_is_that_from_all_intervals(
            profile in profile(), columns in 1_u32..200, lanes in 2_usize..6, block in 1_u64..6,
        ) {
            let options = ChartOptions::new().columns(columns).max_lanes(lanes);
            let filter = RegionFilter::new();
            let stored = Stored { profile: &profile, block, read: Cell::new(0) };
            let found = GanttChart::reduce(&stored, &filter, &options).unwrap();
            let expected = GanttChart::reduce(&profile, &filter, &options).unwrap();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_chart_from_blocks_reads_what_is_at_the_edges_of_its_columns() {
        let mut builder = Profile::builder().session(0, 0, 1_000_000);
        (0..100_000).for_each(|i| builder.push(Call::new("solve", i * 10..i * 10 + 7)));
        let profile = builder.build();
        let stored = Stored {
            profile: &profile,
            block: 100,
            read: Cell::new(0),
        };
        let options = ChartOptions::new().columns(50);
        let chart = GanttChart::reduce(&stored, &RegionFilter::new(), &options).unwrap();
        let bars = &chart.regions[0].lanes[0].bars;
        assert_eq!(bars.iter().map(|bar| bar.calls).sum::<u32>(), 100_000);
        assert!(bars.len() <= 100, "{}", bars.len());
        let read = stored.read.get();
        assert!(read <= 100 * 100, "{read}");
    }
}
