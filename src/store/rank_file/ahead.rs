//! Reads logs on other threads, ahead of their conversion: while one is converted, the next is read through.

use super::super::rank_log::OtherThread;
use super::LogContents;
use super::scan::{Scanned, Summarized};
use super::times::RegionTimes;
use crate::error::Result;
use crate::profile::StoredSummary;
use crate::workers::Workers;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// The logs of a merge, one after the other.
#[derive(Debug)]
pub(crate) struct LogsAhead<I> {
    logs: I,
    workers: Workers<Job, Done>,
    /// What was done before anybody asked for it.
    done: VecDeque<Done>,
    /// Whether a log is read on one more thread while it is scanned.
    other_thread: OtherThread,
    /// Those of the last log, until somebody asks for them.
    times: Option<RegionTimes>,
    summary: Option<Summarized>,
}

#[derive(Debug)]
enum Job {
    Scan(PathBuf, OtherThread),
    Summarize(Arc<LogContents>),
}

#[derive(Debug)]
enum Done {
    Scanned(Result<Scanned>),
    Summary(Option<StoredSummary>),
}

fn work(job: Job) -> Done {
    match job {
        Job::Scan(log, other_thread) => Done::Scanned(LogContents::scan(&log, other_thread)),
        Job::Summarize(contents) => Done::Summary(contents.summarize()),
    }
}

impl<I: Iterator<Item = PathBuf>> LogsAhead<I> {
    pub(crate) fn new(logs: I) -> Self {
        // One for the log that is converted, and one for the next. Nothing else is to be done for the only one.
        let (threads, other_thread) = match logs.size_hint().0 {
            1 => (1, OtherThread::Yes),
            _ => (2, OtherThread::No),
        };
        let mut this = Self {
            logs,
            workers: Workers::at_most(threads, work),
            other_thread,
            done: VecDeque::new(),
            times: None,
            summary: None,
        };
        this.scan_next();
        this
    }

    /// What is in the next log; none when there are no more.
    pub(crate) fn next(&mut self) -> Option<Result<Arc<LogContents>>> {
        // That of a log that could not be converted was not asked for.
        self.summary();
        let Some(Done::Scanned(scanned)) = self.take() else {
            return None;
        };
        let contents = scanned.map(|scanned| {
            let Scanned {
                contents,
                times,
                summary,
            } = scanned;
            if matches!(summary, Summarized::Later) {
                self.start(Job::Summarize(Arc::clone(&contents)));
            }
            (self.times, self.summary) = (times, Some(summary));
            contents
        });
        self.scan_next();
        Some(contents)
    }

    /// The columns of that log, once, where they are known.
    pub(crate) fn times(&mut self) -> Option<RegionTimes> {
        self.times.take()
    }

    /// The summary of that log, once.
    pub(crate) fn summary(&mut self) -> Option<StoredSummary> {
        match self.summary.take()? {
            Summarized::Now(summary) => summary,
            Summarized::Later => match self.take() {
                Some(Done::Summary(summary)) => summary,
                _ => None,
            },
        }
    }

    fn scan_next(&mut self) {
        if let Some(log) = self.logs.next() {
            self.start(Job::Scan(log, self.other_thread));
        }
    }

    fn start(&mut self, job: Job) {
        self.done.extend(self.workers.add(job));
    }

    fn take(&mut self) -> Option<Done> {
        self.done.pop_front().or_else(|| self.workers.next())
    }
}
