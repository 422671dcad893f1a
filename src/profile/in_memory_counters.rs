//! The counters of a profile in memory, while it is built.

use super::{Counter, CounterRow, Sample, Samples};
use std::collections::BTreeMap;

/// Samples by rank and counter, and what is known of units.
#[derive(Clone, Debug, Default)]
pub(super) struct GrowingCounters {
    rows: BTreeMap<(u32, String), Growing>,
    units: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default)]
struct Growing {
    samples: Vec<Sample>,
    dropped: u64,
}

/// The counters of a profile, by name, and their rows, by rank and then by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counters {
    pub(super) counters: Vec<Counter>,
    pub(super) rows: Vec<CounterRow>,
    /// Of each row.
    pub(super) samples: Vec<Samples>,
}

impl GrowingCounters {
    pub(super) fn push(&mut self, rank: u32, counter: &str, sample: Sample) {
        self.row(rank, counter).samples.push(sample);
    }

    pub(super) fn set_dropped(&mut self, rank: u32, counter: &str, samples: u64) {
        self.row(rank, counter).dropped = samples;
    }

    pub(super) fn set_unit(&mut self, counter: &str, unit: String) {
        self.units.insert(counter.to_owned(), unit);
    }

    fn row(&mut self, rank: u32, counter: &str) -> &mut Growing {
        self.rows.entry((rank, counter.to_owned())).or_default()
    }

    pub(super) fn finish(self) -> Counters {
        let mut names: Vec<&String> = self.rows.keys().map(|(_, name)| name).collect();
        names.sort_unstable();
        names.dedup();
        let counters: Vec<Counter> = names
            .iter()
            .map(|name| match self.units.get(*name) {
                Some(unit) => Counter::new(*name).with_unit(unit),
                None => Counter::new(*name),
            })
            .collect();
        let mut all = Counters::default();
        for ((rank, name), growing) in &self.rows {
            let counter = names.binary_search(&name).expect("it is one of them");
            let samples: Samples = growing.samples.iter().copied().collect();
            all.rows.push(CounterRow {
                dropped: growing.dropped,
                ..CounterRow::new(*rank, counter, samples.len() as u64)
            });
            all.samples.push(samples);
        }
        all.counters = counters;
        all
    }
}
