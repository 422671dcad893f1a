//! The index: which region and rank each row is of, and which events are its own.

use crate::error::Result;
use crate::profile::CallSite;
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{
    EVENT_COUNTS, EVENT_OFFSETS, INDEX, NAMES, RANKS, REGION_IDS, REGION_TABLE, SOURCE_FILES, SOURCE_LINES,
    SOURCE_TEXTS, TAGS,
};
use crate::store::schema::issues::Issues;
use std::collections::HashSet;
use std::ops::Range;

/// A region on a rank.
#[derive(Debug)]
pub(super) struct IndexRow {
    /// Its place in the index.
    pub(super) number: usize,
    pub(super) rank: u32,
    /// A place in the table of names.
    pub(super) region: usize,
    pub(super) events: Range<u64>,
    pub(super) site: CallSite,
}

/// Where a row is, for messages.
pub(super) fn place(row: usize) -> String {
    format!("{INDEX} row {row}")
}

/// The names of the regions.
pub(super) fn names(root: &Group, members: &Members) -> Result<Vec<String>> {
    let table = required(root, members, REGION_TABLE)?;
    let names = table.find_texts(&table.members()?, NAMES)?;
    names.ok_or_else(|| table.damaged(format!("{REGION_TABLE} has no {NAMES}; the file is damaged")))
}

/// The rows, of a file with so many events.
pub(super) fn read(
    root: &Group,
    members: &Members,
    names: &[String],
    events: u64,
    issues: &mut Issues,
) -> Result<Vec<IndexRow>> {
    let index = Index::open(root, members)?;
    let mut met = HashSet::new();
    let mut rows = Vec::new();
    for number in 0..index.regions.len() {
        let outcome = index.row(number, names, events, &mut met);
        rows.extend(issues.part(outcome)?);
    }
    issues.part(index.check_overlaps(&rows))?;
    Ok(rows)
}

fn required(root: &Group, members: &Members, name: &str) -> Result<Group> {
    let group = root.find_group(members, name)?;
    group.ok_or_else(|| {
        root.damaged(format!(
            "there is no group {name}; the run was interrupted while writing, or the file is damaged"
        ))
    })
}

/// The columns of the index.
struct Index {
    group: Group,
    regions: Vec<i64>,
    ranks: Vec<i64>,
    offsets: Vec<i64>,
    counts: Vec<i64>,
    lines: Vec<i64>,
    files: Vec<String>,
    texts: Vec<String>,
    tags: Vec<String>,
}

impl Index {
    fn open(root: &Group, members: &Members) -> Result<Self> {
        let group = required(root, members, INDEX)?;
        let members = group.members()?;
        let optional = |name| -> Result<Vec<i64>> {
            let column = group.find_column(&members, name)?;
            column.map_or(Ok(Vec::new()), |column| column.read(0..column.len()))
        };
        let column = |name| match members.get(name) {
            Some(_) => optional(name),
            None => Err(group.damaged(format!("{INDEX} has no {name}; the file is damaged"))),
        };
        let texts = |name| group.find_texts(&members, name).map(Option::unwrap_or_default);
        let index = Self {
            regions: column(REGION_IDS)?,
            ranks: column(RANKS)?,
            offsets: column(EVENT_OFFSETS)?,
            counts: column(EVENT_COUNTS)?,
            lines: optional(SOURCE_LINES)?,
            files: texts(SOURCE_FILES)?,
            texts: texts(SOURCE_TEXTS)?,
            tags: texts(TAGS)?,
            group: group.clone(),
        };
        index.check_lengths()?;
        Ok(index)
    }

    fn check_lengths(&self) -> Result<()> {
        let rows = self.regions.len();
        for (name, len, may_be_empty) in [
            (RANKS, self.ranks.len(), false),
            (EVENT_OFFSETS, self.offsets.len(), false),
            (EVENT_COUNTS, self.counts.len(), false),
            (SOURCE_LINES, self.lines.len(), true),
            (SOURCE_FILES, self.files.len(), true),
            (SOURCE_TEXTS, self.texts.len(), true),
            (TAGS, self.tags.len(), true),
        ] {
            if len != rows && !(may_be_empty && len == 0) {
                return Err(self.group.damaged(format!(
                    "{INDEX} has {rows} {REGION_IDS} but {len} {name}; the file is damaged"
                )));
            }
        }
        Ok(())
    }

    fn row<'a>(
        &self,
        number: usize,
        names: &'a [String],
        events: u64,
        met: &mut HashSet<(u32, &'a str)>,
    ) -> Result<IndexRow> {
        let wrong = |what: String| self.group.damaged(format!("{} {what}", place(number)));
        let id = self.regions[number];
        let region = usize::try_from(id).ok().filter(|&id| id < names.len());
        let region =
            region.ok_or_else(|| wrong(format!("is of region {id}, but there are {} names", names.len())))?;
        let rank = self.ranks[number];
        let rank = u32::try_from(rank)
            .map_err(|_| wrong(format!("is of rank {rank}, which is not the number of a rank")))?;
        if !met.insert((rank, names[region].as_str())) {
            return Err(wrong(format!(
                "is the second one of region {:?} on rank {rank}",
                names[region]
            )));
        }
        let (offset, count) = (self.offsets[number], self.counts[number]);
        let slice = u64::try_from(offset).ok().zip(u64::try_from(count).ok());
        let slice = slice.and_then(|(offset, count)| Some(offset..offset.checked_add(count)?));
        let slice = slice.filter(|slice| slice.end <= events).ok_or_else(|| {
            wrong(format!(
                "has {count} events from event {offset} on, but there are only {events}; the file is truncated or damaged"
            ))
        })?;
        let text = |texts: &[String]| texts.get(number).filter(|text| !text.is_empty()).cloned();
        Ok(IndexRow {
            number,
            rank,
            region,
            events: slice,
            site: CallSite {
                source_file: text(&self.files),
                source_text: text(&self.texts),
                source_line: self.lines.get(number).and_then(|&line| u32::try_from(line).ok()),
                tags: self
                    .tags
                    .get(number)
                    .map_or(Vec::new(), |tags| texts_of_json(tags)),
                ..CallSite::default()
            },
        })
    }

    /// No event is of two rows.
    fn check_overlaps(&self, rows: &[IndexRow]) -> Result<()> {
        let mut slices: Vec<(&Range<u64>, usize)> =
            rows.iter().map(|row| (&row.events, row.number)).collect();
        slices.retain(|(events, _)| !events.is_empty());
        slices.sort_unstable_by_key(|(events, _)| events.start);
        for pair in slices.windows(2) {
            let [(before, first), (after, second)] = [pair[0], pair[1]];
            if after.start < before.end {
                return Err(self.group.damaged(format!(
                    "{INDEX} rows {first} and {second} overlap: both have event {}; the file is damaged",
                    after.start
                )));
            }
        }
        Ok(())
    }
}

/// The texts in a JSON array; none where it is something else.
fn texts_of_json(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}
