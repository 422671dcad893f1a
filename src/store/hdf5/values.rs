//! Texts and metadata values as HDF5 stores them.

use super::super::codec::clip;
use crate::profile::Value;
use hdf5::types::VarLenUnicode;

/// An attribute is at most 64 KiB, its header included.
const MAX_ATTRIBUTE_BYTES: usize = 60_000;

/// A variable-length text. HDF5 ends it at a NUL, which is therefore shown as its symbol.
pub(super) fn text(text: &str) -> VarLenUnicode {
    let text = text.replace('\0', "\u{2400}");
    text.parse().unwrap_or_else(|_| VarLenUnicode::default())
}

/// Writes one attribute; a text that is too long for one is cut and ends in an ellipsis.
pub(super) fn attribute(location: &hdf5::Location, key: &str, value: &Value) -> hdf5::Result<()> {
    match value {
        Value::Text(long) if long.len() > MAX_ATTRIBUTE_BYTES => {
            let cut = format!("{}…", clip(long, MAX_ATTRIBUTE_BYTES));
            location
                .new_attr::<VarLenUnicode>()
                .create(key)?
                .write_scalar(&text(&cut))
        }
        Value::Text(short) => location
            .new_attr::<VarLenUnicode>()
            .create(key)?
            .write_scalar(&text(short)),
        Value::Int(n) => location.new_attr::<i64>().create(key)?.write_scalar(n),
        Value::Float(x) => location.new_attr::<f64>().create(key)?.write_scalar(x),
        Value::List(texts) => {
            let texts: Vec<VarLenUnicode> = texts.iter().map(|item| text(item)).collect();
            location.new_attr_builder().with_data(&texts).create(key)?;
            Ok(())
        }
    }
}
