//! The spans that were entered several times, as whole numbers one after the other.

use crate::page::tasks::Task;
use std::cmp::Reverse;

/// A share of the tasks, those that lived longest, in order.
pub(super) fn longest(tasks: &[Task], share: f64) -> Vec<&Task> {
    let mut all: Vec<(usize, &Task)> = tasks.iter().enumerate().collect();
    all.sort_by_key(|(_, task)| Reverse(elapsed(task)));
    all.truncate((all.len() as f64 * share).ceil() as usize);
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, task)| task).collect()
}

fn elapsed(task: &Task) -> i64 {
    let start = task.entries.first().map_or(0, |entry| entry.start_ns);
    let end = task.entries.iter().map(|entry| entry.end_ns).max();
    end.unwrap_or(start).saturating_sub(start)
}

/// Of each task region, rank, span and number of entries; then of each entry how long after the start of the one before
/// it began (of the first: after the start of the run), how long it took, and its thread.
pub(super) fn flat(tasks: &[&Task], origin_ns: i64, number: impl Fn(usize) -> Option<usize>) -> Vec<i64> {
    let mut all = Vec::new();
    for task in tasks {
        let Some(region) = number(task.region) else {
            continue;
        };
        all.extend([
            region as i64,
            task.rank.into(),
            task.span.into(),
            task.entries.len() as i64,
        ]);
        let mut before = origin_ns;
        for entry in &task.entries {
            let length = entry.end_ns.saturating_sub(entry.start_ns).max(0);
            all.extend([entry.start_ns.saturating_sub(before), length, entry.thread.into()]);
            before = entry.start_ns;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Interval;

    fn task(span: u32, times: &[(i64, i64)]) -> Task {
        let entry = |&(start_ns, end_ns)| Interval {
            start_ns,
            end_ns,
            thread: 3,
        };
        Task {
            region: 1,
            rank: 2,
            span,
            entries: times.iter().map(entry).collect(),
        }
    }

    #[test]
    fn entries_are_written_from_start_to_start() {
        let one = task(7, &[(110, 120), (150, 155)]);
        let flat = flat(&[&one], 100, |region| Some(region + 4));
        assert_eq!(flat, [5, 2, 7, 2, 10, 10, 3, 40, 5, 3]);
    }

    #[test]
    fn those_that_lived_longest_are_kept_in_order() {
        let all = [
            task(1, &[(0, 5), (9, 10)]),
            task(2, &[(0, 90)]),
            task(3, &[(1, 4), (40, 50)]),
        ];
        let kept: Vec<u32> = longest(&all, 0.5).iter().map(|task| task.span).collect();
        assert_eq!(kept, [2, 3]);
    }
}
