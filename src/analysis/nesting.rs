//! Which call happened inside which, worked out from the intervals.
//!
//! Within one thread of one rank, a call that lies inside another is its child. Calls that only
//! touch are siblings; of two with the same start the longer is outside, of two equal ones the one
//! that the file names first. A call's own (exclusive) time is its duration less those of its
//! direct children.
//!
//! Where the file says which call each is inside, [that](super::linked) counts instead.
//!
//! Two calls of one thread that partly overlap (spans entered A, B and left A, B) are not
//! nested either way: the later becomes a sibling of the earlier, and is counted. While both are open the
//! time is the later one's, so that every moment of a thread belongs to one call, the innermost.

use super::linked::{Link, Linked};
use super::pass::{self, Observer, RankCall};
use super::threads::ThreadIndex;
use crate::error::{Error, Result};
use crate::profile::{Interval, RankRegion, Source, saturate};
use std::collections::BTreeMap;

/// Told of every call, a parent before its children, which end before it does.
pub(crate) trait Visitor {
    /// What the visitor keeps with a call while it is open.
    type Tag: Copy;

    /// A call begins on the thread with the given place among those of the rank, inside the calls that are
    /// `open` there.
    fn enter(&mut self, thread: usize, open: &[Frame<Self::Tag>], call: &RankCall) -> Self::Tag;

    /// A call ends; `own_ns` is the time that was its own, without that of its direct children.
    fn leave(&mut self, tag: Self::Tag, call: &RankCall, own_ns: i128);

    /// `call` began inside `other`, and perhaps others around it, and ends after it.
    fn overlap(&mut self, other: &RankCall, call: &RankCall) -> Result<()>;

    /// `call` ended before it began. It is not part of the nesting, but visited.
    fn reversed(&mut self, call: &RankCall) -> Result<()>;
}

/// The open calls of the threads of a rank.
pub(crate) struct Nesting<T> {
    threads: ThreadIndex,
    stacks: Vec<Vec<Frame<T>>>,
}

impl<T: Copy> Nesting<T> {
    pub(crate) fn new() -> Self {
        Self {
            threads: ThreadIndex::default(),
            stacks: Vec::new(),
        }
    }

    /// Takes the next calls, in order of start.
    pub(crate) fn calls(&mut self, calls: &[RankCall], visitor: &mut impl Visitor<Tag = T>) -> Result<()> {
        calls.iter().try_for_each(|call| self.call(call, visitor))
    }

    #[inline]
    fn call(&mut self, call: &RankCall, visitor: &mut impl Visitor<Tag = T>) -> Result<()> {
        let thread = self.threads.of(call.thread);
        if thread == self.stacks.len() {
            self.stacks.push(Vec::new());
        }
        let stack = &mut self.stacks[thread];
        let mut overlaps = false;
        while let Some(top) = stack.last() {
            let mut until = top.call.end;
            if until > call.start {
                if until >= call.end {
                    break;
                }
                if !overlaps {
                    overlaps = true;
                    visitor.overlap(&top.call, call)?;
                }
                until = call.start;
            }
            close(stack, until, visitor);
        }
        let tag = visitor.enter(thread, stack, call);
        if call.end < call.start {
            visitor.reversed(call)?;
            visitor.leave(tag, call, 0);
            return Ok(());
        }
        stack.push(Frame::new(*call, tag));
        Ok(())
    }

    /// The threads so far, by their place among those of the rank.
    pub(crate) fn threads(&self) -> &[u32] {
        self.threads.seen()
    }

    /// Ends all calls: no more are to come.
    pub(crate) fn end(self, visitor: &mut impl Visitor<Tag = T>) {
        for mut stack in self.stacks {
            while let Some(top) = stack.last() {
                let until = top.call.end;
                close(&mut stack, until, visitor);
            }
        }
    }
}

/// A call that is open.
#[derive(Clone, Copy)]
pub(crate) struct Frame<T> {
    pub(crate) call: RankCall,
    pub(crate) tag: T,
    children_ns: i128,
}

impl<T> Frame<T> {
    pub(crate) fn new(call: RankCall, tag: T) -> Self {
        Self {
            call,
            tag,
            children_ns: 0,
        }
    }
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
        if let Some(sums) = self.sums() {
            return Ok(sums.exclusive_ns);
        }
        let own_times = self.own_times.get_or_init(|| {
            let source = self.source.as_ref();
            own_times_of_rank(source, source.rows()[self.row].rank, None)
        });
        match own_times {
            Ok(own_times) => Ok(own_times.get(&self.row).copied().unwrap_or(0)),
            Err(error) => Err(error.clone()),
        }
    }
}

/// What is left of an interval; none where nothing is.
pub(crate) type Cut<'a> = dyn Fn(Interval) -> Option<Interval> + 'a;

/// The exclusive time of every row of a rank, by row. `cut` says what of each call counts, which is all of it without.
pub(crate) fn own_times_of_rank(
    source: &dyn Source,
    rank: u32,
    cut: Option<&Cut<'_>>,
) -> Result<BTreeMap<usize, i64>> {
    let mut observer = Nested {
        rank,
        cut,
        nesting: Nesting::new(),
        linked: Linked::new(),
        visitor: OwnTimes {
            source,
            rows: Vec::new(),
            totals: Vec::new(),
        },
    };
    pass::run(source, &mut [&mut observer])?;
    let OwnTimes { rows, totals, .. } = observer.visitor;
    Ok(rows.into_iter().zip(totals.into_iter().map(saturate)).collect())
}

/// Nests the calls of one rank.
struct Nested<'a> {
    rank: u32,
    cut: Option<&'a Cut<'a>>,
    nesting: Nesting<()>,
    linked: Linked<()>,
    visitor: OwnTimes<'a>,
}

impl Observer for Nested<'_> {
    fn takes_rank(&self, rank: u32) -> bool {
        rank == self.rank
    }

    fn begin_rank(&mut self, _: u32, rows: &[usize]) -> Result<()> {
        self.visitor.rows = rows.to_vec();
        self.visitor.totals = vec![0; rows.len()];
        Ok(())
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        match self.cut {
            None => self.nesting.calls(calls, &mut self.visitor),
            Some(cut) => {
                let calls: Vec<RankCall> = calls.iter().filter_map(|call| part(call, cut)).collect();
                self.nesting.calls(&calls, &mut self.visitor)
            }
        }
    }

    fn linked_calls(&mut self, calls: &[RankCall], links: &[Link]) -> Result<()> {
        match self.cut {
            None => self.linked.calls(calls, links, &mut self.visitor),
            Some(cut) => {
                let pairs = calls.iter().zip(links);
                let (calls, links): (Vec<RankCall>, Vec<Link>) = pairs
                    .filter_map(|(call, link)| Some((part(call, cut)?, *link)))
                    .unzip();
                self.linked.calls(&calls, &links, &mut self.visitor)
            }
        }
    }

    fn end_rank(&mut self, _: u32) -> Result<()> {
        std::mem::replace(&mut self.nesting, Nesting::new()).end(&mut self.visitor);
        std::mem::replace(&mut self.linked, Linked::new()).end(&mut self.visitor);
        Ok(())
    }
}

fn part(call: &RankCall, cut: &Cut<'_>) -> Option<RankCall> {
    let part = cut(Interval {
        start_ns: call.start,
        end_ns: call.end,
        thread: call.thread,
    })?;
    Some(RankCall {
        start: part.start_ns,
        end: part.end_ns,
        ..*call
    })
}

struct OwnTimes<'a> {
    source: &'a dyn Source,
    rows: Vec<usize>,
    totals: Vec<i128>,
}

impl OwnTimes<'_> {
    fn describe(&self, call: &RankCall) -> String {
        let row = &self.source.rows()[self.rows[call.row]];
        format!(
            "{:?} from {} to {} ns",
            self.source.names()[row.name],
            call.start,
            call.end
        )
    }

    fn place(&self, call: &RankCall) -> String {
        format!(
            "rank {}, thread {}",
            self.source.rows()[self.rows[call.row]].rank,
            call.thread
        )
    }
}

impl Visitor for OwnTimes<'_> {
    type Tag = ();

    fn enter(&mut self, _: usize, _: &[Frame<()>], _: &RankCall) {}

    fn leave(&mut self, (): (), call: &RankCall, own_ns: i128) {
        self.totals[call.row] += own_ns;
    }

    fn overlap(&mut self, other: &RankCall, call: &RankCall) -> Result<()> {
        Err(Error::not_nested(format!(
            "exclusive time is undefined: on {} the calls of {} and {} partly overlap",
            self.place(call),
            self.describe(other),
            self.describe(call)
        )))
    }

    fn reversed(&mut self, call: &RankCall) -> Result<()> {
        Err(Error::not_nested(format!(
            "exclusive time is undefined: on {} the call of {} ends before it starts",
            self.place(call),
            self.describe(call)
        )))
    }
}
