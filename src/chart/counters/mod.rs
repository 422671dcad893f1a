//! Counters: the program's own numbers as lines over the run.

mod data;
mod line;
mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::moments::Moments;
use super::options::ChartOptions;
use super::subject::{Facts, Subject};
use crate::analysis::counters::{CounterStatistics, CounterSummary};
use crate::analysis::pass::Observer;
use crate::error::{Error, Result};
use crate::profile::{Counter, Samples, Source, each_samples};
use crate::render::Figure;
use line::COLUMNS;
#[cfg(feature = "plot")]
pub(crate) use line::Cell;
pub(crate) use line::GrowingLine;
use line::Line;

/// More counters than these are not drawn.
const MOST: usize = 12;
/// More ranks than these share a band.
const MOST_LINES: usize = 6;

/// Counters over the run, ready to be drawn.
struct CountersChart {
    header: Header,
    /// The length of the time axis, ns; at least 1.
    span_ns: i64,
    /// By name.
    panels: Vec<Panel>,
}

/// One counter over the run.
struct Panel {
    counter: Counter,
    /// What is known of it over the ranks that are drawn.
    statistics: CounterStatistics,
    /// The last value, where there is one rank.
    last: Option<f64>,
    shown: Shown,
}

enum Shown {
    /// A line for each rank.
    Ranks(Vec<(u32, Line)>),
    /// The smallest and the largest value of so many ranks, and their mean.
    Band { ranks: usize, band: Line, mean: Line },
}

impl Panel {
    /// All of its lines.
    fn lines(&self) -> Vec<&Line> {
        match &self.shown {
            Shown::Ranks(ranks) => ranks.iter().map(|(_, line)| line).collect(),
            Shown::Band { band, mean, .. } => vec![band, mean],
        }
    }
}

/// The chart in the list of charts.
pub(super) struct CountersOverTime;

impl Chart for CountersOverTime {
    fn name(&self) -> &'static str {
        "counters"
    }

    fn about(&self) -> &'static str {
        "the program's counters over the run, as lines"
    }

    fn file_stem(&self) -> &'static str {
        "counters_plot"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn is_possible_for(&self, subject: &Subject<'_>) -> bool {
        !rows_of(subject).is_empty()
    }

    fn is_default_for(&self, subject: &Subject<'_>) -> bool {
        self.is_possible_for(subject)
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        let source = subject.source();
        let rows = rows_of(subject);
        if rows.is_empty() {
            return Err(Error::not_found(
                "there is nothing to draw: the chosen ranks have no counters",
            ));
        }
        Ok(Box::new(GrowingCounters {
            source,
            title: options.title_for(source),
            moments: Moments::new(subject)?,
            rows,
        }))
    }
}

/// The rows of counters on the chosen ranks, as indices into [`Source::counter_rows`].
fn rows_of(subject: &Subject<'_>) -> Vec<usize> {
    let source = subject.source();
    let ranks = subject.filter().chosen_ranks(source);
    let rows = source.counter_rows().iter().enumerate();
    rows.filter(|(_, row)| ranks.binary_search(&row.rank).is_ok())
        .map(|(index, _)| index)
        .collect()
}

struct GrowingCounters<'a> {
    source: &'a dyn Source,
    title: String,
    moments: Moments,
    /// Those that are drawn, as indices into [`Source::counter_rows`].
    rows: Vec<usize>,
}

impl GrowingChart for GrowingCounters<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        Vec::new()
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        let tree = facts.tree()?;
        let wall = tree.wall();
        let axis = wall.span().unwrap_or((0, wall.ns()));
        let mut header = Header::of_tree(tree, self.title.clone());
        let mut counters: Vec<usize> = self
            .rows
            .iter()
            .map(|&row| self.source.counter_rows()[row].counter)
            .collect();
        counters.sort_unstable();
        counters.dedup();
        if counters.len() > MOST {
            let more = counters.len() - MOST;
            let are = if more == 1 { "counter is" } else { "counters are" };
            header.not_drawn.push(format!("{more} more {are} not drawn"));
            counters.truncate(MOST);
        }
        let panels = counters.into_iter().map(|counter| self.panel(counter, axis));
        Ok(Box::new(CountersChart {
            header,
            span_ns: axis.1.saturating_sub(axis.0).max(1),
            panels: panels.collect::<Result<_>>()?,
        }))
    }
}

impl GrowingCounters<'_> {
    fn panel(&self, counter: usize, axis: (i64, i64)) -> Result<Panel> {
        let rows = self.rows.iter().copied();
        let rows: Vec<usize> = rows
            .filter(|&row| self.source.counter_rows()[row].counter == counter)
            .collect();
        let mut lines = Vec::new();
        let mut of_ranks = Vec::new();
        for &row in &rows {
            let rank = self.source.counter_rows()[row].rank;
            let (line, statistics) = self.line(row, rank, axis)?;
            lines.push((rank, line));
            of_ranks.push((rank, statistics));
        }
        let last = match of_ranks.as_slice() {
            [(_, one)] => one.last().map(|last| last.as_f64()),
            _ => None,
        };
        let shown = if lines.len() <= MOST_LINES {
            Shown::Ranks(lines)
        } else {
            let lines: Vec<&Line> = lines.iter().map(|(_, line)| line).collect();
            Shown::Band {
                ranks: lines.len(),
                band: Line::around(&lines),
                mean: Line::mean(&lines),
            }
        };
        Ok(Panel {
            counter: self.source.counters()[counter].clone(),
            statistics: CounterSummary::of_ranks(counter, of_ranks).pooled(),
            last,
            shown,
        })
    }

    fn line(&self, row: usize, rank: u32, (origin, end): (i64, i64)) -> Result<(Line, CounterStatistics)> {
        let shift = self.moments.shift(rank);
        let mut line = GrowingLine::new(COLUMNS, origin, end);
        let mut statistics = CounterStatistics::default();
        each_samples(self.source, row, |samples: &Samples| {
            statistics.extend(samples);
            for sample in samples.iter() {
                line.add(sample.time_ns.saturating_sub(shift), sample.value.as_f64());
            }
            Ok(())
        })?;
        Ok((line.finish(), statistics))
    }
}
