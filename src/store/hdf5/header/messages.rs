//! What the messages of a header say.

use hdf5::types::IntSize;

/// An address of nothing.
const NOWHERE: u64 = u64::MAX;

/// What a message is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::hdf5) enum MessageKind {
    Dataspace,
    LinkInfo,
    Datatype,
    Layout,
    Link,
    Attribute,
    AttributeInfo,
    Continuation,
    /// Nothing that matters for reading values as they are.
    Other,
}

impl MessageKind {
    /// The kind with this number; none where it, or its flags, change how the object is read.
    pub(super) fn of(number: u8, flags: u8) -> Option<Self> {
        const SHARED: u8 = 2;
        let kind = match number {
            0x01 => Self::Dataspace,
            0x02 => Self::LinkInfo,
            0x03 => Self::Datatype,
            0x06 => Self::Link,
            0x08 => Self::Layout,
            0x0c => Self::Attribute,
            0x10 => Self::Continuation,
            0x15 => Self::AttributeInfo,
            // Nothing, fill values, group info, comment, times.
            0x00 | 0x04 | 0x05 | 0x0a | 0x0d | 0x0e | 0x12 => Self::Other,
            _ => return None,
        };
        (flags & SHARED == 0).then_some(kind)
    }
}

/// Reads what a message says, from its first byte on; none where it ends before.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::hdf5) struct Reader<'a>(&'a [u8]);

/// Numbers of one type, one after the other at one place of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::hdf5) struct Integers {
    pub(in crate::store::hdf5) position: u64,
    pub(in crate::store::hdf5) len: u64,
    pub(in crate::store::hdf5) size: IntSize,
    pub(in crate::store::hdf5) signed: bool,
}

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::hdf5) enum Value {
    Int(i64),
    Text(Text),
}

/// A text of so many bytes: the object with this number in the heap at this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::hdf5) struct Text {
    pub(super) length: usize,
    pub(super) heap: u64,
    pub(super) object: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next so many bytes.
    pub(in crate::store::hdf5) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(count)?;
        self.0 = later;
        Some(now)
    }

    /// The next number, of up to 8 bytes.
    pub(in crate::store::hdf5) fn number(&mut self, width: usize) -> Option<u64> {
        let bytes = self.bytes(width)?.iter().rev();
        Some(bytes.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// An integer type in the byte order of this machine, and whether it is signed.
    pub(super) fn integer(&mut self) -> Option<(IntSize, bool)> {
        let (kind, bits, _) = (self.number(1)?, self.number(1)?, self.bytes(2)?);
        let size = match self.number(4)? {
            1 => IntSize::U1,
            2 => IntSize::U2,
            4 => IntSize::U4,
            8 => IntSize::U8,
            _ => return None,
        };
        let (offset, precision) = (self.number(2)?, self.number(2)?);
        let is_whole = offset == 0 && precision == 8 * size as u64;
        // Class 0 in one of its versions; of the bits the fourth says whether there is a sign, and the others are 0 for
        // little-endian numbers without padding.
        (kind & 0x0f == 0 && bits & !8 == 0 && is_whole).then_some((size, bits & 8 != 0))
    }

    /// The number of values of a dataspace with one dimension; 1 for a single value.
    pub(super) fn extent(&mut self) -> Option<(u64, bool)> {
        let &[version, dimensions, flags, kind] = self.bytes(4)? else {
            return None;
        };
        match (version, kind, dimensions) {
            (2, 0, 0) => Some((1, true)),
            (2, 1, 1) => {
                let len = self.number(8)?;
                let most = if flags & 1 != 0 { self.number(8)? } else { len };
                (most == len).then_some((len, false))
            }
            _ => None,
        }
    }

    /// Where the values of a dataset are, and how many bytes they take, if they are at one place.
    pub(super) fn place(&mut self) -> Option<(u64, u64)> {
        let is_contiguous = matches!(self.bytes(2)?, [3, 1]);
        let place = (self.number(8)?, self.number(8)?);
        is_contiguous.then_some(place)
    }

    /// The name and the address of the object that a hard link leads to.
    pub(in crate::store::hdf5) fn link(mut self) -> Option<(&'a str, u64)> {
        let &[version, flags] = self.bytes(2)? else {
            return None;
        };
        let is_hard = flags & 8 == 0 || self.number(1)? == 0;
        if flags & 4 != 0 {
            self.bytes(8)?;
        }
        if flags & 0x10 != 0 {
            self.bytes(1)?;
        }
        let length = self.number(1 << (flags & 3))?;
        let name = self.bytes(usize::try_from(length).ok()?)?;
        let address = self.number(8)?;
        (version == 1 && is_hard).then_some((std::str::from_utf8(name).ok()?, address))
    }

    /// Whether links or attributes are in the header, and not in a heap of their own. `numbers` is how many bytes of
    /// counters there are where the first flag is set.
    pub(in crate::store::hdf5) fn is_compact(mut self, numbers: usize) -> Option<bool> {
        let &[_, flags] = self.bytes(2)? else { return None };
        if flags & 1 != 0 {
            self.bytes(numbers)?;
        }
        Some(self.number(8)? == NOWHERE)
    }

    /// The name of an attribute, and what has its value.
    pub(in crate::store::hdf5) fn attribute(mut self) -> Option<(&'a str, AttributeValue<'a>)> {
        let &[3, 0] = self.bytes(2)? else { return None };
        let mut length = || self.number(2).map(|length| length as usize);
        let (name, datatype, dataspace) = (length()?, length()?, length()?);
        self.bytes(1)?;
        let name = self.bytes(name)?.strip_suffix(b"\0")?;
        let of = AttributeValue {
            datatype: Reader(self.bytes(datatype)?),
            dataspace: Reader(self.bytes(dataspace)?),
            value: self,
        };
        Some((std::str::from_utf8(name).ok()?, of))
    }
}

/// The value of an attribute, and of what type it is.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::hdf5) struct AttributeValue<'a> {
    datatype: Reader<'a>,
    dataspace: Reader<'a>,
    value: Reader<'a>,
}

impl AttributeValue<'_> {
    /// The value; none of a kind that this crate does not write.
    pub(in crate::store::hdf5) fn read(mut self) -> Option<Value> {
        let (_, true) = self.dataspace.extent()? else {
            return None;
        };
        let mut datatype = self.datatype;
        if let Some((IntSize::U8, true)) = datatype.integer() {
            return Some(Value::Int(self.value.number(8)? as i64));
        }
        // A string of any length: class 9, of the kind 1.
        let &[kind, bits, ..] = self.datatype.bytes(8)? else {
            return None;
        };
        if kind & 0x0f != 9 || bits & 0x0f != 1 {
            return None;
        }
        Some(Value::Text(Text {
            length: self.value.number(4)? as usize,
            heap: self.value.number(8)?,
            object: self.value.number(4)?,
        }))
    }
}
