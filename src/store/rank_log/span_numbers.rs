//! The blocks of numbers that were recorded of spans while these were not open.

use super::super::codec::{Decoder, Encoder};
use super::{BLOCK_HEADER_BYTES, Block, FLOAT, LogWriter, MAX_EVENTS, kind};
use crate::event::{EVENT_BYTES, Event};
use crate::note::SpanNumber;
use crate::profile::Number;
use std::io;

/// What a number takes in a block.
const NUMBER_BYTES: usize = 24;
const _: () = assert!(NUMBER_BYTES <= EVENT_BYTES);

/// Whether a block of numbers that wait takes the place of those before, or adds to the last one.
const INSTEAD: u32 = 0;
const MORE: u32 = 1;

impl LogWriter {
    /// Those among some events; gives how many there are.
    pub(crate) fn span_numbers(&mut self, events: &[Event]) -> io::Result<usize> {
        debug_assert!(events.len() <= MAX_EVENTS);
        let number = numbers(events).count();
        if number > 0 {
            self.make_room((BLOCK_HEADER_BYTES + number * NUMBER_BYTES) as u64)?;
            self.block(kind::SPAN_NUMBERS, |out| {
                numbers(events).for_each(|number| encode(number, out));
            })?;
        }
        Ok(number)
    }

    /// The same of numbers, as many as there are.
    pub(crate) fn all_span_numbers(&mut self, numbers: &[SpanNumber]) -> io::Result<()> {
        for numbers in numbers.chunks(MAX_EVENTS) {
            self.make_room((BLOCK_HEADER_BYTES + numbers.len() * NUMBER_BYTES) as u64)?;
            self.block(kind::SPAN_NUMBERS, |out| {
                numbers.iter().for_each(|&number| encode(number, out));
            })?;
        }
        Ok(())
    }

    /// The intervals of these numbers are not known yet, and those of all others are.
    pub(crate) fn waiting(&mut self, numbers: &[SpanNumber]) -> io::Result<()> {
        let (first, rest) = numbers.split_at(numbers.len().min(MAX_EVENTS));
        self.add_waiting(INSTEAD, first)?;
        rest.chunks(MAX_EVENTS)
            .try_for_each(|numbers| self.add_waiting(MORE, numbers))
    }

    fn add_waiting(&mut self, which: u32, numbers: &[SpanNumber]) -> io::Result<()> {
        self.make_room((BLOCK_HEADER_BYTES + size_of::<u32>() + numbers.len() * NUMBER_BYTES) as u64)?;
        self.block(kind::WAITING, |out| {
            out.u32(which);
            numbers.iter().for_each(|&number| encode(number, out));
        })
    }
}

fn numbers(events: &[Event]) -> impl Iterator<Item = SpanNumber> + '_ {
    events.iter().filter_map(Event::span_number)
}

fn encode(SpanNumber { serial, from, note }: SpanNumber, out: &mut Encoder) {
    let (mark, bits) = match note.number {
        Number::Float(x) => (FLOAT, x.to_bits()),
        Number::Int(n) => (0, n as u64),
    };
    out.u32(serial).u32(note.field | mark).u64(bits).u64(from);
}

/// Which interval of its span a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The last one, as in logs of before.
    Last,
    /// That from the moment on which is stored with it.
    Stored,
}

pub(super) fn decode(input: &mut Decoder<'_>, when: When) -> Option<Block> {
    decode_numbers(input, when).map(Block::SpanNumbers)
}

pub(super) fn decode_waiting(input: &mut Decoder<'_>, when: When) -> Option<Block> {
    let instead = match input.u32()? {
        INSTEAD => true,
        MORE => false,
        _ => return None,
    };
    let numbers = decode_numbers(input, when)?;
    Some(Block::Waiting { instead, numbers })
}

fn decode_numbers(input: &mut Decoder<'_>, when: When) -> Option<Vec<SpanNumber>> {
    let mut numbers = Vec::new();
    while !input.is_empty() {
        let (serial, field, bits) = (input.u32()?, input.u32()?, input.u64()?);
        let from = match when {
            When::Last => SpanNumber::LAST,
            When::Stored => input.u64()?,
        };
        let number = if field & FLOAT == 0 {
            Number::Int(bits as i64)
        } else {
            Number::Float(f64::from_bits(bits))
        };
        numbers.push(SpanNumber::new(serial, from, field & !FLOAT, number));
    }
    Some(numbers)
}
