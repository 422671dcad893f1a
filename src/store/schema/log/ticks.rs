//! The intervals of one region in ticks, as in the log.

use super::numbers::CallNumbers;
use crate::event::Event;
use crate::profile::{Intervals, Numbers};
use crate::span_numbers::{Origin, Pass};
use crate::store::rank_log::NumberAt;
use std::cmp::Reverse;
use std::ops::Range;

/// The intervals of one region in ticks. They become nanoseconds when they are read, with all clock readings
/// that are known by then.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    events: Vec<Interval>,
    /// How many of the events are in order of start, the longer first.
    in_order: usize,
    /// How many end before they start.
    clamped: u64,
    /// Whether any is of a span.
    has_spans: bool,
    numbers: CallNumbers,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    start: u64,
    end: u64,
    thread: u32,
    span: u32,
}

impl Interval {
    fn key(&self) -> (u64, Reverse<u64>) {
        (self.start, Reverse(self.end))
    }

    fn event(&self, region: u32) -> Event {
        Event {
            region,
            serial: self.span,
            start: self.start,
            end: self.end,
        }
    }
}

impl Ticks {
    /// Adds intervals of one thread; call [`put_in_order`](Self::put_in_order) before reading them.
    pub(super) fn extend(&mut self, thread: u32, events: &[Event]) {
        self.clamped += events.iter().filter(|event| event.end < event.start).count() as u64;
        self.has_spans |= events.iter().any(|event| event.serial != 0);
        self.events.extend(events.iter().map(|event| Interval {
            start: event.start,
            end: event.end,
            thread,
            span: event.serial,
        }));
        self.numbers.follow(self.events.len());
    }

    /// Adds numbers of intervals of a block, of which those before `end` have been added last.
    pub(super) fn add_numbers(&mut self, end: usize, numbers: &[NumberAt]) {
        let len = self.events.len();
        for number in numbers {
            let place = len - (end - number.at as usize);
            self.numbers.add(len, place, number.field, number.number);
        }
    }

    /// The fields that the intervals have numbers of.
    pub(super) fn fields(&self) -> impl Iterator<Item = u32> + '_ {
        self.numbers.fields()
    }

    pub(super) fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// Intervals that end before they start; their length becomes 0.
    pub(super) fn clamped(&self) -> u64 {
        self.clamped
    }

    /// Whether any interval is of a span.
    pub(super) fn has_spans(&self) -> bool {
        self.has_spans
    }

    /// Sorts the intervals that were added since the last time into the rest.
    pub(super) fn put_in_order(&mut self) {
        let Some(low) = self.events[self.in_order..].iter().map(Interval::key).min() else {
            return;
        };
        let settled = self.events[..self.in_order].partition_point(|event| event.key() <= low);
        // The stable sort uses stretches that are in order already, as most are.
        let events = &mut self.events[settled..];
        match self.numbers.ids_from(settled) {
            None => events.sort_by_key(Interval::key),
            Some(ids) => {
                let mut both: Vec<(Interval, u32)> =
                    events.iter().copied().zip(ids.iter().copied()).collect();
                both.sort_by_key(|(event, _)| event.key());
                for ((event, id), (from, of)) in events.iter_mut().zip(ids).zip(both) {
                    (*event, *id) = (from, of);
                }
            }
        }
        self.in_order = self.events.len();
    }

    /// Calls `f` with every interval of this region, and its thread.
    pub(super) fn each_event(&self, region: u32, mut f: impl FnMut(u32, &Event)) {
        for interval in &self.events {
            f(interval.thread, &interval.event(region));
        }
    }

    /// The intervals of this region have these numbers from outside them, and no others from there any more.
    pub(super) fn take_span_numbers(&mut self, region: u32, span_numbers: &mut Pass<'_>) {
        self.numbers.forget_outside();
        if span_numbers.is_empty() {
            return;
        }
        for (place, interval) in self
            .events
            .iter()
            .enumerate()
            .filter(|(_, interval)| interval.span != 0)
        {
            let outside = span_numbers.of(Origin::in_log(interval.thread), &interval.event(region));
            self.numbers.add_outside(self.events.len(), place, outside);
        }
    }

    /// Replaces `into` with the intervals at `range`, in order of start by `ns`, the longer first. A later
    /// tick is never an earlier nanosecond. `fields` are the numbers of fields and what their columns are called.
    ///
    /// # Panics
    ///
    /// When the range is out of bounds.
    pub(super) fn read<'a>(
        &self,
        range: Range<u64>,
        mut ns: impl FnMut(u64) -> i64,
        fields: impl Iterator<Item = (u32, &'a str)>,
        into: &mut Intervals,
    ) {
        into.clear();
        let range = range.start as usize..range.end as usize;
        let events = &self.events[range.clone()];
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        // Intervals that start within the same nanosecond may be in order of ticks but not of length.
        let (first, last) = (ns(first.start), ns(last.start));
        let before = self.events[..range.start].iter().rev();
        let from = range.start - before.take_while(|event| ns(event.start) == first).count();
        let after = self.events[range.end..].iter();
        let to = range.end + after.take_while(|event| ns(event.start) == last).count();
        let mut rows: Vec<(i64, i64, u32, u32, u32)> = (from..to)
            .map(|place| {
                let event = &self.events[place];
                let (start, id) = (ns(event.start), self.numbers.id(place));
                (start, ns(event.end).max(start), event.thread, event.span, id)
            })
            .collect();
        rows.sort_by_key(|&(start, end, ..)| (start, Reverse(end)));
        let rows = &rows[range.start - from..range.end - from];
        for &(start, end, thread, ..) in rows {
            into.push(start, end, thread);
        }
        if into.wants(Intervals::SPAN) {
            let spans = rows.iter().map(|&(.., span, _)| span.into());
            into.set_column(Intervals::SPAN, Numbers::Int(spans.collect()));
        }
        for (field, column) in fields
            .filter(|(_, column)| into.wants(column))
            .collect::<Vec<_>>()
        {
            if let Some(numbers) = self.numbers.of(field, rows.iter().map(|&(.., id)| id)) {
                into.set_column(column, numbers);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(start: u64, end: u64) -> Event {
        Event {
            region: 0,
            serial: 0,
            start,
            end,
        }
    }

    fn read(ticks: &Ticks, range: Range<u64>, ticks_per_ns: u64) -> Vec<(i64, i64, u32)> {
        let mut into = Intervals::default();
        ticks.read(
            range,
            |tick| (tick / ticks_per_ns) as i64,
            std::iter::empty(),
            &mut into,
        );
        let times = into.iter();
        times
            .map(|call| (call.start_ns, call.end_ns, call.thread))
            .collect()
    }

    #[test]
    fn an_end_before_its_start_is_set_right_and_counted() {
        let mut ticks = Ticks::default();
        ticks.extend(3, &[event(20, 10)]);
        ticks.put_in_order();
        assert_eq!(read(&ticks, 0..1, 1), [(20, 20, 3)]);
        assert_eq!(ticks.clamped(), 1);
    }

    proptest! {
        #[test]
        fn whatever_comes_in_parts_is_read_in_order_in_parts(
            parts in proptest::collection::vec(proptest::collection::vec((0u64..300, 0u64..40), 0..40), 1..6),
            chunk in 1u64..30,
            ticks_per_ns in 1u64..5,
        ) {
            let mut ticks = Ticks::default();
            let mut expected = Vec::new();
            for (thread, part) in parts.iter().enumerate() {
                let events: Vec<Event> = part.iter().map(|&(at, length)| event(at, at + length)).collect();
                ticks.extend(thread as u32, &events);
                ticks.put_in_order();
                let ns = |tick: u64| (tick / ticks_per_ns) as i64;
                expected.extend(events.iter().map(|event| (ns(event.start), ns(event.end), thread as u32)));
            }
            expected.sort_by_key(|&(start, end, _)| (start, Reverse(end)));
            let whole = read(&ticks, 0..ticks.len(), ticks_per_ns);
            let times = |rows: &[(i64, i64, u32)]| rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>();
            prop_assert_eq!(times(&whole), times(&expected));
            let mut in_parts = Vec::new();
            for from in (0..ticks.len()).step_by(chunk as usize) {
                in_parts.extend(read(&ticks, from..ticks.len().min(from + chunk), ticks_per_ns));
            }
            prop_assert_eq!(in_parts, whole);
        }
    }
}
