//! The program's counters: values that belong to no region, such as a number of particles.
//!
//! A sample takes the place of an event in the thread's block, and the same way to the log. The names of counters are
//! numbered with those of regions; which of them a session has is in its second registry.

use super::global;
use super::names::NameId;
use super::recording::Recording;
use super::registry::Totals;
use super::sync::Arc;
use super::thread::current::with_buffer;
use super::thread::shared_view::SharedView;
use crate::config::usual_unit;
use crate::event::Event;
use crate::note::SampleNote;
use crate::profile::Number;
use crate::sys::signals;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Records the value of a counter in the global session, if there is one.
#[inline]
pub(crate) fn sample_global(counter: impl FnOnce() -> NameId, value: impl FnOnce() -> Number) {
    match global::session() {
        0 => {}
        session => sample(session, counter(), value(), global::recording),
    }
}

/// Records the value of a counter in this session.
#[inline]
pub(crate) fn sample_in(recording: &Arc<Recording>, counter: impl FnOnce() -> NameId, value: Number) {
    if !recording.is_closed() {
        sample(recording.id, counter(), value, || Some(Arc::clone(recording)));
    }
}

#[inline]
fn sample(session: u64, counter: NameId, value: Number, attach_to: impl FnOnce() -> Option<Arc<Recording>>) {
    with_buffer(session, attach_to, |buffer| buffer.sample(counter, value));
}

/// The name of a counter and what it is measured in, which may follow after a colon, as in `energy:J`; otherwise the
/// name may say it. Paths of modules and texts with spaces after the colon have no unit there.
pub(crate) fn name_and_unit(text: &str) -> (&str, &str) {
    let is_unit = |unit: &str| {
        let first = unit.chars().next();
        first.is_some_and(|c| c.is_alphabetic() || "%°".contains(c)) && !unit.contains(char::is_whitespace)
    };
    match text.rsplit_once(':') {
        Some((name, unit)) if !name.is_empty() && !name.ends_with(':') && is_unit(unit) => (name, unit),
        _ => (text, usual_unit(text)),
    }
}

impl Recording {
    /// From now on the session has this counter.
    pub(super) fn add_counter(&self, counter: NameId) {
        self.counters.insert(counter);
        if self.settings.crash_handler {
            // As for a new region.
            signals::renew();
        }
    }

    /// The counters of which samples are in no block, and how many. Takes no lock and allocates nothing.
    pub(crate) fn lost_samples(&self) -> impl Iterator<Item = (NameId, u64)> + '_ {
        let lost = |counter| {
            let get = |which: fn(&Totals) -> &AtomicU64| self.counters.get(counter, which);
            get(|totals| &totals.dropped) + get(|totals| &totals.unwritten)
        };
        let counters = self.counters.iter().map(move |counter| (counter, lost(counter)));
        counters.filter(|&(_, lost)| lost > 0)
    }

    /// Samples that were taken, of which so many have not been drained. Takes no lock and allocates nothing.
    pub(super) fn recorded_samples(&self, undrained: u64) -> u64 {
        let recorded = self.counters.iter().map(|counter| {
            let get = |which: fn(&Totals) -> &AtomicU64| self.counters.get(counter, which);
            get(|totals| &totals.drained) + get(|totals| &totals.dropped)
        });
        undrained + recorded.sum::<u64>()
    }

    /// Calls `f` with every sample that the writer has not drained, and its thread.
    pub(crate) fn for_each_undrained_sample(&self, mut f: impl FnMut(&SharedView, SampleNote)) {
        self.for_each_undrained_event(|thread, event: &Event| {
            if let Some(sample) = event.sample() {
                f(thread, sample);
            }
        });
    }
}

/// A place in the source that gives the value of one counter; what [`profile_counter!`](crate::profile_counter) puts
/// there.
#[doc(hidden)]
#[derive(Debug)]
pub struct CounterSite {
    name: &'static str,
    /// The name's number; [`UNRESOLVED`] before the first sample.
    id: AtomicU32,
}

const UNRESOLVED: u32 = u32::MAX;

impl CounterSite {
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            id: AtomicU32::new(UNRESOLVED),
        }
    }

    /// Whether there is a session.
    #[inline]
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        global::session() != 0
    }

    #[inline]
    pub fn sample(&'static self, value: impl Into<Number>) {
        let counter = || match self.id.load(Ordering::Relaxed) {
            UNRESOLVED => self.resolve(),
            known => NameId::from_number(known),
        };
        sample_global(counter, || value.into());
    }

    #[cold]
    fn resolve(&self) -> NameId {
        let id = NameId::of_site(self.name, None);
        self.id.store(id.number(), Ordering::Relaxed);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_follows_a_colon_or_is_in_the_name() {
        let expected = [
            ("particles", ("particles", "")),
            ("energy:J", ("energy", "J")),
            ("read rate:GB/s", ("read rate", "GB/s")),
            ("load:%", ("load", "%")),
            ("free_bytes", ("free_bytes", "B")),
            ("free_bytes:MB", ("free_bytes", "MB")),
            ("pool::queue", ("pool::queue", "")),
            ("pool::queue:jobs", ("pool::queue", "jobs")),
            ("phase 2: particles", ("phase 2: particles", "")),
            ("host:8080", ("host:8080", "")),
            (":J", (":J", "")),
            ("energy:", ("energy:", "")),
            ("", ("", "")),
        ];
        for (text, parts) in expected {
            assert_eq!(name_and_unit(text), parts, "{text:?}");
        }
    }
}
