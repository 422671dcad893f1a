//! The columns of a region on a rank.

use super::document::Entry;
use super::lanes;
use crate::profile::threads::UNKNOWN;
use crate::profile::{Intervals, Numbers};
use std::ops::Range;

/// The columns of a region on a rank, of equal length.
#[derive(Debug)]
pub(super) struct Columns {
    starts: Vec<i64>,
    ends: Vec<i64>,
    lanes: Option<Vec<u32>>,
    /// The optional columns of [`Intervals`].
    extras: Vec<(&'static str, Vec<i64>)>,
}

impl Columns {
    /// Takes the columns out of an entry. Where others know their threads, but this one does not, those are unknown.
    pub(super) fn of(entry: &mut Entry, others_know_lanes: bool) -> Result<Self, String> {
        let starts = entry.start_times_ns.take().unwrap_or_default().0;
        let ends = entry.end_times_ns.take().unwrap_or_default().0;
        let len = starts.len();
        let check = |key: &str, other: usize| match other {
            same if same == len => Ok(()),
            other => Err(format!(
                "{len} start_times_ns but {other} {key}; the file is damaged"
            )),
        };
        check("end_times_ns", ends.len())?;
        let mut lanes = lanes::of_calls(entry.thread_ids.take(), entry.task_ids.take())?;
        check("thread_ids or task_ids", lanes.as_ref().map_or(len, Vec::len))?;
        if others_know_lanes {
            lanes.get_or_insert_with(|| vec![UNKNOWN; len]);
        }
        let mut extras = Vec::new();
        for (name, key, column) in [
            (Intervals::CALL, "call_ids", entry.call_ids.take()),
            (Intervals::PARENT, "parent_ids", entry.parent_ids.take()),
            (Intervals::GPU, "gpu_durations_ns", entry.gpu_durations_ns.take()),
            (Intervals::AWAIT, "await_ns", entry.await_ns.take()),
        ] {
            if let Some(column) = column {
                check(key, column.0.len())?;
                extras.push((name, column.0));
            }
        }
        Ok(Self {
            starts,
            ends,
            lanes,
            extras,
        })
    }

    /// The number of intervals.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The optional columns that there are.
    pub(super) fn extras(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.extras.iter().map(|(name, _)| *name)
    }

    /// Replaces `into` with the intervals at `range`, in the order of the file.
    pub(super) fn read(&self, range: Range<u64>, into: &mut Intervals) {
        let range = range.start as usize..range.end as usize;
        let part = |column: &[i64]| column[range.clone()].to_vec();
        let lanes = self.lanes.as_ref().map(|lanes| lanes[range.clone()].to_vec());
        into.set(part(&self.starts), part(&self.ends), lanes);
        for (name, column) in &self.extras {
            if into.wants(name) {
                into.set_column(name, Numbers::Int(part(column)));
            }
        }
    }
}
