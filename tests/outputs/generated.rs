//! Sources for tests.

use scope_profiler::Result;
use scope_profiler::profile::{ClockAgreement, Intervals, Profile, Row, RunFacts, Source};
use std::collections::BTreeMap;
use std::ops::Range;

/// Any number of intervals that are made when they are read: `regions` short ones one after the
/// other on each rank, again and again, each 600 to 999 ns of a microsecond long.
pub(crate) struct Generated {
    names: Vec<String>,
    rows: Vec<Row>,
}

impl Generated {
    pub(crate) fn new(ranks: u32, regions: usize, intervals_per_row: u64) -> Self {
        let row = |rank, name| Row::new(rank, name, intervals_per_row);
        Generated {
            names: (0..regions).map(|region| format!("region {region}")).collect(),
            rows: (0..ranks)
                .flat_map(|rank| (0..regions).map(move |name| row(rank, name)))
                .collect(),
        }
    }
}

impl Source for Generated {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let name = self.rows[row].name as u64;
        let period = self.names.len() as u64 * 1_000;
        let start = |i: u64| (i * period + name * 1_000) as i64;
        let length = |i: u64| 600 + ((i ^ name).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as i64 % 400;
        into.clear();
        let starts = range.clone().map(start).collect();
        into.set(starts, range.map(|i| start(i) + length(i)).collect(), None);
        Ok(())
    }

    fn thread_names(&self, _rank: u32) -> Result<BTreeMap<u32, String>> {
        Ok(BTreeMap::new())
    }
}

/// A profile that does not state its totals, as files of other writers.
pub(crate) struct NoTotals {
    profile: Profile,
    rows: Vec<Row>,
}

impl NoTotals {
    pub(crate) fn of(profile: &Profile) -> Self {
        let mut rows = profile.rows().to_vec();
        rows.iter_mut().for_each(|row| row.total_ns = None);
        NoTotals {
            profile: profile.clone(),
            rows,
        }
    }
}

impl Source for NoTotals {
    fn names(&self) -> &[String] {
        self.profile.names()
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.profile.read(row, range, into)
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.profile.thread_names(rank)
    }
}

/// A profile that states the inclusive time of each row, ns, as recorded files do.
#[cfg(feature = "plot")]
pub(crate) struct WithInclusive(pub Profile, pub Vec<i64>);

#[cfg(feature = "plot")]
impl Source for WithInclusive {
    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn rows(&self) -> &[Row] {
        self.0.rows()
    }

    fn row_facts(&self, row: usize) -> scope_profiler::profile::RowFacts {
        let mut facts = self.0.row_facts(row);
        facts.inclusive_ns = Some(self.1[row]);
        facts
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.0.read(row, range, into)
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.0.thread_names(rank)
    }
}

/// A profile of ranks whose clocks were never compared.
pub(crate) struct OwnClocks(pub Profile);

impl Source for OwnClocks {
    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn rows(&self) -> &[Row] {
        self.0.rows()
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        self.0.read(row, range, into)
    }

    fn clocks(&self, ranks: &[u32]) -> ClockAgreement {
        if ranks.len() > 1 {
            ClockAgreement::Unknown
        } else {
            ClockAgreement::Same
        }
    }

    fn run(&self) -> RunFacts {
        self.0.run()
    }

    fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
        self.0.thread_names(rank)
    }
}
