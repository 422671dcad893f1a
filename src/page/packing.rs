//! What a page has of its lanes: their bars, and the values of these in as many fields as there is room for.

use super::bars::{self, Head, Packer};
use super::data::PageNote;
use super::values::{self, PageField};
use crate::chart::gantt::nested::NestedLanes;
use crate::chart::{GanttChart, ValueColors};
use crate::profile::Source;

/// Packed, not compressed.
pub(super) struct Packed {
    pub(super) bars: Vec<u8>,
    /// Of each field that any of the bars has a number of.
    values: Vec<(PageField, Vec<u8>)>,
}

impl Packed {
    /// Of the lanes with values in these fields, for a chart whose header says of them how many calls are merged.
    pub(super) fn new(
        lanes: &mut NestedLanes,
        chart: &mut GanttChart,
        source: &dyn Source,
        fields: &[usize],
    ) -> Self {
        lanes.settle_values();
        let all = &*lanes;
        let lanes = all.of_regions(chart, source);
        chart.header.merged = lanes.iter().map(|(_, lane)| lane.merged()).sum();
        let values = fields.iter().enumerate().filter_map(|(place, &index)| {
            let field = source.fields()[index].clone();
            // That of calls: when one comes closer, their colours stay what the scale says.
            let (low, high) = all.range(place)?;
            let colors = ValueColors::new(&field, low, high);
            let field = PageField { index, field, colors };
            Some((field, values::pack(&lanes, place)))
        });
        let values = values.collect();
        let mut packer = Packer::default();
        for (region, lane) in &lanes {
            let head = Head {
                region: *region,
                rank: lane.rank,
                thread: Some(lane.thread),
                depth: lane.depth,
            };
            packer.push(&head, lane.bars(chart.origin_ns));
        }
        Self {
            bars: packer.finish(),
            values,
        }
    }

    /// For how many of the first fields there is room, and about how many bytes they take: all, or else no more than
    /// the bars.
    pub(super) fn choose(&self, room: usize, of_bars: usize) -> (usize, usize) {
        let mut sum = 0;
        let sums = self.values.iter().map(|(_, numbers)| {
            sum += bars::estimate(numbers);
            sum
        });
        let sums: Vec<usize> = sums.collect();
        let all = sums.last().copied().unwrap_or(0);
        if all <= room {
            return (sums.len(), all);
        }
        let number = sums.partition_point(|&sum| sum <= of_bars);
        (number, number.checked_sub(1).map_or(0, |last| sums[last]))
    }

    /// The first so many fields.
    pub(super) fn fields(&self, number: usize) -> Vec<PageField> {
        let fields = self.values[..number].iter();
        fields.map(|(field, _)| field.clone()).collect()
    }

    /// The values in the first so many fields, compressed; none in none.
    pub(super) fn values(&self, number: usize) -> Option<Vec<u8>> {
        let numbers = self.values[..number].iter();
        let numbers: Vec<u8> = numbers.flat_map(|(_, numbers)| numbers).copied().collect();
        (number > 0).then(|| bars::compress(&numbers))
    }

    /// That a page with the first so many fields has no numbers of the others.
    pub(super) fn note_on_left_out(&self, number: usize) -> Option<PageNote> {
        let names = self.values[number..].iter().map(|(of, _)| of.field.name());
        let names: Vec<&str> = names.collect();
        let which = names.join(", ");
        let text = format!(
            "the numbers of {which} are left out, as the page would be too large; --max-html-size allows more"
        );
        (!names.is_empty()).then(|| PageNote::new(text))
    }
}
