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
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// One busy share in the page is this many steps.
const BUSY_STEPS: f32 = 1_000.0;

/// Of so many bytes in a row, evenly apart, it is tried how far all bytes can be compressed.
const SAMPLE: usize = 1 << 16;
const SAMPLES: usize = 8;

/// The bars as base64.
pub(super) fn encode(chart: &GanttChart) -> String {
    STANDARD.encode(compress(&pack(chart)))
}

/// About how many bytes [`encode`] would give: without the work, where there are many.
pub(super) fn estimate(chart: &GanttChart) -> usize {
    let bytes = pack(chart);
    if bytes.len() <= SAMPLE * SAMPLES {
        return compress(&bytes).len().div_ceil(3) * 4;
    }
    let step = bytes.len() / SAMPLES;
    let samples: Vec<u8> = (0..SAMPLES)
        .flat_map(|i| bytes[i * step..].iter().take(SAMPLE).copied())
        .collect();
    let compressed = compress(&samples).len() as u128;
    (compressed * bytes.len() as u128 * 4 / 3 / samples.len() as u128) as usize
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    // Most is chance, of which a thorough search finds no more.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

fn pack(chart: &GanttChart) -> Vec<u8> {
    let regions = chart.regions.iter().enumerate();
    let lanes: Vec<(usize, &Lane)> = regions
        .flat_map(|(id, region)| region.lanes.iter().map(move |lane| (id, lane)))
        .collect();
    let mut out = Vec::new();
    push(&mut out, lanes.len() as u64);
    for (region, lane) in &lanes {
        let merged = lane.bars.iter().filter(|bar| is_merged(bar)).count();
        push(&mut out, *region as u64);
        push(&mut out, lane.rank.into());
        push(&mut out, lane.thread.map_or(0, |thread| u64::from(thread) + 1));
        push(&mut out, lane.depth.into());
        push(&mut out, lane.bars.len() as u64);
        push(&mut out, merged as u64);
    }
    lanes.iter().for_each(|(_, lane)| push_bars(&mut out, &lane.bars));
    out
}

fn push_bars(out: &mut Vec<u8>, bars: &[Bar]) {
    let mut last = 0;
    for bar in bars {
        push(out, bar.start_ns.saturating_sub(last).max(0) as u64);
        last = bar.end_ns;
    }
    for bar in bars {
        push(out, bar.end_ns.saturating_sub(bar.start_ns).max(0) as u64);
    }
    let mut last = 0;
    for (i, bar) in bars.iter().enumerate().filter(|(_, bar)| is_merged(bar)) {
        push(out, (i - last) as u64);
        push(out, bar.calls.into());
        push(out, busy_steps(bar));
        last = i;
    }
}

fn is_merged(bar: &Bar) -> bool {
    bar.calls != 1 || busy_steps(bar) < BUSY_STEPS as u64
}

fn busy_steps(bar: &Bar) -> u64 {
    (bar.busy * BUSY_STEPS).round().clamp(0.0, BUSY_STEPS) as u64
}

fn push(out: &mut Vec<u8>, mut number: u64) {
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

    fn unpack(text: &str) -> Vec<u64> {
        let mut bytes = Vec::new();
        let compressed = STANDARD.decode(text).unwrap();
        flate2::read::ZlibDecoder::new(&*compressed)
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
        let numbers = unpack(&encode(&chart));
        assert_eq!(numbers[..7], [1, 0, 3, 8, 2, 4, 2]);
        assert_eq!(numbers[7..15], [5, 0, 11, 1, 4, 0, 280, longest]);
        assert_eq!(numbers[15..], [2, 4, 250, 1, 2, 1_000]);
    }

    #[test]
    fn no_lanes_are_one_zero() {
        assert_eq!(unpack(&encode(&GanttChart::default())), [0]);
    }
}
