//! Attribute values of any writer: integers of every width and order, fixed- and variable-length
//! strings, single values and lists.

use super::native;
use crate::profile::{Metadata, Value};
use hdf5::types::{FixedAscii, FixedUnicode, FloatSize, IntSize, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Attribute, Container, H5Type, IndexType, IterationOrder, Location};

/// The most values of one attribute or list of names; more is damage.
const MAX_VALUES: usize = 1 << 20;
/// Bytes of fixed-length strings in one list.
const MAX_BYTES: usize = 1 << 26;

/// The most attributes of one object that are read.
const MAX_ATTRIBUTES: usize = 1 << 12;

/// The attributes of an object with the given names that can be a [`Value`].
///
/// Others are not read: libhdf5 crashes on some damaged strings.
pub(super) fn read(location: &Location, wanted: impl Fn(&str) -> bool) -> hdf5::Result<Metadata> {
    let mut metadata = Metadata::new();
    each(location, |name, attribute| {
        // An unreadable attribute is left out; the profile is still read.
        if wanted(&name) {
            if let Ok(Some(value)) = value(&attribute) {
                metadata.insert(name, value);
            }
        }
    })?;
    Ok(metadata)
}

/// The attribute called `name`, if there is one.
pub(super) fn find(location: &Location, wanted: &str) -> hdf5::Result<Option<Attribute>> {
    let mut found = None;
    each(location, |name, attribute| {
        if name == wanted {
            found = Some(attribute);
        }
    })?;
    Ok(found)
}

/// Opens one attribute after the other. HDF5's own iteration is not safe with damaged files: the binding takes the
/// character set of each attribute for valid.
fn each(location: &Location, mut visit: impl FnMut(String, Attribute)) -> hdf5::Result<()> {
    let count = location.loc_info()?.num_attrs.min(MAX_ATTRIBUTES);
    for index in 0..count as u64 {
        let attribute = location.attr_by_index(IndexType::Name, IterationOrder::Increasing, index)?;
        visit(attribute.name(), attribute);
    }
    Ok(())
}

/// An attribute's value; `None` for types without a counterpart (compounds, references, ...).
fn value(attribute: &Attribute) -> hdf5::Result<Option<Value>> {
    if let Some(number) = native::single_int64(attribute)? {
        return Ok(Some(Value::Int(number)));
    }
    let scalar = attribute.shape().is_empty();
    let list = match attribute.dtype()?.to_descriptor()? {
        TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => {
            numbers::<i64>(attribute)?.into_iter().map(Value::Int).collect()
        }
        TypeDescriptor::Float(FloatSize::U4 | FloatSize::U8) => {
            numbers::<f64>(attribute)?.into_iter().map(Value::Float).collect()
        }
        TypeDescriptor::Boolean => numbers::<bool>(attribute)?
            .into_iter()
            .map(|on| Value::Int(on.into()))
            .collect(),
        _ => match strings(attribute)? {
            Some(texts) if scalar => texts.into_iter().map(Value::Text).collect(),
            Some(texts) => return Ok(Some(Value::List(texts))),
            None => Vec::new(),
        },
    };
    Ok(match <[Value; 1]>::try_from(list) {
        Ok([single]) => Some(single),
        Err(several) if several.is_empty() => None,
        Err(several) => Some(Value::List(several.iter().map(text_of_number).collect())),
    })
}

fn text_of_number(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(texts) => texts.join(", "),
    }
}

pub(super) fn numbers<T: H5Type>(container: &Container) -> hdf5::Result<Vec<T>> {
    check_size(container, size_of::<T>())?;
    container.read_raw::<T>()
}

/// Refuses attributes for which the binding would allocate too little memory: too many values, a product of
/// dimensions that overflows, or no values at all.
fn check_size(container: &Container, width: usize) -> hdf5::Result<()> {
    let space = container.space()?;
    if space.is_null() {
        return Err("there is no value".into());
    }
    let shape = space.shape();
    let fits = |values: usize| values <= MAX_VALUES && values.saturating_mul(width) <= MAX_BYTES;
    let values = shape
        .iter()
        .try_fold(1_usize, |product, &extent| product.checked_mul(extent));
    match values {
        Some(values) if fits(values) => Ok(()),
        _ => Err(format!("an extent of {shape:?} values is more than this can be").into()),
    }
}

/// The strings in an attribute or dataset; `None` when it does not hold strings.
pub(super) fn strings(container: &Container) -> hdf5::Result<Option<Vec<String>>> {
    // HDF5 converts between lengths but wants the length in memory at compile time, so each string
    // is read into the next of a few sizes.
    macro_rules! fixed {
        ($kind:ident, $length:expr) => {
            match $length {
                0..=64 => texts::<$kind<64>>(container),
                65..=1024 => texts::<$kind<1024>>(container),
                1025..=65536 => texts::<$kind<65536>>(container),
                length => {
                    Err(format!("strings of {length} bytes are longer than an attribute can be").into())
                }
            }
        };
    }
    match container.dtype()?.to_descriptor()? {
        TypeDescriptor::VarLenUnicode => texts::<VarLenUnicode>(container),
        TypeDescriptor::VarLenAscii => texts::<VarLenAscii>(container),
        TypeDescriptor::FixedUnicode(length) => fixed!(FixedUnicode, length),
        TypeDescriptor::FixedAscii(length) => fixed!(FixedAscii, length),
        _ => return Ok(None),
    }
    .map(Some)
}

fn texts<T: H5Type + Bytes>(container: &Container) -> hdf5::Result<Vec<String>> {
    check_size(container, size_of::<T>())?;
    let raw = container.read_raw::<T>()?;
    Ok(raw
        .iter()
        .map(|text| String::from_utf8_lossy(text.bytes()).into_owned())
        .collect())
}

/// The bytes of HDF5's string types: their `as_str` assumes valid UTF-8.
trait Bytes {
    fn bytes(&self) -> &[u8];
}

macro_rules! bytes {
    ($($kind:ty $(, $n:ident)?);*) => {$(
        impl $(<const $n: usize>)? Bytes for $kind {
            fn bytes(&self) -> &[u8] {
                self.as_bytes()
            }
        }
    )*};
}
bytes!(VarLenUnicode; VarLenAscii; FixedUnicode<N>, N; FixedAscii<N>, N);

/// Whether a type is an integer of any width up to 64 bits, and then whether it is signed.
pub(super) fn integer(descriptor: &TypeDescriptor) -> Option<(IntSize, bool)> {
    match *descriptor {
        TypeDescriptor::Integer(size) => Some((size, true)),
        TypeDescriptor::Unsigned(size) => Some((size, false)),
        _ => None,
    }
}
