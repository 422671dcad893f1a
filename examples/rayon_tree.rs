//! Work that rayon hands to other threads: a span with an explicit parent says what started it.
//!
//! By thread, the parts stand at the top of the tree, because nothing is open on the threads that do them. By caller
//! they are below `sum`:
//!
//! ```text
//! cargo run --example rayon_tree [PROFILE.h5]
//! scope-profiler-pproc rayon_tree.h5 --tree caller
//! ```

use rayon::prelude::*;
use scope_profiler::{ProfileManager, ProfilingConfig};
use tracing::{info_span, instrument};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "rayon_tree.h5".into());
    let session = ProfileManager::session(ProfilingConfig::new().file_path(file).label("rayon example"))?;
    tracing::subscriber::set_global_default(ProfileManager::subscriber())?;
    let total = sum(1 << 22);
    session.finalize()?;
    println!("sum {total}");
    Ok(())
}

#[instrument]
fn sum(n: u64) -> u64 {
    let parts: Vec<u64> = (0..n).step_by(1 << 16).collect();
    let here = tracing::Span::current();
    let of_part = |first: u64| {
        let _span = info_span!(parent: &here, "part").entered();
        (first..n.min(first + (1 << 16))).fold(0, |sum: u64, n| sum.wrapping_mul(31).wrapping_add(n))
    };
    parts.into_par_iter().map(of_part).reduce(|| 0, u64::wrapping_add)
}
