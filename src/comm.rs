//! Which rank this process is, and of how many; and, with MPI, what ranks say to each other.

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

/// The variables in which launchers tell rank, size and job, the most specific first.
const LAUNCHERS: [(&str, &str, &[&str]); 5] = [
    (
        "OMPI_COMM_WORLD_RANK",
        "OMPI_COMM_WORLD_SIZE",
        &[
            "PMIX_NAMESPACE",
            "OMPI_MCA_orte_hnp_uri",
            "OMPI_MCA_ess_base_jobid",
        ],
    ),
    ("PMIX_RANK", "PMIX_SIZE", &["PMIX_NAMESPACE"]),
    (
        "PMI_RANK",
        "PMI_SIZE",
        &["PMI_JOBID", "HYDI_CONTROL_FD", "PALS_APID"],
    ),
    ("PALS_RANKID", "PALS_SIZE", &["PALS_APID"]),
    ("SLURM_PROCID", "SLURM_NTASKS", &["SLURM_JOB_ID"]),
];

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

    /// Whether the ranks can still talk to each other: not after `MPI_Finalize`.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected && mpi_world::is_up()
    }

    /// What the launcher says in this process's environment; serial where it says nothing, or
    /// nothing that makes sense.
    fn from_launcher(environment: impl Fn(&str) -> Option<String>) -> Self {
        let number = |key: &str| environment(key).and_then(|value| value.trim().parse::<u32>().ok());
        LAUNCHERS
            .iter()
            .find_map(|(rank, size, jobs)| {
                let (rank, size) = (number(rank)?, number(size)?);
                let job = jobs
                    .iter()
                    .find_map(|key| environment(key))
                    .filter(|job| !job.is_empty());
                let step = environment("SLURM_STEP_ID").unwrap_or_default();
                let job = job.map(|job| digest(&[&job, &step]));
                (rank < size && size > 1).then_some(Self {
                    rank,
                    size,
                    job,
                    connected: false,
                })
            })
            .unwrap_or_else(Self::serial)
    }
}

/// MPI, as far as the profiler needs it. It never initializes or finalizes MPI itself.
#[cfg(feature = "mpi")]
mod mpi_world {
    use super::{Comm, digest};
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
}

/// The same without MPI: every process is on its own.
#[cfg(not(feature = "mpi"))]
mod mpi_world {
    use super::Comm;

    pub(super) fn is_up() -> bool {
        false
    }

    pub(super) fn comm() -> Option<Comm> {
        None
    }

    pub(super) fn barrier() {}

    pub(super) fn broadcast(value: u64) -> u64 {
        value
    }
}

/// A short name for a launch: what launchers give may be an address with any characters.
fn digest(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comm(pairs: &'static [(&str, &str)]) -> Comm {
        Comm::of_process(|key| {
            pairs
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn every_launcher_is_understood() {
        for (rank, size, _) in LAUNCHERS {
            let environment = |key: &str| match key {
                _ if key == rank => Some("3".into()),
                _ if key == size => Some("4".into()),
                _ => None,
            };
            let comm = Comm::from_launcher(environment);
            assert_eq!((comm.rank, comm.size), (3, 4), "{rank}");
        }
    }

    #[test]
    fn a_program_without_a_launcher_is_serial() {
        assert_eq!(comm(&[]), Comm::serial());
        assert_eq!(comm(&[("PMI_RANK", "0"), ("PMI_SIZE", "1")]), Comm::serial());
        assert_eq!(comm(&[("SLURM_PROCID", "7")]), Comm::serial());
        assert_eq!(comm(&[("PMI_RANK", "9"), ("PMI_SIZE", "4")]), Comm::serial());
    }

    #[test]
    fn the_launcher_can_be_ignored() {
        let pairs = &[("PMI_RANK", "1"), ("PMI_SIZE", "4"), ("SCOPE_PROFILER_MPI", "0")];
        assert_eq!(comm(pairs), Comm::serial());
    }

    #[test]
    fn ranks_of_one_launch_agree_on_its_name() {
        let a = comm(&[
            ("PMIX_RANK", "0"),
            ("PMIX_SIZE", "2"),
            ("PMIX_NAMESPACE", "tcp://[::1]:9"),
        ]);
        let b = comm(&[
            ("PMIX_RANK", "1"),
            ("PMIX_SIZE", "2"),
            ("PMIX_NAMESPACE", "tcp://[::1]:9"),
        ]);
        assert_eq!(a.job, b.job);
        assert!(a.job.unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
