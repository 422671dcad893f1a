//! The known launchers, and the environment variables in which they pass rank and size.

/// One kind of launcher.
#[derive(Debug)]
pub(super) struct Launcher {
    /// Its name in messages.
    pub(super) name: &'static str,
    pub(super) rank: &'static [&'static str],
    pub(super) size: &'static [&'static str],
    /// Variables that are the same for all processes of a launch and differ between launches: all that are set are
    /// combined.
    pub(super) ids: &'static [&'static str],
    /// One of these has to be set as well, where other programs use the names for rank and size too.
    pub(super) only_with: &'static [&'static str],
}

const ANY: Launcher = Launcher {
    name: "",
    rank: &[],
    size: &[],
    ids: &[],
    only_with: &[],
};

/// The most specific first: launchers start each other, as `srun` starts the daemons of `mpirun`, and
/// their variables are inherited.
pub(super) const LAUNCHERS: &[Launcher] = &[
    Launcher {
        name: "Open MPI",
        rank: &["OMPI_COMM_WORLD_RANK"],
        size: &["OMPI_COMM_WORLD_SIZE"],
        ids: &[
            "PMIX_NAMESPACE",
            "OMPI_MCA_ess_base_jobid",
            "OMPI_MCA_orte_hnp_uri",
            "OMPI_MCA_orte_precondition_transports",
        ],
        ..ANY
    },
    Launcher {
        name: "MVAPICH2",
        rank: &["MV2_COMM_WORLD_RANK", "MPIRUN_RANK"],
        size: &["MV2_COMM_WORLD_SIZE", "MPIRUN_NPROCS"],
        ids: &["MPIRUN_ID", "MPIRUN_HOST", "MPIRUN_PORT", "PMI_JOBID"],
        ..ANY
    },
    Launcher {
        name: "jsrun",
        rank: &["JSM_NAMESPACE_RANK"],
        size: &["JSM_NAMESPACE_SIZE"],
        ids: &["PMIX_NAMESPACE"],
        ..ANY
    },
    Launcher {
        name: "Flux",
        rank: &["FLUX_TASK_RANK"],
        size: &["FLUX_JOB_SIZE"],
        ids: &["FLUX_JOB_ID"],
        ..ANY
    },
    Launcher {
        name: "PALS",
        rank: &["PALS_RANKID"],
        size: &["PALS_SIZE", "PMI_SIZE"],
        ids: &["PALS_APID"],
        ..ANY
    },
    Launcher {
        name: "PMI (MPICH, Intel MPI and others)",
        rank: &["PMI_RANK", "PMI_ID"],
        size: &["PMI_SIZE"],
        ids: &["PMI_JOBID", "PMI_KVS"],
        ..ANY
    },
    Launcher {
        name: "HPE MPT",
        rank: &["MPT_MPI_RANK"],
        ..ANY
    },
    Launcher {
        name: "ALPS",
        rank: &["ALPS_APP_PE"],
        ids: &["ALPS_APP_ID"],
        ..ANY
    },
    Launcher {
        name: "IBM Parallel Environment",
        rank: &["MP_CHILD"],
        size: &["MP_PROCS"],
        ids: &["MP_PARTITION"],
        ..ANY
    },
    Launcher {
        name: "torchrun",
        rank: &["RANK"],
        size: &["WORLD_SIZE"],
        ids: &["TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT"],
        only_with: &["TORCHELASTIC_RUN_ID"],
    },
    Launcher {
        name: "Slurm",
        rank: &["SLURM_PROCID"],
        size: &["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"],
        ids: &[],
        ..ANY
    },
    // Last: it has no size, which Slurm's `--mpi=pmix` has.
    Launcher {
        name: "PMIx",
        rank: &["PMIX_RANK"],
        size: &["PMIX_SIZE"],
        ids: &["PMIX_NAMESPACE"],
        ..ANY
    },
];

/// The variables in which batch systems name a job, and of an array of jobs the element. Slurm's is
/// another one for each element.
pub(super) const BATCH_SYSTEMS: &[(&str, &str)] = &[
    ("SLURM_JOB_ID", ""),
    ("PBS_JOBID", ""),
    ("LSB_JOBID", "LSB_JOBINDEX"),
    ("FLUX_JOB_ID", ""),
    ("PJM_JOBID", "PJM_BULKNUM"),
    ("COBALT_JOBID", ""),
    ("LOADL_STEP_ID", ""),
    ("OAR_JOB_ID", ""),
    // Grid Engine; the names are others' too.
    ("JOB_ID", "SGE_TASK_ID"),
];
