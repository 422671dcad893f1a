//! Everything in a file except the intervals, as one value.

use super::lanes::Lanes;
use super::names;
use crate::error::Result;
use crate::profile::{CallSite, Counter, CounterRow, Field, Metadata, RankClock, Row, Value};
use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::path::Path;

/// What is known after opening a file.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// The format of the file, as in `schema 1`.
    pub(crate) format: String,
    /// Whether a file of this format is always of one rank, of which there may be others elsewhere.
    pub(crate) of_one_rank: bool,
    /// The number of ranks of the run, where the file states it.
    pub(crate) num_ranks: Option<usize>,
    /// In numeric order.
    pub(crate) ranks: Vec<u32>,
    /// What is known of each rank.
    pub(crate) of_rank: BTreeMap<u32, RankEntry>,
    /// The regions, in the order of the file.
    pub(crate) names: Vec<String>,
    /// By rank, then in the order of the file.
    pub(crate) rows: Vec<Row>,
    /// Each row's call site, and what was not recorded of it.
    pub(crate) sites: Vec<CallSite>,
    pub(crate) metadata: Metadata,
    /// The optional columns that rows have, as [`Intervals`](crate::profile::Intervals) calls them.
    pub(crate) columns: Vec<&'static str>,
    /// The fields that rows have; by name, once the file has been opened.
    pub(crate) fields: Vec<Field>,
    /// The program's counters; by name, once the file has been opened.
    pub(crate) counters: Vec<Counter>,
    /// Of these, by rank, then by name.
    pub(crate) counter_rows: Vec<CounterRow>,
}

/// What a file says about one rank.
#[derive(Debug, Default)]
pub(crate) struct RankEntry {
    /// The attributes of the rank and of its clock.
    pub(crate) facts: Metadata,
    pub(crate) clock: Option<RankClock>,
    /// The threads with their names, where the file lists them.
    pub(crate) threads: Option<BTreeMap<u32, String>>,
}

impl Catalog {
    /// What is known about the clock of a rank.
    pub(crate) fn clock(&self, rank: u32) -> Option<&RankClock> {
        self.of_rank.get(&rank)?.clock.as_ref()
    }

    /// The threads of a rank with their names, where the file lists them.
    pub(crate) fn threads(&self, rank: u32) -> Option<&BTreeMap<u32, String>> {
        self.of_rank.get(&rank)?.threads.as_ref()
    }

    /// An integer attribute of a rank.
    pub(crate) fn rank_fact(&self, rank: u32, name: &str) -> Option<i64> {
        match self.of_rank.get(&rank)?.facts.get(name)? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// An attribute of a rank, or of its clock, with several integers; none where there is no such attribute.
    pub(crate) fn rank_list(&self, rank: u32, name: &str) -> Option<Vec<i64>> {
        match self.of_rank.get(&rank)?.facts.get(name)? {
            Value::Int(number) => Some(vec![*number]),
            Value::List(texts) => texts.iter().map(|text| text.parse().ok()).collect(),
            _ => None,
        }
    }

    /// The title of the profile at `path`: its label, or the name of the file.
    pub(crate) fn title(&self, path: &Path) -> String {
        match self.metadata.get("label") {
            Some(Value::Text(label)) if !label.is_empty() => label.clone(),
            _ => path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        }
    }

    /// What one call of a guard cost the program, ns.
    pub(crate) fn call_cost_ns(&self) -> Option<f64> {
        match self.metadata.get(names::CALL_COST) {
            Some(Value::Float(ns)) if ns.is_finite() && *ns >= 0.0 => Some(*ns),
            _ => None,
        }
    }

    /// Takes optional columns that a row has.
    pub(super) fn add_columns(&mut self, names: impl Iterator<Item = &'static str>) {
        for name in names {
            if !self.columns.contains(&name) {
                self.columns.push(name);
            }
        }
    }

    /// The place of the field called `name`, known or new; `unit` is asked when it is new.
    pub(super) fn field(
        &mut self,
        name: &str,
        unit: impl FnOnce() -> Result<Option<String>>,
    ) -> Result<usize> {
        if let Some(known) = self.fields.iter().position(|field| field.name() == name) {
            return Ok(known);
        }
        let field = Field::new(name);
        self.fields.push(match unit()? {
            Some(unit) => field.with_unit(unit),
            None => field,
        });
        Ok(self.fields.len() - 1)
    }

    /// Puts the fields in order of their names.
    pub(super) fn sort_fields(&mut self) {
        let mut order: Vec<usize> = (0..self.fields.len()).collect();
        order.sort_by(|&a, &b| self.fields[a].name().cmp(self.fields[b].name()));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| places[from] = to);
        self.fields = order.iter().map(|&from| self.fields[from].clone()).collect();
        let of_rows = self.sites.iter_mut().flat_map(|site| &mut site.fields);
        of_rows.for_each(|field| *field = places[*field]);
    }

    /// The place of the counter called `name`, known or new.
    #[cfg(feature = "hdf5")]
    pub(super) fn counter(&mut self, name: &str, unit: Option<&str>) -> usize {
        let known = self.counters.iter().position(|counter| counter.name() == name);
        let place = known.unwrap_or_else(|| {
            self.counters.push(Counter::new(name));
            self.counters.len() - 1
        });
        let counter = &mut self.counters[place];
        if let (None, Some(unit)) = (counter.unit(), unit) {
            *counter = counter.clone().with_unit(unit);
        }
        place
    }

    /// Puts the counters in order of their names.
    #[cfg(feature = "hdf5")]
    pub(super) fn sort_counters(&mut self) {
        let mut order: Vec<usize> = (0..self.counters.len()).collect();
        order.sort_by(|&a, &b| self.counters[a].name().cmp(self.counters[b].name()));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| places[from] = to);
        self.counters = order.iter().map(|&from| self.counters[from].clone()).collect();
        let rows = self.counter_rows.iter_mut();
        rows.for_each(|row| row.counter = places[row.counter]);
    }

    /// The columns of all fields, and all optional ones.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &str> + '_ {
        self.columns
            .iter()
            .copied()
            .chain(self.fields.iter().map(Field::column))
    }

    /// Takes the lanes of the ranks that it has.
    pub(super) fn name_lanes(&mut self, lanes: Lanes) {
        for (rank, threads) in lanes {
            if let Some(entry) = self.of_rank.get_mut(&rank) {
                entry.threads = Some(threads);
            }
        }
    }

    /// The threads of a rank that have a name.
    pub(crate) fn thread_names(&self, rank: u32) -> BTreeMap<u32, String> {
        let threads = self.threads(rank).into_iter().flatten();
        let named = threads.filter(|(_, name)| !name.is_empty());
        named.map(|(&thread, name)| (thread, name.clone())).collect()
    }

    /// The inclusive time of a row, ns, where the file states it.
    pub(crate) fn inclusive_ns(&self, row: usize) -> Option<i64> {
        let site = &self.sites[row];
        let summed = site.sums.map(|sums| sums.statistics.total_ns());
        let stated = site.inclusive_ns.or(summed);
        let row = &self.rows[row];
        let is_total = || self.rank_fact(row.rank, names::STATES_INCLUSIVE) == Some(1);
        stated.or_else(|| row.total_ns.filter(|_| is_total()))
    }

    /// Whether the rows of a rank are said to be in order of start.
    pub(crate) fn promises_order(&self, rank: u32) -> bool {
        self.rank_fact(rank, names::SORTED) == Some(1)
    }
}

/// Collects the names of regions, each once, in order of appearance. They are looked up by hash, because there may be
/// very many long ones.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<String>,
    /// By hash; where two names have the same hash, the next free one.
    index: HashMap<u64, usize>,
}

impl Names {
    /// The number of a name.
    pub(super) fn index(&mut self, name: String) -> usize {
        let mut hash = DefaultHasher::new();
        name.hash(&mut hash);
        let mut key = hash.finish();
        loop {
            match self.index.entry(key) {
                Entry::Occupied(known) if self.list[*known.get()] == name => return *known.get(),
                // Another name has the same hash.
                Entry::Occupied(_) => key = key.wrapping_add(1),
                Entry::Vacant(free) => {
                    free.insert(self.list.len());
                    self.list.push(name);
                    return self.list.len() - 1;
                }
            }
        }
    }

    /// The name with this number.
    pub(super) fn get(&self, number: usize) -> &str {
        &self.list[number]
    }

    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}
