//! Which call happened inside which, as the file itself says: calls have numbers, and say which call called them.
//!
//! A call whose number is not known is inside the last one of its thread that is open and ends after it. A call
//! whose caller has ended, or is not known, is at the top level. Calls inside one may overlap each other, as those of
//! several threads or tasks do: its own time is when none of them was open.

use super::inclusive::Covered;
use super::nesting::{Frame, Visitor};
use super::pass::RankCall;
use super::threads::ThreadIndex;
use crate::error::Result;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// What a file says of a call: its number and that of its caller, negative where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// The number of the call, which no other of its rank has.
    pub call: i64,
    /// The number of the call that it is inside.
    pub parent: i64,
}

/// The open calls of a rank.
pub(crate) struct Linked<T> {
    threads: ThreadIndex,
    /// Calls that are open, and places for further ones.
    open: Vec<Option<Open<T>>>,
    free: Vec<usize>,
    /// The places of open calls by when they end; of those that end together the last to begin first.
    ends: BinaryHeap<(Reverse<i64>, u64, usize)>,
    /// By number.
    places: HashMap<i64, usize>,
    entered: u64,
    /// The calls around the one at hand, from outside.
    path: Vec<Frame<T>>,
}

struct Open<T> {
    frame: Frame<T>,
    number: i64,
    parent: Option<usize>,
    /// By calls inside.
    covered: Covered,
    covered_ns: i128,
}

impl<T: Copy> Linked<T> {
    pub(crate) fn new() -> Self {
        Self {
            threads: ThreadIndex::default(),
            open: Vec::new(),
            free: Vec::new(),
            ends: BinaryHeap::new(),
            places: HashMap::new(),
            entered: 0,
            path: Vec::new(),
        }
    }

    /// Takes the next calls, in order of start.
    pub(crate) fn calls(
        &mut self,
        calls: &[RankCall],
        links: &[Link],
        visitor: &mut impl Visitor<Tag = T>,
    ) -> Result<()> {
        let mut from = 0;
        while from < calls.len() {
            let times = |call: &RankCall| (call.start, call.end);
            let same = calls[from..]
                .iter()
                .take_while(|call| times(call) == times(&calls[from]));
            let to = from + same.count();
            if to - from == 1 {
                self.call(&calls[from], links[from], visitor)?;
            } else {
                for at in callers_first(&links[from..to]) {
                    self.call(&calls[from + at], links[from + at], visitor)?;
                }
            }
            from = to;
        }
        Ok(())
    }

    /// Ends all calls: no more are to come.
    pub(crate) fn end(mut self, visitor: &mut impl Visitor<Tag = T>) {
        self.close_until(None, visitor);
    }

    fn call(&mut self, call: &RankCall, link: Link, visitor: &mut impl Visitor<Tag = T>) -> Result<()> {
        self.close_until(Some(call.start), visitor);
        let parent = self.parent(call, link);
        self.find_path(parent);
        if let Some(parent) = parent.and_then(|parent| self.open[parent].as_mut()) {
            let until = call.end.min(parent.frame.call.end);
            parent.covered_ns += parent.covered.add(call.start, until);
            if call.end > parent.frame.call.end {
                visitor.overlap(&parent.frame.call, call)?;
            }
        }
        let tag = visitor.enter(self.threads.of(call.thread), &self.path, call);
        if call.end < call.start {
            visitor.reversed(call)?;
            visitor.leave(tag, call, 0);
            return Ok(());
        }
        self.insert(Open {
            frame: Frame::new(*call, tag),
            number: link.call,
            parent,
            covered: Covered::NONE,
            covered_ns: 0,
        });
        Ok(())
    }

    /// The place of the call that a call is inside.
    fn parent(&self, call: &RankCall, link: Link) -> Option<usize> {
        if link.call >= 0 {
            return self.places.get(&link.parent).copied();
        }
        let open = self.ends.iter().filter_map(|&(Reverse(end), entered, place)| {
            let thread = self.open[place].as_ref()?.frame.call.thread;
            (thread == call.thread && end >= call.end && end > call.start).then_some((entered, place))
        });
        open.max().map(|(_, place)| place)
    }

    fn find_path(&mut self, parent: Option<usize>) {
        self.path.clear();
        let mut at = parent;
        while let Some(open) = at.and_then(|at| self.open[at].as_ref()) {
            self.path.push(open.frame);
            at = open.parent;
        }
        self.path.reverse();
    }

    fn insert(&mut self, open: Open<T>) {
        let (end, number) = (open.frame.call.end, open.number);
        let place = match self.free.pop() {
            Some(place) => {
                self.open[place] = Some(open);
                place
            }
            None => {
                self.open.push(Some(open));
                self.open.len() - 1
            }
        };
        if number >= 0 {
            self.places.insert(number, place);
        }
        self.ends.push((Reverse(end), self.entered, place));
        self.entered += 1;
    }

    /// Ends the calls that end before `start`; all without one.
    fn close_until(&mut self, start: Option<i64>, visitor: &mut impl Visitor<Tag = T>) {
        while let Some(&(Reverse(end), _, place)) = self.ends.peek() {
            let Some(open) = &self.open[place] else { return };
            let call = open.frame.call;
            if start.is_some_and(|start| end >= start) {
                return;
            }
            self.ends.pop();
            let length = i128::from(call.end) - i128::from(call.start);
            visitor.leave(open.frame.tag, &call, length - open.covered_ns);
            if self.places.get(&open.number) == Some(&place) {
                self.places.remove(&open.number);
            }
            self.open[place] = None;
            self.free.push(place);
        }
    }
}

/// The order of calls that begin and end together in which no caller comes after a call of its own.
fn callers_first(links: &[Link]) -> Vec<usize> {
    let by_number: HashMap<i64, usize> = links
        .iter()
        .enumerate()
        .map(|(at, link)| (link.call, at))
        .collect();
    let mut is_done = vec![false; links.len()];
    let mut order = Vec::with_capacity(links.len());
    for at in 0..links.len() {
        let mut chain = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next.filter(|&at| !is_done[at]) {
            is_done[at] = true;
            chain.push(at);
            let parent = links[at].parent;
            next = by_number.get(&parent).copied().filter(|_| parent >= 0);
        }
        order.extend(chain.into_iter().rev());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down what it is told.
    #[derive(Default)]
    struct Notes(Vec<String>);

    impl Visitor for Notes {
        type Tag = ();

        fn enter(&mut self, thread: usize, open: &[Frame<()>], call: &RankCall) {
            let path: Vec<String> = open.iter().map(|frame| frame.call.row.to_string()).collect();
            self.0
                .push(format!("{}>{} on {thread}", path.join(">"), call.row));
        }

        fn leave(&mut self, (): (), call: &RankCall, own_ns: i128) {
            self.0.push(format!("{} own {own_ns}", call.row));
        }

        fn overlap(&mut self, other: &RankCall, call: &RankCall) -> Result<()> {
            self.0.push(format!("{} beyond {}", call.row, other.row));
            Ok(())
        }

        fn reversed(&mut self, call: &RankCall) -> Result<()> {
            self.0.push(format!("{} reversed", call.row));
            Ok(())
        }
    }

    /// Row, start, end, number and caller of each call.
    fn visit(calls: &[(usize, i64, i64, i64, i64)]) -> Vec<String> {
        let links: Vec<Link> = calls
            .iter()
            .map(|&(.., call, parent)| Link { call, parent })
            .collect();
        let calls: Vec<RankCall> = calls
            .iter()
            .map(|&(row, start, end, ..)| RankCall {
                row,
                start,
                end,
                thread: 0,
            })
            .collect();
        let mut notes = Notes::default();
        let mut linked = Linked::new();
        linked.calls(&calls, &links, &mut notes).unwrap();
        linked.end(&mut notes);
        notes.0
    }

    #[test]
    fn calls_that_overlap_are_inside_their_caller() {
        let notes = visit(&[
            (0, 0, 100, 7, -1),
            (1, 10, 50, 8, 7),
            (2, 20, 60, 9, 7),
            (3, 30, 40, 3, 8),
        ]);
        assert_eq!(
            notes,
            [
                ">0 on 0",
                "0>1 on 0",
                "0>2 on 0",
                "0>1>3 on 0",
                "3 own 10",
                "1 own 30",
                "2 own 40",
                "0 own 50"
            ]
        );
    }

    #[test]
    fn a_call_outlives_its_caller_and_one_comes_late() {
        let notes = visit(&[(0, 0, 10, 1, -1), (1, 5, 30, 2, 1), (2, 20, 25, 3, 1)]);
        assert_eq!(
            notes,
            [
                ">0 on 0",
                "1 beyond 0",
                "0>1 on 0",
                "0 own 5",
                ">2 on 0",
                "2 own 5",
                "1 own 25"
            ]
        );
    }

    #[test]
    fn of_calls_that_begin_and_end_together_callers_come_first() {
        let notes = visit(&[
            (0, 5, 5, 1, 2),
            (1, 5, 5, 2, 3),
            (2, 5, 5, 3, -1),
            (3, 5, 5, 4, 4),
        ]);
        assert_eq!(notes[..4], [">2 on 0", "2>1 on 0", "2>1>0 on 0", ">3 on 0"]);
        assert_eq!(
            callers_first(&[Link { call: 1, parent: 2 }, Link { call: 2, parent: 1 }]),
            [1, 0]
        );
    }

    #[test]
    fn calls_without_a_number_are_inside_what_is_open_around_them() {
        let notes = visit(&[
            (0, 0, 100, -1, -1),
            (1, 10, 50, -1, -1),
            (2, 20, 60, -1, -1),
            (3, 70, 60, 5, -1),
        ]);
        assert_eq!(
            notes,
            [
                ">0 on 0",
                "0>1 on 0",
                "0>2 on 0",
                "1 own 40",
                "2 own 40",
                ">3 on 0",
                "3 reversed",
                "3 own 0",
                "0 own 50"
            ]
        );
    }
}
