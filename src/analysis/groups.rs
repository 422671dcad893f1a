//! The calls of each region by the value of a numeric field: how long those on level 3 took.

use super::metrics::field_of_rows;
use super::pass::{self, Observer};
use super::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Field, Intervals, Source, Statistics};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

/// Values of a region that are told apart.
const MOST_VALUES: usize = 1000;

/// The calls of the regions of which any has a number of a field, by that number.
///
/// ```
/// use scope_profiler::RegionFilter;
/// use scope_profiler::analysis::groups::{Groups, GroupValue};
/// use scope_profiler::profile::{Call, Number, Profile};
///
/// let level = |n| [("level", Number::Int(n))];
/// let profile = Profile::builder()
///     .interval(Call::new("smooth", 0..80).numbers(&level(0)))
///     .interval(Call::new("smooth", 80..90).numbers(&level(1)))
///     .interval(Call::new("smooth", 90..99).numbers(&level(1)))
///     .build();
/// let groups = Groups::of(&profile, &RegionFilter::new(), "level")?;
/// let found: Vec<_> = groups.iter().map(|group| (group.value(), group.statistics().total_ns())).collect();
/// assert_eq!(found, [(GroupValue::Number(0.0), 80), (GroupValue::Number(1.0), 19)]);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Groups {
    field: Field,
    groups: Vec<Group>,
}

/// The calls of a region with one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    region: String,
    value: GroupValue,
    statistics: Statistics,
}

/// What the calls of a [`Group`] have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum GroupValue {
    /// This number.
    Number(f64),
    /// Other numbers than the thousand of the region that came first.
    Others,
    /// No number.
    None,
}

impl Groups {
    /// Of the chosen regions and ranks, by this field, from a pass of its own.
    ///
    /// # Errors
    ///
    /// When there is no such field, none of the chosen calls has any, a chosen rank is not there, or intervals cannot
    /// be read.
    pub fn of(source: &dyn Source, filter: &RegionFilter, field: &str) -> Result<Self> {
        let fields = source.fields();
        let rows = filter.rows(source)?;
        let (place, with_field) = field_of_rows(source, &rows, field)?;
        let names = with_field.into_iter().map(|row| source.rows()[row].name);
        let regions: BTreeSet<usize> = names.collect();
        let mut growing = Growing {
            source,
            column: fields[place].column(),
            rows: rows
                .into_iter()
                .filter(|&row| regions.contains(&source.rows()[row].name))
                .collect(),
            regions: BTreeMap::new(),
        };
        pass::run(source, &mut [&mut growing])?;
        Ok(Self {
            field: fields[place].clone(),
            groups: growing.finish(),
        })
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The groups: the region with the most time first, and of a region its numbers in ascending order, then others,
    /// then the calls without one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.iter()
    }

    /// The regions that have too many numbers for a group each.
    pub fn cut(&self) -> impl Iterator<Item = &str> {
        let others = self
            .groups
            .iter()
            .filter(|group| group.value == GroupValue::Others);
        others.map(Group::region)
    }
}

impl Group {
    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What its calls have in common.
    #[must_use]
    pub fn value(&self) -> GroupValue {
        self.value
    }

    /// Statistics of the durations of its calls.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}

/// A number as a key.
#[derive(Clone, Copy, Debug)]
struct Key(f64);

impl Key {
    /// -0 and 0 are the same number.
    fn of(x: f64) -> Self {
        Self(x + 0.0)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[derive(Default)]
struct OfRegion {
    numbers: BTreeMap<Key, Statistics>,
    others: Statistics,
    without: Statistics,
}

impl OfRegion {
    fn add(&mut self, number: Option<f64>, ns: i64) {
        let statistics = match number.map(Key::of) {
            None => &mut self.without,
            Some(key) if self.numbers.len() < MOST_VALUES || self.numbers.contains_key(&key) => {
                self.numbers.entry(key).or_default()
            }
            Some(_) => &mut self.others,
        };
        statistics.add(ns);
    }

    fn total_ns(&self) -> i128 {
        let all = self.numbers.values().chain([&self.others, &self.without]);
        all.map(|statistics| i128::from(statistics.total_ns())).sum()
    }

    fn groups(self) -> impl Iterator<Item = (GroupValue, Statistics)> {
        let numbers = self
            .numbers
            .into_iter()
            .map(|(key, statistics)| (GroupValue::Number(key.0), statistics));
        let rest = [
            (GroupValue::Others, self.others),
            (GroupValue::None, self.without),
        ];
        numbers
            .chain(rest)
            .filter(|(_, statistics)| statistics.count() > 0)
    }
}

/// The groups while the pass goes on.
struct Growing<'a> {
    source: &'a dyn Source,
    column: &'a str,
    rows: BTreeSet<usize>,
    /// By index into [`Source::names`].
    regions: BTreeMap<usize, OfRegion>,
}

impl Growing<'_> {
    fn finish(self) -> Vec<Group> {
        let mut regions: Vec<(usize, OfRegion)> = self.regions.into_iter().collect();
        regions.sort_by_key(|(_, of_region)| Reverse(of_region.total_ns()));
        let names = self.source.names();
        let groups = regions.into_iter().flat_map(|(name, of_region)| {
            of_region.groups().map(move |(value, statistics)| Group {
                region: names[name].clone(),
                value,
                statistics,
            })
        });
        groups.collect()
    }
}

impl Observer for Growing<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.rows.contains(&row)
    }

    fn columns(&self, _row: usize) -> Vec<&str> {
        vec![self.column]
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let of_region = self.regions.entry(self.source.rows()[row].name).or_default();
        let numbers = chunk.column(self.column);
        for (at, ns) in chunk.durations().enumerate() {
            let number = numbers.and_then(|numbers| numbers.get(at));
            of_region.add(number.map(|number| number.as_f64()), ns);
        }
        Ok(())
    }
}
