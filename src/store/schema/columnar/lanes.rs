//! The tables of threads and tasks.

use crate::error::Result;
use crate::store::hdf5::{Group, Members};
use crate::store::names::columnar::{LANE_INDEX, LANE_NAME, RANKS, TASK_CODE, TASK_TABLE, THREAD_TABLE};
use crate::store::schema::lanes::{Lanes, task_lane, task_name};

/// The lanes of each rank with their names, of ranks whose threads or tasks are listed.
pub(super) fn read(root: &Group, members: &Members) -> Result<Lanes> {
    let mut lanes = Lanes::new();
    for (rank, thread, name, _) in table(root, members, THREAD_TABLE)? {
        lanes.entry(rank).or_default().insert(thread, name);
    }
    for (rank, task, name, coroutine) in table(root, members, TASK_TABLE)? {
        if let Some(lane) = task_lane(task) {
            let name = task_name(&name, &coroutine);
            lanes.entry(rank).or_default().insert(lane, name);
        }
    }
    Ok(lanes)
}

/// Rank, number, name and, of a task, coroutine of each entry. What somebody else calls by the table's name is
/// passed over.
fn table(root: &Group, members: &Members, name: &str) -> Result<Vec<(u32, u32, String, String)>> {
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
    let mut coroutines = table.find_texts(&members, TASK_CODE)?.unwrap_or_default();
    coroutines.resize(ranks.len(), String::new());
    if numbers.len() != ranks.len() || names.len() != ranks.len() {
        return Err(table.damaged(format!(
            "{name} has {} {RANKS}, {} {LANE_INDEX} and {} {LANE_NAME}; the file is damaged",
            ranks.len(),
            numbers.len(),
            names.len()
        )));
    }
    let entries = ranks.into_iter().zip(numbers).zip(names).zip(coroutines);
    Ok(entries
        .map(|(((rank, number), name), coroutine)| (rank, number, name, coroutine))
        .collect())
}
