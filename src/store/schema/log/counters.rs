//! The counters in a log.

use crate::note::SampleNote;
use crate::profile::{Counter, CounterRow, Number, Numbers, Samples};
use crate::store::counter_names::CounterNames;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a log says of counters so far.
#[derive(Debug, Default)]
pub(super) struct LogCounters {
    names: CounterNames,
    /// By number.
    found: BTreeMap<u32, Found>,
    /// The numbers of each counter, by name.
    numbers: Vec<Vec<u32>>,
    next: u32,
}

#[derive(Debug, Default)]
struct Found {
    /// In the order of the log.
    samples: Vec<TickSample>,
    dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct TickSample {
    tick: u64,
    value: Number,
    thread: u32,
    /// The order in the log, for those of one tick.
    nth: u32,
}

impl TickSample {
    fn key(&self) -> (u64, u32) {
        (self.tick, self.nth)
    }
}

impl LogCounters {
    pub(super) fn name(&mut self, counter: u32, name: &str, unit: &str) {
        self.names.name(counter, name, unit);
    }

    pub(super) fn add(&mut self, thread: u32, samples: &[SampleNote]) {
        for sample in samples {
            let found = self.found.entry(sample.counter).or_default();
            found.samples.push(TickSample {
                tick: sample.tick,
                value: sample.value,
                thread,
                nth: self.next,
            });
            self.next = self.next.wrapping_add(1);
        }
    }

    pub(super) fn lost(&mut self, counter: u32, samples: u64) {
        self.found.entry(counter).or_default().dropped = samples;
    }

    /// The counters, by name, and their rows on `rank`. What has been added is put in order for that.
    pub(super) fn describe(&mut self, rank: u32) -> (Vec<Counter>, Vec<CounterRow>) {
        let (counters, places) = self.names.by_name(self.found.keys().copied());
        self.numbers = vec![Vec::new(); counters.len()];
        let mut rows: Vec<CounterRow> = (0..counters.len())
            .map(|counter| CounterRow::new(rank, counter, 0))
            .collect();
        for (number, found) in &mut self.found {
            // Stable, and quick where most are in order already.
            found.samples.sort_by_key(TickSample::key);
            let place = places[number];
            self.numbers[place].push(*number);
            rows[place].samples += found.samples.len() as u64;
            rows[place].dropped = rows[place].dropped.saturating_add(found.dropped);
        }
        (counters, rows)
    }

    /// Replaces `into` with samples of a counter, in order of time by `ns`: a later tick is never an earlier
    /// nanosecond.
    pub(super) fn read(
        &self,
        counter: usize,
        range: Range<u64>,
        mut ns: impl FnMut(u64) -> i64,
        into: &mut Samples,
    ) {
        let range = range.start as usize..range.end as usize;
        let several: Vec<TickSample>;
        let all = match self.numbers[counter].as_slice() {
            [number] => &self.found[number].samples,
            numbers => {
                let mut samples: Vec<TickSample> = numbers
                    .iter()
                    .flat_map(|number| self.found[number].samples.iter().copied())
                    .collect();
                samples.sort_by_key(TickSample::key);
                several = samples;
                &several
            }
        };
        let is_whole = |sample: &TickSample| matches!(sample.value, Number::Int(n) if n != Numbers::ABSENT);
        let are_whole = all.iter().all(is_whole);
        let samples = &all[range];
        let values = if are_whole {
            samples.iter().map(|sample| Some(sample.value)).collect()
        } else {
            Numbers::Float(samples.iter().map(|sample| sample.value.as_f64()).collect())
        };
        let times = samples.iter().map(|sample| ns(sample.tick)).collect();
        into.set(
            times,
            values,
            samples.iter().map(|sample| sample.thread).collect(),
        );
    }
}
