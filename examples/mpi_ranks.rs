//! Several MPI ranks, one file: `mpirun -n 4 target/debug/examples/mpi_ranks ranks.h5`.

use mpi::traits::{Communicator, CommunicatorCollectives};
use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
use std::time::{Duration, Instant};

/// Computes for a while; a sleep would leave the processor to another rank.
fn work(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let universe = mpi::initialize().ok_or("MPI is initialized already")?;
    let world = universe.world();
    let file = std::env::args().nth(1).unwrap_or_else(|| "mpi_ranks.h5".into());
    ProfileManager::setup(ProfilingConfig::new().file_path(&file).label("mpi_ranks"))?;

    for _ in 0..10 {
        let _step = profile_region!("step");
        // The last rank has twice the work, and everybody waits for it.
        let share = if world.rank() + 1 == world.size() { 2 } else { 1 };
        ProfileManager::profile("compute", || work(share * Duration::from_millis(2)));
        ProfileManager::profile("wait", || world.barrier());
    }

    // Collective: rank 0 writes one file and prints the summary. MPI must still be up.
    ProfileManager::finalize()?;
    if world.rank() == 0 {
        println!("look at it: scope-profiler-pproc {file} -o figures");
    }
    Ok(())
}
