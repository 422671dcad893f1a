//! Which rank this process is, of how many; and, with MPI, the messages between ranks.

mod barrier;
mod broadcast;
mod clock_exchange;
mod launcher;
#[cfg(feature = "mpi")]
mod mpi_world;
#[cfg(not(feature = "mpi"))]
#[path = "no_mpi.rs"]
mod mpi_world;
mod rendezvous;
mod transport;

pub(crate) use broadcast::broadcast;
pub(crate) use clock_exchange::{Occasion, compare_clocks};
pub(crate) use launcher::batch_job;
pub(crate) use mpi_world::World;
pub(crate) use rendezvous::{Rendezvous, Stage};
pub(crate) use transport::Transport;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// One process among those of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comm {
    pub(crate) rank: u32,
    /// 0 where it is not known.
    pub(crate) size: u32,
    /// The same for all processes of one run, where they know of each other.
    pub(crate) job: Option<String>,
    /// The launcher that says so, unless it is MPI.
    pub(crate) launcher: Option<&'static str>,
    /// What the launcher says is only a hint that there are others.
    pub(crate) may_be_alone: bool,
}

impl Comm {
    /// A process without others.
    pub(crate) fn serial() -> Self {
        Self {
            rank: 0,
            size: 1,
            job: None,
            launcher: None,
            may_be_alone: false,
        }
    }

    /// Rank and size by MPI; none when the ranks could not agree on a name before `until`. Collective.
    pub(crate) fn of_world(world: &World, until: Option<Instant>) -> Option<Self> {
        Some(Self {
            rank: world.rank(),
            size: world.size(),
            job: Some(world.agree(until)?),
            launcher: None,
            may_be_alone: false,
        })
    }
}

/// The result of connecting the ranks.
#[derive(Debug)]
pub(crate) enum Connection {
    /// MPI is not initialized, or finalized already, or the calling thread may not call it, or
    /// `SCOPE_PROFILER_MPI=0` switches it off.
    None,
    /// The ranks are connected.
    Made(World, Comm),
    /// This rank, and those that did not arrive.
    Missing(Comm, Vec<u32>),
}

/// Connects the ranks of a duplicate of `given`, or of `MPI_COMM_WORLD`, if all arrive within `timeout`.
/// Collective.
pub(crate) fn connect(
    given: Option<&World>,
    environment: impl Fn(&str) -> Option<String>,
    timeout: Duration,
) -> Connection {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    if !is_available(&environment) {
        return Connection::None;
    }
    let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
    let wait_for_all = |world: &World| {
        let comm = Comm {
            rank: world.rank(),
            size: world.size(),
            ..Comm::serial()
        };
        (comm, barrier::wait(world, attempt, timeout))
    };
    let arrived = match given {
        Some(given) => Some(wait_for_all(given)),
        None => World::with_program(wait_for_all),
    };
    let until = Some(Instant::now() + timeout);
    let connected = || {
        let world = match given {
            Some(given) => given.again(until),
            None => World::of_all(until),
        }?;
        let comm = Comm::of_world(&world, until)?;
        Some((world, comm))
    };
    match arrived {
        None => Connection::None,
        Some((comm, Err(missing))) => Connection::Missing(
            Comm {
                job: Comm::of_launcher(environment).job,
                ..comm
            },
            missing,
        ),
        Some((comm, Ok(()))) => match connected() {
            Some((world, comm)) => Connection::Made(world, comm),
            // A rank arrived and has gone since.
            None => Connection::Missing(comm, Vec::new()),
        },
    }
}

/// Whether MPI can be called by this thread now, and is not switched off.
pub(crate) fn is_available(environment: impl Fn(&str) -> Option<String>) -> bool {
    !is_switched_off(&environment) && mpi_world::may_be_called()
}

/// The number of processes that MPI started together, where it can be called.
pub(crate) fn size_of_world() -> Option<u32> {
    World::with_program(Transport::size)
}

/// Whether MPI may be initialized later, although it is not now.
pub(crate) fn may_connect_later(environment: impl Fn(&str) -> Option<String>) -> bool {
    cfg!(feature = "mpi") && !is_switched_off(&environment)
}

fn is_switched_off(environment: &impl Fn(&str) -> Option<String>) -> bool {
    environment("SCOPE_PROFILER_MPI").is_some_and(|value| value == "0")
}

/// Pauses between two polls for a message: none at first, because MPI may need several polls for one step,
/// then longer and longer ones, because ranks may share a processor.
fn backoff() -> impl FnMut() {
    const BUSY_POLLS: u32 = 200;
    let mut polls = 0;
    let mut pause = Duration::from_micros(20);
    move || {
        if polls < BUSY_POLLS {
            polls += 1;
            std::thread::yield_now();
        } else {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }
}

/// A short name for a launch: the identifiers that launchers give may contain any characters.
fn digest(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}
