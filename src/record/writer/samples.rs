//! What the writer does with the program's counters.

use super::Sink;
use crate::event::Event;
use crate::profile::Value;
use crate::record::drained::Drained;
use crate::record::names::NameId;
use crate::record::recording::Recording;
use crate::record::registry::NamedBy;
use crate::record::samples::name_and_unit;
use crate::store::names;
use std::io;

impl Sink {
    /// Writes the names of counters that are not in the log yet.
    pub(super) fn name_counters(&mut self, recording: &Recording, drained: &Drained) -> io::Result<()> {
        let mut counters = drained.samples.keys();
        counters.try_for_each(|&counter| self.name_counter(recording, counter))
    }

    fn name_counter(&mut self, recording: &Recording, counter: NameId) -> io::Result<()> {
        if !recording.counters.is_named(counter, NamedBy::Writer) {
            let (name, unit) = name_and_unit(counter.name());
            self.log.counter(counter.number(), name, unit)?;
            recording.counters.set_named(counter, NamedBy::Writer);
        }
        Ok(())
    }

    /// Writes the samples among some events.
    pub(super) fn write_samples(
        &mut self,
        recording: &Recording,
        thread: u32,
        events: &[Event],
        failure: &mut Option<io::Error>,
    ) {
        if let Err(error) = self.log.samples(thread, events) {
            *failure = Some(error);
            count_unwritten(recording, events);
        }
    }

    /// Writes how many samples were taken and how many were lost.
    pub(super) fn end_counters(&mut self, recording: &Recording) -> io::Result<()> {
        for (counter, lost) in recording.lost_samples() {
            self.name_counter(recording, counter)?;
            self.log.lost_samples(counter.number(), lost)?;
        }
        match recording.recorded_samples(0) {
            0 => Ok(()),
            recorded => {
                let recorded = i64::try_from(recorded).unwrap_or(i64::MAX);
                self.log.fact(names::RECORDED_SAMPLES, &Value::Int(recorded))
            }
        }
    }
}

/// Counts samples that could not be written.
pub(super) fn count_unwritten(recording: &Recording, events: &[Event]) {
    for sample in events.iter().filter_map(Event::sample) {
        let counter = NameId::from_number(sample.counter);
        recording.counters.add(counter, |totals| &totals.unwritten, 1);
    }
}
