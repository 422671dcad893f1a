//! What ran the calls in files of the Python package: threads, and tasks, which are lanes of their own.

use crate::profile::threads::{FIRST_TASK, UNKNOWN};
use std::collections::BTreeMap;

/// The lanes of each rank with their names, of ranks whose lanes are listed.
pub(super) type Lanes = BTreeMap<u32, BTreeMap<u32, String>>;

/// The lane of a thread; a negative number is one that nobody knows. None where it is no number of a thread.
pub(super) fn thread_lane(thread: i64) -> Option<u32> {
    match u32::try_from(thread) {
        Ok(lane) => Some(lane),
        Err(_) if thread < 0 => Some(UNKNOWN),
        Err(_) => None,
    }
}

/// The lane of a task, after those of all threads; none where there is no task.
pub(super) fn task_lane(task: u32) -> Option<u32> {
    (task < FIRST_TASK).then_some(FIRST_TASK | task)
}

/// What a task is called: its name, and the coroutine that it runs.
pub(super) fn task_name(name: &str, coroutine: &str) -> String {
    let coroutine = coroutine.rsplit('.').next().unwrap_or_default();
    match (name, coroutine) {
        (name, "") => name.into(),
        ("", coroutine) => coroutine.into(),
        (name, coroutine) if name == coroutine => name.into(),
        (name, coroutine) => format!("{name} ({coroutine})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_after_threads_and_unknown_threads_last() {
        assert_eq!(thread_lane(7), Some(7));
        assert_eq!(thread_lane(-1), Some(UNKNOWN));
        assert_eq!(thread_lane(1 << 32), None);
        assert_eq!(task_lane(7), Some(FIRST_TASK + 7));
        assert_eq!(task_lane(UNKNOWN), None);
    }

    #[test]
    fn a_task_is_called_by_its_name_and_its_coroutine() {
        assert_eq!(task_name("Task-1", "main.<locals>.fetch"), "Task-1 (fetch)");
        assert_eq!(task_name("", "fetch"), "fetch");
        assert_eq!(task_name("fetch", "fetch"), "fetch");
        assert_eq!(task_name("Task-1", ""), "Task-1");
    }
}
