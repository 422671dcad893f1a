//! Tracks of counters.

use super::{BOOTTIME, Rank, packet};
use crate::error::Result;
use crate::export::protobuf::Message;
use crate::profile::Number;

/// Fields of an event, and the type of one that gives a counter's value.
mod event {
    pub(super) const TYPE: u32 = 9;
    pub(super) const IS_COUNTER: u64 = 4;
    pub(super) const TRACK: u32 = 11;
    pub(super) const VALUE: u32 = 30;
    pub(super) const DOUBLE_VALUE: u32 = 44;
}

impl Rank<'_, '_, '_, '_> {
    /// Adds a track with the values of a counter. The viewer shows each until the next; it has no word for no value.
    pub(super) fn counter(&mut self, row: usize) -> Result<()> {
        let counter = self.profile.counter(row);
        let track = self.trace.add_track();
        let mut of_counter = Message::default();
        if let Some(unit) = counter.unit() {
            of_counter = of_counter.text(6, unit);
        }
        let descriptor = Message::default()
            .number(1, track)
            .text(2, counter.name())
            .number(5, self.track)
            .message(8, of_counter);
        self.trace
            .add(&Message::default().message(packet::TRACK_DESCRIPTOR, descriptor))?;
        let origin = self.profile.origin_ns(self.rank);
        let began = self.trace.began.unwrap_or(1);
        self.profile.each_samples(row, |samples| {
            for sample in samples.iter().filter(|sample| sample.value.as_f64().is_finite()) {
                let event = Message::default()
                    .number(event::TYPE, event::IS_COUNTER)
                    .number(event::TRACK, track);
                let event = match sample.value {
                    Number::Int(n) => event.number(event::VALUE, n as u64),
                    Number::Float(x) => event.double(event::DOUBLE_VALUE, x),
                };
                let since = u64::try_from(sample.time_ns.saturating_sub(origin)).unwrap_or(0);
                let packet = Message::default()
                    .number(packet::TIMESTAMP, began.saturating_add(since))
                    .number(packet::CLOCK, BOOTTIME)
                    .number(packet::SEQUENCE, self.track)
                    .message(packet::TRACK_EVENT, event);
                self.trace.add(&packet)?;
            }
            Ok(())
        })
    }
}
