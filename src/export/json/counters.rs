//! What the program's counters come to.

use crate::analysis::counters::{self, CounterStatistics};
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::{Number, Source};
use serde_json::{Map, Value, json};

/// Of each counter, over the chosen ranks.
pub(super) fn of(source: &dyn Source, filter: &RegionFilter) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for summary in counters::of(source, filter)? {
        let counter = &source.counters()[summary.counter()];
        let ranks = summary.ranks().iter();
        let ranks: Map<String, Value> = ranks
            .map(|(rank, of)| (rank.to_string(), statistics(of)))
            .collect();
        let value = json!({
            "unit": counter.unit(),
            "ranks": ranks,
            "pooled": statistics(&summary.pooled()),
        });
        all.insert(counter.name().into(), value);
    }
    Ok(all)
}

fn statistics(of: &CounterStatistics) -> Value {
    json!({
        "samples": of.samples(),
        "dropped": of.dropped(),
        "min": of.min().map(number),
        "mean": of.mean(),
        "mean_over_time": of.mean_over_time(),
        "max": of.max().map(number),
        "first": of.first().map(number),
        "last": of.last().map(number),
    })
}

/// Infinite ones are null: JSON has none.
fn number(number: Number) -> Value {
    match number {
        Number::Int(n) => json!(n),
        other => json!(other.as_f64()),
    }
}
