//! Which rank a session is of, and its connection to the others.

use crate::clock::ClockMeasurement;
use crate::comm::{self, Comm, Connection, Occasion, Transport, World};
use crate::config::Settings;
use crate::record::writer::tell;
use crate::units::ranges;
use std::time::{Duration, Instant};

/// Warns of missing ranks; one rank does so for those that have reached rank 0.
fn warn_of_missing(comm: &Comm, missing: &[u32], timeout: Duration) {
    if comm.rank != 0 && !missing.contains(&0) {
        return;
    }
    let whom = match missing {
        [] => "the other ranks have".to_owned(),
        [one] => format!("rank {one} has"),
        several => format!("ranks {} have", ranges(several)),
    };
    tell(&format!(
        "rank {} of {}: {whom} not called setup within {} s (merge_timeout). The session goes on as without MPI: each \
         process has a log of its own, to be merged later. Where only some ranks or one program of several are to be \
         profiled, give setup a communicator of those alone (ProfilingConfig::communicator), or set \
         SCOPE_PROFILER_MPI=0",
        comm.rank,
        comm.size,
        timeout.as_secs_f64()
    ));
}

/// Which rank a session is of, as far as that is known, and its connection to the others.
#[derive(Debug)]
pub(super) struct Ranks {
    pub(super) comm: Comm,
    /// None without MPI, and before it is initialized.
    pub(super) world: Option<World>,
    /// MPI may be initialized later: until then `comm` is what the launcher says.
    pub(super) provisional: bool,
    /// Whether the other ranks could not be connected.
    pub(super) gave_up: bool,
    /// The warning, to be printed once, where MPI and the launcher disagree.
    pub(super) disagreement: Option<String>,
    /// The offset between this rank's clock and rank 0's at the start.
    pub(super) clock: Option<ClockMeasurement>,
}

impl Ranks {
    /// Collective where MPI is initialized and the session writes a file.
    pub(super) fn at_start(settings: &Settings, environment: impl Fn(&str) -> Option<String>) -> Self {
        let launched = Comm::of_launcher(&environment);
        if settings.activated && settings.file_name.is_some() {
            let timeout = settings.merge_timeout;
            match comm::connect(settings.communicator.as_deref(), &environment, timeout) {
                Connection::Made(_, comm) if disagree(&comm, &launched) => {
                    return Self {
                        disagreement: disagreement(&launched),
                        ..Self::without_mpi(launched)
                    };
                }
                Connection::Made(world, comm) => {
                    let until = Instant::now() + timeout;
                    let clock = comm::compare_clocks(&world, &settings.clock, Occasion::Start, until);
                    return Self {
                        world: Some(world),
                        clock,
                        ..Self::without_mpi(comm)
                    };
                }
                Connection::Missing(comm, missing) => {
                    warn_of_missing(&comm, &missing, timeout);
                    return Self::without_mpi(comm);
                }
                Connection::None => {}
            }
        }
        Self {
            provisional: comm::may_connect_later(&environment),
            ..Self::without_mpi(launched)
        }
    }

    fn without_mpi(comm: Comm) -> Self {
        Self {
            comm,
            world: None,
            provisional: false,
            gave_up: false,
            disagreement: None,
            clock: None,
        }
    }

    /// Connects the ranks where MPI has been initialized since the start; true when that changes the rank or size
    /// that the launcher told. Collective.
    pub(super) fn resolve(
        &mut self,
        timeout: Duration,
        environment: impl Fn(&str) -> Option<String>,
    ) -> bool {
        if self.world.is_some() || !self.provisional {
            return false;
        }
        let (world, mut comm) = match comm::connect(None, environment, timeout) {
            Connection::Made(world, comm) => (world, comm),
            Connection::Missing(..) => {
                self.gave_up = true;
                return false;
            }
            Connection::None => return false,
        };
        if disagree(&comm, &self.comm) {
            self.disagreement = disagreement(&self.comm);
            return false;
        }
        // Logs that share a name keep it.
        if self.comm.job.is_some() {
            comm.job.clone_from(&self.comm.job);
        }
        self.world = Some(world);
        let before = std::mem::replace(&mut self.comm, comm);
        before != self.comm
    }

    /// Gives up the connection without freeing anything: the others may still send to this rank.
    pub(super) fn abandon(&mut self) {
        if let Some(world) = self.world.take() {
            world.abandon();
        }
    }

    /// The connection to the others, where there is one and it can still be used.
    pub(super) fn others(&self) -> Option<&World> {
        self.world.as_ref().filter(|world| world.is_up())
    }
}

/// Whether MPI takes this process for the only one while the launcher knows of others: then it is the
/// launcher of another MPI. A session may also have one rank because its communicator has.
fn disagree(of_session: &Comm, launched: &Comm) -> bool {
    of_session.size == 1 && launched.is_one_of_several() && comm::size_of_world() == Some(1)
}

/// The warning, on one of the ranks.
fn disagreement(launched: &Comm) -> Option<String> {
    (launched.rank == 0).then(|| {
        format!(
            "MPI says that this process is the only one, and the launcher ({}) that it is one of {}: the program was \
             probably built with another MPI than that of mpirun, and none of its processes knows of the others. \
             Each keeps a log of its own; build and start it with one MPI, unless this is what you want",
            launched.launcher.unwrap_or("unknown"),
            launched.size
        )
    })
}
