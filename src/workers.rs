//! Work on other threads, whose results come back in the order of the jobs.

use crate::sys::threads::{self, Thread};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// More gain nothing where one thread makes the jobs and takes the results.
const MOST_THREADS: usize = 8;
/// Jobs, and results, that wait for a thread.
const WAITING: usize = 4;

/// Threads that each do one kind of work; a bounded number of jobs is on its way. Without other cores, or where no
/// thread can be had, the work is done at once.
#[derive(Debug)]
pub(crate) struct Workers<J, R> {
    work: fn(J) -> R,
    threads: Vec<Worker<J, R>>,
    sent: usize,
    received: usize,
}

#[derive(Debug)]
struct Worker<J, R> {
    /// None when the worker is to end.
    ways: Option<(SyncSender<J>, Receiver<R>)>,
    thread: Option<Thread<()>>,
}

impl<J: Send + 'static, R: Send + 'static> Workers<J, R> {
    /// As many threads as there are cores for this process.
    pub(crate) fn start(work: fn(J) -> R) -> Self {
        Self::at_most(MOST_THREADS, work)
    }

    /// As [`start`](Self::start), for work that occupies no more threads than these.
    pub(crate) fn at_most(threads: usize, work: fn(J) -> R) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let wanted = if cores == 1 { 0 } else { cores.min(threads) };
        Self {
            work,
            threads: (0..wanted).map_while(|_| Worker::start(work)).collect(),
            sent: 0,
            received: 0,
        }
    }

    /// Adds a job. Gives the result of an earlier one, or of this one, where there is one to be taken first.
    ///
    /// # Panics
    ///
    /// Where the work has panicked.
    pub(crate) fn add(&mut self, job: J) -> Option<R> {
        if self.threads.is_empty() {
            return Some((self.work)(job));
        }
        let is_full = self.sent - self.received == self.threads.len() * WAITING;
        let first = is_full.then(|| self.next()).flatten();
        let at = self.sent % self.threads.len();
        self.threads[at].send(job);
        self.sent += 1;
        first
    }

    /// Waits for the next result; none when all have been taken.
    ///
    /// # Panics
    ///
    /// Where the work has panicked.
    pub(crate) fn next(&mut self) -> Option<R> {
        if self.received == self.sent {
            return None;
        }
        let at = self.received % self.threads.len();
        self.received += 1;
        Some(self.threads[at].receive())
    }
}

impl<J: Send + 'static, R: Send + 'static> Worker<J, R> {
    fn start(work: fn(J) -> R) -> Option<Self> {
        let (sender, jobs) = sync_channel::<J>(WAITING);
        let (done, results) = sync_channel(WAITING);
        let run = move || {
            // It ends when nobody wants more.
            let _ = jobs.into_iter().try_for_each(|job| done.send(work(job)));
        };
        Some(Self {
            ways: Some((sender, results)),
            thread: Some(threads::start(run).ok()?),
        })
    }

    fn send(&mut self, job: J) {
        let sent = self.ways.as_ref().map(|(jobs, _)| jobs.send(job).is_ok());
        if sent != Some(true) {
            self.panicked();
        }
    }

    fn receive(&mut self) -> R {
        let result = self.ways.as_ref().and_then(|(_, results)| results.recv().ok());
        result.unwrap_or_else(|| self.panicked())
    }

    /// Continues the panic of the thread.
    #[cold]
    fn panicked(&mut self) -> ! {
        match self.thread.take().map(Thread::join) {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            _ => unreachable!("a worker ends only when its sender goes"),
        }
    }
}

impl<J, R> Drop for Worker<J, R> {
    fn drop(&mut self) {
        self.ways = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the thread itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut workers = Workers::start(|n: u64| {
            // Later jobs take less.
            (0..(1000 - n) * 20).fold(n, |sum, step| std::hint::black_box(sum ^ step ^ step))
        });
        let mut results: Vec<u64> = (0..1000).filter_map(|n| workers.add(n)).collect();
        results.extend(std::iter::from_fn(|| workers.next()));
        assert_eq!(results, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn what_nobody_takes_is_left() {
        let mut workers = Workers::start(|n: u64| vec![n; 100]);
        for n in 0..3 {
            workers.add(n);
        }
    }

    #[test]
    fn a_panic_is_passed_on() {
        let outcome = std::panic::catch_unwind(|| {
            let mut workers = Workers::start(|n: u64| assert_ne!(n, 3, "three"));
            (0..100).for_each(|n| {
                workers.add(n);
            });
            while workers.next().is_some() {}
        });
        assert!(outcome.is_err());
    }
}
