//! Which regions and ranks an analysis or a chart is about.

use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::profile::Source;
use std::collections::BTreeSet;

/// A choice of regions and ranks; everything by default.
///
/// A region is chosen when an include pattern matches its name, or there is none, and no exclude
/// pattern does. Patterns are regular expressions, anchored at the start of the name but not at
/// its end, as Python's `re.match` does it: `solve` chooses `solver` but not `presolve`.
///
/// ```
/// use scope_profiler::RegionFilter;
///
/// let filter = RegionFilter::new().include(["solve", "io"])?.exclude([r"io\.read"])?.ranks([0, 1]);
/// assert!(filter.keeps_region("solver: cg"));
/// assert!(!filter.keeps_region("io.read"));
/// assert!(!filter.keeps_rank(2));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RegionFilter {
    patterns: Patterns,
    ranks: Option<BTreeSet<u32>>,
}

impl RegionFilter {
    /// Chooses everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses only regions that match one of these patterns, or one given before.
    ///
    /// # Errors
    ///
    /// When a pattern is not a regular expression.
    pub fn include(mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        self.patterns.include(patterns)?;
        Ok(self)
    }

    /// Leaves out regions that match one of these patterns, whatever the include patterns say.
    ///
    /// # Errors
    ///
    /// When a pattern is not a regular expression.
    pub fn exclude(mut self, patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        self.patterns.exclude(patterns)?;
        Ok(self)
    }

    /// Chooses only these ranks and those given before.
    #[must_use]
    pub fn ranks(mut self, ranks: impl IntoIterator<Item = u32>) -> Self {
        self.ranks.get_or_insert_default().extend(ranks);
        self
    }

    /// Whether a region of this name is chosen.
    #[must_use]
    pub fn keeps_region(&self, name: &str) -> bool {
        self.patterns.keeps(name)
    }

    /// Whether this rank is chosen.
    #[must_use]
    pub fn keeps_rank(&self, rank: u32) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.contains(&rank))
    }

    /// The chosen rows of `source`, as indices into [`Source::rows`], in its order.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or nothing is left.
    pub fn rows(&self, source: &dyn Source) -> Result<Vec<usize>> {
        self.check_ranks(&source.rows().iter().map(|row| row.rank).collect())?;
        let chosen: Vec<usize> = source
            .rows()
            .iter()
            .enumerate()
            .filter(|(_, row)| self.keeps_rank(row.rank) && self.keeps_region(&source.names()[row.name]))
            .map(|(index, _)| index)
            .collect();
        if chosen.is_empty() && !source.rows().is_empty() {
            return Err(Error::not_found(
                "no region is left after filtering; run without --include and --exclude to see their names",
            ));
        }
        Ok(chosen)
    }

    /// Fails when a chosen rank is not among those that are `present`.
    pub(crate) fn check_ranks(&self, present: &BTreeSet<u32>) -> Result<()> {
        match self.ranks.iter().flatten().find(|rank| !present.contains(rank)) {
            None => Ok(()),
            Some(missing) => Err(Error::not_found(format!(
                "there is no rank {missing}; the file has {}",
                describe_ranks(present)
            ))),
        }
    }
}

/// `no ranks`, `rank 0`, `ranks 0-3, 5`.
fn describe_ranks(ranks: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &rank in ranks {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == rank => *last = rank,
            _ => runs.push((rank, rank)),
        }
    }
    let text: Vec<String> = runs
        .iter()
        .map(|&(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    match ranks.len() {
        0 => "no ranks".into(),
        1 => format!("rank {}", text[0]),
        _ => format!("ranks {}", text.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_described_as_runs() {
        let describe = |ranks: &[u32]| describe_ranks(&ranks.iter().copied().collect());
        assert_eq!(describe(&[]), "no ranks");
        assert_eq!(describe(&[7]), "rank 7");
        assert_eq!(describe(&[0, 1, 2, 5, 7, 8]), "ranks 0-2, 5, 7-8");
    }
}
