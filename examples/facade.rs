//! Regions by name, without `tracing`: open one, time a closure, ask while the program runs.
//!
//! ```text
//! cargo run --example facade [PROFILE.h5]
//! ```

use scope_profiler::{ProfileManager, ProfilingConfig, Result, profile_region};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "facade.h5".into());
    ProfileManager::setup(ProfilingConfig::new().file_path(file).label("facade example"))?;

    let numbers = ProfileManager::profile("generate", || {
        (0..200_000u64).map(|n| n * n % 1013).collect::<Vec<_>>()
    });

    for chunk in numbers.chunks(10_000) {
        // The macro looks the name up once; the guard records when it goes out of scope.
        let _region = profile_region!("chunk");
        let mut sorted = chunk.to_vec();
        {
            let _region = profile_region!("sort");
            sorted.sort_unstable();
        }
        // A name that is known only now.
        let parity = if sorted[0] % 2 == 0 { "even" } else { "odd" };
        let _region = ProfileManager::profile_region(&format!("sum: {parity}"));
        std::hint::black_box(sorted.iter().sum::<u64>());
    }

    if let Some(region) = ProfileManager::get_region("sort") {
        println!("so far {} was called {} times", region.name(), region.num_calls());
    }

    // Writes the file and prints the table.
    let summary = ProfileManager::finalize()?;
    if let Some(path) = summary.path() {
        println!("wrote {}", path.display());
    }
    Ok(())
}
