//! MPI, as far as the profiler needs it. It never initializes or finalizes MPI itself.

use super::{Comm, clock_exchange, digest};
use crate::clock::{Clock, ClockMeasurement};
use mpi::environment::{is_finalized, is_initialized};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn is_up() -> bool {
    is_initialized() && !is_finalized()
}

pub(super) fn comm() -> Option<Comm> {
    if !is_up() {
        return None;
    }
    let world = SimpleCommunicator::world();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_nanos() as u64);
    // All ranks name the run as rank 0 does.
    let job = digest(&[
        &broadcast(now).to_string(),
        &broadcast(std::process::id().into()).to_string(),
    ]);
    Some(Comm {
        rank: u32::try_from(world.rank()).unwrap_or(0),
        size: u32::try_from(world.size()).unwrap_or(1),
        job: Some(job),
        connected: true,
    })
}

pub(super) fn barrier() {
    SimpleCommunicator::world().barrier();
}

pub(super) fn broadcast(mut value: u64) -> u64 {
    SimpleCommunicator::world()
        .process_at_rank(0)
        .broadcast_into(&mut value);
    value
}

pub(super) fn measure_clock(clock: &Clock) -> Option<ClockMeasurement> {
    clock_exchange::measure(&SimpleCommunicator::world(), clock)
}
