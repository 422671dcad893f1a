//! Rank, size and job as the launcher's environment has them.

use super::{Comm, digest};

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

/// The process that started this one for MPICH, which gives no name to a launch. Where all ranks are on
/// one node it is the same for all.
fn mpich_proxy(number: impl Fn(&str) -> Option<u32>) -> Option<String> {
    const ANCESTORS: usize = 8;
    if number("MPI_LOCALNRANKS")? != number("PMI_SIZE")? {
        return None;
    }
    let mut process = std::process::id().to_string();
    for _ in 0..ANCESTORS {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // pid (name) state parent ...
        let (name, rest) = stat.rsplit_once(") ")?;
        if name.contains("(hydra") {
            return Some(format!("hydra {process}"));
        }
        process = rest.split(' ').nth(1)?.to_owned();
    }
    None
}

impl Comm {
    /// What the launcher says in this process's environment; serial where it says nothing, or
    /// nothing that makes sense.
    pub(super) fn from_launcher(environment: impl Fn(&str) -> Option<String>) -> Self {
        let number = |key: &str| environment(key).and_then(|value| value.trim().parse::<u32>().ok());
        LAUNCHERS
            .iter()
            .find_map(|(rank, size, jobs)| {
                let (rank, size) = (number(rank)?, number(size)?);
                let job = mpich_proxy(number)
                    .or_else(|| jobs.iter().find_map(|key| environment(key)))
                    .filter(|job| !job.is_empty());
                let step = environment("SLURM_STEP_ID").unwrap_or_default();
                let job = job.map(|job| digest(&[&job, &step]));
                (rank < size && size > 1).then_some(Self { rank, size, job })
            })
            .unwrap_or_else(Self::serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comm(pairs: &'static [(&str, &str)]) -> Comm {
        Comm::of_launcher(|key| {
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
