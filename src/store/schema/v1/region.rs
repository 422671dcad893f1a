//! One region of a rank: its columns, and what its attributes say.

use crate::error::{Error, Result};
use crate::profile::{CHUNK, CallSite, Intervals, Metadata, OpenSpan, Row};
use crate::store::hdf5::{Column, Group, Members, PlainGroup};
use crate::store::names;
use crate::store::schema::attributes::{int, text, texts_of};
use crate::store::schema::extras::Extras;
use crate::store::schema::fields::{Calls, Fields};
use crate::store::schema::place::Place;
use std::ops::Range;
use std::sync::OnceLock;

/// Members of a region's group that are not regions themselves.
pub(super) const COLUMNS: [&str; 10] = [
    names::START_TIMES,
    names::END_TIMES,
    names::THREAD_IDS,
    names::SPAN_IDS,
    names::CALL_IDS,
    names::PARENT_IDS,
    names::GPU_DURATIONS,
    names::OPEN_STARTS,
    names::OPEN_THREADS,
    names::OPEN_SPANS,
];

/// The attributes of a region's group that are read.
const REGION_ATTRIBUTES: [&str; 14] = [
    names::NAME,
    names::SOURCE_FILE,
    names::SOURCE_LINE,
    names::SOURCE_TEXT,
    names::TAGS,
    names::NUM_CALLS,
    names::NUM_SPANS,
    names::THROTTLED,
    names::THROTTLED_NS,
    names::TOTAL,
    names::INCLUSIVE,
    names::DROPPED,
    names::OPEN,
    names::CLAMPED,
];

/// More calls of spans that are open at the end are not believed.
const MOST_OPEN_SPANS: u64 = 1 << 20;

/// What is opened of a region before its intervals are read: to open a column of a thousand values takes as long as to
/// read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// All columns.
    Everything,
    /// The first, which says how many intervals there are; the others must be there, and are opened when they are read.
    WhatIsNeeded,
}

/// The columns of a region.
#[derive(Debug)]
pub(super) struct Columns {
    starts: Column,
    beside: OnceLock<Beside>,
    group: Place,
    extras: Extras,
    fields: Fields,
}

/// The columns beside the starts.
#[derive(Debug)]
struct Beside {
    ends: Column,
    threads: Option<Column>,
}

/// A region as its group describes it.
pub(super) struct Region {
    /// The true name, where the group could not carry it.
    pub(super) name: Option<String>,
    /// The row, without the rank and the number of the name.
    pub(super) row: Row,
    pub(super) site: CallSite,
    pub(super) columns: Columns,
    /// Inconsistencies that do not keep the region from being read.
    pub(super) odd: Option<String>,
}

/// Opens the region in `group`.
pub(super) fn open(group: &Group, members: &Members, opens: Opens) -> Result<Region> {
    let columns = Columns::open(group, members, opens)?;
    let attributes = group.attributes(|name| REGION_ATTRIBUTES.contains(&name))?;
    let open_spans = open_spans(group, members)?;
    Ok(described(group.path(), &attributes, open_spans, columns))
}

/// The region called `name` in `group`, whose header is at an address, if it is one as this crate writes most.
pub(super) fn plain(group: &Group, name: &str, address: u64) -> Option<Region> {
    const PLAIN: [&str; 4] = [
        names::START_TIMES,
        names::END_TIMES,
        names::THREAD_IDS,
        names::SPAN_IDS,
    ];
    let mut plain = group.plain(name, address, &PLAIN, &REGION_ATTRIBUTES)?;
    let columns = Columns::plain(&mut plain)?;
    Some(described(&plain.path, &plain.attributes, Vec::new(), columns))
}

/// The region at a path with these attributes.
fn described(path: &str, attributes: &Metadata, open_spans: Vec<OpenSpan>, columns: Columns) -> Region {
    let count = |name: &str| int(attributes, name).and_then(|n| u64::try_from(n).ok());
    let intervals = columns.starts.len();
    let throttled = count(names::THROTTLED).unwrap_or(0);
    let throttled_ns = int(attributes, names::THROTTLED_NS).unwrap_or(0);
    let dropped = count(names::DROPPED).unwrap_or(0);
    Region {
        name: text(attributes, names::NAME),
        row: Row {
            rank: 0,
            name: 0,
            intervals,
            calls: count(names::NUM_CALLS).unwrap_or(intervals).max(intervals),
            spans: count(names::NUM_SPANS),
            throttled,
            throttled_ns,
            total_ns: int(attributes, names::TOTAL),
        },
        site: CallSite {
            source_file: text(attributes, names::SOURCE_FILE),
            source_line: int(attributes, names::SOURCE_LINE).and_then(|line| u32::try_from(line).ok()),
            source_text: text(attributes, names::SOURCE_TEXT),
            tags: texts_of(attributes, names::TAGS),
            dropped,
            open: count(names::OPEN).unwrap_or(0),
            open_spans,
            clamped: count(names::CLAMPED).unwrap_or(0),
            spans: count(names::NUM_SPANS),
            throttled,
            throttled_ns,
            inclusive_ns: int(attributes, names::INCLUSIVE),
            sums: None,
            of_calls: Vec::new(),
            fields: Vec::new(),
        },
        odd: too_few_calls(path, attributes, [intervals, dropped, throttled]),
        columns,
    }
}

/// The calls of spans that were open at the end. They are few, so they are read at once.
fn open_spans(group: &Group, members: &Members) -> Result<Vec<OpenSpan>> {
    let Some(starts) = group.find_column(members, names::OPEN_STARTS)? else {
        return Ok(Vec::new());
    };
    let len = starts.len();
    let path = group.path();
    if len > MOST_OPEN_SPANS {
        return Err(group.damaged(format!("{path} has {len} {}", names::OPEN_STARTS)));
    }
    let numbers = |name: &'static str| {
        let column = group.find_column_beside(members, name, len)?;
        match column.filter(|column| column.len() == len) {
            Some(column) => column.read(0..len),
            None => Err(group.damaged(format!(
                "{path} has {len} {} and not as many {name}; the file is damaged",
                names::OPEN_STARTS
            ))),
        }
    };
    let (threads, spans) = (numbers(names::OPEN_THREADS)?, numbers(names::OPEN_SPANS)?);
    let number = |n: i64| u32::try_from(n).unwrap_or(0);
    let all = starts.read(0..len)?.into_iter().zip(threads).zip(spans);
    Ok(all
        .map(|((start, thread), span)| OpenSpan::new(number(span), start, number(thread)))
        .filter(|open| open.span != 0)
        .collect())
}

/// Checks that the stated number of calls is not smaller than the number of intervals.
fn too_few_calls(path: &str, attributes: &Metadata, parts: [u64; 3]) -> Option<String> {
    let [intervals, dropped, throttled] = parts;
    let least = parts.into_iter().fold(0, u64::saturating_add);
    // A number that is too large for the attribute is written as the largest possible one.
    let least = least.min(i64::MAX as u64);
    let stated = int(attributes, names::NUM_CALLS);
    let too_few = stated.map_or(least > intervals, |calls| i128::from(calls) < i128::from(least));
    too_few.then(|| {
        let stated = stated.map_or("no".into(), |calls| calls.to_string());
        format!(
            "{path} states {stated} calls, fewer than its {intervals} intervals, {dropped} dropped and {throttled} throttled calls"
        )
    })
}

impl Columns {
    fn open(group: &Group, members: &Members, opens: Opens) -> Result<Self> {
        let starts = required(group, members, names::START_TIMES)?;
        let extras = Extras::open(group, members, starts.len(), names::START_TIMES)?;
        let is_later = opens == Opens::WhatIsNeeded && extras.names().next().is_none();
        let columns = Self {
            group: Place::of(group),
            beside: OnceLock::new(),
            fields: Fields::open(
                group,
                members,
                Calls {
                    len: starts.len(),
                    whose: "its region",
                    first: names::START_TIMES,
                },
            )?,
            starts,
            extras,
        };
        if is_later {
            for name in [names::END_TIMES, names::THREAD_IDS] {
                match members.get(name) {
                    Some(link) => group.check_link(name, link)?,
                    None if name == names::END_TIMES => return Err(missing(group, name)),
                    None => {}
                }
            }
        } else {
            let beside = Beside::open(group, members, columns.starts.len())?;
            columns.beside.get_or_init(|| beside);
            columns.fields.check()?;
        }
        Ok(columns)
    }

    /// Those of a group that was read without the library; none where they are not as this crate writes them.
    fn plain(group: &mut PlainGroup) -> Option<Self> {
        let starts = group.take(names::START_TIMES)?;
        let ends = group.take(names::END_TIMES)?;
        let (threads, spans) = (group.take(names::THREAD_IDS), group.take(names::SPAN_IDS));
        let len = starts.len();
        let is_as_long = |column: &Option<Column>| {
            let mut column = column.iter();
            column.all(|column| column.len() == len && !column.has_times())
        };
        let are_times = starts.has_times() && ends.has_times() && ends.len() == len;
        (are_times && is_as_long(&threads) && is_as_long(&spans)).then(|| Self {
            group: Place::at(&group.file, &group.path),
            beside: OnceLock::from(Beside { ends, threads }),
            starts,
            extras: Extras::of_spans(spans),
            fields: Fields::default(),
        })
    }

    fn beside(&self) -> Result<&Beside> {
        if let Some(beside) = self.beside.get() {
            return Ok(beside);
        }
        let group = self.group.open()?;
        let beside = Beside::open(&group, &group.members()?, self.starts.len())?;
        Ok(self.beside.get_or_init(|| beside))
    }

    /// Replaces `into` with the intervals at `range`, in the order of the file. `fields` are those that it has, in the
    /// order of their names.
    pub(super) fn read<'a>(
        &self,
        range: Range<u64>,
        into: &mut Intervals,
        fields: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<()> {
        let beside = self.beside()?;
        into.refill(|starts, ends, threads| {
            self.starts.read_into(range.clone(), starts)?;
            beside.ends.read_into(range.clone(), ends)?;
            match &beside.threads {
                Some(column) => column.read_threads_into(range.clone(), threads),
                None => {
                    threads.clear();
                    Ok(())
                }
            }
        })?;
        self.extras.read(&range, into)?;
        self.fields.read(&range, into, fields)
    }

    /// How many intervals are worth a reading.
    pub(super) fn worth_reading(&self) -> u64 {
        /// Values are copied from a place that is known: half of the time is that of as many.
        const PLAIN: u64 = 1 << 9;
        if self.starts.is_plain() { PLAIN } else { CHUNK }
    }

    /// The fields that there are.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The optional columns that there are.
    pub(super) fn extras(&self) -> &Extras {
        &self.extras
    }

    /// The place of the region in the file.
    pub(super) fn place(&self) -> &str {
        self.starts.group_path()
    }
}

impl Beside {
    fn open(group: &Group, members: &Members, len: u64) -> Result<Self> {
        let path = group.path();
        let columns = Self {
            ends: required(group, members, names::END_TIMES)?,
            threads: group.find_column_beside(members, names::THREAD_IDS, len)?,
        };
        for (name, other) in [
            (names::END_TIMES, Some(&columns.ends)),
            (names::THREAD_IDS, columns.threads.as_ref()),
        ] {
            if let Some(other) = other.filter(|other| other.len() != len) {
                return Err(group.damaged(format!(
                    "{path} has {len} {} but {} {name}; the file is damaged",
                    names::START_TIMES,
                    other.len()
                )));
            }
        }
        Ok(columns)
    }
}

fn required(group: &Group, members: &Members, name: &'static str) -> Result<Column> {
    group
        .find_column(members, name)?
        .ok_or_else(|| missing(group, name))
}

#[cold]
fn missing(group: &Group, name: &str) -> Error {
    let path = group.path();
    group.damaged(format!(
        "{path} has no {name}; the run was interrupted while writing, or the file is damaged"
    ))
}
