//! What a thread notes beside its intervals, in the place of an event, so that it takes the same way to the log.

use crate::event::Event;
use crate::profile::Number;

/// What a thread notes of a span beside its intervals: it takes the place of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanNote {
    /// The serial number of the span.
    pub(crate) serial: u32,
    pub(crate) what: Noted,
}

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It was created, at this tick.
    Created(u64),
    /// Its last handle was dropped, at this tick.
    Closed(u64),
    /// The span with this serial number was named as its parent; 0 where none was to be.
    Parent(u32),
    /// It was created inside the call of the same thread that began at this tick.
    Caller(u64),
    /// It follows from the span with this serial number.
    Follows(u32),
}

/// A number of the next interval in the thread's block; it takes the place of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumberNote {
    /// The place of the field in the session's list.
    pub(crate) field: u32,
    pub(crate) number: Number,
}

/// A number that was recorded of a span after it was left for the last time: one of its last interval. It takes the
/// place of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LateNote {
    /// The serial number of the span.
    pub(crate) serial: u32,
    pub(crate) note: NumberNote,
}

/// The value of a counter at one moment; it takes the place of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampleNote {
    /// The number of the counter's name.
    pub(crate) counter: u32,
    pub(crate) tick: u64,
    pub(crate) value: Number,
}

/// The kinds of notes of spans.
const CREATED: u32 = 1;
const CLOSED: u32 = 2;
const PARENT: u32 = 3;
const CALLER: u32 = 4;
const FOLLOWS: u32 = 11;
/// The kinds of notes of numbers: whole ones, and floating-point ones.
const WHOLE: u32 = 5;
const FLOAT: u32 = 6;
/// The same of samples.
const WHOLE_SAMPLE: u32 = 7;
const FLOAT_SAMPLE: u32 = 8;
/// The same of numbers that came late.
const WHOLE_LATE: u32 = 9;
const FLOAT_LATE: u32 = 10;

/// Events of regions from here on are notes: no program has so many regions.
const FIRST_NOTE: u32 = 0xffff_ff00;

impl Noted {
    /// The number of the kind, and the value.
    pub(crate) fn encode(self) -> (u32, u64) {
        match self {
            Self::Created(tick) => (CREATED, tick),
            Self::Closed(tick) => (CLOSED, tick),
            Self::Parent(serial) => (PARENT, serial.into()),
            Self::Caller(tick) => (CALLER, tick),
            Self::Follows(serial) => (FOLLOWS, serial.into()),
        }
    }

    /// The inverse of [`encode`](Self::encode); None for kinds of later versions.
    pub(crate) fn decode(kind: u32, value: u64) -> Option<Self> {
        match kind {
            CREATED => Some(Self::Created(value)),
            CLOSED => Some(Self::Closed(value)),
            PARENT => Some(Self::Parent(value as u32)),
            CALLER => Some(Self::Caller(value)),
            FOLLOWS => Some(Self::Follows(value as u32)),
            _ => None,
        }
    }
}

impl SpanNote {
    /// As it is in a block of events.
    pub(crate) fn event(self) -> Event {
        let (kind, value) = self.what.encode();
        Event {
            region: FIRST_NOTE + kind,
            serial: self.serial,
            start: value,
            end: 0,
        }
    }
}

impl NumberNote {
    /// As it is in a block of events.
    #[inline]
    pub(crate) fn event(self) -> Event {
        Bits::of(self.number).event(self.field)
    }
}

/// A number as it is in a block. Two whole words, which are passed in registers: a `Number` is passed in memory, and
/// read there in other pieces than it was written in, which stalls the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits {
    kind: u64,
    bits: u64,
}

impl Bits {
    #[inline(always)]
    pub(crate) fn of(number: Number) -> Self {
        let (kind, bits) = match number {
            Number::Float(x) => (FLOAT, x.to_bits()),
            Number::Int(n) => (WHOLE, n as u64),
        };
        let kind = kind.into();
        Self { kind, bits }
    }

    /// The note of such a number of a field.
    #[inline(always)]
    pub(crate) fn event(self, field: u32) -> Event {
        Event {
            region: FIRST_NOTE + self.kind as u32,
            serial: field,
            start: self.bits,
            end: 0,
        }
    }
}

impl SampleNote {
    /// As it is in a block of events.
    #[inline]
    pub(crate) fn event(self) -> Event {
        let (kind, bits) = match self.value {
            Number::Float(x) => (FLOAT_SAMPLE, x.to_bits()),
            Number::Int(n) => (WHOLE_SAMPLE, n as u64),
        };
        Event {
            region: FIRST_NOTE + kind,
            serial: self.counter,
            start: bits,
            end: self.tick,
        }
    }
}

impl LateNote {
    /// As it is in a block of events.
    pub(crate) fn event(self) -> Event {
        let (kind, bits) = match self.note.number {
            Number::Float(x) => (FLOAT_LATE, x.to_bits()),
            Number::Int(n) => (WHOLE_LATE, n as u64),
        };
        Event {
            region: FIRST_NOTE + kind,
            serial: self.serial,
            start: bits,
            end: self.note.field.into(),
        }
    }
}

impl Event {
    /// The number that came late, where this is one.
    pub(crate) fn late_note(&self) -> Option<LateNote> {
        let number = match self.region.checked_sub(FIRST_NOTE)? {
            WHOLE_LATE => Number::Int(self.start as i64),
            FLOAT_LATE => Number::Float(f64::from_bits(self.start)),
            _ => return None,
        };
        let field = self.end as u32;
        Some(LateNote {
            serial: self.serial,
            note: NumberNote { field, number },
        })
    }

    /// The sample of a counter that is noted, where this is one.
    pub(crate) fn sample(&self) -> Option<SampleNote> {
        let value = match self.region.checked_sub(FIRST_NOTE)? {
            WHOLE_SAMPLE => Number::Int(self.start as i64),
            FLOAT_SAMPLE => Number::Float(f64::from_bits(self.start)),
            _ => return None,
        };
        Some(SampleNote {
            counter: self.serial,
            tick: self.end,
            value,
        })
    }

    /// The number that is noted, where this is one.
    pub(crate) fn number_note(&self) -> Option<NumberNote> {
        let number = match self.region.checked_sub(FIRST_NOTE)? {
            WHOLE => Number::Int(self.start as i64),
            FLOAT => Number::Float(f64::from_bits(self.start)),
            _ => return None,
        };
        Some(NumberNote {
            field: self.serial,
            number,
        })
    }

    /// Whether it is an interval; otherwise it is a note.
    #[inline(always)]
    pub(crate) fn is_interval(&self) -> bool {
        self.region < FIRST_NOTE
    }

    /// What is noted of a span, where this is not an interval.
    pub(crate) fn span_note(&self) -> Option<SpanNote> {
        let kind = self.region.checked_sub(FIRST_NOTE)?;
        Some(SpanNote {
            serial: self.serial,
            what: Noted::decode(kind, self.start)?,
        })
    }
}

#[cfg(test)]
#[test]
fn a_note_comes_back_from_an_event_and_is_no_interval() {
    let noted = [
        Noted::Created(1 << 60),
        Noted::Closed(7),
        Noted::Parent(u32::MAX),
        Noted::Parent(0),
        Noted::Caller(9),
        Noted::Follows(8),
    ];
    for what in noted {
        let note = SpanNote { serial: 5, what };
        assert!(!note.event().is_interval());
        assert_eq!(note.event().span_note(), Some(note));
    }
}

#[cfg(test)]
#[test]
fn a_number_comes_back_from_an_event_and_is_neither_an_interval_nor_of_a_span() {
    for number in [Number::Int(i64::MIN), Number::Int(7), Number::Float(-0.5)] {
        let note = NumberNote { field: 3, number };
        assert!(!note.event().is_interval());
        assert_eq!(note.event().span_note(), None);
        assert_eq!(note.event().number_note(), Some(note));
    }
}

#[cfg(test)]
#[test]
fn a_sample_comes_back_from_an_event_and_is_nothing_else() {
    for value in [Number::Int(-1), Number::Float(2.5)] {
        let sample = SampleNote {
            counter: 9,
            tick: 1 << 60,
            value,
        };
        let event = sample.event();
        assert_eq!(event.sample(), Some(sample));
        assert!(!event.is_interval() && event.span_note().is_none() && event.number_note().is_none());
    }
}

#[cfg(test)]
#[test]
fn a_late_number_comes_back_from_an_event_and_is_nothing_else() {
    for number in [Number::Int(-1), Number::Float(2.5)] {
        let note = NumberNote { field: 7, number };
        let late = LateNote { serial: 9, note };
        let event = late.event();
        assert_eq!(event.late_note(), Some(late));
        assert!(!event.is_interval() && event.span_note().is_none() && event.number_note().is_none());
        assert!(event.sample().is_none());
    }
}
