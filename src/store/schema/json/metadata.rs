//! What is known about the run.

use crate::profile::{Metadata, Value};
use serde_json::{Map, Value as Json};

/// The metadata of a document; what says nothing is left out.
pub(super) fn read(metadata: Map<String, Json>) -> Metadata {
    let values = metadata.into_iter();
    values
        .filter_map(|(key, json)| Some((key, value(json)?)))
        .collect()
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
