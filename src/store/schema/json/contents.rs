//! From the document to what a decoder has.

use super::columns::Columns;
use super::document::{Aggregate, Document, Entry};
use super::lanes;
use super::value::{Lossy, Whole};
use crate::error::{Error, Result};
use crate::profile::{CallSite, Row, Sums};
use crate::store::schema::catalog::{Catalog, Names};
use crate::store::schema::issues::Issues;
use crate::store::schema::json_values::metadata;
use crate::store::schema::sums::Stated;
use std::collections::HashSet;
use std::path::Path;

/// What is in a document, and the columns of each row.
pub(super) fn of(path: &Path, document: Document, issues: &mut Issues) -> Result<(Catalog, Vec<Columns>)> {
    let mut contents = Contents {
        path,
        knows_lanes: document.regions.iter().any(Entry::knows_lanes),
        names: Names::default(),
        met: HashSet::new(),
        rows: Vec::with_capacity(document.regions.len()),
    };
    for entry in document.regions {
        let outcome = contents.entry(entry);
        issues.part(outcome)?;
    }
    let Contents { names, mut rows, .. } = contents;
    rows.sort_by_key(|(row, ..)| row.rank);
    let mut catalog = Catalog {
        format: "profile JSON, version 1".into(),
        names: names.into_list(),
        metadata: metadata(document.metadata.unwrap_or_default()),
        ..Catalog::default()
    };
    let mut columns = Vec::with_capacity(rows.len());
    for (row, site, of_row) in rows {
        catalog.of_rank.entry(row.rank).or_default();
        catalog.rows.push(row);
        catalog.sites.push(site);
        catalog.add_columns(of_row.extras());
        columns.push(of_row);
    }
    catalog.ranks = catalog.of_rank.keys().copied().collect();
    let stated = document.num_ranks;
    let stated = stated.and_then(|Whole(ranks)| usize::try_from(ranks).ok());
    catalog.num_ranks = Some(stated.unwrap_or(0).max(catalog.ranks.len()));
    let lanes = issues.part(lanes::named(path, document.threads, document.tasks))?;
    catalog.name_lanes(lanes.unwrap_or_default());
    Ok((catalog, columns))
}

/// What has been found so far.
struct Contents<'a> {
    path: &'a Path,
    /// Whether any region says on which thread its calls were.
    knows_lanes: bool,
    names: Names,
    met: HashSet<(u32, usize)>,
    rows: Vec<(Row, CallSite, Columns)>,
}

impl Contents<'_> {
    fn entry(&mut self, mut entry: Entry) -> Result<()> {
        let Whole(rank) = entry.rank;
        let Lossy(name) = std::mem::take(&mut entry.name);
        let place = format!("region {name:?} on rank {rank}");
        let wrong = |what: String| Error::format(self.path, format!("{place}: {what}"));
        let rank = u32::try_from(rank).map_err(|_| wrong(format!("{rank} is not the number of a rank")))?;
        let columns = Columns::of(&mut entry, self.knows_lanes).map_err(&wrong)?;
        let sums = entry.aggregate.take().map(|aggregate| sums(&aggregate));
        let sums = sums.transpose().map_err(&wrong)?;
        let name = self.names.index(name);
        if !self.met.insert((rank, name)) {
            return Err(wrong("there is a second one of this name on this rank".into()));
        }
        let row = match &sums {
            Some(sums) if columns.len() == 0 => Row::of_sums(rank, name, sums),
            Some(_) => return Err(wrong("it has both sums and intervals".into())),
            None => Row::new(rank, name, columns.len() as u64),
        };
        self.rows.push((row, site(entry, sums), columns));
        Ok(())
    }
}

fn site(entry: Entry, sums: Option<Sums>) -> CallSite {
    let text = |text: Option<Lossy>| text.map(|text| text.0).filter(|text| !text.is_empty());
    let of_calls = entry.event_metadata.unwrap_or_default().into_iter();
    let tags = entry.tags.unwrap_or_default().into_iter();
    CallSite {
        source_file: text(entry.source_file),
        source_line: entry.source_lineno.and_then(|line| u32::try_from(line.0).ok()),
        source_text: text(entry.source_text),
        tags: tags.map(|tag| tag.0).collect(),
        of_calls: of_calls.map(metadata).collect(),
        sums,
        ..CallSite::default()
    }
}

fn sums(aggregate: &Aggregate) -> Result<Sums, String> {
    let span = aggregate.start_minimum.zip(aggregate.end_maximum);
    let stated = Stated {
        count: aggregate.count.0,
        total: aggregate.total.0,
        minimum: aggregate.minimum.0,
        maximum: aggregate.maximum.0,
        exclusive: aggregate.exclusive.0,
        m2: aggregate.m2,
        span: span.map(|(start, end)| (start.0, end.0)),
    };
    stated.sums()
}
