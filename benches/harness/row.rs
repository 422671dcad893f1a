//! What is measured.

use super::Results;
use std::time::Instant;

/// Where a row's session keeps its intervals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// As by default: a log on disk while the program runs.
    Disk,
    Memory,
}

/// A row that has been set up in this process.
pub struct Running {
    /// Does it so many times; the nanoseconds that one took.
    pub batch: Box<dyn FnMut(usize) -> f64>,
    /// Ends it, and says what is wrong when the record of so many calls is not right.
    pub finish: Box<dyn FnOnce(u64) -> Result<(), String>>,
}

/// A batch that calls `f` again and again.
#[inline(always)]
pub fn repeat(mut f: impl FnMut() + 'static) -> Box<dyn FnMut(usize) -> f64> {
    Box::new(move |n| {
        let started = Instant::now();
        for _ in 0..n {
            f();
        }
        started.elapsed().as_nanos() as f64 / n as f64
    })
}

/// The most that a row may take.
pub struct Bound {
    pub ns: f64,
    pub text: &'static str,
}

type BoundOf = fn(&Results) -> f64;

pub struct Row {
    pub key: &'static str,
    pub what: &'static str,
    start: fn(Storage) -> Running,
    bound: Option<(&'static str, BoundOf)>,
}

impl Row {
    pub fn new(key: &'static str, what: &'static str, start: fn(Storage) -> Running) -> Self {
        Self {
            key,
            what,
            start,
            bound: None,
        }
    }

    /// Gives the row a bound, made of other rows.
    pub fn within(mut self, text: &'static str, bound: BoundOf) -> Self {
        self.bound = Some((text, bound));
        self
    }

    pub fn bound(&self, results: &Results) -> Option<Bound> {
        let (text, bound) = self.bound?;
        Some(Bound {
            ns: bound(results),
            text,
        })
    }

    pub fn start(&self, storage: Storage) -> Running {
        (self.start)(storage)
    }
}
