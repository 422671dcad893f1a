//! Numbers of a log that came after the last interval of their span, and which interval that is.

use super::rank_log::NumberAt;
use crate::event::Event;
use crate::note::LateNote;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;

/// By the serial number of the span, once they are [gathered](Self::gather).
#[derive(Debug, Default)]
pub(crate) struct LateNumbers {
    late: Vec<LateNote>,
    /// Those that wait for an entry of their span, at the end of what is known.
    waiting: Vec<LateNote>,
    of_spans: FxHashMap<u32, OfSpan>,
}

#[derive(Debug, Default)]
struct OfSpan {
    numbers: Vec<NumberAt>,
    last: Option<LastInterval>,
    /// So many intervals of one thread are just like it; the last of these is meant.
    alike: u32,
}

/// The interval of a span that ended last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LastInterval {
    end: u64,
    start: u64,
    thread: u32,
    region: u32,
}

impl LastInterval {
    fn of(thread: u32, event: &Event) -> Self {
        Self {
            end: event.end,
            start: event.start,
            thread,
            region: event.region,
        }
    }
}

impl LateNumbers {
    pub(crate) fn add(&mut self, late: LateNote) {
        self.late.push(late);
    }

    /// Numbers that wait: in the place of those before, or with them.
    pub(crate) fn set_waiting(&mut self, instead: bool, numbers: Vec<LateNote>) {
        if instead {
            self.waiting = numbers;
        } else {
            self.waiting.extend(numbers);
        }
    }

    /// Goes by all that has been added until now. No interval has been seen then.
    pub(crate) fn gather(&mut self) {
        self.of_spans.clear();
        for LateNote { serial, note } in self.late.iter().chain(&self.waiting) {
            self.of_spans.entry(*serial).or_default().numbers.push(NumberAt {
                at: 0,
                field: note.field,
                number: note.number,
            });
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.of_spans.is_empty()
    }

    /// Takes note of an interval, in whatever order they come.
    #[inline]
    pub(crate) fn see(&mut self, thread: u32, event: &Event) {
        if event.serial == 0 || self.of_spans.is_empty() {
            return;
        }
        if let Some(of_span) = self.of_spans.get_mut(&event.serial) {
            let interval = Some(LastInterval::of(thread, event));
            match of_span.last.cmp(&interval) {
                Ordering::Less => (of_span.last, of_span.alike) = (interval, 1),
                Ordering::Equal => of_span.alike += 1,
                Ordering::Greater => {}
            }
        }
    }

    /// Goes through the intervals once more: those of a thread in their order.
    pub(crate) fn pass(&self) -> LatePass<'_> {
        LatePass {
            late: self,
            met: FxHashMap::default(),
        }
    }

    /// Numbers with the regions of their intervals.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u32, &NumberAt)> + '_ {
        let spans = self.of_spans.values();
        spans.flat_map(|of_span| {
            let region = of_span.last.map(|last| last.region);
            let numbers = of_span.numbers.iter();
            numbers.filter_map(move |number| Some((region?, number)))
        })
    }

    /// How many numbers there are of spans without an interval. `is_over`: none will come to those that wait.
    pub(crate) fn lost(&self, is_over: bool) -> u64 {
        let waiting = if is_over { self.waiting.as_slice() } else { &[] };
        let has_none = |late: &&LateNote| {
            self.of_spans
                .get(&late.serial)
                .is_some_and(|span| span.last.is_none())
        };
        self.late.iter().chain(waiting).filter(has_none).count() as u64
    }
}

/// Finds the last interval of each span among all.
pub(crate) struct LatePass<'a> {
    late: &'a LateNumbers,
    /// How many of several that are alike there have been.
    met: FxHashMap<u32, u32>,
}

impl<'a> LatePass<'a> {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.late.is_empty()
    }

    /// The numbers of the next interval; none but of the last one of a span.
    #[inline]
    pub(crate) fn of(&mut self, thread: u32, event: &Event) -> &'a [NumberAt] {
        if event.serial == 0 || self.late.of_spans.is_empty() {
            return &[];
        }
        match self.late.of_spans.get(&event.serial) {
            Some(of_span) if of_span.last == Some(LastInterval::of(thread, event)) => {
                let met = self.met.entry(event.serial).or_default();
                *met += 1;
                if *met == of_span.alike {
                    &of_span.numbers
                } else {
                    &[]
                }
            }
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NumberNote;
    use crate::profile::Number;

    #[test]
    fn a_number_is_of_the_interval_that_ends_last_wherever_it_is_in_the_log() {
        let mut late = LateNumbers::default();
        let number = |serial, field| LateNote {
            serial,
            note: NumberNote {
                field,
                number: Number::Int(5),
            },
        };
        [number(3, 0), number(3, 1), number(4, 0)]
            .into_iter()
            .for_each(|note| late.add(note));
        late.gather();
        let event = |serial, start, end| Event {
            region: 7,
            serial,
            start,
            end,
        };
        // The second one was entered inside the first, which is left later.
        let (first, inside, other) = (event(3, 10, 50), event(3, 20, 30), event(5, 60, 70));
        for (thread, event) in [(1, &inside), (0, &first), (0, &other)] {
            late.see(thread, event);
        }
        let mut pass = late.pass();
        assert_eq!(pass.of(0, &first).len(), 2);
        assert!(
            pass.of(1, &first).is_empty() && pass.of(1, &inside).is_empty() && pass.of(0, &other).is_empty()
        );
        assert_eq!((late.placed().count(), late.lost(true)), (2, 1));
        assert!(late.placed().all(|(region, _)| region == 7));
        // Of two that are alike it is the second one.
        late.see(0, &first);
        let mut pass = late.pass();
        assert_eq!([(); 2].map(|()| pass.of(0, &first).len()), [0, 2]);
    }
}
