//! What a thread notes of the creation and the end of spans.
//!
//! A span's first entry says when it began if it is entered at once, as most are, and reading the clock once more would
//! cost as much as entering it. So each call site is watched for its first spans: if they are entered at once, later
//! ones are taken for such spans, and cost nothing more. Otherwise each creation is noted from then on.

use super::buffer::ThreadBuffer;
use super::habit::{Habit, Moment};
use super::region_table::Action;
use super::unentered::CreatedSpan;
use crate::note::{Noted, SpanNote};
use crate::record::names::NameId;
use tracing_core::Metadata;

/// What is noted is more than this from the first entry or the last exit, ns.
const LEAST_NS: f64 = 1_000.0;
/// A span that is entered so much later, ns, is not entered at once, whatever its thread does in between. A machine
/// that is slow, and a debugger, need more than [`LEAST_NS`] for nothing.
const LATE_NS: f64 = 100_000.0;

/// What a span was given as its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Parent {
    /// Whatever is current.
    Current,
    /// The span with this serial number.
    Span(u32),
    /// None.
    Nothing,
}

impl ThreadBuffer {
    /// Notes that a span has been created, where its first entry will not say so. True where its end is to be noted,
    /// too. Nothing else may be recorded of the span from then on until it is entered.
    pub(in crate::record) fn note_creation(
        &self,
        metadata: &'static Metadata<'static>,
        region: NameId,
        serial: u32,
        parent: Parent,
    ) -> bool {
        if self.spans.habit(metadata).is_some_and(Habit::is_looked_at) {
            // It is not the last one any more.
            self.note_unentered();
        }
        let Some(mut habit) = self.spans.habit(metadata) else {
            return false;
        };
        if !self.time_trace || self.regions.action(region) == Some(Action::Skip) {
            self.spans.set_habit(metadata, Habit::PLAIN);
            return false;
        }
        let innermost = self.open.innermost();
        let caller = match (parent, innermost) {
            (Parent::Current, call) => call.map(|call| call.start),
            (Parent::Span(parent), Some(call)) if call.serial == parent => Some(call.start),
            (Parent::Nothing, None) => None,
            (Parent::Span(_) | Parent::Nothing, _) => {
                let parent = if let Parent::Span(parent) = parent {
                    parent
                } else {
                    0
                };
                self.note(SpanNote {
                    serial,
                    what: Noted::Parent(parent),
                });
                None
            }
        };
        if parent != Parent::Current {
            habit = habit.placed();
        }
        let looks = habit.is_looked_at();
        if looks {
            let span = CreatedSpan {
                serial,
                tick: self.clock.ticks(),
                caller,
            };
            if habit.is_watched() {
                habit = habit.with_one_more();
                self.spans.watch(metadata, self.moment());
                self.shared.unentered.set(span);
            } else {
                span.notes().for_each(|note| self.note(note));
            }
        }
        self.spans.set_habit(metadata, habit);
        looks
    }

    /// Notes the creation of the span that has not been entered: others come before it.
    fn note_unentered(&self) {
        if let Some(span) = self.shared.unentered.take() {
            self.was_late(span);
        }
    }

    fn was_late(&self, span: CreatedSpan) {
        let habit = self.spans.watched_habit();
        habit.set(habit.get().with_one_late());
        span.notes().for_each(|note| self.note(note));
    }

    fn moment(&self) -> Moment {
        (self.open.depth(), self.published())
    }

    /// A span is entered, by a call that began at `start`.
    #[inline(always)]
    pub(super) fn note_entry(&self, serial: u32, start: u64) {
        if self.shared.unentered.is(serial) {
            self.note_watched_entry(start);
        }
    }

    #[cold]
    #[inline(never)]
    fn note_watched_entry(&self, start: u64) {
        let Some(span) = self.shared.unentered.take() else {
            return;
        };
        let waited = self.ns(span.tick, start);
        let (depth, published) = self.moment();
        let is_next = self.spans.watched_since() == (depth - 1, published);
        if waited >= LATE_NS || waited >= LEAST_NS && !is_next {
            self.was_late(span);
        } else if waited >= LEAST_NS {
            span.notes().for_each(|note| self.note(note));
        }
    }

    /// Notes that a span has ended, where its last exit does not say so.
    pub(in crate::record) fn note_end(&self, serial: u32) {
        if !self.time_trace {
            return;
        }
        if self.shared.unentered.is(serial) {
            self.note_unentered();
        }
        let now = self.clock.ticks();
        let last = self.last_event().filter(|event| event.serial == serial);
        if last.is_none_or(|event| !event.is_interval() || self.ns(event.end, now) >= LEAST_NS) {
            self.note(SpanNote {
                serial,
                what: Noted::Closed(now),
            });
        }
    }

    /// Notes that a span follows from another.
    pub(in crate::record) fn note_follows(&self, serial: u32, followed: u32) {
        if self.time_trace {
            self.note(SpanNote {
                serial,
                what: Noted::Follows(followed),
            });
        }
    }

    /// The time between two ticks, ns.
    fn ns(&self, from: u64, to: u64) -> f64 {
        to.saturating_sub(from) as f64 * self.recording.ns_of_ticks()
    }
}
