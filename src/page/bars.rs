//! The bars of all lanes as text: packed into bytes, compressed, and written in base64.
//!
//! Everything is a whole number, seven bits to a byte with the lowest first, and the highest bit
//! set on all bytes but the last (LEB128). `assets/page/data.js` is the other end.
//!
//! ```text
//! number of lanes
//! of each lane: region, rank, thread + 1 or 0 for all, depth, number of bars, number of merged bars
//! of each lane: the gap before each bar, the length of each bar,
//!               of each merged bar: steps since the last merged bar, calls, busy share
//! ```
//!
//! A gap reaches from the end of the bar before, or from 0. A bar is merged when it stands for
//! several calls, or did not run all of its time; its busy share is in units of 1/[`BUSY_STEPS`].

use crate::chart::gantt::{Bar, GanttChart, Lane};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// One busy share in the page is this many steps.
const BUSY_STEPS: f32 = 1_000.0;

/// Of so many bytes in a row, evenly apart, it is tried how far all bytes can be compressed.
const SAMPLE: usize = 1 << 16;
const SAMPLES: usize = 8;

/// About how many bytes of base64 packed bars give once they are [compressed](compress): without the work, where they
/// are many.
pub(super) fn estimate(packed: &[u8]) -> usize {
    if packed.len() <= SAMPLE * SAMPLES {
        return compress(packed).len().div_ceil(3) * 4;
    }
    let step = packed.len() / SAMPLES;
    let samples: Vec<u8> = (0..SAMPLES)
        .flat_map(|i| packed[i * step..].iter().take(SAMPLE).copied())
        .collect();
    let compressed = compress(&samples).len() as u128;
    (compressed * packed.len() as u128 * 4 / 3 / samples.len() as u128) as usize
}

/// What the page has in base64.
pub(super) fn compress(packed: &[u8]) -> Vec<u8> {
    // Most is chance, of which a thorough search finds no more. The level below this one has no codes for its bytes.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(2));
    let written = encoder.write_all(packed).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

/// The bars of a chart.
pub(super) fn pack(chart: &GanttChart) -> Vec<u8> {
    let mut packer = Packer::default();
    for (region, of_region) in chart.regions.iter().enumerate() {
        for lane in &of_region.lanes {
            packer.push(&Head::of(region, lane), lane.bars.iter().copied());
        }
    }
    packer.finish()
}

/// What is said of a lane before its bars.
pub(super) struct Head {
    /// Which of the chart's regions it is of.
    pub(super) region: usize,
    pub(super) rank: u32,
    pub(super) thread: Option<u32>,
    pub(super) depth: u32,
}

impl Head {
    pub(super) fn of(region: usize, lane: &Lane) -> Self {
        Self {
            region,
            rank: lane.rank,
            thread: lane.thread,
            depth: lane.depth,
        }
    }
}

/// Takes the bars of one lane after the other.
#[derive(Default)]
pub(super) struct Packer {
    lanes: u64,
    heads: Vec<u8>,
    bars: Vec<u8>,
    /// Lengths and merged bars of the lane at hand.
    lengths: Vec<u8>,
    merged: Vec<u8>,
}

impl Packer {
    pub(super) fn push(&mut self, head: &Head, bars: impl Iterator<Item = Bar>) {
        self.lengths.clear();
        self.merged.clear();
        let (mut number, mut merged) = (0, 0);
        let (mut end, mut last_merged) = (0, 0);
        for bar in bars {
            push(&mut self.bars, bar.start_ns.saturating_sub(end).max(0) as u64);
            end = bar.end_ns;
            let length = bar.end_ns.saturating_sub(bar.start_ns).max(0);
            push(&mut self.lengths, length as u64);
            if is_merged(&bar) {
                push(&mut self.merged, number - last_merged);
                push(&mut self.merged, bar.calls.into());
                push(&mut self.merged, busy_steps(&bar));
                last_merged = number;
                merged += 1;
            }
            number += 1;
        }
        self.bars.extend_from_slice(&self.lengths);
        self.bars.extend_from_slice(&self.merged);
        let thread = head.thread.map_or(0, |thread| u64::from(thread) + 1);
        let numbers = [head.region as u64, head.rank.into(), thread, head.depth.into()];
        for number in numbers.into_iter().chain([number, merged]) {
            push(&mut self.heads, number);
        }
        self.lanes += 1;
    }

    /// The bytes of all lanes.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(10 + self.heads.len() + self.bars.len());
        push(&mut packed, self.lanes);
        packed.extend(self.heads);
        packed.extend(self.bars);
        packed
    }
}

fn is_merged(bar: &Bar) -> bool {
    bar.calls != 1 || busy_steps(bar) < BUSY_STEPS as u64
}

fn busy_steps(bar: &Bar) -> u64 {
    (bar.busy * BUSY_STEPS).round().clamp(0.0, BUSY_STEPS) as u64
}

/// Writes a number.
pub(super) fn push(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Color;
    use crate::chart::gantt::GanttRegion;
    use std::io::Read;

    fn unpack(compressed: &[u8]) -> Vec<u64> {
        let mut bytes = Vec::new();
        flate2::read::ZlibDecoder::new(compressed)
            .read_to_end(&mut bytes)
            .unwrap();
        let mut numbers = vec![];
        let (mut number, mut shift) = (0, 0);
        for byte in bytes {
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                numbers.push(number);
                (number, shift) = (0, 0);
            }
        }
        numbers
    }

    #[test]
    fn bars_are_written_as_gaps_and_lengths() {
        let bar = |start_ns, end_ns, busy, calls| Bar {
            start_ns,
            end_ns,
            busy,
            calls,
            value: None,
        };
        let bars = vec![
            bar(5, 9, 1.0, 1),
            bar(9, 9, 1.0, 1),
            bar(20, 300, 0.25, 4),
            bar(301, i64::MAX, 1.0, 2),
        ];
        let lane = Lane {
            rank: 3,
            last_rank: 3,
            thread: Some(7),
            thread_label: "main #7".into(),
            depth: 2,
            bars,
        };
        let region = GanttRegion {
            name: "solve".into(),
            color: Color(1, 2, 3),
            lanes: vec![lane],
        };
        let chart = GanttChart {
            span_ns: i64::MAX,
            regions: vec![region],
            ..Default::default()
        };
        let longest = i64::MAX as u64 - 301;
        let numbers = unpack(&compress(&pack(&chart)));
        assert_eq!(numbers[..7], [1, 0, 3, 8, 2, 4, 2]);
        assert_eq!(numbers[7..15], [5, 0, 11, 1, 4, 0, 280, longest]);
        assert_eq!(numbers[15..], [2, 4, 250, 1, 2, 1_000]);
    }

    #[test]
    fn no_lanes_are_one_zero() {
        assert_eq!(unpack(&compress(&pack(&GanttChart::default()))), [0]);
    }
}
