//! Names of counters in a log.

use super::region_names::RegionNames;
use crate::profile::Counter;
use std::collections::BTreeMap;

/// The names and units of counters by their number in the log.
#[derive(Debug, Default)]
pub(crate) struct CounterNames(BTreeMap<u32, (String, String)>);

impl CounterNames {
    pub(crate) fn name(&mut self, counter: u32, name: &str, unit: &str) {
        // As of regions: what no attribute could hold is replaced.
        let name = RegionNames::default().of(Some(name), counter).into_owned();
        self.0.insert(counter, (name, unit.to_owned()));
    }

    /// The counters with these numbers, by name, and the place of each number among them. Numbers of the same name, as
    /// with and without a unit, are of one counter.
    pub(crate) fn by_name(&self, numbers: impl Iterator<Item = u32>) -> (Vec<Counter>, BTreeMap<u32, usize>) {
        let named = numbers.map(|number| {
            let named = self.0.get(&number).cloned();
            let (name, unit) = named.unwrap_or_else(|| (format!("counter {number}"), String::new()));
            (name, number, unit)
        });
        let mut named: Vec<(String, u32, String)> = named.collect();
        named.sort_unstable();
        let mut counters: Vec<Counter> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, number, unit) in named {
            if counters.last().is_none_or(|last| last.name() != name) {
                counters.push(Counter::new(name));
            }
            places.insert(number, counters.len() - 1);
            if let Some(counter) = counters
                .last_mut()
                .filter(|last| last.unit().is_none() && !unit.is_empty())
            {
                *counter = counter.clone().with_unit(unit);
            }
        }
        (counters, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_same_name_are_one_counter_with_the_unit_that_either_has() {
        let mut names = CounterNames::default();
        names.name(7, "energy", "");
        names.name(2, "energy", "J");
        names.name(3, "a", "");
        let (counters, places) = names.by_name([2, 3, 4, 7].into_iter());
        assert_eq!(
            counters,
            [
                Counter::new("a"),
                Counter::new("counter 4"),
                Counter::new("energy").with_unit("J")
            ]
        );
        assert_eq!(places, BTreeMap::from([(2, 2), (3, 0), (4, 1), (7, 2)]));
    }
}
