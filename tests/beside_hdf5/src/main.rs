//! Writes an HDF5 file of its own and is profiled meanwhile: `beside-hdf5 DIRECTORY`.

use scope_profiler::{ProfileManager, ProfilingConfig};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: beside-hdf5 DIRECTORY")?);
    let session = ProfileManager::session(ProfilingConfig::new().file_path(directory.join("run.h5")))?;
    ProfileManager::profile("write results", || {
        let file = hdf5::File::create(directory.join("results.h5"))?;
        let results: Vec<i32> = (0..100).collect();
        file.new_dataset_builder()
            .with_data(&results)
            .create("results")?;
        file.close()
    })?;
    let summary = session.finalize()?;
    println!("{}", summary.path().ok_or("no log")?.display());
    Ok(())
}
