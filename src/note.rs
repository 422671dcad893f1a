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

/// A number of a span that was recorded while the span was not open. It is of the span's first interval that begins
/// from then on, or of its last one where none does. It takes the place of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SpanNumber {
    /// The serial number of the span.
    pub(crate) serial: u32,
    /// The tick at which it was recorded.
    pub(crate) from: u64,
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

/// The most fields that numbers of spans may be of.
pub(crate) const MAX_FIELDS: u32 = 96;

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
/// The first of those of numbers of spans: each field has two.
const OF_SPAN: u32 = 64;
const _: () = assert!(OF_SPAN + 2 * MAX_FIELDS <= 256 && FLOAT == WHOLE + 1);

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

    /// The number of a field of a span, recorded at the tick `from`.
    #[inline(always)]
    pub(crate) fn of_span(self, serial: u32, from: u64, field: u32) -> Event {
        debug_assert!(field < MAX_FIELDS, "a session has no more");
        let kind = self.kind as u32 - WHOLE;
        Event {
            region: FIRST_NOTE + OF_SPAN + 2 * field + kind,
            serial,
            start: self.bits,
            end: from,
        }
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

impl SpanNumber {
    /// When a span is created: its first interval has it.
    pub(crate) const FIRST: u64 = 0;
    /// No interval begins then: the last one has it.
    pub(crate) const LAST: u64 = u64::MAX;

    /// Whether the span was created with it.
    pub(crate) fn is_of_new_span(&self) -> bool {
        self.from == Self::FIRST
    }

    pub(crate) fn new(serial: u32, from: u64, field: u32, number: Number) -> Self {
        let note = NumberNote { field, number };
        Self { serial, from, note }
    }
}

impl Event {
    /// The number of a span, where this is one.
    pub(crate) fn span_number(&self) -> Option<SpanNumber> {
        let kind = self.region.checked_sub(FIRST_NOTE + OF_SPAN)?;
        let number = match kind % 2 {
            0 => Number::Int(self.start as i64),
            _ => Number::Float(f64::from_bits(self.start)),
        };
        Some(SpanNumber::new(self.serial, self.end, kind / 2, number))
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
fn a_number_of_a_span_comes_back_from_an_event_and_is_nothing_else() {
    for number in [Number::Int(-1), Number::Float(2.5)] {
        for field in [0, MAX_FIELDS - 1] {
            let of_span = SpanNumber::new(9, 1 << 60, field, number);
            let event = Bits::of(number).of_span(9, 1 << 60, field);
            assert_eq!(event.span_number(), Some(of_span));
            assert!(!event.is_interval() && event.span_note().is_none() && event.number_note().is_none());
            assert!(event.sample().is_none());
        }
    }
    let note = NumberNote {
        field: 3,
        number: Number::Int(4),
    };
    assert_eq!(note.event().span_number(), None);
}
