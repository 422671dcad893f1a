//! What the writer takes from the threads.

use super::names::NameId;
use super::sync::Arc;
use super::thread::shared_view::{Piece, SharedView};
use super::thread::unentered::CreatedSpan;
use crate::event::Event;
use crate::span_numbers::Origin;
use rustc_hash::FxHashMap;

/// What the writer drains from all threads.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Each thread with its pieces, oldest first.
    pub(crate) threads: Vec<(Arc<SharedView>, Vec<Piece>)>,
    /// The number of intervals of each region in them.
    pub(crate) counts: FxHashMap<NameId, u64>,
    /// The number of notes of spans in them.
    pub(crate) notes: u64,
    /// The number of samples of each counter in them.
    pub(crate) samples: FxHashMap<NameId, u64>,
    /// Spans that threads have created and not entered, of which no more is to come; with the threads.
    pub(super) unentered: Vec<(u32, CreatedSpan)>,
}

impl Drained {
    /// Counts what is in a part of a piece.
    pub(super) fn count(&mut self, events: &[Event]) {
        // Neighbouring events are often of one region.
        for run in events.chunk_by(|a, b| a.region == b.region) {
            let number = run.len() as u64;
            if run[0].is_interval() {
                *self.counts.entry(NameId::from_number(run[0].region)).or_default() += number;
            } else if run[0].span_note().is_some() {
                self.notes += number;
            } else {
                for sample in run.iter().filter_map(Event::sample) {
                    *self
                        .samples
                        .entry(NameId::from_number(sample.counter))
                        .or_default() += 1;
                }
            }
        }
    }

    /// Calls `f` with all events, each thread's in their order, with their thread.
    pub(super) fn for_each_event(&self, mut f: impl FnMut(&SharedView, Origin, &Event)) {
        for (thread, pieces) in &self.threads {
            let mut origin = Origin::in_log(thread.index);
            for piece in pieces {
                piece.block.read(piece.from, piece.to, |events| {
                    for event in events {
                        origin.place += 1;
                        f(thread, origin, event);
                    }
                });
            }
        }
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.notes == 0 && self.samples.is_empty() && self.unentered.is_empty()
    }
}
