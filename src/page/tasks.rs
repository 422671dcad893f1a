//! Spans that were entered several times, as those of futures are for each poll, with all of their entries; and those
//! that follow from others.

use super::follows::{Entry, Follows, GrowingFollows};
use crate::analysis::pass::Observer;
use crate::chart::Subject;
use crate::chart::moments::Moments;
use crate::error::Result;
use crate::profile::{Interval, Intervals, Numbers, Source};
use std::collections::BTreeMap;

/// When there are so many entries, no further spans are taken; of those that were, twice as many are.
const MOST_ENTRIES: usize = if cfg!(test) { 40 } else { 1 << 16 };

/// A span with its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// The region, an index into [`Source::names`].
    pub(super) region: usize,
    pub(super) rank: u32,
    /// Its serial number, which no other span of the rank has.
    pub(super) span: u32,
    /// In order of start; on the clock of the chart's axis, ns.
    pub(super) entries: Vec<Interval>,
}

/// The spans of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tasks {
    /// By region, rank and first entry.
    pub(super) all: Vec<Task>,
    /// Whether others are left out.
    pub(super) is_partial: bool,
    pub(super) follows: Follows,
}

/// The tasks while a [pass](crate::analysis::pass) goes on.
pub(super) struct GrowingTasks<'a> {
    source: &'a dyn Source,
    /// Rows whose spans may be tasks.
    takes: Vec<bool>,
    /// Rows in which spans are looked for that follow from others.
    looks: Vec<bool>,
    follows: GrowingFollows,
    moments: Moments,
    /// By row and span.
    entries: BTreeMap<(usize, u32), Vec<Interval>>,
    count: usize,
    is_partial: bool,
}

impl<'a> GrowingTasks<'a> {
    pub(super) fn new(subject: &Subject<'a>) -> Result<Self> {
        let source = subject.source();
        let has_spans = source.columns().contains(&Intervals::SPAN);
        // Spans that were entered once each are no tasks.
        let once_each = |row: usize| {
            let row = &source.rows()[row];
            row.spans == Some(row.intervals)
        };
        let follows = GrowingFollows::new(source, subject.filter())?;
        let drawn = subject.drawn()?;
        let takes = drawn.iter().enumerate();
        let has_follows = has_spans && !follows.is_empty();
        Ok(Self {
            source,
            takes: takes
                .map(|(row, drawn)| *drawn && has_spans && !once_each(row))
                .collect(),
            looks: drawn.iter().map(|drawn| *drawn && has_follows).collect(),
            follows,
            moments: Moments::new(subject)?,
            entries: BTreeMap::new(),
            count: 0,
            is_partial: false,
        })
    }

    /// The tasks, when the pass is over.
    pub(super) fn finish(self) -> Tasks {
        let rows = self.source.rows();
        let entries = self.entries.into_iter().filter(|(_, entries)| entries.len() > 1);
        let mut all: Vec<Task> = entries
            .map(|((row, span), entries)| Task {
                region: rows[row].name,
                rank: rows[row].rank,
                span,
                entries,
            })
            .collect();
        all.sort_by_key(|task| (task.region, task.rank, task.entries[0].start_ns));
        Tasks {
            all,
            is_partial: self.is_partial,
            follows: self.follows.finish(),
        }
    }
}

impl Observer for GrowingTasks<'_> {
    fn columns(&self, row: usize) -> Vec<&str> {
        if self.takes_row(row) {
            vec![Intervals::SPAN]
        } else {
            Vec::new()
        }
    }

    fn takes_row(&self, row: usize) -> bool {
        self.takes[row] || self.looks[row]
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let of_row = &self.source.rows()[row];
        let (rank, region) = (of_row.rank, of_row.name);
        let shift = self.moments.shift(rank);
        let spans = chunk.column(Intervals::SPAN).and_then(Numbers::whole);
        for (entry, &span) in chunk.iter().zip(spans.unwrap_or_default()) {
            let Some(span) = u32::try_from(span).ok().filter(|&span| span != 0) else {
                continue;
            };
            let interval = Interval {
                start_ns: entry.start_ns.saturating_sub(shift),
                end_ns: entry.end_ns.saturating_sub(shift),
                thread: entry.thread,
            };
            if self.looks[row] {
                self.follows.take(rank, span, Entry { region, interval });
            }
            if !self.takes[row] {
                continue;
            }
            let is_known = self.entries.contains_key(&(row, span));
            if self.count >= 2 * MOST_ENTRIES || (!is_known && self.count >= MOST_ENTRIES) {
                self.is_partial = true;
                continue;
            }
            self.count += 1;
            self.entries.entry((row, span)).or_default().push(interval);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::pass;
    use crate::analysis::selection::RegionFilter;
    use crate::profile::{Call, Profile};

    fn tasks(profile: &Profile) -> Tasks {
        let everything = RegionFilter::new();
        let subject = Subject::new(profile, &everything).unwrap();
        let mut tasks = GrowingTasks::new(&subject).unwrap();
        pass::run(profile, &mut [&mut tasks]).unwrap();
        tasks.finish()
    }

    #[test]
    fn a_task_has_its_entries_in_order() {
        let mut profile = Profile::builder();
        profile.push(Call::new("fetch", 0..20).span(1));
        profile.push(Call::new("fetch", 30..40).span(2));
        profile.push(Call::new("fetch", 900..950).span(1).thread(2));
        profile.push(Call::new("plain", 0..5));
        let found = tasks(&profile.build());
        let [task] = &found.all[..] else {
            panic!("{found:?}")
        };
        assert_eq!((task.span, found.is_partial), (1, false));
        let entries: Vec<(i64, u32)> = task
            .entries
            .iter()
            .map(|entry| (entry.start_ns, entry.thread))
            .collect();
        assert_eq!(entries, [(0, 0), (900, 2)]);
    }

    #[test]
    fn of_very_many_tasks_the_first_are_kept_whole() {
        let mut profile = Profile::builder();
        for poll in 0..2_i64 {
            for span in 0..60_i64 {
                let start = poll * 10_000 + span * 10;
                profile.push(Call::new("fetch", start..start + 5).span(span as u32 + 1));
            }
        }
        let found = tasks(&profile.build());
        assert!(found.is_partial);
        assert_eq!(found.all.len(), MOST_ENTRIES);
        assert!(found.all.iter().all(|task| task.entries.len() == 2));
    }
}
