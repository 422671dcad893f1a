//! Tables: datasets whose rows have named fields.
#![allow(unsafe_code)]

use super::column::{Storage, check_place};
use super::opened::Opened;
use crate::error::Result;
use hdf5::types::{CompoundField, CompoundType, FloatSize, IntSize, TypeDescriptor};
use hdf5::{Dataset, Datatype, h5check};
use hdf5_sys::h5d::H5Dread;
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::H5S_ALL;

/// The rows of a table in memory may not be larger, whatever a file claims.
const MOST_BYTES: u64 = 256 << 20;

/// A number that can be in a field.
pub(crate) trait Number: Copy {
    const TYPE: TypeDescriptor;

    fn put(self, out: &mut Vec<u8>);

    /// The number at the start of `bytes`, which moves behind it; 0 where there is none.
    fn take(bytes: &mut &[u8]) -> Self;
}

macro_rules! number {
    ($($number:ty: $descriptor:expr;)*) => {$(
        impl Number for $number {
            const TYPE: TypeDescriptor = $descriptor;

            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_ne_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Self {
                let Some((first, rest)) = bytes.split_first_chunk() else {
                    return Self::default();
                };
                *bytes = rest;
                Self::from_ne_bytes(*first)
            }
        }
    )*};
}
number! {
    u32: TypeDescriptor::Unsigned(IntSize::U4);
    i32: TypeDescriptor::Integer(IntSize::U4);
    i64: TypeDescriptor::Integer(IntSize::U8);
    u64: TypeDescriptor::Unsigned(IntSize::U8);
    f64: TypeDescriptor::Float(FloatSize::U8);
}

/// A row of a table: its fields follow one another without gaps.
pub(crate) trait Record: Sized {
    fn fields() -> Vec<(&'static str, TypeDescriptor)>;

    fn put(&self, out: &mut Vec<u8>);

    fn take(bytes: &mut &[u8]) -> Self;
}

/// Declares a row: a struct of numbers, whose names are those of the fields in the file.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $field:ident: $number:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct $name {
            $($(#[$what])* pub(crate) $field: $number,)*
        }

        impl $crate::store::hdf5::Record for $name {
            fn fields() -> Vec<(&'static str, $crate::store::hdf5::FieldType)> {
                vec![$((stringify!($field), <$number as $crate::store::hdf5::Number>::TYPE),)*]
            }

            fn put(&self, out: &mut Vec<u8>) {
                $($crate::store::hdf5::Number::put(self.$field, out);)*
            }

            fn take(bytes: &mut &[u8]) -> Self {
                $(let $field = $crate::store::hdf5::Number::take(bytes);)*
                Self { $($field),* }
            }
        }
    };
}
pub(crate) use record;

/// The type of such rows, and the bytes of each.
pub(super) fn datatype<R: Record>() -> hdf5::Result<(Datatype, usize)> {
    let mut size = 0;
    let fields = R::fields().into_iter().enumerate().map(|(index, (name, ty))| {
        let field = CompoundField::new(name, ty, size, index);
        size += field.ty.size();
        field
    });
    let fields = fields.collect();
    let compound = CompoundType { fields, size };
    Datatype::from_descriptor(&TypeDescriptor::Compound(compound)).map(|datatype| (datatype, size))
}

/// Whether the rows of a dataset have the fields of `R`, each a number.
fn has_fields<R: Record>(dataset: &Dataset) -> hdf5::Result<bool> {
    let TypeDescriptor::Compound(compound) = dataset.dtype()?.to_descriptor()? else {
        return Ok(false);
    };
    let is_number = |ty: &TypeDescriptor| {
        matches!(
            ty,
            TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) | TypeDescriptor::Float(_)
        )
    };
    let has = |name: &str| {
        let mut fields = compound.fields.iter();
        fields.any(|field| field.name == name && is_number(&field.ty))
    };
    Ok(R::fields().iter().all(|(name, _)| has(name)))
}

/// The rows of the table at `path`; none where it is something else.
pub(super) fn read<R: Record>(from: &Opened, path: &str, dataset: &Dataset) -> Result<Option<Vec<R>>> {
    let cannot = |error| from.hdf5(format!("{path} cannot be read"), error);
    check_place(from, path, dataset)?;
    let shape = dataset.get_shape().map_err(cannot)?;
    let &[rows] = shape.as_slice() else {
        return Ok(None);
    };
    if !has_fields::<R>(dataset).map_err(cannot)? {
        return Ok(None);
    }
    let (datatype, width) = datatype::<R>().map_err(cannot)?;
    let bytes = rows.saturating_mul(width);
    if bytes as u64 > MOST_BYTES {
        return Err(from.damaged(format!("{path} has {rows} rows, more than it can have")));
    }
    Storage::of(rows as u64, 1).check(from, path, dataset)?;
    let mut buffer = vec![0_u8; bytes];
    if rows > 0 {
        hdf5::sync::sync(|| {
            // SAFETY: dataset and type are open, and there is room for as many rows of the type as the dataset has.
            h5check(unsafe {
                H5Dread(
                    dataset.id(),
                    datatype.id(),
                    H5S_ALL,
                    H5S_ALL,
                    H5P_DEFAULT,
                    buffer.as_mut_ptr().cast(),
                )
            })
        })
        .map_err(cannot)?;
    }
    let mut left = buffer.as_slice();
    Ok(Some((0..rows).map(|_| R::take(&mut left)).collect()))
}
