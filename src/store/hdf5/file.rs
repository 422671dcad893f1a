//! Opening HDF5 files so that memory does not grow with the number of objects in them.

use super::packer;
use hdf5::file::{FileAccessBuilder, MetadataCacheConfig};
use hdf5::{File, FileBuilder};
use std::path::Path;

/// The limit of the library's metadata cache, in bytes of the file. In memory they take about ten
/// times as much; the default of 32 MiB took more than 300 MB with a hundred thousand datasets.
const CACHED_BYTES: usize = 4 << 20;
/// Headers are laid out in blocks of this size; a small file has room to spare in its last one.
const HEADER_BLOCK_BYTES: u64 = 1 << 14;

/// Creates a file, replacing what is there.
///
/// In the format of HDF5 1.8 rather than of 1.0: that one keeps the names of a group's members in a
/// single piece, which is read and written as a whole for each member once it is larger than the
/// cache. The newer one finds a name in a tree and takes half the room.
///
/// With `compress`, columns may be in compressed chunks.
pub(super) fn create(path: &Path, compress: bool) -> hdf5::Result<File> {
    let mut builder = FileBuilder::new();
    if compress {
        builder.with_fcpl(|creation| creation.istore_k(packer::INDEX_K));
    }
    // Columns are written from memory in large pieces: what is shorter than 64 KiB would be copied into a buffer of
    // that size, which is made for each column.
    builder.with_fapl(|access| {
        let access = bounded(access).meta_block_size(HEADER_BLOCK_BYTES);
        access.sieve_buf_size(0).libver_v18()
    });
    builder.create(path)
}

/// Opens a file for reading.
pub(super) fn open(path: &Path) -> hdf5::Result<File> {
    let mut builder = FileBuilder::new();
    // Without a chunk cache, slices of uncompressed chunks are read as they are, and memory does
    // not grow with the number of datasets.
    builder.with_fapl(|access| bounded(access).chunk_cache(1, 0, 0.0));
    builder.open(path)
}

fn bounded(access: &mut FileAccessBuilder) -> &mut FileAccessBuilder {
    access.mdc_config(&MetadataCacheConfig {
        max_size: CACHED_BYTES,
        ..MetadataCacheConfig::default()
    })
}
