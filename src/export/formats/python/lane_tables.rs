//! The tables of threads and tasks.

use crate::error::Result;
use crate::export::formats::python_lanes::{Lane, Lanes, NOT_KNOWN};
use crate::store::hdf5::{NewFile, NewGroup};
use crate::store::names::columnar;

/// Writes both, as far as there are any.
pub(super) fn write(file: &NewFile, lanes: &Lanes) -> Result<()> {
    let threads: Vec<_> = lanes.threads().collect();
    if !threads.is_empty() {
        let table = table(file, columnar::THREAD_TABLE, &threads, ["start_ns", "end_ns"])?;
        table.texts(
            columnar::LANE_NAME,
            threads.iter().map(|(_, _, lane)| lane.name.as_str()),
        )?;
        for (name, value) in [("ident", NOT_KNOWN), ("native_id", NOT_KNOWN), ("cpu_ns", 0)] {
            table.values(name, &vec![value; threads.len()])?;
        }
        table.values("daemon", &vec![0_i8; threads.len()])?;
    }
    let tasks: Vec<_> = lanes.tasks().collect();
    if !tasks.is_empty() {
        let table = table(file, columnar::TASK_TABLE, &tasks, ["created_ns", "done_ns"])?;
        let names = || tasks.iter().map(|(_, _, lane)| name_and_code(&lane.name));
        table.texts(columnar::LANE_NAME, names().map(|(name, _)| name))?;
        table.texts(columnar::TASK_CODE, names().map(|(_, code)| code))?;
        table.texts("kind", tasks.iter().map(|_| "task"))?;
        table.values("thread_index", &vec![NOT_KNOWN; tasks.len()])?;
        for name in ["steps", "running_ns", "suspended_ns"] {
            table.values(name, &vec![0_i64; tasks.len()])?;
        }
    }
    Ok(())
}

/// A table with the columns that both have; theirs is when each lane began and ended, under other names.
fn table(file: &NewFile, name: &str, lanes: &[(u32, i64, &Lane)], span: [&str; 2]) -> Result<NewGroup> {
    let table = file.create_group(name)?;
    let ranks: Vec<u32> = lanes.iter().map(|(rank, ..)| *rank).collect();
    let numbers: Vec<i64> = lanes.iter().map(|(_, number, _)| *number).collect();
    let spans = lanes
        .iter()
        .map(|(_, _, lane)| lane.span_ns.unwrap_or((0, NOT_KNOWN)));
    let (starts, ends): (Vec<i64>, Vec<i64>) = spans.unzip();
    table.values(columnar::RANKS, &ranks)?;
    table.values(columnar::LANE_INDEX, &numbers)?;
    table.values(span[0], &starts)?;
    table.values(span[1], &ends)?;
    Ok(table)
}

/// The name of a task, and the coroutine that it runs, of `name (coroutine)`.
fn name_and_code(label: &str) -> (&str, &str) {
    let parts = label.strip_suffix(')').and_then(|label| label.rsplit_once(" ("));
    parts.unwrap_or((label, ""))
}
