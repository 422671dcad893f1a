//! Which rank a session is of, and its connection to the others.

use crate::clock::ClockMeasurement;
use crate::comm::{self, Comm, Occasion, Post, World};
use crate::config::Settings;
use std::time::Instant;

/// Which rank a session is of, as far as that is known, and its connection to the others.
#[derive(Debug)]
pub(super) struct Ranks {
    pub(super) comm: Comm,
    /// None without MPI, and as long as it is not initialized.
    pub(super) world: Option<World>,
    /// MPI may be initialized later: until then `comm` is what the launcher says.
    pub(super) provisional: bool,
    /// The other ranks have not come to be connected.
    pub(super) gave_up: bool,
    /// What to say of it, once, where MPI and the launcher say different things.
    pub(super) disagreement: Option<String>,
    /// How this rank's clock and rank 0's differed at the start.
    pub(super) clock: Option<ClockMeasurement>,
}

impl Ranks {
    /// Collective where MPI is initialized and the session writes a file.
    pub(super) fn at_start(settings: &Settings, environment: impl Fn(&str) -> Option<String>) -> Self {
        let launched = Comm::of_launcher(&environment);
        if settings.activated && settings.file_name.is_some() {
            if let Some((world, comm)) = comm::connect(settings.communicator.as_deref(), &environment, None) {
                if settings.communicator.is_none() && disagree(&comm, &launched) {
                    return Self {
                        disagreement: disagreement(&launched),
                        provisional: false,
                        ..Self::without_mpi(launched)
                    };
                }
                let until = Instant::now() + settings.merge_timeout;
                let clock = comm::compare_clocks(&world, &settings.clock, Occasion::Start, until);
                return Self {
                    comm,
                    world: Some(world),
                    provisional: false,
                    gave_up: false,
                    disagreement: None,
                    clock,
                };
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

    /// Connects where MPI was not there at the start and is now; true when that makes another rank of
    /// this process than it took itself for. Collective.
    pub(super) fn resolve(&mut self, until: Instant, environment: impl Fn(&str) -> Option<String>) -> bool {
        if self.world.is_some() || !self.provisional {
            return false;
        }
        let Some((world, mut comm)) = comm::connect(None, &environment, Some(until)) else {
            self.gave_up = comm::is_available(environment);
            return false;
        };
        if disagree(&comm, &self.comm) {
            self.disagreement = disagreement(&self.comm);
            return false;
        }
        // Logs that have a name in common keep it.
        if self.comm.job.is_some() {
            comm.job.clone_from(&self.comm.job);
        }
        self.world = Some(world);
        let before = std::mem::replace(&mut self.comm, comm);
        before != self.comm
    }

    /// Leaves the others as they are: they may still write to this rank, so that nothing is freed.
    pub(super) fn abandon(&mut self) {
        if let Some(world) = self.world.take() {
            world.abandon();
        }
    }

    /// The others, where this process can talk to them.
    pub(super) fn others(&self) -> Option<&World> {
        self.world.as_ref().filter(|world| world.is_up())
    }
}

/// Whether MPI takes this process for the only one, and the launcher knows of others: then it is the
/// launcher of another MPI.
fn disagree(of_mpi: &Comm, launched: &Comm) -> bool {
    of_mpi.size == 1 && launched.is_one_of_several()
}

/// One of the ranks says so.
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
