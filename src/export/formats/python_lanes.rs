//! What the Python package calls threads and tasks.

use crate::error::Result;
use crate::export::Selected;
use crate::profile::Intervals;
use crate::profile::threads::{FIRST_TASK, UNKNOWN};
#[cfg(feature = "export")]
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// What the package has for a number that nobody knows.
pub(super) const NOT_KNOWN: i64 = -1;

/// A thread or a task of a rank.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) name: String,
    /// The first start and the last end of its intervals, ns since the start of the run.
    pub(super) span_ns: Option<(i64, i64)>,
}

/// The threads and tasks of each rank.
#[derive(Debug)]
pub(super) struct Lanes(BTreeMap<u32, BTreeMap<u32, Lane>>);

impl Lanes {
    /// Those of the selected intervals, and those that the source names. Tells `count` how many intervals of a row
    /// there are, piece by piece.
    pub(super) fn of(profile: &Selected<'_>, mut count: impl FnMut(usize, usize)) -> Result<Self> {
        let mut ranks = BTreeMap::new();
        for (rank, rows) in profile.rows_by_rank() {
            let named = profile.source().thread_names(rank)?.into_iter();
            let named = named.map(|(thread, name)| (thread, Lane { name, span_ns: None }));
            let mut lanes: BTreeMap<u32, Lane> = named.collect();
            let origin = profile.origin_ns(rank);
            for row in rows {
                profile.each_chunk(row, &mut Intervals::new(), |chunk| {
                    see(&mut lanes, chunk, origin);
                    count(row, chunk.len());
                    Ok(())
                })?;
            }
            ranks.insert(rank, lanes);
        }
        Ok(Self(ranks))
    }

    /// Without the ranks that have one thread and no name for it.
    #[cfg(feature = "export")]
    pub(super) fn told_apart(self) -> Self {
        let ranks = self.0.into_iter();
        Self(ranks.filter(|(_, lanes)| !is_only_one(lanes)).collect())
    }

    /// Whether those of any rank are told apart.
    #[cfg(feature = "hdf5")]
    pub(super) fn are_told_apart(&self) -> bool {
        !self.0.values().all(is_only_one)
    }

    /// Whether those of a rank are here.
    #[cfg(feature = "export")]
    pub(super) fn knows(&self, rank: u32) -> bool {
        self.0.contains_key(&rank)
    }

    /// Whether a rank has tasks.
    #[cfg(feature = "export")]
    pub(super) fn has_tasks(&self, rank: u32) -> bool {
        let mut lanes = self.0.get(&rank).into_iter().flatten();
        lanes.any(|(&lane, _)| task(lane) != NOT_KNOWN)
    }

    /// The threads of each rank, by their numbers.
    pub(super) fn threads(&self) -> impl Iterator<Item = (u32, i64, &Lane)> {
        self.numbered(thread)
    }

    /// The tasks of each rank, by their numbers.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (u32, i64, &Lane)> {
        self.numbered(task)
    }

    fn numbered(&self, number: impl Fn(u32) -> i64) -> impl Iterator<Item = (u32, i64, &Lane)> {
        let lanes = self
            .0
            .iter()
            .flat_map(|(&rank, lanes)| lanes.iter().map(move |(&lane, of_lane)| (rank, lane, of_lane)));
        lanes
            .map(move |(rank, lane, of_lane)| (rank, number(lane), of_lane))
            .filter(|(_, number, _)| *number != NOT_KNOWN)
    }

    /// The table of threads as JSON, by rank.
    #[cfg(feature = "export")]
    pub(super) fn threads_json(&self) -> Map<String, Json> {
        by_rank(self.threads(), |number, lane| {
            let (start, end) = lane.span_ns.unwrap_or((0, NOT_KNOWN));
            json!({
                "index": number,
                "name": lane.name,
                "ident": NOT_KNOWN,
                "native_id": NOT_KNOWN,
                "daemon": false,
                "start_ns": start,
                "end_ns": end,
                "cpu_ns": 0,
            })
        })
    }

    /// The table of tasks as JSON, by rank.
    #[cfg(feature = "export")]
    pub(super) fn tasks_json(&self) -> Map<String, Json> {
        by_rank(self.tasks(), |number, lane| {
            let (created, done) = lane.span_ns.unwrap_or((0, NOT_KNOWN));
            json!({
                "index": number,
                "kind": "task",
                "name": lane.name,
                "coro_name": "",
                "thread_index": NOT_KNOWN,
                "created_ns": created,
                "done_ns": done,
                "steps": 0,
                "running_ns": 0,
                "suspended_ns": 0,
            })
        })
    }
}

fn is_only_one(lanes: &BTreeMap<u32, Lane>) -> bool {
    lanes
        .iter()
        .all(|(&lane, of_lane)| lane == 0 && of_lane.name.is_empty())
}

#[cfg(feature = "export")]
fn by_rank<'a>(
    lanes: impl Iterator<Item = (u32, i64, &'a Lane)>,
    entry: impl Fn(i64, &Lane) -> Json,
) -> Map<String, Json> {
    let mut ranks: Map<String, Json> = Map::new();
    for (rank, number, lane) in lanes {
        let table = ranks.entry(rank.to_string()).or_insert_with(|| json!([]));
        if let Json::Array(table) = table {
            table.push(entry(number, lane));
        }
    }
    ranks
}

fn see(lanes: &mut BTreeMap<u32, Lane>, chunk: &Intervals, origin: i64) {
    // Most intervals are of the same thread as those before them.
    let mut at = 0;
    while at < chunk.len() {
        let thread = chunk.threads()[at];
        let same = chunk.threads()[at..].iter().take_while(|&&other| other == thread);
        let until = at + same.count();
        let first = chunk.starts()[at];
        let last = chunk.ends()[at..until]
            .iter()
            .fold(first, |last, &end| last.max(end));
        let span = (first.saturating_sub(origin), last.saturating_sub(origin));
        let known = &mut lanes.entry(thread).or_default().span_ns;
        let (earliest, latest) = known.unwrap_or(span);
        *known = Some((earliest.min(span.0), latest.max(span.1)));
        at = until;
    }
}

/// The number of the thread of an interval.
pub(super) fn thread(lane: u32) -> i64 {
    if lane == UNKNOWN || lane >= FIRST_TASK {
        NOT_KNOWN
    } else {
        lane.into()
    }
}

/// The number of the task of an interval.
pub(super) fn task(lane: u32) -> i64 {
    if (FIRST_TASK..UNKNOWN).contains(&lane) {
        (lane - FIRST_TASK).into()
    } else {
        NOT_KNOWN
    }
}
