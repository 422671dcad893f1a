//! Draws a bar for each run in each region: the first run pale, the last in the region's own colour.

use super::ComparisonChart;
use crate::analysis::comparison::ComparedRegion;
use crate::chart::axis::{Axis, Ticks};
use crate::chart::backdrop::Backdrop;
use crate::chart::heading::Heading;
use crate::chart::legend::Legend;
use crate::error::{Error, Result};
use crate::render::style::{self, BACKGROUND, DETAIL, INK, MARGIN, MUTED, NAME, VALUE};
use crate::render::{Canvas, Color, Data, Figure, Paper, Picture, Text};
use crate::text::visible;
use crate::units;

/// All bars of a region together, as long as they keep [`THINNEST`].
const GROUP: i32 = 226;
const THICKEST: i32 = 32;
const THINNEST: i32 = 6;
/// Bars of this height have their time beside them.
const WITH_VALUE: i32 = 26;
/// The least height of a region, for the two lines of its change.
const LOWEST: i32 = 64;
/// Between two regions.
const BETWEEN: i32 = 24;
const MAX_NAME: f32 = 620.0;
const MAX_LABEL: f32 = 700.0;
const MAX_RUNS: usize = 500;
const MOST_LINES: i32 = 6;
/// The strength of the colour of the first run.
const PALE: f32 = 0.35;
const SLOWER: Text = Text {
    color: Color(0xb3, 0x3a, 0x00),
    ..VALUE
};
const FASTER: Text = Text {
    color: Color(0x1f, 0x5f, 0xa8),
    ..VALUE
};

struct ComparisonPicture<'a> {
    chart: &'a ComparisonChart,
    backdrop: Backdrop,
    bar: i32,
    pitch: i32,
    left: i32,
    right: i32,
    span_ns: i64,
    changes_at: i32,
    rows: Vec<Row<'a>>,
    axis: Axis,
    legend: Legend,
}

/// What is written to a region.
struct Row<'a> {
    region: &'a ComparedRegion,
    name: String,
    /// Beside each bar; nothing where bars are thin.
    values: Vec<String>,
    change: String,
    relative: String,
}

impl<'a> Row<'a> {
    fn of(region: &'a ComparedRegion, has_values: bool, paper: &Paper<'_>) -> Self {
        let value = |time: &Option<f64>| match time {
            Some(ns) if has_values => units::duration_f64(*ns),
            None if has_values => "not called".to_owned(),
            _ => String::new(),
        };
        Self {
            name: paper.fit(&visible(region.name()), &NAME, paper.share(MAX_NAME, 0.3)),
            values: region.times_ns().iter().map(value).collect(),
            change: units::change(region.change_ns()),
            relative: relative(region),
            region,
        }
    }

    fn style(&self) -> &'static Text {
        let ns = self.region.change_ns();
        if ns > 0.0 {
            &SLOWER
        } else if ns < 0.0 {
            &FASTER
        } else {
            &VALUE
        }
    }
}

fn relative(region: &ComparedRegion) -> String {
    let times = region.times_ns();
    match (times.first(), times.last(), region.relative_change()) {
        (Some(None), Some(Some(_)), _) => "new".into(),
        (Some(Some(_)), Some(None), _) => "gone".into(),
        (_, _, Some(share)) => units::relative_change(share),
        _ => String::new(),
    }
}

impl Figure for ComparisonChart {
    fn lay_out<'a>(&'a self, paper: &Paper<'_>) -> Result<Box<dyn Picture + 'a>> {
        let runs = self.comparison.runs();
        if runs.len() > MAX_RUNS {
            return Err(Error::plot(format!(
                "{} runs do not fit on a picture; choose at most {MAX_RUNS}",
                runs.len()
            )));
        }
        let count = runs.len() as i32;
        let bar = (GROUP / count).clamp(THINNEST, THICKEST);
        let pitch = (bar * count).max(LOWEST) + BETWEEN;
        let legend = self.legend(paper);
        let regions = self.comparison.regions();
        let backdrop = Backdrop::new(self.heading(paper), paper);
        let room = paper.height - backdrop.top() - 120 - MARGIN - legend.height();
        let drawn = usize::try_from(room / pitch).unwrap_or(0).clamp(1, regions.len());
        let rows = regions[..drawn].iter();
        let rows: Vec<Row<'a>> = rows
            .map(|region| Row::of(region, bar >= WITH_VALUE, paper))
            .collect();

        let widest =
            |text: for<'r> fn(&'r Row<'a>) -> &'r str, style| paper.widest(rows.iter().map(text), style);
        let left = MARGIN + widest(|row| &row.name, &NAME) + 24;
        let changes = widest(|row| &row.change, &VALUE).max(widest(|row| &row.relative, &DETAIL));
        let changes_at = (paper.width - MARGIN - changes).max(left + 200);
        let values = rows.iter().flat_map(|row| row.values.iter().map(String::as_str));
        let right = (changes_at - 40 - 20 - paper.widest(values, &DETAIL)).max(left + 120);
        let longest = rows.iter().map(|row| row.region.longest_ns());
        let span_ns = (longest.fold(1.0, f64::max)).ceil() as i64;
        let marks = Ticks::new(span_ns, style::ticks(right - left, 9));
        let place = |ns: i64| x(ns as f64, span_ns, left, right);
        let title = self.axis_title(drawn);
        let axis = Axis::of_time(marks, place, &title, (left, right), paper).with_strong_start();
        Ok(Box::new(ComparisonPicture {
            chart: self,
            backdrop,
            bar,
            pitch,
            left,
            right,
            span_ns,
            changes_at,
            rows,
            axis,
            legend,
        }))
    }

    fn data(&self) -> Data<'_> {
        super::data::of(self)
    }
}

impl ComparisonChart {
    fn heading(&self, paper: &Paper<'_>) -> Heading {
        let comparison = &self.comparison;
        let (from, to) = comparison.from_to();
        let summary = format!(
            "{}  ·  {}  ·  on the right the change from {from} to {to}",
            units::plural(comparison.runs().len() as u64, "run"),
            units::plural(comparison.regions().len() as u64, "region"),
        );
        let names = comparison.regions().iter().map(ComparedRegion::name);
        let labels = comparison.runs().iter().map(|run| run.label());
        Heading::with(
            "Comparison",
            &summary,
            comparison.warnings(),
            names.chain(labels),
            paper,
        )
    }

    /// The runs in the order of their bars.
    fn legend(&self, paper: &Paper<'_>) -> Legend {
        let runs = self.comparison.runs().iter().enumerate();
        let entries = runs.map(|(place, run)| {
            let label = paper.fit(&visible(run.label()), &DETAIL, paper.share(MAX_LABEL, 0.4));
            let mut text = format!(
                "{label}: {}, {} wall time",
                units::plural(run.ranks() as u64, "rank"),
                units::duration(run.wall_ns())
            );
            let change = self.comparison.relative_wall_change(place);
            if let Some(change) = change.filter(|_| place > 0) {
                text += &format!(" ({})", units::relative_change(change));
            }
            (text, self.shade(MUTED, place))
        });
        Legend::new(entries, MOST_LINES, paper)
    }

    fn axis_title(&self, drawn: usize) -> String {
        let time = match self.comparison.time().name() {
            "inclusive" => "Inclusive time",
            _ => "Exclusive time",
        };
        let of_ranks = if self.comparison.runs().iter().any(|run| run.ranks() > 1) {
            ", mean of the ranks"
        } else {
            ""
        };
        let regions = self.comparison.regions().len();
        let part = if drawn < regions {
            format!(
                "; the {drawn} regions of {} that changed most",
                units::count(regions as u64)
            )
        } else {
            String::new()
        };
        format!("{time}{of_ranks}{part}")
    }

    /// The colour of a run, the stronger the later it comes.
    fn shade(&self, color: Color, run: usize) -> Color {
        let last = self.comparison.runs().len().saturating_sub(1).max(1);
        color.over(BACKGROUND, PALE + (1.0 - PALE) * run as f32 / last as f32)
    }
}

fn x(ns: f64, span_ns: i64, left: i32, right: i32) -> i32 {
    let share = (ns / span_ns as f64).clamp(0.0, 1.0);
    left + (f64::from(right - left) * share).round() as i32
}

impl ComparisonPicture<'_> {
    /// Where the bars begin, below the legend.
    fn top(&self) -> i32 {
        self.backdrop.top() + self.legend.height() + 16
    }

    fn bottom(&self) -> i32 {
        self.top() + self.pitch * self.rows.len() as i32
    }

    fn draw_row(&self, canvas: &mut dyn Canvas, index: usize) -> Result<()> {
        let row = &self.rows[index];
        let middle = self.top() + self.pitch * index as i32 + self.pitch / 2;
        let baseline = middle + NAME.middle_to_baseline();
        canvas.text(self.left - 20, baseline, &row.name, &NAME)?;
        let top = middle - self.bar * row.values.len() as i32 / 2;
        let bars = row.region.times_ns().iter().zip(&row.values).enumerate();
        for (run, (time, value)) in bars {
            let top = top + self.bar * run as i32;
            let ns = time.unwrap_or(0.0);
            let mut end = x(ns, self.span_ns, self.left, self.right);
            if ns > 0.0 {
                end = end.max(self.left + 2);
            }
            let gap = i32::from(self.bar > 2 * THINNEST);
            let color = self.chart.shade(self.chart.colors[index], run);
            canvas.rect((self.left, end), (top + gap, top + self.bar - gap), color)?;
            let value_at = top + self.bar / 2 + DETAIL.middle_to_baseline();
            canvas.text(end + 20, value_at, value, &DETAIL)?;
        }
        canvas.text(self.changes_at, baseline - 18, &row.change, row.style())?;
        canvas.text(self.changes_at, baseline + 18, &row.relative, &DETAIL)
    }
}

impl Picture for ComparisonPicture<'_> {
    fn size(&self) -> (u32, u32) {
        self.backdrop.size(self.axis.last_baseline(self.bottom()))
    }

    fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        self.backdrop.draw(canvas, self.size())?;
        self.legend.draw(canvas, self.backdrop.top() - 44)?;
        let range = (self.top(), self.bottom());
        self.axis.draw(canvas, range)?;
        (0..self.rows.len()).try_for_each(|index| self.draw_row(canvas, index))?;
        canvas.rect((self.left - 1, self.left + 1), range, INK)
    }
}
