//! Finding the intervals of numbers that were recorded of spans while these were not open.
//!
//! Nearly all are numbers of new spans, which the thread that creates them enters, and not inside themselves. Then the
//! next interval of the span on the thread is the first one. All others are found before, and their numbers are looked
//! at one by one ([`SpanNumbers`]): spans that another thread has entered, too, that are entered inside themselves, or
//! that are open. So are numbers that were recorded later.

use super::drained::Drained;
use super::serial;
use super::thread::shared_view::{OpenCall, Piece};
use crate::event::Event;
use crate::note::{NumberNote, SpanNumber};
use crate::span_numbers::{FromOutside, Origin, Pass, SpanNumbers};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// Serial numbers of spans whose first interval need not be the next one on the thread that has created them.
#[derive(Debug, Default)]
pub(crate) struct UnusualSpans(FxHashSet<u32>);

impl UnusualSpans {
    /// Those in some batches, of which later ones come later, and among the calls that are open.
    pub(super) fn among(batches: &[&Drained], open: &[OpenCall]) -> Self {
        // The thread that has created the spans of a batch of serial numbers.
        let mut creators = FxHashMap::default();
        let mut last = 0;
        for batch in batches {
            batch.for_each_event(|_, origin, event| {
                let of_new_span = event.span_number().filter(SpanNumber::is_of_new_span);
                let batch = of_new_span.map_or(last, |number| serial::batch(number.serial));
                if batch != last {
                    creators.insert(batch, origin.thread);
                    last = batch;
                }
            });
        }
        let mut unusual = Self::default();
        if creators.is_empty() {
            return unusual;
        }
        unusual.0.extend(open.iter().map(|call| call.serial));
        let mut threads: FxHashMap<u32, Vec<&Piece>> = FxHashMap::default();
        for batch in batches {
            for (thread, pieces) in &batch.threads {
                threads.entry(thread.index).or_default().extend(pieces);
            }
        }
        for (thread, pieces) in threads {
            unusual.add_of_thread(thread, &pieces, &creators);
        }
        unusual
    }

    /// From the last interval to the first one, those around an interval come before it.
    fn add_of_thread(&mut self, thread: u32, pieces: &[&Piece], creators: &FxHashMap<u32, u32>) {
        let mut around = Around::default();
        let mut known = (0, false);
        for piece in pieces.iter().rev() {
            piece.block.read(piece.from, piece.to, |events| {
                let of_spans = |event: &&Event| event.serial != 0 && event.is_interval();
                for event in events.iter().rev().filter(of_spans) {
                    let batch = serial::batch(event.serial);
                    if known.0 != batch {
                        let is_another = creators.get(&batch).is_some_and(|&creator| creator != thread);
                        known = (batch, is_another);
                    }
                    if known.1 || around.is_inside_itself(event) {
                        self.0.insert(event.serial);
                    }
                }
            });
        }
    }

    /// Adds one that is known to be.
    pub(super) fn add(&mut self, serial: u32) {
        self.0.insert(serial);
    }

    fn has(&self, serial: u32) -> bool {
        self.0.contains(&serial)
    }

    /// Whether this number is one of those that are looked at one by one.
    pub(super) fn is_unusual(&self, number: &SpanNumber) -> bool {
        !number.is_of_new_span() || self.has(number.serial)
    }
}

/// The intervals around the one that is looked at, and perhaps others.
#[derive(Default)]
struct Around {
    starts: Vec<u64>,
    serials: Vec<u32>,
}

impl Around {
    /// Whether an interval is inside one of the same span. The next one ends no later.
    fn is_inside_itself(&mut self, event: &Event) -> bool {
        while self.starts.last().is_some_and(|&start| start > event.end) {
            self.starts.pop();
            self.serials.pop();
        }
        let is_inside = self.serials.contains(&event.serial);
        self.starts.push(event.start);
        self.serials.push(event.serial);
        is_inside
    }
}

/// Gives each interval of a batch its numbers.
#[derive(Debug)]
pub(crate) struct Placing<'a> {
    unusual: &'a UnusualSpans,
    numbers: Pass<'a>,
    /// Of the event before.
    origin: Origin,
    /// Numbers of new spans of this thread: of the one that was created last, and of those before it.
    newest: Option<(u32, Held)>,
    held: FxHashMap<u32, Held>,
    /// Those of the last interval.
    before: Vec<NumberNote>,
    /// Those without an interval.
    left: Vec<SpanNumber>,
}

/// The numbers of a new span.
#[derive(Debug)]
struct Held {
    first: NumberNote,
    more: Vec<NumberNote>,
}

impl Held {
    fn each(&self) -> impl Iterator<Item = &NumberNote> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

impl<'a> Placing<'a> {
    pub(crate) fn new(unusual: &'a UnusualSpans, numbers: &'a SpanNumbers) -> Self {
        Self {
            unusual,
            numbers: numbers.pass(),
            origin: Origin::in_log(0),
            newest: None,
            held: FxHashMap::default(),
            before: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Goes on with the next event of a thread. Gives the numbers of an interval from outside it.
    #[inline]
    pub(crate) fn next(&mut self, thread: u32, event: &Event) -> FromOutside<'_> {
        if self.origin.thread != thread {
            self.end_thread();
            self.origin = Origin::in_log(thread);
        }
        self.origin.place += 1;
        if event.is_interval() {
            return self.interval(event);
        }
        if let Some(number) = event.span_number() {
            if !self.unusual.is_unusual(&number) {
                self.hold(number);
            }
        }
        FromOutside::default()
    }

    fn interval(&mut self, event: &Event) -> FromOutside<'_> {
        if event.serial == 0 {
            return FromOutside::default();
        }
        let held = match self.newest.take_if(|(serial, _)| *serial == event.serial) {
            Some((_, held)) => Some(held),
            None if self.held.is_empty() => None,
            None => self.held.remove(&event.serial),
        };
        let outside = self.numbers.of(self.origin, event);
        let Some(held) = held else { return outside };
        self.before.clear();
        self.before.extend(held.each().chain(outside.before));
        FromOutside {
            before: &self.before,
            after: outside.after,
        }
    }

    fn hold(&mut self, number: SpanNumber) {
        match &mut self.newest {
            Some((serial, held)) if *serial == number.serial => held.more.push(number.note),
            newest => {
                let held = Held {
                    first: number.note,
                    more: Vec::new(),
                };
                if let Some((serial, before)) = newest.replace((number.serial, held)) {
                    match self.held.entry(serial) {
                        Entry::Vacant(place) => _ = place.insert(before),
                        Entry::Occupied(known) => known.into_mut().more.extend(before.each()),
                    }
                }
            }
        }
    }

    fn end_thread(&mut self) {
        for (serial, held) in self.held.drain().chain(self.newest.take()) {
            let numbers = held.each().map(|note| SpanNumber {
                serial,
                from: SpanNumber::FIRST,
                note: *note,
            });
            self.left.extend(numbers);
        }
    }

    /// Ends the batch. Gives the numbers that no interval from their moment on has been given.
    pub(crate) fn left(mut self) -> Vec<SpanNumber> {
        self.end_thread();
        self.left.extend(self.numbers.left());
        self.left
    }
}
