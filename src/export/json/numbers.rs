//! What the numbers of calls come to.

use crate::analysis::metrics::Metrics;
use serde_json::{Map, Value, json};

/// Of each field that calls of a region have, over the chosen ranks.
pub(super) fn of(metrics: &Metrics, region: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    for (place, field) in metrics.fields().iter().enumerate() {
        let Some(of) = metrics.of_region(region, place) else {
            continue;
        };
        let (min, max) = of.range().unzip();
        let value = json!({
            "unit": metrics.unit(place),
            "adds_up": metrics.adds_up(place),
            "num_calls": of.calls(),
            "total": of.total(),
            "mean": of.mean(),
            "min": min,
            "max": max,
            "last": of.last(),
            "p50": of.percentile(50.0),
            "p95": of.percentile(95.0),
            "p99": of.percentile(99.0),
            "time_ns": i64::try_from(of.time_ns()).unwrap_or(i64::MAX),
            "per_second": of.per_second(),
        });
        fields.insert(field.name().into(), value);
    }
    fields
}
