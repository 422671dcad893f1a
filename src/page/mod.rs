//! The interactive page: a run in one HTML file.
//!
//! [`html`] puts the file together from a [`GanttChart`](crate::chart::GanttChart) and its
//! [`PageData`], and [`viewer`] opens it in a browser. The page needs no network and no server.
//!
//! ```
//! use scope_profiler::chart::{ChartOptions, GanttChart};
//! use scope_profiler::page::{PageData, html};
//! use scope_profiler::{RegionFilter, profile::{Call, Profile}};
//!
//! let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
//! let everything = RegionFilter::new();
//! let chart = GanttChart::reduce(&profile, &everything, &ChartOptions::new())?;
//! let page = html::render(&chart, &PageData::of(&profile, &everything)?);
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod bars;
mod data;
pub mod html;
mod json;
mod script;
pub mod viewer;

pub use data::{PageData, PageNote, RegionStats, ThreadName};

use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::chart::{ChartOptions, Facts, GrowingFacts, GrowingGantt, Subject};
use crate::error::Result;
use crate::profile::Source;
use std::path::Path;

/// Bars that a page holds at the most, about: it stays quick to open and to move in.
const MOST_BARS: u32 = 400_000;

/// Writes the page of a profile.
pub(crate) fn write(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    path: &Path,
) -> Result<()> {
    let subject = Subject::new(source, filter)?;
    let mut page = GrowingPage::new(&subject, options)?;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut observers = facts.observers();
    observers.extend(page.observers());
    pass::run(source, &mut observers)?;
    page.write(&facts.finish(), path)
}

/// A page that grows while a [pass](crate::analysis::pass) goes on, beside other observers. Its [`Facts`] need the call
/// tree.
pub struct GrowingPage<'a> {
    source: &'a dyn Source,
    filter: &'a RegionFilter,
    chart: GrowingGantt<'a>,
}

impl<'a> GrowingPage<'a> {
    /// Of a subject, with the title that the options choose.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::new`].
    pub fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        let lanes = u32::try_from(subject.rows().len()).unwrap_or(u32::MAX);
        let columns = (MOST_BARS / lanes.max(1)).clamp(512, 1 << 15);
        let options = options.clone().columns(columns).max_lanes(usize::MAX);
        Ok(Self {
            source: subject.source(),
            filter: subject.filter(),
            chart: GrowingGantt::new(subject, &options)?,
        })
    }

    /// What has to be part of the pass.
    pub fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![&mut self.chart]
    }

    /// Writes the page, when the pass is over. The file appears when it is complete.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::finish`] and [`html::write`].
    pub fn write(self, facts: &Facts, path: impl AsRef<Path>) -> Result<()> {
        let chart = self.chart.finish(facts)?;
        html::write(&chart, &PageData::new(self.source, self.filter, facts)?, path)
    }
}
