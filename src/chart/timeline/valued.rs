//! The field that a timeline is coloured by.

use super::Piece;
use crate::analysis::metrics::{field_of_rows, none_has};
use crate::analysis::pass::{MOST_INTERLEAVED, RankCall};
use crate::chart::call_numbers::CallNumbers;
use crate::chart::subject::Subject;
use crate::chart::value_colors::ValueColors;
use crate::error::Result;
use crate::profile::{Field, Intervals, Source};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// A field, and the rows whose calls have it.
pub(super) struct ColoredBy<'a> {
    source: &'a dyn Source,
    /// An index into [`Source::fields`].
    index: usize,
    rows: BTreeSet<usize>,
}

impl<'a> ColoredBy<'a> {
    /// # Errors
    ///
    /// When there is no such field, or none of the rows that are drawn has it.
    pub(super) fn new(subject: &Subject<'a>, name: &str) -> Result<Self> {
        let source = subject.source();
        let (index, rows) = field_of_rows(source, subject.rows(), name)?;
        Ok(Self { source, index, rows })
    }

    fn field(&self) -> &'a Field {
        &self.source.fields()[self.index]
    }

    /// The column of the field in a row; none where the row has no such field.
    pub(super) fn column(&self, row: usize) -> Option<&'a str> {
        self.rows.contains(&row).then(|| self.field().column())
    }

    /// What the colours of these pieces mean.
    ///
    /// # Errors
    ///
    /// When none of them has a value.
    pub(super) fn colors<'p>(&self, pieces: impl Iterator<Item = &'p Piece>) -> Result<ValueColors> {
        let colors = ValueColors::of(self.field(), pieces.filter_map(|piece| piece.value));
        colors.ok_or_else(|| none_has(self.field().name()))
    }

    /// What hands out the numbers of calls while these come rank by rank.
    pub(super) fn numbers(&self) -> ByCall<'a> {
        let mut of_ranks: FxHashMap<u32, usize> = FxHashMap::default();
        for row in self.source.rows() {
            *of_ranks.entry(row.rank).or_default() += 1;
        }
        let is_one_of_few = |&row: &usize| of_ranks[&self.source.rows()[row].rank] <= MOST_INTERLEAVED;
        let rows: BTreeSet<usize> = self.rows.iter().copied().filter(is_one_of_few).collect();
        let without = self
            .rows
            .difference(&rows)
            .map(|&row| self.source.rows()[row].rank);
        ByCall {
            without: without.collect::<BTreeSet<u32>>().len(),
            column: self.field().column(),
            rows,
            of_rank: Vec::new(),
            numbers: CallNumbers::new(self.source, vec![self.index]),
        }
    }
}

/// The numbers of calls that come rank by rank. Those of ranks with so many regions that all of their numbers would
/// have to be kept until their calls come are left out.
pub(super) struct ByCall<'a> {
    column: &'a str,
    rows: BTreeSet<usize>,
    /// How many ranks are left out.
    without: usize,
    /// Of the rank that is being read: by its row, the row of the source where it has numbers.
    of_rank: Vec<Option<usize>>,
    numbers: CallNumbers<'a>,
}

impl<'a> ByCall<'a> {
    pub(super) fn takes(&self, row: usize) -> bool {
        self.rows.contains(&row)
    }

    pub(super) fn column(&self, row: usize) -> Option<&'a str> {
        self.takes(row).then_some(self.column)
    }

    /// Takes the numbers of a piece of a row, whose calls come next.
    pub(super) fn take(&mut self, row: usize, chunk: &Intervals) {
        if self.takes(row) {
            self.numbers.take(row, chunk);
        }
    }

    pub(super) fn begin_rank(&mut self, rows: &[usize]) {
        self.of_rank.clear();
        for &row in rows {
            self.of_rank.push(self.takes(row).then_some(row));
        }
    }

    /// That of the next call, if it has one.
    #[inline]
    pub(super) fn next(&mut self, call: &RankCall) -> Option<f64> {
        let row = self.of_rank[call.row]?;
        self.numbers.next(row).next().flatten()
    }

    pub(super) fn end_rank(&mut self) {
        self.numbers.clear();
    }

    /// How many ranks are left out.
    pub(super) fn without(&self) -> usize {
        self.without
    }
}
