//! Histograms: how long the calls of each region took.

pub(super) mod bins;
mod data;
mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::options::ChartOptions;
use super::palette::{Color, OTHERS};
use super::subject::{Facts, Subject, not_timed};
use crate::analysis::pass::Observer;
use crate::error::Result;
use crate::profile::{Intervals, Source};
use crate::render::Figure;
use bins::Bins;
use std::cmp::Reverse;

/// The durations of the calls of each region, ready to be drawn.
struct Histograms {
    header: Header,
    /// The region with the most time first; the rest of more regions than fit as one, last.
    rows: Vec<Histogram>,
}

struct Histogram {
    name: String,
    color: Color,
    bins: Bins,
}

/// The histograms in the list of charts.
pub(super) struct DurationHistograms;

impl Chart for DurationHistograms {
    fn name(&self) -> &'static str {
        "histogram"
    }

    fn about(&self) -> &'static str {
        "how long the calls of each region took"
    }

    fn file_stem(&self) -> &'static str {
        "histogram_plot"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        let source = subject.source();
        Ok(Box::new(GrowingHistograms {
            source,
            drawn: subject.drawn()?,
            title: options.title_for(source),
            most: options.max_bars,
            bins: vec![Bins::default(); source.names().len()],
        }))
    }
}

struct GrowingHistograms<'a> {
    source: &'a dyn Source,
    drawn: Vec<bool>,
    title: String,
    most: usize,
    /// By index into [`Source::names`].
    bins: Vec<Bins>,
}

impl Observer for GrowingHistograms<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.drawn[row]
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let bins = &mut self.bins[self.source.rows()[row].name];
        chunk.durations().for_each(|ns| bins.add(ns));
        Ok(())
    }
}

impl GrowingChart for GrowingHistograms<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        let names = self.source.names();
        let mut regions: Vec<(usize, Bins)> = self.bins.into_iter().enumerate().collect();
        regions.retain(|(_, bins)| bins.total() > 0);
        if regions.is_empty() {
            return Err(not_timed(self.source));
        }
        regions.sort_by_key(|(name, _)| (Reverse(facts.totals[*name]), &names[*name]));
        let rest = regions.split_off(if regions.len() > self.most {
            self.most - 1
        } else {
            regions.len()
        });
        let mut rows: Vec<Histogram> = regions
            .into_iter()
            .map(|(name, bins)| Histogram {
                name: names[name].clone(),
                color: facts.palette.color(name),
                bins,
            })
            .collect();
        if !rest.is_empty() {
            let mut bins = Bins::default();
            rest.iter().for_each(|(_, more)| bins.merge(more));
            rows.push(Histogram {
                name: format!("{} others", rest.len()),
                color: OTHERS,
                bins,
            });
        }
        let header = Header::of_tree(facts.tree()?, self.title);
        Ok(Box::new(Histograms { header, rows }))
    }
}
