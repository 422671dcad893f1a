//! The program's counters, in the strip below the timeline. `assets/page/counters.js` is the other end.

use crate::analysis::selection::RegionFilter;
use crate::analysis::wall::Wall;
use crate::chart::{Cell, GrowingLine};
use crate::error::Result;
use crate::profile::{CounterRow, Source, each_samples};
use serde::Serialize;

/// A counter on a rank with no more samples has each of them; otherwise a line has so many columns.
const MOST_SAMPLES: u64 = 4096;
/// So few stay where there is little room.
const LEAST: usize = 64;
/// More lines are not in the page.
const MOST_LINES: usize = 64;

/// The values of a counter on a rank: each holds until the next one, where they are few. Otherwise each stands for
/// those of some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct CounterLine {
    name: String,
    unit: Option<String>,
    rank: u32,
    /// From the start of the run to the first value, then from each to the next, ns.
    steps: Vec<i64>,
    /// The last value of that time; none where there is a gap.
    values: Vec<Option<f64>>,
    /// The smallest and the largest value, where values stand for several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    low: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    high: Vec<Option<f64>>,
}

/// The lines of the chosen ranks, and how many there are beside these.
pub(super) fn of(
    source: &dyn Source,
    filter: &RegionFilter,
    wall: &Wall,
) -> Result<(Vec<CounterLine>, usize)> {
    let ranks = filter.chosen_ranks(source);
    let rows = source.counter_rows().iter().enumerate();
    let mut rows: Vec<(usize, &CounterRow)> = rows
        .filter(|(_, row)| ranks.binary_search(&row.rank).is_ok())
        .collect();
    // All ranks of a counter before those of the next.
    rows.sort_by_key(|(_, row)| (row.counter, row.rank));
    let left_out = rows.len().saturating_sub(MOST_LINES);
    rows.truncate(MOST_LINES);
    let lines = rows
        .into_iter()
        .map(|(index, row)| line(source, index, row, wall));
    Ok((lines.collect::<Result<_>>()?, left_out))
}

fn line(source: &dyn Source, index: usize, row: &CounterRow, wall: &Wall) -> Result<CounterLine> {
    let counter = &source.counters()[row.counter];
    let mut line = CounterLine {
        name: counter.name().to_owned(),
        unit: counter.unit().map(String::from),
        rank: row.rank,
        ..CounterLine::default()
    };
    let (origin, end) = wall.span().unwrap_or((0, wall.ns()));
    let mut last = 0;
    let mut step = |at: i64| {
        let at = at.saturating_sub(origin);
        at.saturating_sub(std::mem::replace(&mut last, at))
    };
    // As on the axis of all charts: ranks whose clocks were never compared begin together.
    let own = wall.rank_span(row.rank).filter(|_| wall.has_own_clocks());
    let shift = own.map_or(0, |span| span.0);
    if row.samples <= MOST_SAMPLES {
        each_samples(source, index, |samples| {
            for sample in samples.iter() {
                line.steps.push(step(sample.time_ns.saturating_sub(shift)));
                line.values
                    .push(Some(sample.value.as_f64()).filter(|value| value.is_finite()));
            }
            Ok(())
        })?;
        return Ok(line);
    }
    let mut growing = GrowingLine::new(MOST_SAMPLES as usize, origin, end);
    each_samples(source, index, |samples| {
        for sample in samples.iter() {
            growing.add(sample.time_ns.saturating_sub(shift), sample.value.as_f64());
        }
        Ok(())
    })?;
    let columns = growing.finish();
    let mut until = None;
    for (from, to, Cell { low, high, last }) in columns.runs() {
        if until.is_some_and(|until| until < from) {
            line.push(step(columns.time(until.unwrap_or(0), origin, end)), None);
        }
        line.push(step(columns.time(from, origin, end)), Some([low, high, last]));
        until = Some(to);
    }
    Ok(line)
}

impl CounterLine {
    fn push(&mut self, step: i64, values: Option<[f64; 3]>) {
        self.steps.push(step);
        self.low.push(values.map(|[low, ..]| low));
        self.high.push(values.map(|[_, high, _]| high));
        self.values.push(values.map(|[.., last]| last));
    }

    /// In about this share of its room: neighbours stand for several.
    pub(super) fn thinned(&self, share: f64) -> Self {
        let most = LEAST.max((MOST_SAMPLES as f64 * share) as usize);
        let each = self.steps.len().div_ceil(most);
        if each <= 1 {
            return self.clone();
        }
        let mut thin = Self {
            name: self.name.clone(),
            unit: self.unit.clone(),
            rank: self.rank,
            ..Self::default()
        };
        let (low, high) = match self.low.is_empty() {
            true => (&self.values, &self.values),
            false => (&self.low, &self.high),
        };
        let mut skipped = 0;
        for from in (0..self.steps.len()).step_by(each) {
            let range = from..self.steps.len().min(from + each);
            let least = low[range.clone()].iter().flatten().copied().reduce(f64::min);
            let most = high[range.clone()].iter().flatten().copied().reduce(f64::max);
            let last = self.values[range.clone()].iter().rev().flatten().copied().next();
            let values = least
                .zip(most)
                .zip(last)
                .map(|((least, most), last)| [least, most, last]);
            thin.push(skipped + self.steps[from], values);
            skipped = self.steps[range].iter().skip(1).sum();
        }
        thin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, Sample};

    fn lines(samples: impl Iterator<Item = (i64, f64)>) -> Vec<CounterLine> {
        let mut profile = Profile::builder().session(0, 1_000, 101_000);
        samples.for_each(|(at, value)| profile.push_sample(0, "n", Sample::new(at, value)));
        let profile = profile.build();
        let wall = crate::analysis::wall::Wall::with(&profile, &crate::analysis::wall::Spans::default());
        of(&profile, &RegionFilter::new(), &wall).unwrap().0
    }

    #[test]
    fn few_values_are_there_as_they_are() {
        let line = &lines([(1_000, 2.0), (1_500, f64::NAN), (1_700, 3.0)].into_iter())[0];
        assert_eq!(line.steps, [0, 500, 200]);
        assert_eq!(line.values, [Some(2.0), None, Some(3.0)]);
        assert!(line.low.is_empty() && line.high.is_empty());
    }

    #[test]
    fn of_many_values_the_extremes_stay_however_little_room_there_is() {
        let values = (0..50_000).map(|n| (1_000 + 2 * n, if n == 31_234 { 9.0 } else { (n % 2) as f64 }));
        let line = &lines(values)[0];
        assert!(line.steps.len() <= MOST_SAMPLES as usize);
        for share in [1.0, 0.1, 1e-4] {
            let thin = line.thinned(share);
            assert!(thin.steps.len() <= LEAST.max((MOST_SAMPLES as f64 * share) as usize));
            let high = thin.high.iter().flatten().copied().fold(f64::MIN, f64::max);
            assert_eq!(high, 9.0, "{share}");
            let total: i64 = thin.steps.iter().sum();
            assert!(total <= 100_000, "{total}");
        }
    }
}
