//! The blocks that a file keeps of its calls, against the intervals themselves.

use crate::profile::{Block, LaneBlocks, RowBars, RowBlocks};
use crate::store::names;
use crate::store::schema::{Decoder, Issues};
use std::collections::BTreeMap;

/// The blocks that the file states, by row.
pub(super) fn stated(file: &dyn Decoder, issues: &mut Issues) -> BTreeMap<usize, RowBlocks> {
    let mut all = BTreeMap::new();
    let ranks = file.catalog().ranks.iter().copied();
    for rank in ranks.filter(|&rank| file.has_blocks(rank)) {
        match file.blocks(rank) {
            Ok(Some(of_rank)) => all.extend(of_rank),
            Ok(None) => issues.find(format!(
                "{}{rank}/{}: they are not blocks of the intervals that are there; whoever needs blocks makes new ones",
                names::RANK_PREFIX,
                names::BLOCKS
            )),
            Err(error) => issues.find_error(&error),
        }
    }
    all
}

/// What is wrong with the blocks of a row.
pub(super) fn difference(stated: &RowBlocks, found: &RowBlocks) -> Option<String> {
    let threads = |of: &RowBlocks| of.threads.iter().map(|lane| lane.thread).collect::<Vec<_>>();
    if threads(stated) != threads(found) {
        let (stated, found) = (stated.threads.len(), found.threads.len());
        return Some(format!(
            "states other threads than the intervals have: {stated} for {found}"
        ));
    }
    let bars = (stated.bars.as_ref(), found.bars.as_ref());
    let lanes = |of: &RowBlocks| {
        [&of.all]
            .into_iter()
            .chain(&of.threads)
            .cloned()
            .collect::<Vec<_>>()
    };
    let (stated, found) = (lanes(stated), lanes(found));
    let of_lanes = stated
        .iter()
        .zip(&found)
        .find_map(|(stated, found)| of_lane(stated, found));
    of_lanes.or_else(|| of_bars(bars.0, bars.1))
}

/// What is wrong with the bars, where there are any.
fn of_bars(stated: Option<&RowBars>, found: Option<&RowBars>) -> Option<String> {
    let stated = stated?;
    let found = found.filter(|found| (found.level, found.bars.len()) == (stated.level, stated.bars.len()));
    let Some(found) = found else {
        return Some("has other bars than the intervals make".into());
    };
    let at = stated
        .bars
        .iter()
        .zip(&found.bars)
        .position(|(stated, found)| stated != found)?;
    Some(format!("bar {at} is not the one that the intervals make"))
}

fn of_lane(stated: &LaneBlocks, found: &LaneBlocks) -> Option<String> {
    let (number, expected) = (stated.blocks.len(), found.blocks.len());
    if number != expected {
        return Some(format!("has {number} blocks, but the intervals make {expected}"));
    }
    let mut blocks = stated.blocks.iter().zip(&found.blocks).enumerate();
    blocks.find_map(|(at, (stated, found))| {
        let [stated, found] = [stated, found].map(numbers);
        let (stated, found) = stated
            .into_iter()
            .zip(found)
            .find(|(stated, found)| stated != found)?;
        let (what, stated) = stated;
        let found = found.1;
        Some(format!(
            "block {at} states {stated} as the {what}, but the intervals say {found}"
        ))
    })
}

fn numbers(block: &Block) -> [(&'static str, i128); 8] {
    [
        ("first call", block.first_call.into()),
        ("call after the last", block.end_call.into()),
        ("number of calls", block.calls.into()),
        ("first start", block.first_start_ns.into()),
        ("last end", block.last_end_ns.into()),
        ("busy time", block.busy_ns.into()),
        ("longest duration", block.longest_ns.into()),
        ("longest call", block.longest.into()),
    ]
}
