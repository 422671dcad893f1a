//! The blocks of counters: their names, their values, and how many of these were lost.

use super::super::codec::{Decoder, Encoder};
use super::{BLOCK_HEADER_BYTES, Block, FLOAT, LogWriter, MAX_EVENTS, kind};
use crate::event::{EVENT_BYTES, Event};
use crate::note::SampleNote;
use crate::profile::Number;
use std::io;

/// What a sample takes in a block.
const SAMPLE_BYTES: usize = 20;
const _: () = assert!(SAMPLE_BYTES <= EVENT_BYTES);

impl LogWriter {
    /// The name of a counter.
    pub(crate) fn counter(&mut self, counter: u32, name: &str, unit: &str) -> io::Result<()> {
        self.block(kind::COUNTER, |out| {
            out.u32(counter).text(name).text(unit);
        })
    }

    /// The samples among some events; gives their number.
    pub(crate) fn samples(&mut self, thread: u32, events: &[Event]) -> io::Result<usize> {
        debug_assert!(events.len() <= MAX_EVENTS);
        let samples = || events.iter().filter_map(Event::sample);
        let number = samples().count();
        if number == 0 {
            return Ok(0);
        }
        self.make_room((BLOCK_HEADER_BYTES + size_of::<u32>() + number * SAMPLE_BYTES) as u64)?;
        self.block(kind::SAMPLES, |out| {
            out.u32(thread);
            samples().for_each(|sample| encode(sample, out));
        })?;
        Ok(number)
    }

    /// How many samples of a counter are in no block.
    pub(crate) fn lost_samples(&mut self, counter: u32, samples: u64) -> io::Result<()> {
        self.block(kind::LOST_SAMPLES, |out| {
            out.u32(counter).u64(samples);
        })
    }
}

fn encode(sample: SampleNote, out: &mut Encoder) {
    let (mark, bits) = match sample.value {
        Number::Float(x) => (FLOAT, x.to_bits()),
        Number::Int(n) => (0, n as u64),
    };
    out.u32(sample.counter | mark).u64(sample.tick).u64(bits);
}

pub(super) fn decode_counter(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::Counter {
        counter: input.u32()?,
        name: input.text()?,
        unit: input.text()?,
    })
}

pub(super) fn decode_samples(input: &mut Decoder<'_>) -> Option<Block> {
    let thread = input.u32()?;
    let mut samples = Vec::new();
    while !input.is_empty() {
        let (counter, tick, bits) = (input.u32()?, input.u64()?, input.u64()?);
        let value = if counter & FLOAT == 0 {
            Number::Int(bits as i64)
        } else {
            Number::Float(f64::from_bits(bits))
        };
        samples.push(SampleNote {
            counter: counter & !FLOAT,
            tick,
            value,
        });
    }
    Some(Block::Samples { thread, samples })
}

pub(super) fn decode_lost(input: &mut Decoder<'_>) -> Option<Block> {
    Some(Block::LostSamples {
        counter: input.u32()?,
        samples: input.u64()?,
    })
}
