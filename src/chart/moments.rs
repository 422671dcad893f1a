//! The run that a chart is a part of: how long it took, and where each rank's time begins.

use super::subject::Subject;
use crate::analysis::lane::offset;
use crate::analysis::wall::{Spans, Wall};
use crate::error::{Error, Result};
use crate::profile::{ClockAgreement, Source, Window};
use crate::units::duration;

/// The run before and while its intervals are read.
#[derive(Debug)]
pub(crate) struct Moments {
    /// As far as it is known without reading what is read anyway.
    before: Option<Wall>,
    /// First start and last end of each rank, as they were read.
    seen: Spans,
    /// Whether the rows that are read are all there are.
    reads_all: bool,
}

impl Moments {
    /// For a chart of a subject. Other rows are read where the source does not say when the run began and ended: what
    /// is left out of a chart changes neither wall time nor axis.
    pub(crate) fn new(subject: &Subject<'_>) -> Result<Self> {
        let source = subject.source();
        let ranks = source.ranks();
        let reads_all = subject.rows().len() == source.rows().len();
        let own_clocks = source.clocks(&ranks) == ClockAgreement::Unknown;
        let before = if source.run().spans(&ranks).is_some() {
            Some(Wall::with(source, &Spans::default()))
        } else if own_clocks || !reads_all {
            Some(subject.first_look()?.wall.clone())
        } else {
            None
        };
        Ok(Moments {
            before,
            seen: Spans::default(),
            reads_all,
        })
    }

    /// As [`new`](Self::new), for a chart of a part of the time: what is outside of it is read where the source does
    /// not say when the run began and ended.
    pub(super) fn of_part(subject: &Subject<'_>) -> Result<Self> {
        let mut this = Self::new(subject)?;
        if this.before.is_none() {
            this.before = Some(subject.first_look()?.wall.clone());
        }
        this.reads_all = false;
        Ok(this)
    }

    /// The run, as far as it is known yet.
    pub(super) fn known(&self) -> Option<&Wall> {
        self.before.as_ref()
    }

    /// The first and the last moment of the axis, as far as they are known yet.
    pub(crate) fn axis(&self) -> Option<(i64, i64)> {
        let wall = self.before.as_ref()?;
        if wall.has_own_clocks() {
            return Some((0, wall.ns()));
        }
        wall.span()
    }

    /// What to take from the times of a rank: its start, where it cannot be compared with others.
    pub(crate) fn shift(&self, rank: u32) -> i64 {
        let wall = self.before.as_ref().filter(|wall| wall.has_own_clocks());
        wall.and_then(|wall| wall.rank_span(rank))
            .map_or(0, |span| span.0)
    }

    /// Takes the first start and the last end of a row.
    pub(super) fn see(&mut self, rank: u32, first: i64, last: i64) {
        self.seen.see(rank, (first, last));
    }

    /// The run, now that all rows of the chart are read.
    pub(super) fn wall(self, source: &dyn Source) -> Wall {
        match self.before {
            Some(wall) if !self.reads_all => wall,
            _ => Wall::with(source, &self.seen),
        }
    }
}

/// What of a run that goes from one moment to another is in a window of it.
pub(super) fn part_of_run(window: Window, (start, end): (i64, i64)) -> Result<Window> {
    if start > end {
        return Err(Error::not_found(
            "there is nothing to draw: the profile has no intervals",
        ));
    }
    let part = window.since(start);
    // The last call may have no length.
    let until = part.until_ns().min(end.saturating_add(1));
    if part.from_ns() >= until {
        let length = duration(offset(start, end));
        return Err(Error::config(format!(
            "the window {window} begins after the end of the run, which took {length}"
        )));
    }
    Ok(Window::new(part.from_ns(), until))
}
