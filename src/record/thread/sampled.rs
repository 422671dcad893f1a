//! Recording the values of counters.

use super::buffer::ThreadBuffer;
use crate::note::SampleNote;
use crate::profile::Number;
use crate::record::names::NameId;

impl ThreadBuffer {
    /// Records the value of a counter now. One for which there is no memory is counted as dropped.
    #[inline]
    pub(in crate::record) fn sample(&self, counter: NameId, value: Number) {
        if !self.time_trace || !(self.recording.counters.contains(counter) || self.meet(counter)) {
            return;
        }
        let sample = SampleNote {
            counter: counter.number(),
            tick: self.clock.ticks(),
            value,
        };
        if !self.append(sample.event()) {
            self.recording.counters.add(counter, |totals| &totals.dropped, 1);
        }
    }

    /// The session does not know the counter yet. False within work of ours, where an allocator has come back here.
    #[cold]
    fn meet(&self, counter: NameId) -> bool {
        self.exclusively(|| self.recording.add_counter(counter)).is_some()
    }
}
