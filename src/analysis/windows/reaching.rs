//! Calls that start before a moment and are still open then.
//!
//! Nothing says where they are but the latest end of each block, so blocks that end before are passed over at every
//! level.

use super::queries::{Edge, Windows};
use super::{Longest, length};
use crate::error::Result;
use crate::profile::Block;
use std::ops::Range;

impl Windows<'_> {
    /// The longest of the calls that reach beyond an edge and of `best`.
    pub(super) fn longest_reaching(&mut self, edge: Edge, best: Option<Longest>) -> Result<Option<Longest>> {
        let mut best = best;
        let moment = edge.moment;
        self.each_reaching(
            edge,
            |block, best| {
                let bound = Longest {
                    index: block.longest,
                    duration_ns: block.longest_ns,
                };
                best.is_none_or(|best: Longest| best.or(Some(bound)) != best)
            },
            |best, (start, end, index)| {
                debug_assert!(end > moment);
                let duration_ns = length(start, end);
                *best = Longest::better(*best, Some(Longest { index, duration_ns }));
            },
            &mut best,
        )?;
        Ok(best)
    }

    /// How many calls reach beyond an edge, and the range of indices that has them.
    pub(super) fn count_reaching(&mut self, edge: Edge) -> Result<(u64, Range<u64>)> {
        let mut found = (0, u64::MAX, 0);
        self.each_reaching(
            edge,
            |_, _| true,
            |(count, first, end), (_, _, index)| {
                *count += 1;
                (*first, *end) = (index.min(*first), (*end).max(index + 1));
            },
            &mut found,
        )?;
        let (count, first, end) = found;
        Ok((count, first.min(end)..end))
    }

    /// Takes each call that reaches beyond an edge, of blocks that are `wanted`, from the last block to the first.
    fn each_reaching<T: Copy>(
        &mut self,
        edge: Edge,
        wanted: impl Fn(&Block, T) -> bool,
        mut take: impl FnMut(&mut T, (i64, i64, u64)),
        found: &mut T,
    ) -> Result<()> {
        let (pyramid, moment) = (self.pyramid, edge.moment);
        if edge.before.reach_ns <= moment {
            return Ok(());
        }
        let mut nodes = Vec::new();
        pyramid.each_over(0..edge.block, |level, at| nodes.push((level, at)));
        nodes.sort_unstable_by_key(|&(level, at)| pyramid.levels()[level][at].first_call);
        // The block of the edge comes first, and of it only what is before the edge.
        nodes.push((0, edge.block));
        while let Some((level, at)) = nodes.pop() {
            let block = &pyramid.levels()[level][at];
            if block.last_end_ns <= moment || !wanted(block, *found) {
                continue;
            }
            if level > 0 {
                nodes.extend(pyramid.below(level, at).map(|at| (level - 1, at)));
                continue;
            }
            let places = if at == edge.block { edge.offset } else { usize::MAX };
            let calls = self.loader.load(at, block)?.calls(0..places);
            calls
                .filter(|&(_, end, _)| end > moment)
                .for_each(|call| take(found, call));
        }
        Ok(())
    }
}
