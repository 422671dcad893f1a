//! What ran the events: threads, and tasks, which are lanes of their own.

use crate::error::Result;
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{LANE_INDEX, LANE_NAME, RANKS, TASK_TABLE, THREAD_TABLE};
use std::collections::BTreeMap;

/// The lanes of tasks come after those of all threads.
const FIRST_TASK: u32 = 1 << 31;

/// The lane of a task; none where there is no task.
pub(super) fn task_lane(task: u32) -> Option<u32> {
    (task < FIRST_TASK).then_some(FIRST_TASK | task)
}

type Lanes = BTreeMap<u32, BTreeMap<u32, String>>;

/// The lanes of each rank with their names, of ranks whose threads are listed.
pub(super) fn read(root: &Group, members: &Members) -> Result<Lanes> {
    let mut lanes = Lanes::new();
    for (rank, thread, name) in table(root, members, THREAD_TABLE)? {
        lanes.entry(rank).or_default().insert(thread, name);
    }
    for (rank, task, name) in table(root, members, TASK_TABLE)? {
        if let Some(lane) = task_lane(task) {
            let name = if name.is_empty() {
                format!("task {task}")
            } else {
                name
            };
            lanes.entry(rank).or_default().insert(lane, name);
        }
    }
    Ok(lanes)
}

/// Rank, number and name of each entry.
fn table(root: &Group, members: &Members, name: &str) -> Result<Vec<(u32, u32, String)>> {
    let Some(table) = root.find_group(members, name)? else {
        return Ok(Vec::new());
    };
    let members = table.members()?;
    let column = |name| -> Result<Vec<u32>> {
        let column = table.find_column(&members, name)?;
        column.map_or(Ok(Vec::new()), |column| column.read_threads(0..column.len()))
    };
    let (ranks, numbers) = (column(RANKS)?, column(LANE_INDEX)?);
    let names = table.find_texts(&members, LANE_NAME)?.unwrap_or_default();
    if numbers.len() != ranks.len() || names.len() != ranks.len() {
        return Err(table.damaged(format!(
            "{name} has {} {RANKS}, {} {LANE_INDEX} and {} {LANE_NAME}; the file is damaged",
            ranks.len(),
            numbers.len(),
            names.len()
        )));
    }
    let entries = ranks.into_iter().zip(numbers).zip(names);
    Ok(entries
        .map(|((rank, number), name)| (rank, number, name))
        .collect())
}
