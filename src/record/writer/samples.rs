//! What the writer does with the program's counters.

use crate::event::Event;
use crate::profile::Value;
use crate::record::drained::Drained;
use crate::record::names::NameId;
use crate::record::recording::Recording;
use crate::record::registry::NamedBy;
use crate::record::samples::name_and_unit;
use crate::store::names;
use crate::store::rank_log::LogWriter;
use std::io;

/// Writes the names of counters that are not in the log yet.
pub(super) fn name_all(log: &mut LogWriter, recording: &Recording, drained: &Drained) -> io::Result<()> {
    let mut counters = drained.samples.keys();
    counters.try_for_each(|&counter| name(log, recording, counter))
}

fn name(log: &mut LogWriter, recording: &Recording, counter: NameId) -> io::Result<()> {
    if !recording.counters.is_named(counter, NamedBy::Writer) {
        let (name, unit) = name_and_unit(counter.name());
        log.counter(counter.number(), name, unit)?;
        recording.counters.set_named(counter, NamedBy::Writer);
    }
    Ok(())
}

/// Writes the samples among some events.
pub(super) fn write(
    log: &mut LogWriter,
    recording: &Recording,
    thread: u32,
    events: &[Event],
    failure: &mut Option<io::Error>,
) {
    if let Err(error) = log.samples(thread, events) {
        *failure = Some(error);
        count_unwritten(recording, events);
    }
}

/// Writes how many samples were taken and how many were lost.
pub(super) fn end(log: &mut LogWriter, recording: &Recording) -> io::Result<()> {
    for (counter, lost) in recording.lost_samples() {
        name(log, recording, counter)?;
        log.lost_samples(counter.number(), lost)?;
    }
    match recording.recorded_samples(0) {
        0 => Ok(()),
        recorded => {
            let recorded = i64::try_from(recorded).unwrap_or(i64::MAX);
            log.fact(names::RECORDED_SAMPLES, &Value::Int(recorded))
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
