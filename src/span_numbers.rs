//! Numbers of spans that were recorded while their span was not open, and the intervals that they are of.

use crate::event::Event;
use crate::note::{NumberNote, SpanNumber};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::ops::Range;

/// By the serial number of the span, once they are [gathered](Self::gather).
#[derive(Debug, Default)]
pub(crate) struct SpanNumbers {
    added: Vec<(Origin, SpanNumber)>,
    /// Those that wait for an interval of their span, at the end of what is known.
    waiting: Vec<SpanNumber>,
    /// All of these by span and moment.
    numbers: Vec<Sought>,
    spans: FxHashMap<u32, OfSpan>,
}

/// Where something was recorded: on which thread, and its place among all that this thread recorded, from 1 on. Of what
/// is in a log only the times are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) thread: u32,
    pub(crate) place: u64,
}

impl Origin {
    /// Of a number that came before all that is looked at, on whatever thread.
    const BEFORE: Self = Self {
        thread: u32::MAX,
        place: 0,
    };

    /// Of what the thread recorded after all that is looked at otherwise.
    pub(crate) fn ahead(self) -> Self {
        let place = self.place | 1 << 62;
        Self { place, ..self }
    }

    /// Of a call that is open.
    pub(crate) fn open(thread: u32) -> Self {
        let place = u64::MAX;
        Self { thread, place }
    }

    /// In a log.
    pub(crate) fn in_log(thread: u32) -> Self {
        Self { thread, place: 0 }
    }

    /// Whether the same thread recorded this later.
    fn is_after(self, other: Self) -> bool {
        self.thread == other.thread && self.place > other.place
    }
}

/// A number whose interval is sought.
#[derive(Debug)]
struct Sought {
    origin: Origin,
    /// That of its span.
    serial: u32,
    number: NumberNote,
    from: u64,
    /// The first interval from then on.
    first: Option<Place>,
    /// An interval began then or later that was over before. A clock may stand still.
    over: Option<u64>,
}

impl Sought {
    fn new(origin: Origin, SpanNumber { serial, from, note }: SpanNumber) -> Self {
        Self {
            origin,
            serial,
            number: note,
            from,
            first: None,
            over: None,
        }
    }

    /// The number by itself. Intervals that were over before it are not meant by whoever looks at the times alone.
    fn alone(&self) -> SpanNumber {
        let over = self.over.map_or(0, |start| start.saturating_add(1));
        SpanNumber {
            from: self.from.max(over),
            serial: self.serial,
            note: self.number,
        }
    }
}

#[derive(Debug)]
struct OfSpan {
    /// The places of its numbers.
    numbers: Range<usize>,
    /// The interval that ended last.
    last: Option<Place>,
    /// So many intervals of one thread are just like it; the last of these is meant.
    alike: u32,
}

/// Which interval of a span it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    end: u64,
    start: u64,
    origin: Origin,
    region: u32,
}

impl Place {
    fn of(origin: Origin, event: &Event) -> Self {
        Self {
            end: event.end,
            start: event.start,
            origin,
            region: event.region,
        }
    }

    /// Orders intervals by when they began, for a number that a thread recorded: of two that began at the same time its
    /// own comes first.
    fn begins(&self, number: Origin) -> impl Ord + use<> {
        let Origin { thread, place } = self.origin;
        (self.start, thread != number.thread, place, self.end, thread)
    }
}

/// The numbers of an interval that were recorded outside it; of two of a field the last counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FromOutside<'a> {
    /// Those from before it: what was recorded inside counts more.
    pub(crate) before: &'a [NumberNote],
    /// Those from after it, which count most.
    pub(crate) after: &'a [NumberNote],
}

impl SpanNumbers {
    pub(crate) fn add(&mut self, number: SpanNumber) {
        self.added.push((Origin::BEFORE, number));
    }

    /// Adds a number with where it was recorded.
    pub(crate) fn add_from(&mut self, origin: Origin, number: SpanNumber) {
        self.added.push((origin, number));
    }

    /// Numbers that wait: in the place of those before, or with them.
    pub(crate) fn set_waiting(&mut self, instead: bool, numbers: Vec<SpanNumber>) {
        if instead {
            self.waiting = numbers;
        } else {
            self.waiting.extend(numbers);
        }
    }

    /// Goes by all that has been added until now. No interval has been seen then.
    pub(crate) fn gather(&mut self) {
        let waiting = self.waiting.iter().map(|&number| (Origin::BEFORE, number));
        let all = self.added.iter().copied().chain(waiting).collect();
        self.seek(all);
    }

    /// The same for good: no more are added.
    pub(crate) fn gather_all(&mut self) {
        let all = std::mem::take(&mut self.added);
        self.seek(all);
    }

    fn seek(&mut self, mut all: Vec<(Origin, SpanNumber)>) {
        self.numbers.clear();
        self.spans.clear();
        // Most come in runs that are in order, which a stable sort uses.
        all.sort_by_key(|(_, number)| (number.serial, number.from));
        for (origin, number) in all {
            if !self.is_known(origin, number) {
                self.numbers.push(Sought::new(origin, number));
            }
        }
        let mut from = 0;
        for of_span in self.numbers.chunk_by(|a, b| a.serial == b.serial) {
            let numbers = from..from + of_span.len();
            from = numbers.end;
            let span = OfSpan {
                numbers,
                last: None,
                alike: 0,
            };
            self.spans.insert(of_span[0].serial, span);
        }
    }

    /// Whether a number of a log is there already, which then has its value: one that waits may have been written for
    /// good, too.
    fn is_known(&mut self, origin: Origin, SpanNumber { serial, from, note }: SpanNumber) -> bool {
        if origin != Origin::BEFORE || from == SpanNumber::LAST {
            return false;
        }
        let same = self.numbers.iter_mut().rev();
        let mut same = same.take_while(|known| (known.serial, known.from) == (serial, from));
        let known = same.find(|known| known.origin == origin && known.number.field == note.field);
        match known {
            Some(known) => known.number = note,
            None => return false,
        }
        true
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Takes note of an interval, in whatever order they come. One that has not ended yet ends at the last moment.
    #[inline]
    pub(crate) fn see(&mut self, origin: Origin, event: &Event) {
        if event.serial == 0 || self.spans.is_empty() {
            return;
        }
        let Some(of_span) = self.spans.get_mut(&event.serial) else {
            return;
        };
        let place = Place::of(origin, event);
        match of_span.last.cmp(&Some(place)) {
            Ordering::Less => (of_span.last, of_span.alike) = (Some(place), 1),
            Ordering::Equal => of_span.alike += 1,
            Ordering::Greater => {}
        }
        let numbers = &mut self.numbers[of_span.numbers.clone()];
        let until = numbers.partition_point(|number| number.from <= place.start);
        for sought in numbers[..until].iter_mut().rev() {
            // Those before it have one that began no later.
            if sought.first.is_some_and(|first| first.start < place.start) {
                break;
            }
            let begins = |place: Place| place.begins(sought.origin);
            if sought.origin.is_after(origin) {
                sought.over = sought.over.max(Some(place.start));
            } else if sought.first.is_none_or(|first| begins(place) < begins(first)) {
                sought.first = Some(place);
            }
        }
    }

    /// Whether an interval of this span, which has numbers, has been seen.
    pub(crate) fn has_interval(&self, serial: u32) -> bool {
        self.spans.get(&serial).is_some_and(|span| span.last.is_some())
    }

    /// Goes through the intervals once more: those of a thread in their order.
    pub(crate) fn pass(&self) -> Pass<'_> {
        Pass {
            of: self,
            met: FxHashMap::default(),
            given: vec![false; self.numbers.len()],
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    fn each(&self) -> impl Iterator<Item = (&OfSpan, &Sought)> + '_ {
        let spans = self.spans.values();
        spans.flat_map(|of_span| {
            self.numbers[of_span.numbers.clone()]
                .iter()
                .map(move |number| (of_span, number))
        })
    }

    /// Numbers with the regions of their intervals.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u32, &NumberNote)> + '_ {
        self.each().filter_map(|(of_span, sought)| {
            let place = sought.first.or(of_span.last)?;
            Some((place.region, &sought.number))
        })
    }

    /// How many numbers there are of spans without an interval. `is_over`: none will come to those that wait.
    pub(crate) fn lost(&self, is_over: bool) -> u64 {
        let has_none = |serial: u32| self.spans.get(&serial).is_some_and(|span| span.last.is_none());
        if is_over {
            let lost = self.each().filter(|(of_span, _)| of_span.last.is_none());
            return lost.count() as u64;
        }
        self.added
            .iter()
            .filter(|(_, number)| has_none(number.serial))
            .count() as u64
    }
}

/// Finds the interval of each number among all.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    of: &'a SpanNumbers,
    /// How many of several that are alike there have been, by the span.
    met: FxHashMap<u32, u32>,
    /// By the place of the number: whether an interval from the moment on that it is for has it.
    given: Vec<bool>,
    before: Vec<NumberNote>,
    after: Vec<NumberNote>,
}

impl Pass<'_> {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The numbers of the next interval.
    #[inline]
    pub(crate) fn of(&mut self, origin: Origin, event: &Event) -> FromOutside<'_> {
        if event.serial == 0 || self.of.spans.is_empty() {
            return FromOutside::default();
        }
        match self.of.spans.get(&event.serial) {
            Some(of_span) => self.of_span(of_span, Place::of(origin, event), event.serial),
            None => FromOutside::default(),
        }
    }

    fn of_span(&mut self, of_span: &OfSpan, place: Place, serial: u32) -> FromOutside<'_> {
        self.before.clear();
        self.after.clear();
        let is_last = of_span.last == Some(place) && {
            let met = self.met.entry(serial).or_default();
            *met += 1;
            *met == of_span.alike
        };
        let places = of_span.numbers.clone();
        let given = &mut self.given[places.clone()];
        for (sought, given) in self.of.numbers[places].iter().zip(given) {
            match sought.first {
                Some(first) if first == place && !*given => {
                    *given = true;
                    self.before.push(sought.number);
                }
                None if is_last => self.after.push(sought.number),
                _ => {}
            }
        }
        FromOutside {
            before: &self.before,
            after: &self.after,
        }
    }

    /// Those that no interval from their moment on has been given. Of several of a field that wait for the same
    /// interval, as there is none yet, only the last one.
    pub(crate) fn left(&self) -> Vec<SpanNumber> {
        let mut left: Vec<&Sought> = Vec::new();
        let numbers = self.of.numbers.iter().zip(&self.given);
        for (sought, _) in numbers.filter(|(_, given)| !**given) {
            let is_like = |known: &&mut &Sought| known.serial == sought.serial && known.first.is_none();
            let mut same = left.iter_mut().rev().take_while(is_like);
            match same.find(|known| known.number.field == sought.number.field) {
                Some(known) => *known = sought,
                None => left.push(sought),
            }
        }
        left.into_iter().map(Sought::alone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Number;

    fn number(serial: u32, from: u64, field: u32, n: i64) -> SpanNumber {
        SpanNumber::new(serial, from, field, Number::Int(n))
    }

    fn event(serial: u32, start: u64, end: u64) -> Event {
        Event {
            region: 7,
            serial,
            start,
            end,
        }
    }

    fn values(numbers: &[NumberNote]) -> Vec<i64> {
        let value = |number: &NumberNote| number.number.as_f64() as i64;
        numbers.iter().map(value).collect()
    }

    /// What an interval has from before and from after it.
    fn of(pass: &mut Pass<'_>, thread: u32, event: &Event) -> (Vec<i64>, Vec<i64>) {
        let FromOutside { before, after } = pass.of(Origin::in_log(thread), event);
        (values(before), values(after))
    }

    fn seen(numbers: &[SpanNumber], intervals: &[(u32, &Event)]) -> SpanNumbers {
        let mut all = SpanNumbers::default();
        numbers.iter().for_each(|&number| all.add(number));
        all.gather();
        intervals
            .iter()
            .for_each(|(thread, event)| all.see(Origin::in_log(*thread), event));
        all
    }

    #[test]
    fn a_number_of_no_later_interval_is_of_the_one_that_ends_last_wherever_it_is_in_the_log() {
        let last = SpanNumber::LAST;
        // The second one was entered inside the first, which is left later.
        let (first, inside, other) = (event(3, 10, 50), event(3, 20, 30), event(5, 60, 70));
        let mut all = seen(
            &[number(3, last, 0, 1), number(3, 60, 1, 2), number(4, 0, 0, 3)],
            &[(1, &inside), (0, &first), (0, &other)],
        );
        let mut pass = all.pass();
        assert_eq!(of(&mut pass, 0, &first), (vec![], vec![2, 1]));
        for (thread, event) in [(1, &first), (1, &inside), (0, &other)] {
            assert_eq!(of(&mut pass, thread, event), (vec![], vec![]));
        }
        assert_eq!((all.placed().count(), all.lost(true)), (2, 1));
        assert!(all.placed().all(|(region, _)| region == 7));
        // Of two that are alike it is the second one.
        all.see(Origin::in_log(0), &first);
        let mut pass = all.pass();
        assert_eq!([(); 2].map(|()| of(&mut pass, 0, &first).1.len()), [0, 2]);
    }

    #[test]
    fn a_number_is_of_the_interval_that_begins_first_from_its_moment_on() {
        let (first, second, third) = (event(3, 10, 50), event(3, 20, 30), event(3, 60, 70));
        let created = number(3, SpanNumber::FIRST, 0, 1);
        let all = seen(
            &[created, number(3, 15, 1, 2), number(3, 20, 1, 3)],
            &[(2, &third), (1, &second), (0, &first)],
        );
        let mut pass = all.pass();
        assert_eq!(of(&mut pass, 2, &third), (vec![], vec![]));
        assert_eq!(of(&mut pass, 1, &second), (vec![2, 3], vec![]));
        assert_eq!(pass.left(), [created]);
        assert_eq!(of(&mut pass, 0, &first), (vec![1], vec![]));
        // One that is just like it does not have them, too.
        assert_eq!(of(&mut pass, 0, &first), (vec![], vec![]));
        assert_eq!(pass.left(), []);
    }

    #[test]
    fn a_number_that_is_known_twice_counts_once() {
        let mut all = SpanNumbers::default();
        all.add(number(3, 5, 0, 1));
        all.set_waiting(true, vec![number(3, 5, 0, 1), number(3, 5, 1, 2)]);
        all.gather();
        assert_eq!((all.lost(false), all.lost(true)), (1, 2));
        let event = event(3, 5, 6);
        all.see(Origin::in_log(0), &event);
        assert_eq!(of(&mut all.pass(), 0, &event), (vec![1, 2], vec![]));
    }
    #[test]
    fn where_the_clock_stands_still_a_number_is_of_what_its_thread_does_next() {
        let origin = |thread, place| Origin { thread, place };
        let mut all = SpanNumbers::default();
        for (place, n) in [(1, 1), (3, 2), (5, 3)] {
            all.add_from(origin(0, place), number(3, 100, n as u32, n));
        }
        all.gather();
        let interval = event(3, 100, 100);
        let intervals = [origin(0, 2), origin(0, 4)];
        intervals.iter().for_each(|&origin| all.see(origin, &interval));
        let mut pass = all.pass();
        let of = intervals.map(|origin| values(pass.of(origin, &interval).before));
        assert_eq!(of, [[1], [2]]);
        // Nor does one who looks at the times alone take the last one for that of an interval before it.
        assert_eq!(pass.left(), [number(3, 101, 3, 3)]);
        // One of its thread rather than one of another.
        all.gather();
        [origin(1, 2), origin(0, 4)]
            .iter()
            .for_each(|&origin| all.see(origin, &interval));
        assert_eq!(values(all.pass().of(origin(0, 4), &interval).before), [1, 2]);
    }

    #[test]
    fn of_numbers_that_wait_for_the_same_interval_the_last_one_is_left() {
        let mut all = seen(
            &[
                number(3, 5, 0, 1),
                number(3, 6, 1, 2),
                number(3, 7, 0, 3),
                number(4, 5, 0, 4),
            ],
            &[],
        );
        let left = [number(3, 7, 0, 3), number(3, 6, 1, 2), number(4, 5, 0, 4)];
        assert_eq!(all.pass().left(), left);
        // The call that is open has the first two.
        let open = Event {
            end: u64::MAX,
            ..event(3, 6, 0)
        };
        all.see(Origin::open(0), &open);
        assert_eq!(all.pass().left().len(), 4);
    }
}
