//! Compressed columns. libhdf5 compresses on the thread that writes, one chunk after the other; here other threads
//! do, and HDF5 stores what they give back. Readers see the filters shuffle and deflate, which every HDF5 has.
#![allow(unsafe_code)]

use crate::workers::Workers;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdf5::{Dataset, Group, H5Type, h5check};
use hdf5_sys::h5d::H5Dwrite_chunk;
use hdf5_sys::h5p::H5P_DEFAULT;
use std::collections::VecDeque;
use std::io::Write;

/// Rows of a chunk, which is read as a whole: longer ones save little, and make short windows of time slow.
pub(super) const CHUNK_ROWS: usize = if cfg!(test) { 30 } else { 1 << 14 };

/// Shorter columns stay as they are: the index of their chunks would take what compression saves.
const LEAST_ROWS: usize = if cfg!(test) { 10 } else { 1 << 8 };

/// Half the entries in a node of the index of chunks: most columns have few, and each has a node.
pub(super) const INDEX_K: u32 = 8;

const LEVEL: u8 = 6;

/// Whether a column of so many rows is compressed.
pub(super) fn is_worth_it(rows: usize) -> bool {
    rows >= LEAST_ROWS
}

/// Refuses a library without the filters, whose own programs could not read the file.
pub(super) fn check() -> hdf5::Result<()> {
    if hdf5::filters::deflate_available() {
        return Ok(());
    }
    Err("this HDF5 library was built without zlib and cannot read compressed columns; do not compress".into())
}

/// Makes a compressed column of so many rows. Gives the rows of its chunks as well.
pub(super) fn create<T: H5Type>(group: &Group, name: &str, rows: usize) -> hdf5::Result<(Dataset, usize)> {
    let chunk_rows = rows.min(CHUNK_ROWS);
    let dataset = group
        .new_dataset::<T>()
        .obj_track_times(false)
        .chunk(chunk_rows)
        .shuffle()
        .deflate(LEVEL)
        .shape(rows)
        .create(name)?;
    Ok((dataset, chunk_rows))
}

/// The chunks of a file on their way through other threads.
#[derive(Debug)]
pub(super) struct Packer {
    workers: Workers<Chunk, Vec<u8>>,
    /// Where they go, in their order: the dataset, and the first row.
    places: VecDeque<(Dataset, u64)>,
}

/// The values of a chunk, as they are in memory.
#[derive(Debug)]
struct Chunk {
    bytes: Vec<u8>,
    /// Bytes of a value.
    width: usize,
}

impl Packer {
    pub(super) fn start() -> Self {
        Self {
            workers: Workers::start(packed),
            places: VecDeque::new(),
        }
    }

    /// Takes a whole chunk of values of the dataset, which [`create`] has made, from this row on.
    pub(super) fn add(
        &mut self,
        dataset: &Dataset,
        row: u64,
        bytes: Vec<u8>,
        width: usize,
    ) -> hdf5::Result<()> {
        self.places.push_back((dataset.clone(), row));
        match self.workers.add(Chunk { bytes, width }) {
            Some(packed) => self.store(&packed),
            None => Ok(()),
        }
    }

    /// Stores all that are left.
    pub(super) fn finish(&mut self) -> hdf5::Result<()> {
        while let Some(packed) = self.workers.next() {
            self.store(&packed)?;
        }
        Ok(())
    }

    fn store(&mut self, packed: &[u8]) -> hdf5::Result<()> {
        let Some((dataset, row)) = self.places.pop_front() else {
            return Err("a chunk without a place".into());
        };
        hdf5::sync::sync(|| {
            // SAFETY: the dataset is open, has one dimension and a chunk that starts at this row; the bytes are those
            // of a chunk after all of its filters.
            h5check(unsafe {
                H5Dwrite_chunk(
                    dataset.id(),
                    H5P_DEFAULT,
                    0,
                    &row,
                    packed.len(),
                    packed.as_ptr().cast(),
                )
            })
        })
        .map(drop)
    }
}

/// What the filters make of a chunk.
fn packed(chunk: Chunk) -> Vec<u8> {
    let shuffled = shuffled(&chunk);
    let mut encoder = ZlibEncoder::new(
        Vec::with_capacity(shuffled.len() / 2),
        Compression::new(LEVEL.into()),
    );
    // A list of bytes takes whatever there is memory for.
    let written = encoder.write_all(&shuffled);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The first bytes of all values, then the second ones, and so on.
fn shuffled(chunk: &Chunk) -> Vec<u8> {
    let Chunk { bytes, width } = chunk;
    let values = bytes.len() / width;
    let mut shuffled = vec![0; bytes.len()];
    for (at, plane) in shuffled.chunks_exact_mut(values).enumerate() {
        let column = bytes[at..].iter().step_by(*width);
        plane.iter_mut().zip(column).for_each(|(to, from)| *to = *from);
    }
    shuffled
}
