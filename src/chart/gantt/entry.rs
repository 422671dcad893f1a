//! The Gantt chart in the list of charts.

use super::GrowingGantt;
use crate::analysis::pass::Observer;
use crate::chart::list::{Chart, GrowingChart};
use crate::chart::options::{ChartOptions, Lanes};
use crate::chart::subject::{Facts, Subject};
use crate::chart::timeline;
use crate::error::Result;
use crate::render::Figure;

/// The Gantt chart, whose lanes may be others than those of regions.
pub(in crate::chart) struct Gantt;

impl Chart for Gantt {
    fn name(&self) -> &'static str {
        "gantt"
    }

    fn about(&self) -> &'static str {
        "when each region ran, on which rank and thread"
    }

    fn file_stem(&self) -> &'static str {
        "gantt_plot"
    }

    fn is_default_for(&self, _: &Subject<'_>) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        match options.lanes_for(subject)? {
            Lanes::Region => Ok(Box::new(GrowingGantt::new(subject, options)?)),
            lanes => timeline::observe(subject, options, lanes),
        }
    }
}

impl GrowingChart for GrowingGantt<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new((*self).finish(facts)?))
    }
}
