//! Which rank this process is, and of how many; and, with MPI, what ranks say to each other.

mod announcement;
mod clock_exchange;
mod launcher;
mod meeting;
#[cfg(feature = "mpi")]
mod mpi_world;
#[cfg(not(feature = "mpi"))]
#[path = "no_mpi.rs"]
mod mpi_world;
mod post;
mod rendezvous;

pub(crate) use announcement::words_of_rank_0;
pub(crate) use clock_exchange::{Occasion, compare_clocks};
pub(crate) use launcher::batch_job;
pub(crate) use meeting::{Meeting, Stage};
pub(crate) use mpi_world::World;
pub(crate) use post::Post;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// One process among those of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comm {
    pub(crate) rank: u32,
    /// 0 where it is not known.
    pub(crate) size: u32,
    /// The same for all processes of one run, where they know of each other.
    pub(crate) job: Option<String>,
    /// Who says so, unless it is MPI.
    pub(crate) launcher: Option<&'static str>,
    /// What the launcher says is no more than a hint at others.
    pub(crate) may_be_alone: bool,
}

impl Comm {
    /// A process on its own.
    pub(crate) fn serial() -> Self {
        Self {
            rank: 0,
            size: 1,
            job: None,
            launcher: None,
            may_be_alone: false,
        }
    }

    /// As MPI has it; none when the ranks could not agree on a name before `until`. Collective.
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

/// What came of connecting the ranks.
#[derive(Debug)]
pub(crate) enum Connection {
    /// MPI is not initialized or finalized already, the calling thread may not call it, or
    /// `SCOPE_PROFILER_MPI=0` switches it off.
    None,
    /// The ranks that can talk to each other, as this process knows them.
    Made(World, Comm),
    /// This rank, and those that have not come.
    Missing(Comm, Vec<u32>),
}

/// Connects the ranks of a duplicate of `given`, or of `MPI_COMM_WORLD`, when all have come within
/// `timeout`. Collective.
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
    let meet = |world: &World| {
        let comm = Comm {
            rank: world.rank(),
            size: world.size(),
            ..Comm::serial()
        };
        (comm, rendezvous::gather(world, attempt, timeout))
    };
    let met = match given {
        Some(given) => Some(meet(given)),
        None => World::with_program(meet),
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
    match met {
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
            // One has come and is gone.
            None => Connection::Missing(comm, Vec::new()),
        },
    }
}

/// Whether MPI can be called here and now, and is wanted.
pub(crate) fn is_available(environment: impl Fn(&str) -> Option<String>) -> bool {
    !is_switched_off(&environment) && mpi_world::may_be_called()
}

/// How many processes MPI has started together, where it can be called.
pub(crate) fn size_of_world() -> Option<u32> {
    World::with_program(Post::size)
}

/// Whether MPI could be there later, although it is not now.
pub(crate) fn may_connect_later(environment: impl Fn(&str) -> Option<String>) -> bool {
    cfg!(feature = "mpi") && !is_switched_off(&environment)
}

fn is_switched_off(environment: &impl Fn(&str) -> Option<String>) -> bool {
    environment("SCOPE_PROFILER_MPI").is_some_and(|value| value == "0")
}

/// Pauses between two looks for a message: none at first, as MPI may need several looks for one step,
/// then longer and longer, as the ranks may share a processor.
fn backoff() -> impl FnMut() {
    const LOOKS: u32 = 200;
    let mut looks = 0;
    let mut pause = Duration::from_micros(20);
    move || {
        if looks < LOOKS {
            looks += 1;
            std::thread::yield_now();
        } else {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A short name for a launch: what launchers give may be an address with any characters.
fn digest(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}
