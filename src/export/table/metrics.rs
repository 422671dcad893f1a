//! The columns of metrics: of fields whose numbers add up the total, the rate and the median, of others the mean, the
//! extremes and the last.

use super::super::column::Column;
use crate::analysis::call_tree::CallNode;
use crate::analysis::metrics::{FieldStatistics, Metrics};
use crate::text;
use crate::units::{amount, value};
use std::collections::BTreeMap;

type Cell = fn(&FieldStatistics, Option<&str>) -> Option<String>;

/// What stands behind the name of a field in the header, and the cells, where its numbers add up.
const OF_AMOUNTS: [(&str, Cell); 3] = [
    ("", |of, unit| Some(value(of.total(), unit))),
    ("/s", |of, unit| {
        let per_second = of.per_second()?;
        Some(match unit {
            Some("ns") => amount(per_second / 1e9, Some("s/s")),
            Some(unit) => amount(per_second, Some(&format!("{unit}/s"))),
            None => amount(per_second, None) + " /s",
        })
    }),
    (" p50", |of, unit| Some(value(of.percentile(50.0)?, unit))),
];

/// And where they do not.
const OF_VALUES: [(&str, Cell); 4] = [
    (" mean", |of, unit| Some(value(of.mean(), unit))),
    (" min", |of, unit| Some(value(of.range()?.0, unit))),
    (" max", |of, unit| Some(value(of.range()?.1, unit))),
    (" last", |of, unit| Some(value(of.last()?, unit))),
];

/// Those of these nodes: of a region in several places of the tree what the tree has of each.
pub(super) fn columns(
    metrics: &Metrics,
    nodes: &[&CallNode],
    paths: &BTreeMap<&str, usize>,
    unicode: bool,
) -> Vec<Column> {
    let fields = metrics.fields().iter().enumerate();
    let of_field = fields.flat_map(|(place, field)| {
        let columns: &[(&str, Cell)] = if metrics.adds_up(place) {
            &OF_AMOUNTS
        } else {
            &OF_VALUES
        };
        columns.iter().map(move |&(behind, cell)| {
            let header = text::cell(field.name(), unicode) + behind;
            let cells = nodes.iter().map(|node| {
                let known = match paths[node.name()] {
                    1 => metrics.of_region(node.name(), place),
                    _ => node.numbers(place),
                };
                let shown = known.and_then(|of| cell(of, metrics.unit(place)));
                let shown = shown.unwrap_or_else(|| "-".into());
                if unicode { shown } else { shown.replace('µ', "u") }
            });
            Column::new(header, 0, cells)
        })
    });
    of_field.collect()
}
