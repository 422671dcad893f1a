//! Which call happened inside which, worked out from the intervals.
//!
//! Within one thread of one rank, a call that lies inside another is its child. Calls that only
//! touch are siblings; of two with the same start the longer is outside, of two equal ones the one
//! that the file names first. A call's own (exclusive) time is its duration less those of its
//! direct children.
//!
//! Two calls of one thread that partly overlap (spans entered A, B and left A, B) are not
//! nested either way: the later becomes a sibling of the earlier, and is counted. While both are open the
//! time is the later one's, so that every moment of a thread belongs to one call, the innermost.

use super::merge::{Call, merge};
use crate::error::{Error, Result};
use crate::profile::{RankRegion, Source, saturate};
use std::collections::{BTreeMap, HashMap};

/// Told of every call, a parent before its children, which end before it does.
pub(crate) trait Visitor {
    /// What the visitor keeps with a call while it is open.
    type Tag: Copy;

    /// A call begins on the thread with the given place among those of the rank, inside the calls that are
    /// `open` there.
    fn enter(&mut self, thread: usize, open: &[Frame<Self::Tag>], call: &Call) -> Self::Tag;

    /// A call ends; `own_ns` is the time that was its own, without that of its direct children.
    fn leave(&mut self, tag: Self::Tag, call: &Call, own_ns: i128);

    /// `call` began inside `other`, and perhaps others around it, and ends after it.
    fn overlap(&mut self, other: &Call, call: &Call) -> Result<()>;

    /// `call` ended before it began. It is not part of the nesting, but visited.
    fn reversed(&mut self, call: &Call) -> Result<()>;
}

/// Visits the calls of `rows`, which are rows of one rank, in order of start.
pub(crate) fn visit<V: Visitor>(source: &dyn Source, rows: &[usize], visitor: &mut V) -> Result<()> {
    let mut threads = Threads::new();
    merge(source, rows, |call| {
        let (thread, stack) = threads.stack(call.thread);
        let mut overlaps = false;
        while let Some(top) = stack.last() {
            let mut until = top.call.end;
            if until > call.start {
                if until >= call.end {
                    break;
                }
                if !overlaps {
                    overlaps = true;
                    visitor.overlap(&top.call, &call)?;
                }
                until = call.start;
            }
            close(stack, until, visitor);
        }
        let tag = visitor.enter(thread, stack, &call);
        if call.end < call.start {
            visitor.reversed(&call)?;
            visitor.leave(tag, &call, 0);
            return Ok(());
        }
        stack.push(Frame {
            call,
            tag,
            children_ns: 0,
        });
        Ok(())
    })?;
    for stack in &mut threads.stacks {
        while let Some(top) = stack.last() {
            let until = top.call.end;
            close(stack, until, visitor);
        }
    }
    Ok(())
}

/// A call that is open.
pub(crate) struct Frame<T> {
    pub(crate) call: Call,
    pub(crate) tag: T,
    children_ns: i128,
}

/// Ends the innermost call, whose time went on `until` then.
#[inline]
fn close<V: Visitor>(stack: &mut Vec<Frame<V::Tag>>, until: i64, visitor: &mut V) {
    if let Some(Frame {
        call,
        tag,
        children_ns,
    }) = stack.pop()
    {
        let length = i128::from(until) - i128::from(call.start);
        if let Some(parent) = stack.last_mut() {
            parent.children_ns += length;
        }
        visitor.leave(tag, &call, length - children_ns);
    }
}

/// The open calls of each thread.
struct Threads<T> {
    stacks: Vec<Vec<Frame<T>>>,
    /// Thread to its stack; thread numbers are small in our files, but not bound to be.
    small: Vec<u32>,
    large: HashMap<u32, usize>,
}

impl<T> Threads<T> {
    const SMALL: u32 = 4096;

    fn new() -> Self {
        Self {
            stacks: Vec::new(),
            small: Vec::new(),
            large: HashMap::new(),
        }
    }

    #[inline]
    fn stack(&mut self, thread: u32) -> (usize, &mut Vec<Frame<T>>) {
        let index = match self.small.get(thread as usize) {
            Some(&index) if index != u32::MAX => index as usize,
            _ => self.find_or_add(thread),
        };
        (index, &mut self.stacks[index])
    }

    #[cold]
    fn find_or_add(&mut self, thread: u32) -> usize {
        let new = self.stacks.len();
        let index = if thread < Self::SMALL {
            if self.small.len() <= thread as usize {
                self.small.resize(thread as usize + 1, u32::MAX);
            }
            self.small[thread as usize] = new as u32;
            new
        } else {
            *self.large.entry(thread).or_insert(new)
        };
        if index == new {
            self.stacks.push(Vec::new());
        }
        index
    }
}

impl RankRegion {
    /// Exclusive time, ns: the sum of the durations less the time spent in other regions, or in the
    /// same region again, inside each call on its thread.
    ///
    /// The first call for a rank reads the intervals of all its regions once.
    ///
    /// # Errors
    ///
    /// When calls of one thread partly overlap, or end before they start, so that they do not
    /// nest; or when the file cannot be read.
    pub fn exclusive_ns(&self) -> Result<i64> {
        let own_times = self.own_times.get_or_init(|| {
            let source = self.source.as_ref();
            own_times_of_rank(source, source.rows()[self.row].rank)
        });
        match own_times {
            Ok(own_times) => Ok(own_times.get(&self.row).copied().unwrap_or(0)),
            Err(error) => Err(error.clone()),
        }
    }
}

/// The exclusive time of every row of a rank, by row.
pub(crate) fn own_times_of_rank(source: &dyn Source, rank: u32) -> Result<BTreeMap<usize, i64>> {
    let rows = source.rows().iter().enumerate();
    let rows: Vec<usize> = rows
        .filter(|(_, row)| row.rank == rank)
        .map(|(index, _)| index)
        .collect();
    let mut visitor = OwnTimes {
        source,
        rows: &rows,
        totals: vec![0; rows.len()],
    };
    visit(source, &rows, &mut visitor)?;
    Ok(rows
        .iter()
        .copied()
        .zip(visitor.totals.into_iter().map(saturate))
        .collect())
}

struct OwnTimes<'a> {
    source: &'a dyn Source,
    rows: &'a [usize],
    totals: Vec<i128>,
}

impl OwnTimes<'_> {
    fn describe(&self, call: &Call) -> String {
        let row = &self.source.rows()[self.rows[call.row]];
        format!(
            "{:?} from {} to {} ns",
            self.source.names()[row.name],
            call.start,
            call.end
        )
    }

    fn place(&self, call: &Call) -> String {
        format!(
            "rank {}, thread {}",
            self.source.rows()[self.rows[call.row]].rank,
            call.thread
        )
    }
}

impl Visitor for OwnTimes<'_> {
    type Tag = ();

    fn enter(&mut self, _: usize, _: &[Frame<()>], _: &Call) {}

    fn leave(&mut self, (): (), call: &Call, own_ns: i128) {
        self.totals[call.row] += own_ns;
    }

    fn overlap(&mut self, other: &Call, call: &Call) -> Result<()> {
        Err(Error::not_nested(format!(
            "exclusive time is undefined: on {} the calls of {} and {} partly overlap",
            self.place(call),
            self.describe(other),
            self.describe(call)
        )))
    }

    fn reversed(&mut self, call: &Call) -> Result<()> {
        Err(Error::not_nested(format!(
            "exclusive time is undefined: on {} the call of {} ends before it starts",
            self.place(call),
            self.describe(call)
        )))
    }
}
