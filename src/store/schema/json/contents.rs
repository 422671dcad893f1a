//! From the document to what a decoder has.

use super::document::{Aggregate, Document, Entry};
use super::value::{Lossy, Whole};
use super::{lanes, metadata};
use crate::error::{Error, Result};
use crate::profile::threads::UNKNOWN;
use crate::profile::{CallSite, Intervals, Row, Sums};
use crate::store::schema::catalog::{Catalog, Names};
use crate::store::schema::issues::Issues;
use crate::store::schema::sums::Stated;
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

/// The columns of a region on a rank.
#[derive(Debug)]
pub(super) struct Columns {
    starts: Vec<i64>,
    ends: Vec<i64>,
    lanes: Option<Vec<u32>>,
}

impl Columns {
    /// Replaces `into` with the intervals at `range`, in the order of the file.
    pub(super) fn read(&self, range: Range<u64>, into: &mut Intervals) {
        let range = range.start as usize..range.end as usize;
        let lanes = self.lanes.as_ref().map(|lanes| lanes[range.clone()].to_vec());
        into.set(
            self.starts[range.clone()].to_vec(),
            self.ends[range].to_vec(),
            lanes,
        );
    }
}

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
        metadata: metadata::read(document.metadata.unwrap_or_default()),
        ..Catalog::default()
    };
    let mut columns = Vec::with_capacity(rows.len());
    for (row, site, of_row) in rows {
        catalog.of_rank.entry(row.rank).or_default();
        catalog.rows.push(row);
        catalog.sites.push(site);
        columns.push(of_row);
    }
    catalog.ranks = catalog.of_rank.keys().copied().collect();
    let stated = document
        .num_ranks
        .and_then(|Whole(ranks)| usize::try_from(ranks).ok());
    catalog.num_ranks = Some(stated.unwrap_or(0).max(catalog.ranks.len()));
    let lanes = issues.part(lanes::named(path, document.threads, document.tasks))?;
    catalog.name_lanes(lanes.unwrap_or_default());
    Ok((catalog, columns))
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

/// What has been found so far.
struct Contents<'a> {
    path: &'a Path,
    /// Whether any region says on which thread its calls were: then it is unknown of those that do not.
    knows_lanes: bool,
    names: Names,
    met: HashSet<(u32, usize)>,
    rows: Vec<(Row, CallSite, Columns)>,
}

impl Entry {
    fn knows_lanes(&self) -> bool {
        self.thread_ids.is_some() || self.task_ids.is_some()
    }
}

impl Contents<'_> {
    fn entry(&mut self, entry: Entry) -> Result<()> {
        let Whole(rank) = entry.rank;
        let Lossy(name) = entry.name;
        let place = format!("region {name:?} on rank {rank}");
        let wrong = |what: String| Error::format(self.path, format!("{place}: {what}"));
        let rank = u32::try_from(rank).map_err(|_| wrong(format!("{rank} is not the number of a rank")))?;
        let mut columns = Columns {
            lanes: lanes::of_calls(entry.thread_ids, entry.task_ids).map_err(&wrong)?,
            starts: entry.start_times_ns.unwrap_or_default().0,
            ends: entry.end_times_ns.unwrap_or_default().0,
        };
        let len = columns.starts.len();
        let lanes = columns.lanes.as_ref().map_or(len, Vec::len);
        for (key, other) in [
            ("end_times_ns", columns.ends.len()),
            ("thread_ids or task_ids", lanes),
        ] {
            if other != len {
                return Err(wrong(format!(
                    "{len} start_times_ns but {other} {key}; the file is damaged"
                )));
            }
        }
        if columns.lanes.is_none() && self.knows_lanes {
            columns.lanes = Some(vec![UNKNOWN; len]);
        }
        let name = self.names.index(name);
        if !self.met.insert((rank, name)) {
            return Err(wrong("there is a second one of this name on this rank".into()));
        }
        let text = |text: Option<Lossy>| text.map(|text| text.0).filter(|text| !text.is_empty());
        let sums = entry
            .aggregate
            .map(|aggregate| sums(&aggregate))
            .transpose()
            .map_err(&wrong)?;
        let site = CallSite {
            sums,
            source_file: text(entry.source_file),
            source_line: entry.source_lineno.and_then(|line| u32::try_from(line.0).ok()),
            source_text: text(entry.source_text),
            tags: entry
                .tags
                .unwrap_or_default()
                .into_iter()
                .map(|tag| tag.0)
                .collect(),
            ..CallSite::default()
        };
        let row = match &sums {
            // Of these the document has no intervals.
            Some(sums) if len == 0 => Row::of_sums(rank, name, sums),
            Some(_) => return Err(wrong("it has both sums and intervals".into())),
            None => Row::timed(rank, name, len as u64),
        };
        self.rows.push((row, site, columns));
        Ok(())
    }
}
