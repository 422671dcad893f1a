//! Reads stretches of a log one after the other, on a thread of its own where that is worth it.

use super::reader::LogReader;
use super::stretches::{BETWEEN_BYTES, EventsIn, InMemory, Stretch, Verify};
use crate::error::Result;
use crate::workers::Workers;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Fewer are read before a thread has started.
const FEW: usize = if cfg!(test) { 2 } else { 16 };
/// So many are read before they are needed.
const AHEAD: usize = 3;

/// Whether another thread reads while this one works at what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherThread {
    Yes,
    No,
}

/// Reads stretches of a log in the order in which `left` gives them.
#[derive(Debug)]
pub(crate) struct StretchReader<I> {
    file: Arc<File>,
    has_serials: bool,
    verify: Verify,
    left: I,
    workers: Workers<Job, Done>,
    /// Stretches to be read before the next one is taken.
    ahead: usize,
    /// How many are on their way.
    started: usize,
    /// What was read before anybody took it.
    done: VecDeque<Done>,
    /// The one that was taken last.
    current: InMemory,
    /// Memory to be used again.
    spare: Vec<InMemory>,
}

#[derive(Debug)]
struct Job {
    file: Arc<File>,
    stretch: Stretch,
    verify: Verify,
    into: InMemory,
}

#[derive(Debug)]
struct Done {
    outcome: io::Result<bool>,
    read: InMemory,
}

fn work(job: Job) -> Done {
    let mut read = job.into;
    let outcome = read.read(&job.file, job.stretch, job.verify);
    Done { outcome, read }
}

impl<I: ExactSizeIterator<Item = Stretch>> StretchReader<I> {
    pub(crate) fn open(path: &Path, stretches: I, verify: Verify, other_thread: OtherThread) -> Result<Self> {
        // That says whether it is a log that can be read.
        let log = LogReader::open_with(path, BETWEEN_BYTES)?;
        let is_ahead = other_thread == OtherThread::Yes && stretches.len() > FEW;
        Ok(Self {
            has_serials: log.has_serials,
            file: Arc::new(log.input.into_inner()),
            verify,
            left: stretches,
            workers: Workers::at_most(is_ahead.into(), work),
            ahead: if is_ahead { AHEAD } else { 0 },
            started: 0,
            done: VecDeque::new(),
            current: InMemory::default(),
            spare: Vec::new(),
        })
    }

    /// Reads the next stretch. Gives whether there are whole blocks, and as they were written; none after the last.
    pub(crate) fn next(&mut self) -> Option<io::Result<bool>> {
        while self.started <= self.ahead {
            let Some(stretch) = self.left.next() else { break };
            let job = Job {
                file: Arc::clone(&self.file),
                stretch,
                verify: self.verify,
                into: self.spare.pop().unwrap_or_default(),
            };
            self.done.extend(self.workers.add(job));
            self.started += 1;
        }
        let next = self.done.pop_front();
        let Done { outcome, read } = next.or_else(|| self.workers.next())?;
        self.started -= 1;
        self.spare.push(std::mem::replace(&mut self.current, read));
        Some(outcome)
    }

    /// The intervals of the stretch that was read, block by block.
    pub(crate) fn blocks(&self) -> impl DoubleEndedIterator<Item = EventsIn<'_>> {
        self.current.blocks(self.has_serials)
    }
}
