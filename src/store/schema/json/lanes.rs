//! Threads and tasks: which one each call was on, and what they are called.

use super::document::Lane;
use super::value::{Column, Lossy, Whole};
use crate::error::{Error, Result};
use crate::profile::threads::UNKNOWN;
use crate::store::schema::lanes::{Lanes, task_lane, task_name, thread_lane};
use std::collections::BTreeMap;
use std::path::Path;

/// The lane of each call: its task where it has one, else its thread; none where neither was recorded.
pub(super) fn of_calls(threads: Option<Column>, tasks: Option<Column>) -> Result<Option<Vec<u32>>, String> {
    let threads = threads.map(|Column(threads)| lanes(&threads)).transpose()?;
    let Some(Column(tasks)) = tasks else {
        return Ok(threads);
    };
    let mut all = threads.unwrap_or_else(|| vec![UNKNOWN; tasks.len()]);
    if all.len() != tasks.len() {
        return Err(format!(
            "{} thread_ids but {} task_ids; the file is damaged",
            all.len(),
            tasks.len()
        ));
    }
    for (lane, task) in all.iter_mut().zip(lanes(&tasks)?) {
        *lane = task_lane(task).unwrap_or(*lane);
    }
    Ok(Some(all))
}

fn lanes(numbers: &[i64]) -> Result<Vec<u32>, String> {
    let lane = |&number: &i64| {
        thread_lane(number).ok_or_else(|| format!("{number} is not the number of a thread or task"))
    };
    numbers.iter().map(lane).collect()
}

type Tables = Option<BTreeMap<String, Vec<Lane>>>;

/// What the threads and tasks of each rank are called.
pub(super) fn named(path: &Path, threads: Tables, tasks: Tables) -> Result<Lanes> {
    let mut lanes = Lanes::new();
    for (tables, are_tasks) in [(threads, false), (tasks, true)] {
        for (rank, table) in tables.unwrap_or_default() {
            let Ok(number) = rank.parse() else {
                let what = if are_tasks { "tasks" } else { "threads" };
                return Err(Error::format(
                    path,
                    format!("{what}: {rank:?} is not the number of a rank"),
                ));
            };
            let of_rank = lanes.entry(number).or_default();
            of_rank.extend(table.into_iter().filter_map(|lane| entry(lane, are_tasks)));
        }
    }
    Ok(lanes)
}

/// The number and the name of a lane; none where it has no number that a call could have.
fn entry(lane: Lane, is_task: bool) -> Option<(u32, String)> {
    let Whole(index) = lane.index;
    let text = |text: Option<Lossy>| text.unwrap_or_default().0;
    let (number, name) = (thread_lane(index)?, text(lane.name));
    if is_task {
        return Some((task_lane(number)?, task_name(&name, &text(lane.coro_name))));
    }
    Some((number, name))
}
