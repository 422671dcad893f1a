//! The numbers of calls, on their way to the nodes that the calls belong to.

use crate::analysis::metrics::{FieldStatistics, MOST_KEPT, field_of};
use crate::analysis::pass::{MOST_INTERLEAVED, RankCall};
use crate::error::Result;
use crate::profile::{ClockAgreement, Field, Interval, Intervals, Number, Source, StoredSummary};
use rustc_hash::FxHashMap;

/// The numbers of some fields.
///
/// A span that was entered several times has its numbers on one of its intervals, which says nothing of the time that
/// they are for: rows with such spans are left out. So are ranks of so many regions that all of their numbers would
/// have to be kept until their calls come.
pub(super) struct Numbered<'a> {
    source: &'a dyn Source,
    /// As indices into [`Source::fields`].
    fields: Vec<usize>,
    /// The places in `fields` of those that a row has; of rows that are not left out.
    rows: FxHashMap<usize, Vec<usize>>,
    /// The node of rows whose calls are all at one.
    places: FxHashMap<usize, usize>,
    /// Of calls that are yet to come, with the place of the field.
    coming: FxHashMap<Call, Vec<(usize, Number)>>,
    /// What has come, by node; an entry for each field.
    nodes: OfNodes,
    own_clocks: bool,
    room: usize,
}

/// Statistics of each field, by node; none of nodes without numbers.
pub(super) type OfNodes = FxHashMap<usize, Vec<FieldStatistics>>;

/// Row, thread, start and end.
type Call = (usize, u32, i64, i64);

impl<'a> Numbered<'a> {
    /// Of these fields in the rows that are shown.
    ///
    /// # Errors
    ///
    /// When there is no such field.
    pub(super) fn new(
        source: &'a dyn Source,
        fields: &[impl AsRef<str>],
        is_shown: impl Fn(usize) -> bool,
    ) -> Result<Self> {
        let fields = fields.iter().map(|name| field_of(source, name.as_ref()));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let mut of_ranks: FxHashMap<u32, usize> = FxHashMap::default();
        for row in source.rows() {
            *of_ranks.entry(row.rank).or_default() += 1;
        }
        let mut rows = FxHashMap::default();
        for row in (0..source.rows().len()).filter(|&row| is_shown(row)) {
            let of_row = source.fields_of(row);
            let places = (0..fields.len()).filter(|&place| of_row.contains(&fields[place]));
            let places: Vec<usize> = places.collect();
            let of = &source.rows()[row];
            let is_of_polls = of.spans.is_some_and(|spans| spans < of.intervals);
            let is_one_of_few = of_ranks[&of.rank] <= MOST_INTERLEAVED;
            if !places.is_empty() && !is_of_polls && is_one_of_few {
                rows.insert(row, places);
            }
        }
        Ok(Self {
            own_clocks: source.clocks(&source.ranks()) == ClockAgreement::Unknown,
            source,
            fields,
            rows,
            places: FxHashMap::default(),
            coming: FxHashMap::default(),
            nodes: FxHashMap::default(),
            room: MOST_KEPT,
        })
    }

    /// Whether the calls of a rank with these rows have to be seen, as what is stored of them does not say where each
    /// of those with numbers is.
    pub(super) fn needs_calls(&self, rows: &[usize], summary: &StoredSummary) -> bool {
        let mut paths = vec![0_usize; rows.len()];
        summary.paths.iter().for_each(|path| paths[path.row] += 1);
        let is_folded = summary.paths.iter().any(|path| path.folded > 0);
        let is_taken = |at: usize| self.rows.contains_key(&rows[at]);
        (0..rows.len()).any(|at| is_taken(at) && (is_folded || paths[at] > 1))
    }

    /// All calls of a row are at this node.
    pub(super) fn is_at(&mut self, row: usize, node: usize) {
        if self.rows.contains_key(&row) {
            self.places.insert(row, node);
        }
    }

    pub(super) fn takes_row(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    pub(super) fn columns(&self, row: usize) -> impl Iterator<Item = &'a str> + '_ {
        let places = self.rows.get(&row).into_iter().flatten();
        places.map(|&place| self.field(place).column())
    }

    fn field(&self, place: usize) -> &'a Field {
        &self.source.fields()[self.fields[place]]
    }

    /// Takes the next intervals of a row: to the node that it is at, or until its calls come.
    pub(super) fn chunk(&mut self, row: usize, chunk: &Intervals) {
        let Some(places) = self.rows.get(&row).cloned() else {
            return;
        };
        let node = self.places.get(&row).copied();
        for place in places {
            let Some(numbers) = chunk.column(self.field(place).column()) else {
                continue;
            };
            for (number, interval) in numbers.iter().zip(chunk.iter()) {
                let Some(number) = number else { continue };
                let Interval {
                    start_ns,
                    end_ns,
                    thread,
                } = interval;
                let call = (row, thread, start_ns, end_ns);
                match node {
                    Some(node) => self.add(node, call, place, number),
                    None => self.coming.entry(call).or_default().push((place, number)),
                }
            }
        }
    }

    /// A call of a row has begun at this node.
    pub(super) fn begun(&mut self, row: usize, call: &RankCall, node: usize) {
        let call = (row, call.thread, call.start, call.end);
        let Some(coming) = self.coming.get_mut(&call) else {
            return;
        };
        // Calls with the same times cannot be told apart: each takes one number of each field.
        let mut taken = Vec::new();
        let mut at = 0;
        while at < coming.len() {
            if taken.iter().any(|&(place, _)| place == coming[at].0) {
                at += 1;
            } else {
                taken.push(coming.remove(at));
            }
        }
        if coming.is_empty() {
            self.coming.remove(&call);
        }
        for (place, number) in taken {
            self.add(node, call, place, number);
        }
    }

    fn add(&mut self, node: usize, (row, _, start, end): Call, place: usize, number: Number) {
        let keeps = self.room > 0;
        self.room -= usize::from(keeps);
        let clock = if self.own_clocks {
            self.source.rows()[row].rank
        } else {
            0
        };
        let new = || vec![FieldStatistics::default(); self.fields.len()];
        let of_field = &mut self.nodes.entry(node).or_insert_with(new)[place];
        of_field.add(number, (clock, start), keeps);
        of_field.add_time(end.saturating_sub(start));
    }

    /// The numbers of each node, when all calls have come.
    pub(super) fn into_nodes(self) -> OfNodes {
        self.nodes
    }
}

/// Adds the numbers of another node.
pub(super) fn merge(of: &mut Vec<FieldStatistics>, other: &[FieldStatistics]) {
    of.resize_with(of.len().max(other.len()), FieldStatistics::default);
    of.iter_mut().zip(other).for_each(|(of, other)| of.merge(other));
}
