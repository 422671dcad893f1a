//! The numbers of the chart of counters.

use super::line::COLUMNS;
use super::{CountersChart, Panel, Shown};
use crate::render::{Column, Data, Datum};

const OF_CHART: &[Column] = &[
    Column::new("counter", "the counter's name"),
    Column::new("unit", "what it is measured in"),
    Column::new("rank", "the rank; empty where a row is of several"),
    Column::new("from_ns", "from where on the axis the row is"),
    Column::new("up_to_ns", "up to where"),
    Column::new(
        "min",
        "the smallest value there; of any rank where the row is of several",
    ),
    Column::new("max", "the largest value there"),
    Column::new(
        "last",
        "the last value there; the mean of the ranks where the row is of several",
    ),
];

pub(super) fn of(chart: &CountersChart) -> Data<'_> {
    let rows = chart.panels.iter().flat_map(|panel| rows(chart, panel));
    Data::new(OF_CHART, rows)
}

fn rows<'a>(chart: &'a CountersChart, panel: &'a Panel) -> Vec<Vec<Datum<'a>>> {
    let time = |column: usize| (i128::from(chart.span_ns) * column as i128 / COLUMNS as i128) as i64;
    let row = |rank: Datum<'a>, (from, to): (usize, usize), values: [f64; 3]| {
        let mut row = vec![
            panel.counter.name().into(),
            panel.counter.unit().map_or(Datum::None, Datum::from),
            rank,
            time(from).into(),
            time(to).into(),
        ];
        row.extend(values.map(Datum::from));
        row
    };
    match &panel.shown {
        Shown::Ranks(ranks) => {
            let of_rank = ranks.iter().flat_map(|(rank, line)| {
                line.runs().map(|(from, to, cell)| {
                    let values = [cell.low, cell.high, cell.last];
                    row(i64::from(*rank).into(), (from, to), values)
                })
            });
            of_rank.collect()
        }
        Shown::Band { band, mean, .. } => {
            let columns = band.0.iter().zip(&mean.0).enumerate();
            let columns = columns.filter_map(|(at, (band, mean))| Some((at, (*band)?, (*mean)?)));
            columns
                .map(|(at, band, mean)| row(Datum::None, (at, at + 1), [band.low, band.high, mean.last]))
                .collect()
        }
    }
}
