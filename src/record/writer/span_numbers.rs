//! Numbers of spans that were not open: the writer finds the interval of each, and writes it with that.
//!
//! A number and its interval may come from different threads, and at different times. The first interval from the
//! number's moment on is known for certain only where nothing that came before any interval of a batch is missing. So
//! the writer looks ahead: after it has taken the batch, it looks at the calls that are open, and at what the threads
//! have recorded meanwhile. What happened before anything in the batch is then in one of these three.

use crate::event::Event;
use crate::note::SpanNumber;
use crate::record::drained::Drained;
use crate::record::placing::{Placing, UnusualSpans};
use crate::record::recording::Recording;
use crate::span_numbers::{Origin, SpanNumbers};
use crate::store::rank_log::{LogWriter, MAX_EVENTS};
use rustc_hash::FxHashSet;
use std::io;

/// Numbers that wait for an interval; with more, all are left to who reads the whole log.
const MOST_WAITING: usize = 1 << 14;

/// Numbers whose interval is not written yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    numbers: Vec<SpanNumber>,
    /// Those of them that are in what the writer has not taken, with their threads.
    ahead: FxHashSet<(u32, Exact)>,
    /// Those that the log says wait.
    logged: Vec<SpanNumber>,
}

/// A number as it is in a block.
type Exact = (u32, u32, u64, u64);

fn exact(event: &Event) -> Exact {
    (event.region, event.serial, event.start, event.end)
}

/// What is known of a batch before it is written.
#[derive(Debug, Default)]
pub(super) struct Known {
    unusual: UnusualSpans,
    numbers: SpanNumbers,
    /// Whether there are numbers at all.
    any: bool,
}

impl Waiting {
    /// Looks at a batch.
    pub(super) fn look_at(&mut self, recording: &Recording, drained: &Drained) -> Known {
        if !recording.keeps_numbers() {
            return Known::default();
        }
        // Calls move from the stack to the events: who looks in this order misses none.
        let open = recording.open_calls();
        let ahead = recording.undrained();
        let mut unusual = UnusualSpans::among(&[drained, &ahead], &open);
        let mut numbers = SpanNumbers::default();
        self.numbers.drain(..).for_each(|number| numbers.add(number));
        let known = std::mem::take(&mut self.ahead);
        known.iter().for_each(|(_, (_, serial, ..))| unusual.add(*serial));
        let mut any = false;
        drained.for_each_event(|_, origin, event| {
            let Some(number) = event.span_number() else { return };
            any = true;
            if unusual.is_unusual(&number) && !known.contains(&(origin.thread, exact(event))) {
                numbers.add_from(origin, number);
            }
        });
        ahead.for_each_event(|_, origin, event| {
            if let Some(number) = event.span_number().filter(|number| unusual.is_unusual(number)) {
                let number_of_thread = (origin.thread, exact(event));
                if self.ahead.insert(number_of_thread) && !known.contains(&number_of_thread) {
                    numbers.add_from(origin.ahead(), number);
                }
            }
        });
        numbers.gather_all();
        if !numbers.is_empty() {
            let mut see = |origin, event: &Event| {
                if event.is_interval() {
                    numbers.see(origin, event);
                }
            };
            drained.for_each_event(|_, origin, event| see(origin, event));
            ahead.for_each_event(|_, origin, event| see(origin.ahead(), event));
            for call in open {
                let unfinished = Event {
                    region: call.region.number(),
                    serial: call.serial,
                    start: call.start,
                    end: u64::MAX,
                };
                numbers.see(Origin::open(call.thread), &unfinished);
            }
        }
        any |= !numbers.is_empty();
        Known {
            unusual,
            numbers,
            any,
        }
    }

    /// What a batch has left waits for the next one.
    pub(super) fn keep(&mut self, left: Vec<SpanNumber>) {
        self.numbers = left;
        // In whatever order they come, the log is to say only what is new.
        self.numbers.sort_by_key(|number| number.serial);
    }

    /// Has the log say which wait now, where these are others than the last time.
    pub(super) fn write(&mut self, log: &mut LogWriter) -> io::Result<()> {
        if self.numbers.len() > MOST_WAITING {
            log.all_span_numbers(&self.numbers)?;
            self.numbers.clear();
        }
        if self.numbers != self.logged {
            log.waiting(&self.numbers)?;
            self.logged.clone_from(&self.numbers);
        }
        Ok(())
    }
}

/// The events of a batch as they are written: each interval comes after all of its numbers.
pub(super) struct Placed<'a> {
    /// None where there are no numbers.
    placing: Option<Placing<'a>>,
    events: Vec<Event>,
}

impl<'a> Placed<'a> {
    pub(super) fn new(known: &'a Known) -> Self {
        Self {
            placing: known.any.then(|| Placing::new(&known.unusual, &known.numbers)),
            events: Vec::new(),
        }
    }

    /// The next events of a thread.
    pub(super) fn events<'b>(&'b mut self, thread: u32, events: &'b [Event]) -> &'b [Event] {
        let Some(placing) = &mut self.placing else {
            return events;
        };
        let placed = &mut self.events;
        placed.clear();
        // Where the numbers of the next interval begin.
        let mut first = 0;
        for event in events {
            for note in placing.next(thread, event).before.iter().rev() {
                let is_of_field =
                    |known: &Event| known.number_note().is_some_and(|known| known.field == note.field);
                // One that was recorded later counts.
                if !placed[first..].iter().any(is_of_field) {
                    placed.push(note.event());
                }
            }
            if event.span_number().is_none() {
                placed.push(*event);
            }
            if event.is_interval() {
                first = placed.len();
            }
        }
        placed
    }

    /// Ends the batch. Gives the numbers that it has no interval for.
    pub(super) fn left(self) -> Vec<SpanNumber> {
        self.placing.map(Placing::left).unwrap_or_default()
    }
}

/// The events in parts that fit into a block. No interval is apart from its numbers.
pub(super) fn in_parts(mut events: &[Event]) -> impl Iterator<Item = &[Event]> {
    std::iter::from_fn(move || {
        let part = &events[..events.len().min(MAX_EVENTS)];
        let len = if part.len() < events.len() {
            let last = part.iter().rposition(Event::is_interval);
            last.map_or(part.len(), |last| last + 1)
        } else {
            part.len()
        };
        let part;
        (part, events) = events.split_at(len);
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests;
