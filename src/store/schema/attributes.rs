//! Single attributes by name, among those that a file has.

use crate::profile::{Metadata, Value};

/// A text attribute, if there is one by that name.
pub(super) fn text(attributes: &Metadata, name: &str) -> Option<String> {
    match attributes.get(name)? {
        Value::Text(text) => Some(text.clone()),
        Value::List(texts) => texts.first().cloned(),
        Value::Int(_) | Value::Float(_) => None,
    }
}

/// A list-of-texts attribute; a single text counts as a list of one.
#[cfg(feature = "hdf5")]
pub(super) fn texts_of(attributes: &Metadata, name: &str) -> Vec<String> {
    match attributes.get(name) {
        Some(Value::List(texts)) => texts.clone(),
        Some(Value::Text(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// An integer attribute, if there is one by that name.
pub(super) fn int(attributes: &Metadata, name: &str) -> Option<i64> {
    match attributes.get(name)? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

/// A list-of-integers attribute; a single integer counts as a list of one.
#[cfg(feature = "hdf5")]
pub(super) fn ints(attributes: &Metadata, name: &str) -> Vec<i64> {
    match attributes.get(name) {
        Some(Value::Int(number)) => vec![*number],
        Some(Value::List(texts)) => texts.iter().filter_map(|text| text.parse().ok()).collect(),
        _ => Vec::new(),
    }
}
