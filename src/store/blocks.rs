//! The blocks of a rank's calls in its group `blocks`: a table of lanes, and one of the blocks of all of them.

use super::bars;
use super::hdf5::{Group, NewGroup, record};
use super::names;
use crate::analysis::windows::GrowingBlocks;
use crate::error::Result;
use crate::profile::{Block, LaneBlocks, RowBars, RowBlocks, Value};
use std::collections::BTreeMap;

/// How the tables are laid out, and how long blocks are. Those of other versions are not read.
const VERSION: i64 = 1;

/// A region with fewer calls is read as fast.
const FEWEST_CALLS: u64 = 1 << 11;
/// Of the bytes of the columns its blocks take one in so many, or there are none.
const SHARE: u64 = 25;
/// Bytes of the times of an interval, and of its thread.
const TIMES_BYTES: u64 = 16;
const THREAD_BYTES: u64 = 4;
/// Bytes of a group without blocks: its parts and the descriptions of its tables.
const FIXED_BYTES: u64 = 3072;
const LANE_BYTES: u64 = 20;
const BLOCK_BYTES: u64 = 52;

/// How bars are laid out. Those of other versions are not read.
const BARS_VERSION: i64 = 1;
const BAR_REGION_BYTES: u64 = 32;

/// The thread of a lane of all.
const ALL_THREADS: i64 = -1;

record! {
    /// The calls of a region, or those of one of its threads.
    LaneRecord {
        region: u32,
        thread: i64,
        blocks: u64,
    }
}

record! {
    /// Calls that follow one another.
    BlockRecord {
        first_call: u64,
        rows: u32,
        calls: u32,
        first_start_ns: i64,
        last_end_ns: i64,
        busy_ns: u64,
        longest_ns: u64,
        longest: u32,
    }
}

record! {
    /// The bars of a region.
    BarRegionRecord {
        region: u32,
        level: u32,
        origin_ns: i64,
        bars: u64,
        bytes: u64,
    }
}

/// What makes the blocks of a region with so many calls; none of one that needs none.
pub(crate) fn growing(calls: u64) -> Option<GrowingBlocks> {
    (calls >= FEWEST_CALLS).then(|| GrowingBlocks::new().with_bars(calls))
}

/// The blocks of a rank's regions, until all of them are there.
#[derive(Debug, Default)]
pub(crate) struct RankBlocks {
    /// The name of the group of each region.
    regions: Vec<String>,
    /// By the place of the region in `regions`.
    lanes: Vec<(usize, LaneBlocks)>,
    /// The bars of regions as bytes.
    bars: Vec<(BarRegionRecord, Vec<u8>)>,
    bytes: u64,
    room: u64,
}

impl RankBlocks {
    /// Adds a region with its blocks, where it has any.
    pub(crate) fn add(&mut self, group_name: &str, growing: Option<GrowingBlocks>) {
        let place = self.regions.len();
        self.regions.push(group_name.to_owned());
        let Some(blocks) = growing.map(GrowingBlocks::finish) else {
            return;
        };
        let calls = blocks.all.blocks.last().map_or(0, |last| last.end_call);
        let mut numbers = blocks.threads.iter().map(|lane| lane.thread);
        let has_threads = numbers.any(|thread| thread != Some(0));
        let width = TIMES_BYTES + if has_threads { THREAD_BYTES } else { 0 };
        let room = calls.saturating_mul(width) / SHARE;
        let bars = blocks.bars;
        let lanes = [blocks.all].into_iter().chain(blocks.threads);
        let lanes: Vec<_> = lanes.map(|lane| (place, lane)).collect();
        let blocks: usize = lanes.iter().map(|(_, lane)| lane.blocks.len()).sum();
        let bytes = lanes.len() as u64 * LANE_BYTES + blocks as u64 * BLOCK_BYTES;
        if bytes <= room && lanes.iter().all(|(_, lane)| fits(lane)) {
            self.bytes += bytes;
            self.lanes.extend(lanes);
            if let Some(bars) = bars.filter(|bars| bars.fault(calls).is_none()) {
                self.add_bars(place, &bars, room - bytes);
            }
        }
        self.room += room;
    }

    /// Adds the bars of a region, if they take no more than so many bytes.
    fn add_bars(&mut self, place: usize, of_row: &RowBars, room: u64) {
        let origin_ns = of_row.bars.first().map_or(0, |bar| bar.start_ns);
        let packed = bars::encode(of_row, origin_ns);
        let bytes = packed.len() as u64;
        if bytes + BAR_REGION_BYTES <= room {
            self.bytes += bytes + BAR_REGION_BYTES;
            let record = BarRegionRecord {
                region: place as u32,
                level: of_row.level,
                origin_ns,
                bars: of_row.bars.len() as u64,
                bytes,
            };
            self.bars.push((record, packed));
        }
    }

    /// Writes them into the group of their rank, if there are any that take little room.
    pub(crate) fn write(self, rank: &NewGroup) -> Result<()> {
        if self.lanes.is_empty() || self.bytes + FIXED_BYTES > self.room {
            return Ok(());
        }
        let group = rank.create_region(names::BLOCKS)?;
        group.attribute(names::BLOCKS_VERSION, &Value::Int(VERSION))?;
        group.attribute(names::BLOCKS_REGIONS, &Value::Int(self.regions.len() as i64))?;
        // The order of the groups' names is that of the rows of a file that is read.
        let mut order: Vec<usize> = (0..self.regions.len()).collect();
        order.sort_by_key(|&place| &self.regions[place]);
        let mut number = vec![0; order.len()];
        (0..)
            .zip(order)
            .for_each(|(at, place): (u32, usize)| number[place] = at);
        let lanes = self.lanes.iter().map(|(place, lane)| LaneRecord {
            region: number[*place],
            thread: lane.thread.map_or(ALL_THREADS, i64::from),
            blocks: lane.blocks.len() as u64,
        });
        group.table(names::BLOCKS_LANES, &lanes.collect::<Vec<_>>())?;
        let blocks = self.lanes.iter().flat_map(|(_, lane)| &lane.blocks);
        let blocks = blocks.map(BlockRecord::of);
        group.table(names::BLOCKS_BLOCKS, &blocks.collect::<Vec<_>>())?;
        if self.bars.is_empty() {
            return Ok(());
        }
        group.attribute(names::BARS_VERSION, &Value::Int(BARS_VERSION))?;
        let records = self.bars.iter().map(|(record, _)| BarRegionRecord {
            region: number[record.region as usize],
            ..*record
        });
        group.table(names::BARS_REGIONS, &records.collect::<Vec<_>>())?;
        let bytes: Vec<u8> = self.bars.into_iter().flat_map(|(_, bytes)| bytes).collect();
        group.values(names::BARS_BYTES, &bytes)
    }
}

/// Whether no block reaches over more calls than can be said.
fn fits(lane: &LaneBlocks) -> bool {
    let length = |block: &Block| block.end_call - block.first_call;
    lane.blocks
        .iter()
        .all(|block| u32::try_from(length(block)).is_ok())
}

impl BlockRecord {
    fn of(block: &Block) -> Self {
        Self {
            first_call: block.first_call,
            rows: (block.end_call - block.first_call) as u32,
            calls: block.calls as u32,
            first_start_ns: block.first_start_ns,
            last_end_ns: block.last_end_ns,
            busy_ns: block.busy_ns,
            longest_ns: block.longest_ns,
            longest: (block.longest - block.first_call) as u32,
        }
    }

    fn block(&self) -> Block {
        Block {
            first_call: self.first_call,
            end_call: self.first_call.saturating_add(self.rows.into()),
            calls: self.calls.into(),
            first_start_ns: self.first_start_ns,
            last_end_ns: self.last_end_ns,
            busy_ns: self.busy_ns,
            longest_ns: self.longest_ns,
            longest: self.first_call.saturating_add(self.longest.into()),
        }
    }
}

/// Whether the group of a rank has blocks in the layout that is read.
pub(super) fn is_there(rank: &Group) -> bool {
    let group = rank
        .members()
        .and_then(|members| rank.find_group(&members, names::BLOCKS));
    let version = |group: Group| group.whole_number(names::BLOCKS_VERSION);
    matches!(
        group.and_then(|group| group.map_or(Ok(None), version)),
        Ok(Some(VERSION))
    )
}

/// The blocks of those rows of a rank that have any, where its rows have so many intervals each; none where there are
/// no blocks, or those of other intervals, as after a region was taken out of the file.
pub(super) fn read(rank: &Group, intervals: &[u64]) -> Result<Option<BTreeMap<usize, RowBlocks>>> {
    let Some(group) = rank.find_group(&rank.members()?, names::BLOCKS)? else {
        return Ok(None);
    };
    let members = group.members()?;
    let is_of_rows = group.whole_number(names::BLOCKS_REGIONS)? == i64::try_from(intervals.len()).ok();
    if group.whole_number(names::BLOCKS_VERSION)? != Some(VERSION) || !is_of_rows {
        return Ok(None);
    }
    let lanes: Vec<LaneRecord> = group
        .find_table(&members, names::BLOCKS_LANES)?
        .unwrap_or_default();
    let blocks: Vec<BlockRecord> = group
        .find_table(&members, names::BLOCKS_BLOCKS)?
        .unwrap_or_default();
    let Some(mut rows) = rows(&lanes, &blocks, intervals) else {
        return Ok(None);
    };
    if group.whole_number(names::BARS_VERSION)? == Some(BARS_VERSION) {
        let records: Vec<BarRegionRecord> = group
            .find_table(&members, names::BARS_REGIONS)?
            .unwrap_or_default();
        let bytes = group.find_bytes(&members, names::BARS_BYTES)?.unwrap_or_default();
        if add_bars(&mut rows, &records, &bytes, intervals).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(rows))
}

/// Adds the bars of rows that have blocks; none where they are others than those of these rows.
fn add_bars(
    rows: &mut BTreeMap<usize, RowBlocks>,
    records: &[BarRegionRecord],
    bytes: &[u8],
    intervals: &[u64],
) -> Option<()> {
    let mut left = bytes;
    for record in records {
        let (own, rest) = left.split_at_checked(usize::try_from(record.bytes).ok()?)?;
        left = rest;
        let row = usize::try_from(record.region).ok()?;
        let bars = bars::decode(own, record.bars, record.level, record.origin_ns)?;
        let of_row = rows.get_mut(&row).filter(|of_row| of_row.bars.is_none())?;
        let is_sound = bars.fault(*intervals.get(row)?).is_none();
        of_row.bars = Some(bars).filter(|_| is_sound);
        of_row.bars.as_ref()?;
    }
    left.is_empty().then_some(())
}

fn rows(
    lanes: &[LaneRecord],
    blocks: &[BlockRecord],
    intervals: &[u64],
) -> Option<BTreeMap<usize, RowBlocks>> {
    let mut rows: BTreeMap<usize, RowBlocks> = BTreeMap::new();
    let mut left = blocks;
    for lane in lanes {
        let (own, rest) = left.split_at_checked(usize::try_from(lane.blocks).ok()?)?;
        left = rest;
        let blocks = own.iter().map(BlockRecord::block).collect();
        let row = usize::try_from(lane.region).ok()?;
        match u32::try_from(lane.thread) {
            // The lane of all threads comes first, and once.
            Err(_) if lane.thread == ALL_THREADS => {
                let of_all = RowBlocks::new(LaneBlocks::new(None, blocks), Vec::new());
                if rows.insert(row, of_all).is_some() {
                    return None;
                }
            }
            Err(_) => return None,
            Ok(thread) => {
                let lane = LaneBlocks::new(Some(thread), blocks);
                rows.get_mut(&row)?.threads.push(lane);
            }
        }
    }
    let is_sound =
        |(&row, blocks): (&usize, &RowBlocks)| intervals.get(row).is_some_and(|&n| blocks.fault(n).is_none());
    (left.is_empty() && rows.iter().all(is_sound)).then_some(rows)
}
