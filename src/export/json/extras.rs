//! What files of the Python package say beside times: where a region comes from, and how long a GPU was busy.

use crate::error::Result;
use crate::profile::{Intervals, Source, each_chunk, saturate};
use serde_json::{Map, Value, json};

/// Where the region of these rows comes from, as far as any of them says.
pub(super) fn origin(source: &dyn Source, rows: &[usize], into: &mut Map<String, Value>) {
    let mut keep = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|_| !into.contains_key(key)) {
            into.insert(key.into(), value);
        }
    };
    for &row in rows {
        let origin = source.origin(row);
        keep("source_file", origin.source_file.map(Value::from));
        keep("source_line", origin.source_line.map(Value::from));
        keep("tags", (!origin.tags.is_empty()).then(|| origin.tags.into()));
    }
}

/// The calls of a row that a GPU took time for, and that time; nothing where the file knows of none.
pub(super) fn gpu(source: &dyn Source, row: usize, into: &mut Value) -> Result<()> {
    if !source.columns().contains(&Intervals::GPU) {
        return Ok(());
    }
    let (mut calls, mut total) = (0_u64, 0_i128);
    let mut buffer = Intervals::new().with_column(Intervals::GPU);
    each_chunk(source, row, &mut buffer, |chunk| {
        let times = chunk.column(Intervals::GPU).and_then(|times| times.whole());
        for &ns in times.unwrap_or_default().iter().filter(|&&ns| ns >= 0) {
            calls += 1;
            total += i128::from(ns);
        }
        Ok(())
    })?;
    if calls > 0 {
        into["gpu_calls"] = json!(calls);
        into["gpu_total_ns"] = json!(saturate(total));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::analysis::selection::RegionFilter;
    use crate::store::reader::ProfilingH5Reader;
    use serde_json::{Value, json};

    fn regions(file: &str) -> Value {
        let reader = ProfilingH5Reader::open(format!("tests/golden/{file}")).unwrap();
        let text = super::super::region_statistics(&reader, &RegionFilter::new()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        document["regions"].clone()
    }

    #[test]
    fn tags_and_call_sites_are_those_of_the_file() {
        let fib = &regions("py075_nested.h5")["fib"];
        assert_eq!(fib["tags"], json!(["recursive", "hot"]));
        assert_eq!(
            (&fib["source_file"], &fib["source_line"]),
            (&json!("fixture.py"), &json!(22))
        );
        assert_eq!(fib["pooled"].get("gpu_total_ns"), None);
    }
}
