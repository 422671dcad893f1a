//! Summarizes a rank whose log is read from its end, where calls come before those inside them.

use super::LogContents;
use crate::analysis::summarize::{Backward, ThreadCalls, TimedCall};
use crate::event::Event;
use crate::places::Places;
use crate::profile::StoredSummary;
use crate::store::rank_log::{EventsIn, OtherThread, StretchReader, Verify};
use crate::store::schema::summary;
use crate::store::tick_times::TickTimes;

/// A summary that grows block by block.
#[derive(Debug)]
pub(super) struct Nesting<'a> {
    clock: TickTimes<'a>,
    summary: Backward,
    /// Those of a block.
    calls: Vec<TimedCall>,
}

impl<'a> Nesting<'a> {
    /// For rows of so many calls each.
    pub(super) fn new(contents: &'a LogContents, rows: impl Iterator<Item = u64>) -> Self {
        let mut clock = TickTimes::new(&contents.timeline, &contents.clock);
        let threads: Vec<ThreadCalls> = (contents.calls.iter())
            .map(|(&thread, of)| ThreadCalls {
                thread,
                calls: of.number,
                last_end: clock.ns(of.last_end),
            })
            .collect();
        Self {
            clock,
            summary: Backward::new(rows, threads),
            calls: Vec::new(),
        }
    }

    /// Takes the calls of a block; `row` says of which row each is, from the last to the first. Gives them in order.
    #[inline]
    pub(super) fn convert(
        &mut self,
        events: &EventsIn<'_>,
        mut row: impl FnMut(&Event) -> usize,
    ) -> &[TimedCall] {
        let Self { clock, calls, .. } = self;
        const NONE: TimedCall = TimedCall {
            row: 0,
            start: 0,
            end: 0,
        };
        calls.resize(events.len(), NONE);
        for (event, call) in events.events().rev().zip(calls.iter_mut().rev()) {
            let start = clock.ns(event.start);
            *call = TimedCall {
                row: row(&event) as u32,
                start,
                end: clock.ns(event.end).max(start),
            };
        }
        calls
    }

    /// Adds the calls that were taken last to the summary. Gives whether all nest so far.
    pub(super) fn nest(&mut self, thread: u32) -> bool {
        self.summary.calls(thread, &self.calls);
        self.summary.nests()
    }

    /// The summary; none where calls do not nest, or it would be too large.
    pub(super) fn finish(self) -> Option<StoredSummary> {
        let mut summary = self.summary.finish()?;
        summary::fit(&mut summary).then_some(summary)
    }
}

impl LogContents {
    /// The summary, from another reading of the log; none where there is none, or the log can no longer be read as it
    /// was.
    pub(super) fn summarize(&self) -> Option<StoredSummary> {
        let order = self.order();
        let mut rows: Places = order.iter().copied().collect();
        let calls = order.iter().map(|region| self.regions[region].intervals);
        let mut nesting = Nesting::new(self, calls);
        let stretches = self.stretches.all().iter().rev().copied();
        let mut log = StretchReader::open(&self.path, stretches, Verify::No, OtherThread::No).ok()?;
        while let Some(is_sound) = log.next() {
            if !is_sound.ok()? {
                return None;
            }
            for events in log.blocks().rev() {
                nesting.convert(&events, |event| rows.of(event.region));
                if rows.seen().len() > order.len() || !nesting.nest(events.thread) {
                    return None;
                }
            }
        }
        nesting.finish()
    }
}
