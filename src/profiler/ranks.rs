//! Which rank a session is of, and its connection to the others.

use crate::clock::ClockMeasurement;
use crate::comm::{self, Comm, Connection, Occasion, Post, World};
use crate::config::Settings;
use crate::record::writer::tell;
use crate::units::ranges;
use std::time::{Duration, Instant};

/// One rank speaks for those that have heard of rank 0.
fn tell_of_missing(comm: &Comm, missing: &[u32], patience: Duration) {
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
        patience.as_secs_f64()
    ));
}

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
    /// How this rank's clock and rank 0's differed at the start.
    pub(super) clock: Option<ClockMeasurement>,
}

impl Ranks {
    /// Collective where MPI is initialized and the session writes a file.
    pub(super) fn at_start(settings: &Settings, environment: impl Fn(&str) -> Option<String>) -> Self {
        if settings.activated && settings.file_path.is_some() {
            let patience = settings.merge_timeout;
            match comm::connect(settings.communicator.as_deref(), &environment, patience) {
                Connection::Made(world, comm) => {
                    let until = Instant::now() + patience;
                    let clock = comm::compare_clocks(&world, &settings.clock, Occasion::Start, until);
                    return Self {
                        comm,
                        world: Some(world),
                        provisional: false,
                        gave_up: false,
                        clock,
                    };
                }
                Connection::Missing(comm, missing) => {
                    tell_of_missing(&comm, &missing, patience);
                    return Self {
                        comm,
                        world: None,
                        provisional: false,
                        gave_up: false,
                        clock: None,
                    };
                }
                Connection::None => {}
            }
        }
        Self {
            provisional: comm::may_connect_later(&environment),
            comm: Comm::of_launcher(environment),
            world: None,
            gave_up: false,
            clock: None,
        }
    }

    /// Connects where MPI was not there at the start and is now; true when that makes another rank of
    /// this process than it took itself for. Collective.
    pub(super) fn resolve(
        &mut self,
        patience: Duration,
        environment: impl Fn(&str) -> Option<String>,
    ) -> bool {
        if self.world.is_some() || !self.provisional {
            return false;
        }
        let (world, mut comm) = match comm::connect(None, environment, patience) {
            Connection::Made(world, comm) => (world, comm),
            Connection::Missing(..) => {
                self.gave_up = true;
                return false;
            }
            Connection::None => return false,
        };
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
