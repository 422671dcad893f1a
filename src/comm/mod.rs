//! Which rank this process is, and of how many; and, with MPI, what ranks say to each other.

#[cfg(feature = "mpi")]
mod clock_exchange;
mod launcher;
#[cfg(feature = "mpi")]
mod mpi_world;
#[cfg(not(feature = "mpi"))]
#[path = "no_mpi.rs"]
mod mpi_world;

use crate::clock::{Clock, ClockMeasurement};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// One process among those of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comm {
    pub(crate) rank: u32,
    pub(crate) size: u32,
    /// The same for all processes of one run, where they know of each other.
    pub(crate) job: Option<String>,
    /// Whether the processes can talk to each other.
    pub(crate) connected: bool,
}

impl Comm {
    /// A process on its own.
    pub(crate) fn serial() -> Self {
        Self {
            rank: 0,
            size: 1,
            job: None,
            connected: false,
        }
    }

    /// This process: as MPI has it where it is initialized and the feature `mpi` is on, else as the
    /// launcher's environment has it. Serial where `SCOPE_PROFILER_MPI=0` switches both off.
    ///
    /// Collective over `MPI_COMM_WORLD` where MPI is initialized.
    pub(crate) fn of_process(environment: impl Fn(&str) -> Option<String>) -> Self {
        if environment("SCOPE_PROFILER_MPI").is_some_and(|value| value == "0") {
            return Self::serial();
        }
        mpi_world::comm().unwrap_or_else(|| Self::from_launcher(environment))
    }

    /// Waits for all ranks.
    pub(crate) fn barrier(&self) {
        if self.connected {
            mpi_world::barrier();
        }
    }

    /// Rank 0's value, on every rank.
    pub(crate) fn broadcast(&self, value: u64) -> u64 {
        if self.connected {
            mpi_world::broadcast(value)
        } else {
            value
        }
    }

    /// Compares this rank's clock with rank 0's. Collective while the ranks can talk to each other;
    /// otherwise known only of rank 0 itself.
    pub(crate) fn measure_clock(&self, clock: &Clock) -> Option<ClockMeasurement> {
        if self.is_connected() {
            mpi_world::measure_clock(clock)
        } else {
            (self.rank == 0).then(|| ClockMeasurement::same_clock(clock.anchor().ns))
        }
    }

    /// Whether the ranks can still talk to each other: not after `MPI_Finalize`.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected && mpi_world::is_up()
    }
}

/// A short name for a launch: what launchers give may be an address with any characters.
fn digest(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}
