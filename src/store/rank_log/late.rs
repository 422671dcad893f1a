//! The blocks of numbers that came after the last interval of their span, and of those that may turn out to.

use super::super::codec::{Decoder, Encoder};
use super::{BLOCK_HEADER_BYTES, Block, FLOAT, LogWriter, MAX_EVENTS, kind};
use crate::event::{EVENT_BYTES, Event};
use crate::note::{LateNote, NumberNote};
use crate::profile::Number;
use std::io;

/// What a number takes in a block.
const NUMBER_BYTES: usize = 16;
const _: () = assert!(NUMBER_BYTES < EVENT_BYTES);

/// Whether a block of numbers that wait takes the place of those before, or adds to the last one.
const INSTEAD: u32 = 0;
const MORE: u32 = 1;

impl LogWriter {
    /// Those among some events; gives how many there are.
    pub(crate) fn late(&mut self, events: &[Event]) -> io::Result<usize> {
        debug_assert!(events.len() <= MAX_EVENTS);
        let number = numbers(events).count();
        if number > 0 {
            self.make_room((BLOCK_HEADER_BYTES + number * NUMBER_BYTES) as u64)?;
            self.block(kind::LATE, |out| {
                numbers(events).for_each(|late| encode(late, out))
            })?;
        }
        Ok(number)
    }

    /// These numbers wait for an entry of their span now, and no others.
    pub(crate) fn waiting(&mut self, events: &[Event]) -> io::Result<()> {
        let (first, rest) = events.split_at(events.len().min(MAX_EVENTS));
        self.add_waiting(INSTEAD, first)?;
        rest.chunks(MAX_EVENTS)
            .try_for_each(|events| self.more_waiting(events))
    }

    /// So do these; at most [`MAX_EVENTS`].
    pub(crate) fn more_waiting(&mut self, events: &[Event]) -> io::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.add_waiting(MORE, events)
    }

    fn add_waiting(&mut self, which: u32, events: &[Event]) -> io::Result<()> {
        self.make_room((BLOCK_HEADER_BYTES + size_of::<u32>() + events.len() * NUMBER_BYTES) as u64)?;
        self.block(kind::WAITING, |out| {
            out.u32(which);
            numbers(events).for_each(|late| encode(late, out));
        })
    }
}

fn numbers(events: &[Event]) -> impl Iterator<Item = LateNote> + '_ {
    events.iter().filter_map(Event::late_note)
}

fn encode(LateNote { serial, note }: LateNote, out: &mut Encoder) {
    let (mark, bits) = match note.number {
        Number::Float(x) => (FLOAT, x.to_bits()),
        Number::Int(n) => (0, n as u64),
    };
    out.u32(serial).u32(note.field | mark).u64(bits);
}

pub(super) fn decode(input: &mut Decoder<'_>) -> Option<Block> {
    decode_numbers(input).map(Block::Late)
}

pub(super) fn decode_waiting(input: &mut Decoder<'_>) -> Option<Block> {
    let instead = match input.u32()? {
        INSTEAD => true,
        MORE => false,
        _ => return None,
    };
    let numbers = decode_numbers(input)?;
    Some(Block::Waiting { instead, numbers })
}

fn decode_numbers(input: &mut Decoder<'_>) -> Option<Vec<LateNote>> {
    let mut numbers = Vec::new();
    while !input.is_empty() {
        let (serial, field, bits) = (input.u32()?, input.u32()?, input.u64()?);
        let number = if field & FLOAT == 0 {
            Number::Int(bits as i64)
        } else {
            Number::Float(f64::from_bits(bits))
        };
        let field = field & !FLOAT;
        numbers.push(LateNote {
            serial,
            note: NumberNote { field, number },
        });
    }
    Some(numbers)
}
