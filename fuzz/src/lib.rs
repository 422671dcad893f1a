//! What the fuzz targets do with their input. `tests/corpus.rs` includes these files, so that a
//! plain `cargo test` replays the corpus.

pub mod arguments;
pub mod log;
pub mod names;
pub mod patterns;
pub mod profile;
