//! What the writer does with numbers that came after the last interval of their span, or may turn out to.

use crate::event::Event;
use crate::record::recording::Recording;
use crate::store::rank_log::LogWriter;
use std::io;

/// Writes those among some events.
pub(super) fn write(
    log: &mut LogWriter,
    recording: &Recording,
    events: &[Event],
    failure: &mut Option<io::Error>,
) {
    if let Err(error) = log.late(events) {
        *failure = Some(error);
        count_unwritten(recording, events);
    }
}

/// Counts those that could not be written.
pub(super) fn count_unwritten(recording: &Recording, events: &[Event]) {
    let lost = events.iter().filter(|event| event.late_note().is_some()).count();
    recording.lose_numbers(lost as u64);
}

/// What the log says of numbers that wait for an entry of their span.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Event>);

impl Waiting {
    /// Says which wait now, where these are others than the last time.
    pub(super) fn write(&mut self, log: &mut LogWriter, recording: &Recording) -> io::Result<()> {
        let mut now = Vec::new();
        recording.peek_waiting(|late| now.push(late.event()));
        self.change(log, now)
    }

    /// The same where no entry comes any more.
    pub(super) fn end(&mut self, log: &mut LogWriter, recording: &Recording) -> io::Result<()> {
        let mut now = Vec::new();
        recording.take_waiting(|late| now.push(late.event()));
        self.change(log, now)
    }

    fn change(&mut self, log: &mut LogWriter, now: Vec<Event>) -> io::Result<()> {
        if now != self.0 {
            log.waiting(&now)?;
            self.0 = now;
        }
        Ok(())
    }
}
