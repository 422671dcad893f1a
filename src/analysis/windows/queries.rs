//! Questions about windows of time.

use super::loaded::Loader;
use super::pyramid::{Before, Pyramid};
use super::{Longest, Overlap, Pixel, length};
use crate::error::Result;
use crate::profile::{Block, Source};
use std::ops::Range;

/// Asks about the calls of a row, or of one of its threads. Moments are on the clock of the source, ns.
///
/// It keeps a few thousand of the intervals that it read last.
pub struct Windows<'a> {
    pub(super) pyramid: &'a Pyramid,
    pub(super) loader: Loader<'a>,
    /// Where the last edge was.
    guess: usize,
}

/// Between two calls: what starts before a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) moment: i64,
    /// The block that has the last call before it, and how many of its calls are before it.
    pub(super) block: usize,
    pub(super) offset: usize,
    pub(super) before: Before,
}

impl<'a> Windows<'a> {
    /// Of row number `row` of the source, with one of its [pyramids](super::Pyramids).
    #[must_use]
    pub fn new(source: &'a dyn Source, row: usize, pyramid: &'a Pyramid) -> Self {
        Self {
            pyramid,
            loader: Loader::new(source, row, pyramid.thread()),
            guess: 0,
        }
    }

    /// What ran in each of `width` pixels of a window. Pixel number *p* begins *p* × length / `width` ns after the
    /// window, in whole ns; one that ends where it begins has nothing in it.
    ///
    /// It takes `width` times the logarithm of the number of calls, and reads the blocks at the edges of pixels.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn pixels(&mut self, window: Range<i64>, width: usize) -> Result<Vec<Pixel>> {
        let length = i128::from(length(window.start, window.end));
        let moment = |at: usize| {
            let after = at as i128 * length / width.max(1) as i128;
            (i128::from(window.start) + after) as i64
        };
        let mut pixels = Vec::with_capacity(width);
        let mut from = self.edge(window.start)?;
        for at in 1..=width {
            let to = self.edge(moment(at))?;
            pixels.push(self.pixel(from, to)?);
            from = to;
        }
        Ok(pixels)
    }

    fn pixel(&mut self, from: Edge, to: Edge) -> Result<Pixel> {
        let mut pixel = Pixel::between((from.moment, from.before), (to.moment, to.before));
        if from.moment < to.moment {
            let starting = self.longest_starting(from, to)?;
            pixel.longest = self.longest_reaching(from, starting)?;
        }
        Ok(pixel)
    }

    /// How many calls start before a moment.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn calls_before(&mut self, moment: i64) -> Result<u64> {
        Ok(self.edge(moment)?.before.calls)
    }

    /// Which calls overlap a window.
    ///
    /// Read are the blocks at its edges, and those that have calls that reach into it.
    ///
    /// # Errors
    ///
    /// When intervals cannot be read.
    pub fn overlap(&mut self, window: Range<i64>) -> Result<Overlap> {
        if window.is_empty() {
            return Ok(Overlap::default());
        }
        let (from, to) = (self.edge(window.start)?, self.edge(window.end)?);
        let starting = to.before.calls.saturating_sub(from.before.calls);
        let (reaching_in, mut range) = self.count_reaching(from)?;
        if starting > 0 {
            let begin = if reaching_in > 0 {
                range.start
            } else {
                self.index_after(from)?
            };
            range = begin..self.index_after_last(to)?;
        }
        Ok(Overlap {
            range,
            calls: starting + reaching_in,
            reaching_in,
        })
    }

    /// What starts before a moment.
    pub(super) fn edge(&mut self, moment: i64) -> Result<Edge> {
        let blocks = self.pyramid.blocks_before(moment, self.guess);
        self.guess = blocks;
        let Some(block) = blocks.checked_sub(1) else {
            return Ok(Edge {
                moment,
                block: 0,
                offset: 0,
                before: self.pyramid.before(0),
            });
        };
        let mut before = self.pyramid.before(block);
        let loaded = self.loader.load(block, &self.pyramid.blocks()[block])?;
        let offset = loaded.starts.partition_point(|&start| start < moment);
        for (start, end, _) in loaded.calls(0..offset) {
            before.add(start, end);
        }
        Ok(Edge {
            moment,
            block,
            offset,
            before,
        })
    }

    /// The longest call that starts between two edges.
    fn longest_starting(&mut self, from: Edge, to: Edge) -> Result<Option<Longest>> {
        if from.before.calls >= to.before.calls {
            return Ok(None);
        }
        if from.block == to.block {
            return self.longest_of(from.block, from.offset..to.offset);
        }
        // A block of which all calls are meant need not be read.
        let is_whole = from.offset == 0;
        let first = if is_whole {
            None
        } else {
            self.longest_of(from.block, from.offset..usize::MAX)?
        };
        let last = self.longest_of(to.block, 0..to.offset)?;
        let after = if is_whole { from.block } else { from.block + 1 };
        let whole = self.pyramid.longest(after..to.block);
        Ok(Longest::better(Longest::better(first, whole), last))
    }

    fn longest_of(&mut self, block: usize, places: Range<usize>) -> Result<Option<Longest>> {
        let calls = self.loader.load(block, &self.pyramid.blocks()[block])?;
        let calls = calls.calls(places).map(|(start, end, index)| Longest {
            index,
            duration_ns: length(start, end),
        });
        Ok(calls.reduce(|best, next| best.or(Some(next))))
    }

    /// The index in the row of the first call after an edge, where there is one.
    fn index_after(&mut self, edge: Edge) -> Result<u64> {
        let loaded = self.loader.load(edge.block, self.block(edge.block))?;
        let same = loaded.indices.get(edge.offset).copied();
        let next = self.pyramid.blocks().get(edge.block + 1);
        Ok(same.or(next.map(|block| block.first_call)).unwrap_or(u64::MAX))
    }

    /// One more than the index in the row of the last call before an edge, where there is one.
    fn index_after_last(&mut self, edge: Edge) -> Result<u64> {
        let loaded = self.loader.load(edge.block, self.block(edge.block))?;
        let last = edge
            .offset
            .checked_sub(1)
            .and_then(|place| loaded.indices.get(place));
        Ok(last.map_or(0, |&last| last + 1))
    }

    pub(super) fn block(&self, block: usize) -> &'a Block {
        &self.pyramid.blocks()[block]
    }
}
