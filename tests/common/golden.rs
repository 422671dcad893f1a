//! The corpus of files in `tests/golden`.

use std::path::{Path, PathBuf};

/// The path of a file of the corpus.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}
