//! All intervals of several rows in one order of start, with bounded memory.

use crate::error::Result;
use crate::profile::{Intervals, Source};

/// Bytes of intervals held in memory by one merge.
const BUDGET: usize = 32 << 20;
/// Bytes of one interval in memory: start, end, thread.
const INTERVAL: usize = 20;
/// Reads shorter than this cost more in calls than in data.
const SHORTEST_READ: usize = 64;
/// Longer reads gain nothing; also the length of a chunk in large files.
const LONGEST_READ: usize = 1 << 16;

/// One interval of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Index into the rows that were merged.
    pub(crate) row: usize,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) thread: u32,
}

impl Call {
    pub(crate) fn duration(&self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// Calls `each` for every interval of `rows` in order of start; at the same start the longer first,
/// then in the order of `rows`.
pub(crate) fn merge(
    source: &dyn Source,
    rows: &[usize],
    mut each: impl FnMut(Call) -> Result<()>,
) -> Result<()> {
    let per_row = (BUDGET / INTERVAL / rows.len().max(1)).clamp(SHORTEST_READ, LONGEST_READ);
    let mut cursors = Vec::with_capacity(rows.len());
    let mut heap = Vec::with_capacity(rows.len());
    for (index, &row) in rows.iter().enumerate() {
        let mut cursor = Cursor::new(source, row, per_row);
        if let Some(head) = cursor.head(index)? {
            heap.push(head);
        }
        cursors.push(cursor);
    }
    // An ascending list is a heap.
    heap.sort_unstable();
    while let Some(&Head { start, not_end, row }) = heap.first() {
        let cursor = &mut cursors[row];
        each(Call {
            row,
            start,
            end: !not_end,
            thread: cursor.loaded.threads[cursor.at],
        })?;
        cursor.at += 1;
        match cursor.head(row)? {
            Some(head) => heap[0] = head,
            None => {
                heap.swap_remove(0);
            }
        }
        sift_down(&mut heap);
    }
    Ok(())
}

/// The next interval of a row. `!end` falls as `end` rises, so that the longer comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    start: i64,
    not_end: i64,
    row: usize,
}

struct Cursor<'a> {
    source: &'a dyn Source,
    row: usize,
    loaded: Intervals,
    at: usize,
    next: u64,
    len: u64,
    step: u64,
}

impl<'a> Cursor<'a> {
    fn new(source: &'a dyn Source, row: usize, step: usize) -> Self {
        let len = source.rows()[row].intervals;
        Self {
            source,
            row,
            loaded: Intervals::default(),
            at: 0,
            next: 0,
            len,
            step: step as u64,
        }
    }

    #[inline]
    fn head(&mut self, index: usize) -> Result<Option<Head>> {
        if self.at == self.loaded.len() && !self.load()? {
            return Ok(None);
        }
        let (start, not_end) = (self.loaded.starts[self.at], !self.loaded.ends[self.at]);
        Ok(Some(Head {
            start,
            not_end,
            row: index,
        }))
    }

    /// Loads the next intervals; false, and the memory given back, when there are no more.
    fn load(&mut self) -> Result<bool> {
        self.at = 0;
        if self.next == self.len {
            self.loaded = Intervals::default();
            return Ok(false);
        }
        let end = self.len.min(self.next + self.step);
        self.source.read(self.row, self.next..end, &mut self.loaded)?;
        self.next = end;
        Ok(true)
    }
}

/// Restores the heap after its first element has changed.
fn sift_down(heap: &mut [Head]) {
    let mut parent = 0;
    loop {
        let left = 2 * parent + 1;
        if left >= heap.len() {
            return;
        }
        let right = left + 1;
        let child = if right < heap.len() && heap[right] < heap[left] {
            right
        } else {
            left
        };
        if heap[parent] <= heap[child] {
            return;
        }
        heap.swap(parent, child);
        parent = child;
    }
}
