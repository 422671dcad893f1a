//! What charts are of, and what all charts of one source share.

#[cfg(feature = "plot")]
use super::known_rows::KnownRows;
use super::palette::Palette;
use super::totals::Totals;
use crate::analysis::call_tree::{CallTree, GrowingTree};
use crate::analysis::notes::{self, Note};
#[cfg(feature = "serve")]
use crate::analysis::pass::Watch;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::analysis::wall::{Spans, Wall};
use crate::error::{Error, Result};
#[cfg(feature = "serve")]
use crate::profile::Intervals;
use crate::profile::Source;
use std::cell::OnceCell;

/// The part of a source that charts are of: the regions and ranks that a filter chooses.
///
/// Charts of one subject share what has to be known before a pass.
pub struct Subject<'a> {
    source: &'a dyn Source,
    filter: &'a RegionFilter,
    rows: Vec<usize>,
    first_look: OnceCell<FirstLook>,
    #[cfg(feature = "plot")]
    known_rows: OnceCell<KnownRows>,
    #[cfg(feature = "serve")]
    watch: Option<&'a dyn Watch>,
}

/// What a chart may have to know before intervals are reduced.
pub(super) struct FirstLook {
    pub(super) wall: Wall,
    pub(super) totals: Totals,
}

impl<'a> Subject<'a> {
    /// What `filter` chooses of a source.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or no region is left.
    pub fn new(source: &'a dyn Source, filter: &'a RegionFilter) -> Result<Self> {
        Ok(Self {
            source,
            filter,
            rows: filter.rows(source)?,
            first_look: OnceCell::new(),
            #[cfg(feature = "plot")]
            known_rows: OnceCell::new(),
            #[cfg(feature = "serve")]
            watch: None,
        })
    }

    /// The same, with somebody who is told how far the first look has come.
    #[cfg(feature = "serve")]
    pub(crate) fn watched(self, watch: Option<&'a dyn Watch>) -> Self {
        Self { watch, ..self }
    }

    /// Those of the chosen rows that are to be kept.
    #[cfg(feature = "serve")]
    pub(crate) fn part(&self, keep: impl Fn(usize) -> bool) -> Self {
        Self {
            source: self.source,
            filter: self.filter,
            rows: self.rows.iter().copied().filter(|&row| keep(row)).collect(),
            first_look: OnceCell::new(),
            known_rows: OnceCell::new(),
            watch: self.watch,
        }
    }

    /// Who is told.
    #[cfg(feature = "serve")]
    pub(crate) fn watch(&self) -> Option<&'a dyn Watch> {
        self.watch
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> &'a dyn Source {
        self.source
    }

    /// The filter.
    #[must_use]
    pub fn filter(&self) -> &'a RegionFilter {
        self.filter
    }

    /// The chosen rows, as indices into [`Source::rows`], in its order.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Of each row of the source, whether it is to be drawn; fails where none is.
    pub(crate) fn drawn(&self) -> Result<Vec<bool>> {
        if self.rows.is_empty() {
            return Err(Error::not_found(
                "there is nothing to draw: the profile holds no regions",
            ));
        }
        let mut drawn = vec![false; self.source.rows().len()];
        self.rows.iter().for_each(|&row| drawn[row] = true);
        Ok(drawn)
    }

    /// What the source has stored of the rows that are drawn, once for all charts.
    #[cfg(feature = "plot")]
    pub(crate) fn known_rows(&self) -> Result<&KnownRows> {
        if let Some(known) = self.known_rows.get() {
            return Ok(known);
        }
        let known = KnownRows::of(self.source, &self.drawn()?)?;
        Ok(self.known_rows.get_or_init(|| known))
    }

    /// Runs the pass of one chart, which needs these observers and no call tree.
    pub(crate) fn observe(&self, observers: &mut [&mut dyn Observer]) -> Result<Facts> {
        let mut facts = GrowingFacts::new(self, false)?;
        let mut all = facts.observers();
        all.extend(
            observers
                .iter_mut()
                .map(|observer| &mut **observer as &mut dyn Observer),
        );
        pass::run(self.source, &mut all)?;
        Ok(facts.finish())
    }

    /// Runs the pass of one chart that needs the call tree alone.
    pub(super) fn facts_with_tree(&self) -> Result<Facts> {
        let mut facts = GrowingFacts::new(self, true)?;
        pass::run(self.source, &mut facts.observers())?;
        Ok(facts.finish())
    }

    /// Reads what the source does not state of the run and of its totals, once for all charts.
    pub(super) fn first_look(&self) -> Result<&FirstLook> {
        if let Some(look) = self.first_look.get() {
            return Ok(look);
        }
        let mut spans = Spans::unstated(self.source, |_| true);
        let mut totals = Totals::stated(self.source);
        #[cfg(feature = "serve")]
        let mut watched = self
            .watch
            .map(|watch| Watched::new(watch, self.source, [&spans, &totals]));
        let mut observers: Vec<&mut dyn Observer> = vec![&mut spans, &mut totals];
        #[cfg(feature = "serve")]
        observers.extend(watched.as_mut().map(|watched| watched as &mut dyn Observer));
        pass::run(self.source, &mut observers)?;
        let wall = Wall::with(self.source, &spans);
        Ok(self.first_look.get_or_init(|| FirstLook { wall, totals }))
    }
}

/// Tells how far a pass has come that reads what others take.
#[cfg(feature = "serve")]
pub(crate) struct Watched<'a> {
    pub(crate) watch: &'a dyn Watch,
    /// By row, whether any does.
    pub(crate) takes: Vec<bool>,
}

#[cfg(feature = "serve")]
impl<'a> Watched<'a> {
    fn new(watch: &'a dyn Watch, source: &dyn Source, others: [&dyn Observer; 2]) -> Self {
        let rows = source.rows();
        let takes = |row| others.iter().any(|other| other.takes_row(row));
        let takes: Vec<bool> = (0..rows.len()).map(takes).collect();
        let taken = rows.iter().zip(&takes).filter(|(_, takes)| **takes);
        watch.expects(taken.map(|(row, _)| row.intervals).fold(0, u64::saturating_add));
        Self { watch, takes }
    }
}

#[cfg(feature = "serve")]
impl Observer for Watched<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.takes[row]
    }

    fn chunk(&mut self, _: usize, chunk: &Intervals) -> Result<()> {
        self.watch.reads(chunk.len() as u64)
    }
}

/// For charts of times, where there are none.
pub(super) fn no_length() -> Error {
    Error::not_found("there is nothing to draw: no call of the chosen regions has a length")
}

/// For charts of a window of time, where it has no call.
pub(super) fn not_in_window() -> Error {
    Error::not_found("there is nothing to draw: no call of the chosen regions is in the window")
}

/// For charts of intervals, where the source has none.
pub(super) fn not_timed(source: &dyn Source) -> Error {
    Error::not_found(if source.run().sums_only {
        "there is nothing to draw: the file has the sums of calls and no intervals"
    } else {
        "there is nothing to draw: calls of the chosen regions were counted but not timed (time_trace was off)"
    })
}

/// What several charts of a subject are finished with.
pub struct Facts {
    /// By index into [`Source::names`], ns.
    pub(super) totals: Vec<i128>,
    pub(super) palette: Palette,
    pub(super) notes: Vec<Note>,
    tree: Option<CallTree>,
}

impl Facts {
    /// The colours of regions.
    #[must_use]
    pub fn palette(&self) -> &Palette {
        &self.palette
    }

    /// What the source says by itself, as the charts have it.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The call tree.
    ///
    /// # Errors
    ///
    /// When nobody asked for it before the pass.
    pub fn tree(&self) -> Result<&CallTree> {
        let missing =
            || Error::config("the call tree was not part of the pass; ask for it in GrowingFacts::new");
        self.tree.as_ref().ok_or_else(missing)
    }
}

/// The [`Facts`] while a [pass] goes on.
pub struct GrowingFacts<'a> {
    source: &'a dyn Source,
    filter: &'a RegionFilter,
    totals: Totals,
    tree: Option<GrowingTree<'a>>,
}

impl<'a> GrowingFacts<'a> {
    /// Of a subject, with or without its call tree. To be made after the charts: what they found in a first look is not
    /// read again.
    ///
    /// # Errors
    ///
    /// When the tree has nothing to show.
    pub fn new(subject: &Subject<'a>, with_tree: bool) -> Result<Self> {
        let (source, filter) = (subject.source, subject.filter);
        let tree = with_tree.then(|| GrowingTree::new(source, filter));
        let known = subject.first_look.get().map(|look| look.totals.clone());
        Ok(Self {
            source,
            filter,
            totals: known.unwrap_or_else(|| Totals::stated(source)),
            tree: tree.transpose()?,
        })
    }

    /// What has to be part of the pass.
    pub fn observers(&mut self) -> Vec<&mut dyn Observer> {
        let mut observers: Vec<&mut dyn Observer> = vec![&mut self.totals];
        if let Some(tree) = &mut self.tree {
            observers.push(tree);
        }
        observers
    }

    /// The facts, when the pass is over.
    #[must_use]
    pub fn finish(self) -> Facts {
        let totals = self.totals.by_name(self.source);
        Facts {
            palette: Palette::from_totals(self.source.names(), &totals),
            totals,
            notes: notes::of(self.source, self.filter),
            tree: self.tree.map(GrowingTree::finish),
        }
    }
}
