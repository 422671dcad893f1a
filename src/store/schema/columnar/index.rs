//! The index: which events are whose, and where in the source the regions are.

use super::rows::{Names, RowId, Rows, place};
use crate::error::Result;
use crate::profile::CallSite;
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{
    EVENT_COUNTS, EVENT_METADATA, EVENT_OFFSETS, FIELD_MASKS, INDEX, SOURCE_FILES, SOURCE_LINES,
    SOURCE_TEXTS, TAGS,
};
use crate::store::schema::issues::Issues;
use crate::store::schema::json_values;
use std::ops::Range;

/// A region on a rank.
#[derive(Debug)]
pub(super) struct IndexRow {
    pub(super) id: RowId,
    pub(super) events: Range<u64>,
    pub(super) site: CallSite,
    /// Which fields its events may have; none where the file does not say.
    pub(super) field_mask: Option<i64>,
}

/// The rows, of a file with so many events.
pub(super) fn read(
    root: &Group,
    members: &Members,
    names: &Names,
    events: u64,
    issues: &mut Issues,
) -> Result<Vec<IndexRow>> {
    let mut rows = Rows::open(root, members)?;
    let index = Index::open(&rows)?;
    let mut found = Vec::new();
    for number in 0..rows.len() {
        let outcome = rows.id(number, names).and_then(|id| index.row(id, events));
        found.extend(issues.part(outcome)?);
    }
    issues.part(index.check_overlaps(&found))?;
    Ok(found)
}

/// The columns of the index, beside those that say which region and rank a row is of.
struct Index {
    group: Group,
    offsets: Vec<i64>,
    counts: Vec<i64>,
    lines: Vec<i64>,
    files: Vec<String>,
    texts: Vec<String>,
    tags: Vec<String>,
    /// Metadata of each call of a row.
    of_calls: Vec<String>,
    field_masks: Vec<i64>,
}

impl Index {
    fn open(rows: &Rows) -> Result<Self> {
        Ok(Self {
            group: rows.group().clone(),
            offsets: rows.column(EVENT_OFFSETS)?,
            counts: rows.column(EVENT_COUNTS)?,
            lines: rows.optional_column(SOURCE_LINES)?,
            files: rows.texts(SOURCE_FILES)?,
            texts: rows.texts(SOURCE_TEXTS)?,
            tags: rows.texts(TAGS)?,
            of_calls: rows.texts(EVENT_METADATA)?,
            field_masks: rows.optional_column(FIELD_MASKS)?,
        })
    }

    fn row(&self, id: RowId, events: u64) -> Result<IndexRow> {
        let number = id.number;
        let (offset, count) = (self.offsets[number], self.counts[number]);
        let slice = u64::try_from(offset).ok().zip(u64::try_from(count).ok());
        let slice = slice.and_then(|(offset, count)| Some(offset..offset.checked_add(count)?));
        let slice = slice.filter(|slice| slice.end <= events).ok_or_else(|| {
            self.group.damaged(format!(
                "{} has {count} events from event {offset} on, but there are only {events}; the file is truncated or damaged",
                place(number)
            ))
        })?;
        let text = |texts: &[String]| texts.get(number).filter(|text| !text.is_empty()).cloned();
        let (tags, of_calls) = (self.tags.get(number), self.of_calls.get(number));
        Ok(IndexRow {
            id,
            events: slice,
            field_mask: self.field_masks.get(number).copied(),
            site: CallSite {
                source_file: text(&self.files),
                source_line: self.lines.get(number).and_then(|&line| u32::try_from(line).ok()),
                source_text: text(&self.texts),
                tags: tags.map_or(Vec::new(), |tags| json_values::texts(tags)),
                of_calls: of_calls.map_or(Vec::new(), |of_calls| json_values::of_calls(of_calls)),
                ..CallSite::default()
            },
        })
    }

    /// No event is of two rows.
    fn check_overlaps(&self, rows: &[IndexRow]) -> Result<()> {
        let mut slices: Vec<(&Range<u64>, usize)> =
            rows.iter().map(|row| (&row.events, row.id.number)).collect();
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
