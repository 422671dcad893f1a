//! Texts of any length, which are in heaps that objects share (HDF5 File Format Specification 3.0, III.E).

use super::RawFile;
use super::messages::{Reader, Text};

/// Bytes before the first object of a heap, and of each object before its value.
const HEAP_HEAD: u64 = 16;
const OBJECT_HEAD: usize = 16;

impl RawFile {
    /// The text; none where it is not there.
    pub(in crate::store::hdf5) fn text(&self, text: Text) -> Option<String> {
        if text.length == 0 {
            return Some(String::new());
        }
        let head = text.heap..text.heap.checked_add(HEAP_HEAD)?;
        let size = self.with(&head, |bytes| {
            let mut reader = Reader::new(bytes.strip_prefix(b"GCOL\x01")?);
            reader.bytes(3)?;
            reader.number(8)
        })??;
        let objects = head.end..text.heap.checked_add(size)?;
        let bytes = self.with(&objects, |bytes| find(bytes, text).map(<[u8]>::to_vec))??;
        // NULs at the end are none of it.
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }
}

/// The text among the objects of its heap.
fn find(objects: &[u8], text: Text) -> Option<&[u8]> {
    let mut left = objects;
    while left.len() >= OBJECT_HEAD {
        let mut reader = Reader::new(left);
        let number = reader.number(2)?;
        reader.bytes(6)?;
        let size = usize::try_from(reader.number(8)?).ok()?;
        let value = left.get(OBJECT_HEAD..OBJECT_HEAD.checked_add(size)?)?;
        if number == text.object {
            return value.get(..text.length);
        }
        // The object 0 is the room that is left.
        if number == 0 {
            return None;
        }
        left = left.get(OBJECT_HEAD + size.checked_next_multiple_of(8)?..)?;
    }
    None
}
