//! Regions by name, without `tracing`: open one, time a closure, ask while the program runs.
//!
//! ```text
//! cargo run --example facade [PROFILE.h5]
//! ```

use scope_profiler::{ProfileManager, ProfilingConfig, Result, profile_region};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "facade.h5".into());
    ProfileManager::setup(ProfilingConfig::new().file_path(file).label("facade example"))?;

    // A closure, whose result is handed through.
    let mut values = ProfileManager::profile("generate", || random_numbers(100_000));

    for width in [1_000, 10_000, 100_000] {
        // A name that is known only at run time.
        let _pass = ProfileManager::profile_region(&format!("pass of {width}"));
        for chunk in values.chunks_mut(width) {
            // A name that is known now: looked up once, and recorded when the guard is dropped.
            let _region = profile_region!("sort");
            chunk.sort_unstable();
        }
    }

    if let Some(region) = ProfileManager::get_region("sort") {
        println!("{} was called {} times\n", region.name(), region.num_calls());
    }

    // Writes the file, prints the table and where it went.
    ProfileManager::finalize()?;
    Ok(())
}

/// The linear congruential generator of Knuth's MMIX.
fn random_numbers(n: usize) -> Vec<u64> {
    let next = |x: &u64| {
        Some(
            x.wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407),
        )
    };
    std::iter::successors(Some(1), next).take(n).collect()
}
