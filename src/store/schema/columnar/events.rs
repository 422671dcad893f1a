//! The columns that all events share.

use crate::error::{Error, Result};
use crate::profile::Intervals;
use crate::store::hdf5::{Column, Group, Members};
use crate::store::names;
use crate::store::names::columnar::{DURATIONS, EVENTS, START_DELTAS, TASK_IDS};
use crate::store::schema::extras::Extras;
use crate::store::schema::fields::{Calls, Fields};
use crate::store::schema::lanes::task_lane;
use std::ops::Range;
use std::sync::OnceLock;

/// Events from one start that is kept to the next, where starts are sums.
const CHECKPOINT_EVENTS: u64 = 1 << 12;
/// Events that are read at once to find those starts.
const READ_EVENTS: u64 = 1 << 16;

/// The columns that all events share.
#[derive(Debug)]
pub(super) struct Events {
    group: Group,
    columns: Option<Columns>,
}

#[derive(Debug)]
struct Columns {
    times: Times,
    threads: Option<Column>,
    tasks: Option<Column>,
    extras: Extras,
    fields: Fields,
}

/// The two ways to write times. Which columns there are decides, not the number of the schema.
#[derive(Debug)]
enum Times {
    Absolute { starts: Column, ends: Column },
    Relative { deltas: Column, durations: Column },
}

/// The events of one row.
#[derive(Debug)]
pub(super) struct Slice {
    row: usize,
    events: Range<u64>,
    /// Where starts are sums: what comes before the first event, and before each
    /// [`CHECKPOINT_EVENTS`]th one after it.
    sums: OnceLock<Vec<i64>>,
}

impl Slice {
    pub(super) fn new(row: usize, events: Range<u64>) -> Self {
        Self {
            row,
            events,
            sums: OnceLock::new(),
        }
    }

    /// The place of the row in the index.
    pub(super) fn row(&self) -> usize {
        self.row
    }
}

impl Events {
    /// The event columns of a file; a file without any region need not have them.
    pub(super) fn open(root: &Group, members: &Members) -> Result<Self> {
        let Some(group) = root.find_group(members, EVENTS)? else {
            return Ok(Self {
                group: root.clone(),
                columns: None,
            });
        };
        let members = group.members()?;
        let column = |name| group.find_column(&members, name);
        let required = |name| {
            column(name)?.ok_or_else(|| {
                group.damaged(format!(
                    "{EVENTS} has no {name}; the run was interrupted while writing, or the file is damaged"
                ))
            })
        };
        let times = if let Some(deltas) = column(START_DELTAS)? {
            Times::Relative {
                deltas,
                durations: required(DURATIONS)?,
            }
        } else {
            Times::Absolute {
                starts: required(names::START_TIMES)?,
                ends: required(names::END_TIMES)?,
            }
        };
        let len = times.first().len();
        let lanes = |name| group.find_column_beside(&members, name, len);
        let calls = Calls {
            len,
            whose: EVENTS,
            first: times.first_name(),
        };
        let columns = Columns {
            fields: Fields::open(&group, &members, calls)?,
            extras: Extras::open(&group, &members, len, times.first_name())?,
            threads: lanes(names::THREAD_IDS)?,
            tasks: lanes(TASK_IDS)?,
            times,
        };
        columns.check_lengths(&group)?;
        Ok(Self {
            group: group.clone(),
            columns: Some(columns),
        })
    }

    /// The number of events.
    pub(super) fn len(&self) -> u64 {
        self.columns
            .as_ref()
            .map_or(0, |columns| columns.times.first().len())
    }

    /// Replaces `into` with events of a row. `fields` are the columns of those that it has, in the order of their
    /// names.
    pub(super) fn read<'a>(
        &self,
        slice: &Slice,
        range: Range<u64>,
        into: &mut Intervals,
        fields: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<()> {
        into.clear();
        let Some(columns) = self.columns.as_ref().filter(|_| !range.is_empty()) else {
            return Ok(());
        };
        let at = slice.events.start + range.start..slice.events.start + range.end;
        let (starts, ends) = match &columns.times {
            Times::Absolute { starts, ends } => (starts.read(at.clone())?, ends.read(at.clone())?),
            Times::Relative { deltas, durations } => {
                let mut sum = self.sum_before(slice, range.start, deltas)?;
                let (mut starts, mut ends) = (deltas.read(at.clone())?, durations.read(at.clone())?);
                for (start, end) in starts.iter_mut().zip(&mut ends) {
                    sum = self.add(slice, sum, *start)?;
                    (*start, *end) = (sum, self.add(slice, sum, *end)?);
                }
                (starts, ends)
            }
        };
        let mut lanes = match &columns.threads {
            Some(threads) => threads.read_threads(at.clone())?,
            None => vec![0; starts.len()],
        };
        if let Some(tasks) = &columns.tasks {
            for (lane, task) in lanes.iter_mut().zip(tasks.read_threads(at.clone())?) {
                *lane = task_lane(task).unwrap_or(*lane);
            }
        }
        into.set(starts, ends, Some(lanes));
        columns.extras.read(&at, into)?;
        columns.fields.read(&at, into, fields)
    }

    /// The numeric fields that there are.
    pub(super) fn fields(&self) -> Option<&Fields> {
        self.columns.as_ref().map(|columns| &columns.fields)
    }

    /// The optional columns that there are.
    pub(super) fn extras(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.columns.iter().flat_map(|columns| columns.extras.names())
    }

    /// The sum of the differences before event number `event` of a row.
    fn sum_before(&self, slice: &Slice, event: u64, deltas: &Column) -> Result<i64> {
        if event == 0 {
            return Ok(0);
        }
        if slice.sums.get().is_none() {
            let sums = self.sums(slice, deltas)?;
            slice.sums.get_or_init(|| sums);
        }
        let sums = slice.sums.get().map_or(&[][..], Vec::as_slice);
        let checkpoint = event / CHECKPOINT_EVENTS;
        let from = slice.events.start + checkpoint * CHECKPOINT_EVENTS;
        let rest = deltas.read(from..slice.events.start + event)?;
        rest.into_iter()
            .try_fold(sums[checkpoint as usize], |sum, delta| {
                self.add(slice, sum, delta)
            })
    }

    fn sums(&self, slice: &Slice, deltas: &Column) -> Result<Vec<i64>> {
        let (mut sums, mut sum) = (Vec::new(), 0);
        let mut at = slice.events.start;
        while at < slice.events.end {
            let end = slice.events.end.min(at + READ_EVENTS);
            for (event, delta) in (at - slice.events.start..).zip(deltas.read(at..end)?) {
                if event % CHECKPOINT_EVENTS == 0 {
                    sums.push(sum);
                }
                sum = self.add(slice, sum, delta)?;
            }
            at = end;
        }
        Ok(sums)
    }

    fn add(&self, slice: &Slice, sum: i64, more: i64) -> Result<i64> {
        sum.checked_add(more).ok_or_else(|| self.beyond(slice))
    }

    #[cold]
    fn beyond(&self, slice: &Slice) -> Error {
        self.group.damaged(format!(
            "{} has times beyond the largest int64; the file is damaged",
            super::rows::place(slice.row)
        ))
    }
}

impl Times {
    fn first(&self) -> &Column {
        match self {
            Self::Absolute { starts, .. } => starts,
            Self::Relative { deltas, .. } => deltas,
        }
    }

    fn first_name(&self) -> &'static str {
        match self {
            Self::Absolute { .. } => names::START_TIMES,
            Self::Relative { .. } => START_DELTAS,
        }
    }
}

impl Columns {
    fn check_lengths(&self, group: &Group) -> Result<()> {
        let first = self.times.first_name();
        let (second, other) = match &self.times {
            Times::Absolute { ends, .. } => (names::END_TIMES, ends),
            Times::Relative { durations, .. } => (DURATIONS, durations),
        };
        let len = self.times.first().len();
        for (name, other) in [
            (second, Some(other)),
            (names::THREAD_IDS, self.threads.as_ref()),
            (TASK_IDS, self.tasks.as_ref()),
        ] {
            if let Some(other) = other.filter(|other| other.len() != len) {
                return Err(group.damaged(format!(
                    "{EVENTS} has {len} {first} but {} {name}; the file is damaged",
                    other.len()
                )));
            }
        }
        Ok(())
    }
}
