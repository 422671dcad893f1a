//! The calls of a region that were open when recording ended.

use crate::profile::OpenSpan;

/// The most calls of spans that are kept of a region; a thread has few.
const MOST: usize = 1 << 16;

/// How many calls of a region were open, and which of them were of spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenCalls {
    number: u64,
    /// Start (ticks), thread and serial number.
    spans: Vec<(u64, u32, u32)>,
}

impl OpenCalls {
    /// Adds one; `serial` is 0 for a guard.
    pub(crate) fn add(&mut self, thread: u32, start: u64, serial: u32) {
        self.number += 1;
        if serial != 0 && self.spans.len() < MOST {
            self.spans.push((start, thread, serial));
        }
    }

    /// How many there are.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Those of spans, in order of start. `ns` turns a tick into ns.
    pub(crate) fn of_spans(&self, mut ns: impl FnMut(u64) -> i64) -> Vec<OpenSpan> {
        let spans = self.spans.iter();
        let mut spans: Vec<OpenSpan> = spans
            .map(|&(start, thread, serial)| OpenSpan::new(serial, ns(start), thread))
            .collect();
        spans.sort_by_key(|open| (open.start_ns, open.thread, open.span));
        spans
    }
}
