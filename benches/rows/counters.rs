//! Values of counters.

use super::session;
use crate::harness::{Running, Storage, repeat};
use scope_profiler::profile::Source;
use scope_profiler::{ProfileManager, ProfilingH5Reader, profile_counter};
use std::hint::black_box;
use tempfile::TempDir;

/// As `recorded` of calls: the file has to have each value.
fn sampled(directory: TempDir, mut batch: Box<dyn FnMut(usize) -> f64>) -> Running {
    Running {
        batch: Box::new(move |values| {
            let time = batch(values);
            ProfileManager::flush().expect("the log can be written");
            time
        }),
        finish: Box::new(move |values| {
            ProfileManager::finalize().map_err(|error| error.to_string())?;
            let reader = ProfilingH5Reader::open(directory.path().join("bench.h5"));
            let reader = reader.map_err(|error| error.to_string())?;
            let found: u64 = reader.counter_rows().iter().map(|row| row.samples).sum();
            match found == values {
                true => Ok(()),
                false => Err(format!("{found} values were recorded, not {values}")),
            }
        }),
    }
}

pub fn by_macro(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    sampled(directory, repeat(|| profile_counter!("bench", black_box(24_u64))))
}

pub fn by_name(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    sampled(
        directory,
        repeat(|| ProfileManager::counter(black_box("bench"), black_box(24_u64))),
    )
}

/// Without a session.
pub fn off(_: Storage) -> Running {
    super::unchecked(repeat(|| profile_counter!("bench", black_box(24_u64))))
}
