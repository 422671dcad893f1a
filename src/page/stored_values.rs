//! The values of a page that is made of what is stored. There are no numbers among that: they are read, of the rows
//! that have them, as far as these have few calls.

use super::values::{self, PageField};
use crate::analysis::pass::Observer;
use crate::chart::gantt::{Bar, Lane};
use crate::chart::value_mean::Mean;
use crate::chart::{ChartOptions, Facts, GanttChart, GrowingGantt, Subject, ValueColors};
use crate::error::Result;
use crate::profile::{Intervals, Number, Source};
use std::collections::{BTreeSet, HashMap};

/// So many intervals are read for their numbers.
pub(super) const MOST_READ: u64 = 4_000_000;

/// The fields of some rows, as indices into [`Source::fields`].
#[derive(Debug, Default, PartialEq)]
pub(super) struct Chosen {
    /// Those whose numbers are read.
    pub(super) read: Vec<usize>,
    /// Those that too many calls have.
    pub(super) left_out: Vec<usize>,
}

impl Chosen {
    /// Of these rows, of which no more than `most` intervals are to be read.
    pub(super) fn of(source: &dyn Source, rows: &[usize], most: u64) -> Self {
        let mut chosen = Self::default();
        let mut read: BTreeSet<usize> = BTreeSet::new();
        for field in values::fields_of(source, rows) {
            let of_field = rows.iter().copied().filter(|&row| has(source, row, field));
            let with: BTreeSet<usize> = read.iter().copied().chain(of_field).collect();
            let intervals = with.iter().map(|&row| source.rows()[row].intervals);
            if intervals.fold(0, u64::saturating_add) <= most {
                read = with;
                chosen.read.push(field);
            } else {
                chosen.left_out.push(field);
            }
        }
        chosen
    }
}

fn has(source: &dyn Source, row: usize, field: usize) -> bool {
    source.fields_of(row).contains(&field)
}

/// The values of one field while they are read: a chart of the rows that have it.
pub(super) struct GrowingField<'a> {
    source: &'a dyn Source,
    field: usize,
    chart: GrowingGantt<'a>,
    /// The smallest number and the largest so far.
    range: Option<(f64, f64)>,
}

impl<'a> GrowingField<'a> {
    /// For lanes of a subject in a chart with these options.
    ///
    /// # Errors
    ///
    /// When what has to be known before cannot be read.
    pub(super) fn new(subject: &Subject<'a>, field: usize, options: &ChartOptions) -> Result<Self> {
        let source = subject.source();
        let part = subject.part(|row| has(source, row, field));
        let options = options.clone().color_by(source.fields()[field].name());
        Ok(Self {
            source,
            field,
            chart: GrowingGantt::new(&part, &options)?,
            range: None,
        })
    }

    /// The field and a chart of its values, when the pass is over; none where there is no number.
    ///
    /// # Errors
    ///
    /// As [`GrowingGantt::finish`].
    pub(super) fn finish(self, facts: &Facts) -> Result<Option<(PageField, GanttChart)>> {
        let Some((low, high)) = self.range else {
            return Ok(None);
        };
        let field = self.source.fields()[self.field].clone();
        let of_page = PageField {
            index: self.field,
            colors: ValueColors::new(&field, low, high),
            field,
        };
        match self.chart.finish(facts) {
            Ok(chart) => Ok(Some((of_page, chart))),
            // There is none in the window.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Observer for GrowingField<'_> {
    fn takes_row(&self, row: usize) -> bool {
        self.chart.takes_row(row)
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        self.chart.columns(row)
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let column = chunk.column(self.source.fields()[self.field].column());
        let numbers = column.iter().flat_map(|numbers| numbers.iter().flatten());
        for number in numbers.map(Number::as_f64).filter(|number| number.is_finite()) {
            let (low, high) = self.range.unwrap_or((number, number));
            self.range = Some((low.min(number), high.max(number)));
        }
        self.chart.chunk(row, chunk)
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.chart.end_row(row)
    }
}

/// The values of the bars of a chart, lane by lane, as another chart has them of some of its lanes; none at all where
/// there is no such chart.
pub(super) fn pack(chart: &GanttChart, valued: Option<&GanttChart>) -> Vec<u8> {
    let regions = || valued.into_iter().flat_map(|valued| &valued.regions);
    let lanes = regions().flat_map(|region| {
        region
            .lanes
            .iter()
            .map(move |lane| (key(&region.name, lane), lane))
    });
    let lanes: HashMap<_, &Lane> = lanes.collect();
    let later = valued.map_or(0, |valued| valued.origin_ns.saturating_sub(chart.origin_ns));
    let mut packed = Vec::new();
    for region in &chart.regions {
        for lane in &region.lanes {
            let of_lane = lanes.get(&key(&region.name, lane));
            let values = of_lane.map(|of| values_of(&lane.bars, &of.bars, later));
            values::pack_lane(&mut packed, &values.unwrap_or_default());
        }
    }
    packed
}

/// Region, rank and thread.
fn key<'n>(region: &'n str, lane: &Lane) -> (&'n str, u32, Option<u32>) {
    (region, lane.rank, lane.thread)
}

/// The values of bars by those of others, whose axis begins so much later.
fn values_of(bars: &[Bar], valued: &[Bar], later: i64) -> Vec<Option<f64>> {
    let start = |bar: &Bar| bar.start_ns.saturating_add(later);
    let mut valued = valued.iter().peekable();
    let mut around: Option<&Bar> = None;
    let values = bars.iter().enumerate().map(|(place, bar)| {
        let next = bars.get(place + 1).map_or(i64::MAX, |next| next.start_ns);
        let mut mean = Mean::default();
        while let Some(one) = valued.next_if(|one| start(one) < next) {
            let length = one.end_ns.saturating_sub(one.start_ns).max(1) as f64;
            mean.add(Mean::of(one.value, length * f64::from(one.busy).max(1e-6)));
            around = Some(one);
        }
        let around = around.filter(|one| one.end_ns.saturating_add(later) > bar.start_ns);
        let value = mean.get().or(around.and_then(|one| one.value));
        values::of_bar(bar, value)
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Call, Profile};

    #[test]
    fn fields_are_read_as_long_as_few_calls_have_them() {
        let mut profile = Profile::builder();
        for call in 0..30 {
            let numbers = [("bytes", Number::Int(call)), ("level", Number::Int(1))];
            let which = if call < 10 { 0..2 } else { 0..1 };
            let name = if call < 10 { "few" } else { "many" };
            profile.push(Call::new(name, 10 * call..10 * call + 5).numbers(&numbers[which]));
        }
        let profile = profile.build();
        let of = |most| {
            let chosen = Chosen::of(&profile, &[0, 1], most);
            let names = |fields: &[usize]| {
                let names = fields.iter().map(|&field| profile.fields()[field].name());
                names.collect::<Vec<_>>().join(" ")
            };
            (names(&chosen.read), names(&chosen.left_out))
        };
        let pair = |read: &str, left_out: &str| (read.to_owned(), left_out.to_owned());
        assert_eq!(of(30), pair("bytes level", ""));
        assert_eq!(of(29), pair("level", "bytes"));
        assert_eq!(of(9), pair("", "bytes level"));
    }

    #[test]
    fn bars_have_the_values_of_those_that_they_stand_for() {
        let bar = |start, end, value| Bar {
            value,
            ..Bar::new(start, end)
        };
        let ends = [(100, 140), (150, 155), (155, 160), (200, 210)];
        let bars = ends.map(|(start, end)| bar(start, end, None));
        // Two in the first, one around the next two, none in the last.
        let valued = [
            bar(0, 10, Some(4.0)),
            bar(10, 40, Some(8.0)),
            bar(50, 70, Some(2.0)),
        ];
        assert_eq!(
            values_of(&bars, &valued, 100),
            [Some(7.0), Some(2.0), Some(2.0), None]
        );
    }
}
