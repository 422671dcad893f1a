//! What each region allocates, and how much of its time it works rather than waits.
//!
//! Two versions of a step: one makes its vectors anew each time, the other keeps them. And a thread that waits for the
//! result of another: its region takes as long as the other's work, and hardly any processor time.
//!
//! ```text
//! cargo run --features alloc --example allocations [PROFILE.h5]
//! ```

use scope_profiler::profile::Number;
use scope_profiler::{
    ProfileManager, ProfilingConfig, ProfilingH5Reader, RankRegion, ScopeAllocator, profile_region,
};
use std::hint::black_box;
use std::sync::mpsc;

// Over another allocator: `ScopeAllocator::over(mimalloc::MiMalloc)`.
#[global_allocator]
static ALLOCATOR: ScopeAllocator = ScopeAllocator::new();

const CELLS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "allocations.h5".into());
    let config = ProfilingConfig::new()
        .file_path(&file)
        .allocations(true)
        .cpu_time(true);
    let session = ProfileManager::session(config)?;

    let mut field: Vec<f64> = (0..CELLS).map(|n| n as f64).collect();
    let mut buffer = vec![0.0; CELLS];
    for _ in 0..100 {
        let _step = profile_region!("step");
        field = ProfileManager::profile("step with new vectors", || smoothed(&field));
        ProfileManager::profile("step in place", || {
            smooth(&field, &mut buffer);
            std::mem::swap(&mut field, &mut buffer);
        });
    }

    let (done, is_done) = mpsc::channel();
    let other = std::thread::spawn(move || {
        let _region = profile_region!("work of another thread");
        done.send((0..50_000_000u64).fold(0, |sum, n| black_box(sum ^ n)))
    });
    let sum = ProfileManager::profile("wait for it", || is_done.recv())?;
    other.join().expect("it does not panic")?;
    session.finalize()?;

    println!("result {} {sum}", field[CELLS / 2]);
    let reader = ProfilingH5Reader::open(&file)?;
    for name in [
        "step",
        "step with new vectors",
        "step in place",
        "work of another thread",
        "wait for it",
    ] {
        let region = &reader.get_region(name)?[0];
        println!(
            "{name}: {} bytes in {} allocations; on a processor for {} % of its time",
            sum_of(region, "self_alloc_bytes"),
            sum_of(region, "self_allocs"),
            100 * sum_of(region, "cpu_ns") / region.total_duration_ns().max(1),
        );
    }
    Ok(())
}

fn smooth(field: &[f64], to: &mut [f64]) {
    for (to, around) in to[1..].iter_mut().zip(field.windows(3)) {
        *to = around.iter().sum::<f64>() / 3.0;
    }
}

fn smoothed(field: &[f64]) -> Vec<f64> {
    let mut to = vec![0.0; field.len()];
    smooth(field, &mut to);
    to
}

/// What the calls of a region have in a field, added up.
fn sum_of(region: &RankRegion, field: &str) -> i64 {
    let values = region.field(field).into_iter().flat_map(|values| values.iter());
    values
        .map(|value| value.map_or(0, |value: Number| value.as_f64() as i64))
        .sum()
}
