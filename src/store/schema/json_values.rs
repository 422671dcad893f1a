//! Metadata that are written as JSON.

use crate::profile::{Metadata, Value};
use serde_json::{Map, Value as Json};

/// The metadata in an object; what says nothing is left out.
pub(super) fn metadata(object: Map<String, Json>) -> Metadata {
    let values = object.into_iter();
    values
        .filter_map(|(key, json)| Some((key, value(json)?)))
        .collect()
}

/// The texts in an array; none where it is something else.
#[cfg(feature = "hdf5")]
pub(super) fn texts(array: &str) -> Vec<String> {
    serde_json::from_str(array).unwrap_or_default()
}

/// The metadata of each call in an array of objects; none where no call has any, or it is something else.
#[cfg(feature = "hdf5")]
pub(super) fn of_calls(array: &str) -> Vec<Metadata> {
    if array.is_empty() || array == "[]" {
        return Vec::new();
    }
    let objects: Vec<Map<String, Json>> = serde_json::from_str(array).unwrap_or_default();
    objects.into_iter().map(metadata).collect()
}

fn value(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(on) => Value::Int(on.into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(text).collect()),
        Json::Object(_) => Value::Text(json.to_string()),
    })
}

fn text(json: Json) -> String {
    match json {
        Json::String(text) => text,
        other => other.to_string(),
    }
}
