//! Reduces a row from the blocks that its source has stored: calls are read only where a block says too little.

use super::row::{RowReducer, cut};
use crate::analysis::lane::{LaneReducer, RawBar};
use crate::analysis::windows::{Around, Part, Pyramid, Pyramids};
use crate::error::Result;
use crate::profile::{Intervals, RowBars, Source, Window};

/// Calls of bars across the edges of a window beyond which blocks have less to be read.
const MOST_AT_EDGES: u64 = 1 << 16;

/// How a row is to be reduced.
pub(super) struct FromBlocks<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) pyramids: &'a Pyramids,
    pub(super) columns: u64,
    /// The columns that the chart will have at least, as a power of two, ns.
    pub(super) level: u32,
    /// What is drawn, on the axis of the chart, where that is not everything.
    pub(super) window: Option<Window>,
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
        let span = (whole.first_start_ns, whole.last_end_ns);
        let bars = self.pyramids.bars(row).filter(|bars| bars.level <= self.level);
        if let Some(bars) = bars.filter(|_| !has_lanes && !numbers.is_empty() && shift == 0) {
            if let Some((all, in_window)) = self.lane_of_bars(row, all, bars)? {
                let no_lanes = overlap.then(Vec::new);
                return Ok(Some(RowReducer::reduced(span, numbers, in_window, all, no_lanes)));
            }
        }
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
        let (all, in_window) = all;
        let of_threads = reduced.map(|lane| Ok(lane?.0));
        let of_threads: Vec<LaneReducer> = of_threads.collect::<Result<_>>()?;
        Ok(Some(RowReducer::reduced(
            (span.0.saturating_sub(shift), span.1.saturating_sub(shift)),
            numbers,
            in_window,
            all,
            overlap.then_some(of_threads),
        )))
    }

    fn parts(&self, lane: &Pyramid, shift: i64) -> Vec<Part> {
        let column = |time: i64| time.saturating_sub(shift) >> self.level;
        let window = self.window.map(|window| {
            let unshifted = |time: i64| time.saturating_add(shift);
            unshifted(window.from_ns())..unshifted(window.until_ns())
        });
        lane.parts(window.as_ref(), &|Around {
                                          block,
                                          reach_ns,
                                          next_start_ns,
                                      }| {
            let (start, end) = (block.first_start_ns, block.last_end_ns);
            let is_apart = reach_ns <= start && next_start_ns.is_none_or(|next| next >= end);
            is_inside(reach_ns, end) || (is_apart && column(start) == column(end))
        })
    }

    /// The lane of a row that has bars, and how many calls are in it; none where much would have to be read at the
    /// edges of the window. A reduction that is made coarser is the one that is made as coarse from the calls.
    fn lane_of_bars(&self, row: usize, all: &Pyramid, bars: &RowBars) -> Result<Option<(LaneReducer, u64)>> {
        let (mut reducer, mut buffer) = (LaneReducer::new(self.columns, self.level), Intervals::new());
        let (mut next, mut count, mut read) = (0, 0, 0);
        for bar in &bars.bars {
            let calls = next..next + bar.calls;
            next = calls.end;
            match self.window {
                Some(of) if bar.end_ns < of.from_ns() || bar.start_ns >= of.until_ns() => {}
                Some(of) if bar.start_ns < of.from_ns() || bar.end_ns >= of.until_ns() => {
                    read += bar.calls;
                    if read > MOST_AT_EDGES {
                        return Ok(None);
                    }
                    all.each_call(self.source, row, calls, &mut buffer, |start, end| {
                        if let Some((start, end)) = cut(self.window, start, end.max(start)) {
                            reducer.push(start, end);
                            count += 1;
                        }
                    })?;
                }
                _ => {
                    count += bar.calls;
                    reducer.push_hull(RawBar {
                        start: bar.start_ns,
                        end: bar.end_ns,
                        busy: bar.busy_ns,
                        calls: u32::try_from(bar.calls).unwrap_or(u32::MAX),
                    });
                }
            }
        }
        Ok(Some((reducer, count)))
    }

    /// The lane, and how many calls are in it.
    fn lane(&self, row: usize, lane: &Pyramid, parts: Vec<Part>, shift: i64) -> Result<(LaneReducer, u64)> {
        let mut count = 0;
        let mut reducer = LaneReducer::new(self.columns, self.level);
        let mut buffer = Intervals::new();
        let shifted = |time: i64| time.saturating_sub(shift);
        for part in parts {
            match part {
                Part::Whole { block, reach_ns } if is_inside(reach_ns, block.last_end_ns) => {
                    reducer.push_inside(block.calls);
                    count += block.calls;
                }
                Part::Whole { block, .. } => {
                    count += block.calls;
                    reducer.push_hull(RawBar {
                        start: shifted(block.first_start_ns),
                        end: shifted(block.last_end_ns),
                        busy: block.busy_ns,
                        calls: u32::try_from(block.calls).unwrap_or(u32::MAX),
                    });
                }
                Part::Calls(calls) => {
                    lane.each_call(self.source, row, calls, &mut buffer, |start, end| {
                        if let Some((start, end)) = cut(self.window, shifted(start), shifted(end.max(start)))
                        {
                            reducer.push(start, end);
                            count += 1;
                        }
                    })?
                }
            }
        }
        Ok((reducer, count))
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
    use crate::profile::{Call, Profile, Window};
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
            window in prop::option::of((0_i64..9_000, 1_i64..9_000)),
        ) {
            let mut options = ChartOptions::new().columns(columns).max_lanes(lanes);
            if let Some((from, length)) = window {
                options = options.window(Window::new(from, from + length));
            }
            let filter = RegionFilter::new();
            let stored = Stored { profile: &profile, block, read: Cell::new(0) };
            let found = GanttChart::reduce(&stored, &filter, &options);
            let expected = GanttChart::reduce(&profile, &filter, &options);
            match expected {
                Ok(expected) => prop_assert_eq!(found.unwrap(), expected),
                Err(expected) => {
                    prop_assert!(window.is_some());
                    prop_assert_eq!(found.unwrap_err().to_string(), expected.to_string());
                }
            }
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

    /// The share of each bar that is in the window, whatever is outside of it.
    #[test]
    fn a_window_shows_what_is_in_it_and_nothing_else() {
        let profile = Profile::builder()
            .session(0, 1_000, 2_000)
            .interval(Call::new("main", 1_000..2_000))
            .interval(Call::new("before", 1_100..1_500))
            .interval(Call::new("solve", 1_490..1_510))
            .interval(Call::new("solve", 1_530..1_540))
            .interval(Call::new("solve", 1_590..1_900))
            .interval(Call::new("solve", 1_600..1_601))
            .build();
        let options = ChartOptions::new().window(Window::new(500, 600));
        let chart = GanttChart::reduce(&profile, &RegionFilter::new(), &options).unwrap();
        let names: Vec<&str> = chart.regions.iter().map(|region| region.name.as_str()).collect();
        assert_eq!(names, ["main", "solve"]);
        let bars = |at: usize| {
            let bars = chart.regions[at].lanes[0].bars.iter();
            bars.map(|bar| (bar.start_ns, bar.end_ns)).collect::<Vec<_>>()
        };
        assert_eq!(bars(0), [(500, 600)]);
        assert_eq!(bars(1), [(500, 510), (530, 540), (590, 600)]);
        assert_eq!((chart.origin_ns, chart.from_ns, chart.span_ns), (1_000, 500, 100));
        assert_eq!(chart.header.intervals, 4);
        assert_eq!(chart.header.wall_ns, 1_000);
        let error = |from, until| {
            let options = ChartOptions::new().window(Window::new(from, until));
            let chart = GanttChart::reduce(
                &profile,
                &RegionFilter::new().include(["before"]).unwrap(),
                &options,
            );
            chart.unwrap_err().to_string()
        };
        assert!(error(2_000, 3_000).contains("after the end of the run, which took 1.00 µs"));
        assert!(error(600, 700).contains("no call of the chosen regions is in the window"));
    }
}
