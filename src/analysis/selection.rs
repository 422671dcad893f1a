//! Which regions and ranks an analysis or a chart is about.

use crate::error::{Error, Result};
use crate::pattern::Patterns;
use crate::profile::Source;
use crate::ranges::runs;
use crate::units::{count, ranks_in_words};
use std::collections::BTreeSet;

/// What is above a call in a call tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeBy {
    /// What is open on its thread.
    #[default]
    Thread,
    /// The same, save for spans with an explicit parent, and spans that were created for later or for another thread:
    /// these are below their parent, or below the call that created them.
    Caller,
}

/// A choice of regions and ranks; everything by default.
///
/// It chooses what is shown, never what is measured: nesting, exclusive time, wall time and shares come from
/// all regions and ranks.
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
    tree_by: TreeBy,
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

    /// Says what is above a call in the call trees of this choice; [`TreeBy::Thread`] by default. Exports of single
    /// calls nest them by thread in either case.
    ///
    /// ```
    /// use scope_profiler::RegionFilter;
    /// use scope_profiler::analysis::call_tree::{CallTree, TreeBy};
    /// use scope_profiler::profile::{Call, Profile, SpanFacts, SpanParent};
    ///
    /// let mut facts = SpanFacts::new(2);
    /// facts.parent = Some(SpanParent::Span(1));
    /// let profile = Profile::builder()
    ///     .interval(Call::new("sum", 0..90).span(1))
    ///     .interval(Call::new("part", 10..80).span(2).thread(1)) // by a worker
    ///     .span_facts(0, facts)
    ///     .build();
    /// let tree = CallTree::filtered(&profile, &RegionFilter::new().tree_by(TreeBy::Caller))?;
    /// let below: Vec<(usize, &str)> = tree.walk().map(|(depth, node)| (depth, node.name())).collect();
    /// assert_eq!(below, [(0, "sum"), (1, "part")]);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn tree_by(mut self, by: TreeBy) -> Self {
        self.tree_by = by;
        self
    }

    /// Whether trees are by caller.
    pub(super) fn is_by_caller(&self) -> bool {
        self.tree_by == TreeBy::Caller
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
        self.check_ranks(&source.ranks().into_iter().collect())?;
        let regions = self.chosen_regions(source);
        let chosen: Vec<usize> = source
            .rows()
            .iter()
            .enumerate()
            .filter(|(_, row)| self.keeps_rank(row.rank) && regions[row.name])
            .map(|(index, _)| index)
            .collect();
        if chosen.is_empty() && !source.rows().is_empty() {
            return Err(Error::not_found(
                "no region is left after filtering; run without --include and --exclude to see their names",
            ));
        }
        Ok(chosen)
    }

    /// Of each of [`Source::names`], whether it is chosen.
    #[must_use]
    pub fn chosen_regions(&self, source: &dyn Source) -> Vec<bool> {
        source
            .names()
            .iter()
            .map(|name| self.keeps_region(name))
            .collect()
    }

    /// The chosen ranks of `source`, ascending; also those without any chosen region.
    #[must_use]
    pub fn chosen_ranks(&self, source: &dyn Source) -> Vec<u32> {
        let ranks = source.ranks().into_iter();
        ranks.filter(|&rank| self.keeps_rank(rank)).collect()
    }

    /// What is chosen, where that is not everything: how many regions, and which ranks.
    ///
    /// ```
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let filter = RegionFilter::new().include(["solver", "io"])?.ranks([0, 1]);
    /// assert_eq!(filter.describe(&reader).as_deref(), Some("2 of 6 regions, ranks 0-1 of 4"));
    /// assert_eq!(RegionFilter::new().describe(&reader), None);
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn describe(&self, source: &dyn Source) -> Option<String> {
        let parts = self.parts(source);
        let texts: Vec<String> = parts.into_iter().map(|(text, _)| text).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// That only this is shown, where that is not everything.
    pub(crate) fn only_these_are_shown(&self, source: &dyn Source) -> Option<String> {
        let what = self.describe(source)?;
        let is_one = matches!(self.parts(source).as_slice(), [(_, 1)]);
        Some(format!("only {what} {} shown", if is_one { "is" } else { "are" }))
    }

    /// Regions and ranks, in words and in number, where not all are chosen.
    fn parts(&self, source: &dyn Source) -> Vec<(String, usize)> {
        let mut parts = Vec::new();
        let chosen = self.chosen_regions(source);
        let shown = chosen.iter().filter(|&&chosen| chosen).count();
        if shown < chosen.len() {
            let regions = if chosen.len() == 1 { "region" } else { "regions" };
            let (shown_count, all) = (count(shown as u64), count(chosen.len() as u64));
            parts.push((format!("{shown_count} of {all} {regions}"), shown));
        }
        let (ranks, all) = (self.chosen_ranks(source), source.ranks().len());
        if ranks.len() < all {
            parts.push((format!("{} of {all}", ranks_in_words(&runs(&ranks))), ranks.len()));
        }
        parts
    }

    /// Fails when a chosen rank is not among those that are `present`.
    pub(crate) fn check_ranks(&self, present: &BTreeSet<u32>) -> Result<()> {
        match self.ranks.iter().flatten().find(|rank| !present.contains(rank)) {
            None => Ok(()),
            Some(missing) => Err(Error::not_found(format!(
                "there is no rank {missing}; the file has {}",
                ranks_in_words(&runs(&present.iter().copied().collect::<Vec<_>>()))
            ))),
        }
    }
}
