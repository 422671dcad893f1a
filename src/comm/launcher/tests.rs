use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn environment<'a>(pairs: Pairs<'a>) -> impl Fn(&str) -> Option<String> + 'a {
    move |key| {
        pairs
            .iter()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| value.to_string())
    }
}

fn comm(pairs: Pairs<'_>) -> Comm {
    Comm::of_launcher(environment(pairs))
}

#[test]
fn every_launcher_is_understood() {
    for launcher in LAUNCHERS {
        for rank in launcher.rank {
            let environment = |size: Option<&'static str>| {
                move |key: &str| match key {
                    _ if key == *rank => Some("3".to_owned()),
                    _ if Some(key) == size => Some("4".to_owned()),
                    _ if launcher.only_with.contains(&key) => Some("yes".to_owned()),
                    _ => None,
                }
            };
            for size in launcher.size {
                let comm = Comm::of_launcher(environment(Some(size)));
                assert_eq!((comm.rank, comm.size), (3, 4), "{rank} {size}");
                assert_eq!(comm.launcher, Some(launcher.name));
            }
            if launcher.name != "Slurm" {
                let comm = Comm::of_launcher(environment(None));
                assert_eq!((comm.rank, comm.size), (3, 0), "{rank} without a size");
                assert!(comm.is_one_of_several());
            }
        }
    }
}

#[test]
fn a_program_without_a_launcher_is_serial() {
    let cases: &[Pairs<'_>] = &[
        &[],
        &[("PMI_RANK", "0"), ("PMI_SIZE", "1")],
        &[("PMI_RANK", "9"), ("PMI_SIZE", "4")],
        &[("PMI_RANK", "rank"), ("PMI_SIZE", "4")],
        &[("SLURM_PROCID", "7")],
        &[("RANK", "1"), ("WORLD_SIZE", "4")],
        // All programs of a PBS job have these.
        &[("PBS_JOBID", "7.a"), ("PBS_VNODENUM", "1"), ("PBS_TASKNUM", "2")],
        &[
            ("OMPI_COMM_WORLD_RANK", "0"),
            ("OMPI_COMM_WORLD_SIZE", "1"),
            ("PMIX_RANK", "0"),
        ],
        &[
            ("OMPI_COMM_WORLD_RANK", "0"),
            ("OMPI_COMM_WORLD_SIZE", "1"),
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "4"),
        ],
    ];
    for case in cases {
        assert_eq!(comm(case), Comm::serial(), "{case:?}");
    }
}

#[test]
fn the_number_of_a_slurm_job_is_not_that_of_a_batch_script_nor_of_salloc() {
    let job = [
        ("SLURM_JOB_ID", "1"),
        ("SLURM_PROCID", "0"),
        ("SLURM_NTASKS", "4"),
    ];
    let batch = comm(&job);
    assert!(batch.may_be_alone && !batch.is_one_of_several());
    for step in [
        "4294967290",
        "4294967291",
        "4294967292",
        "batch",
        "interactive",
        "extern",
    ] {
        let with_step: Vec<_> = job
            .into_iter()
            .chain([("SLURM_STEP_ID", step), ("SLURM_STEP_NUM_TASKS", "4")])
            .collect();
        assert_eq!(comm(&with_step), Comm::serial(), "{step}");
    }
    let of_one: Vec<_> = job
        .into_iter()
        .chain([("SLURM_STEP_ID", "0"), ("SLURM_STEP_NUM_TASKS", "1")])
        .collect();
    assert_eq!(comm(&of_one), Comm::serial());
    for step in [
        &[("SLURM_STEP_ID", "0")][..],
        &[("SLURM_STEP_NUM_TASKS", "4")],
        &[("SLURM_STEP_ID", "3"), ("SLURM_STEP_NUM_TASKS", "4")],
    ] {
        let with_step: Vec<_> = job.iter().chain(step).copied().collect();
        let comm = comm(&with_step);
        assert_eq!(
            (comm.rank, comm.size, comm.may_be_alone),
            (0, 4, false),
            "{step:?}"
        );
    }
}

#[test]
fn the_launcher_that_is_nearest_has_the_say_unless_it_knows_of_one_alone() {
    let step = [
        ("SLURM_STEP_ID", "0"),
        ("SLURM_PROCID", "1"),
        ("SLURM_STEP_NUM_TASKS", "2"),
    ];
    let of_mpirun = |size| {
        let mpirun = [("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", size)];
        let all: Vec<_> = step.into_iter().chain(mpirun).collect();
        let comm = comm(&all);
        (comm.rank, comm.size)
    };
    assert_eq!(of_mpirun("8"), (0, 8));
    assert_eq!(of_mpirun("1"), (1, 2));
}

#[test]
fn the_launcher_can_be_ignored() {
    let pairs = &[("PMI_RANK", "1"), ("PMI_SIZE", "4"), ("SCOPE_PROFILER_MPI", "0")];
    assert_eq!(comm(pairs), Comm::serial());
}

#[test]
fn ranks_of_one_launch_agree_on_its_name_and_no_other_launch_has_it() {
    let name = |rank: &str, more: Pairs<'_>| {
        let all: Vec<_> = [("OMPI_COMM_WORLD_RANK", rank), ("OMPI_COMM_WORLD_SIZE", "2")]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        comm(&all).job.unwrap()
    };
    let address = &[("PMIX_NAMESPACE", "tcp://[::1]:9")];
    assert_eq!(name("0", address), name("1", address));
    assert!(name("0", address).chars().all(|c| c.is_ascii_alphanumeric()));
    // Open MPI makes its numbers of the process's: they come again.
    let again = &[
        ("PMIX_NAMESPACE", "tcp://[::1]:9"),
        ("OMPI_MCA_orte_precondition_transports", "b"),
    ];
    assert_ne!(name("0", address), name("0", again));
    let in_a_job = &[("PMIX_NAMESPACE", "tcp://[::1]:9"), ("PBS_JOBID", "8.a")];
    assert_ne!(name("0", address), name("0", in_a_job));
    // A step of Slurm, and the same job once more.
    let slurm = |more: Pairs<'_>| {
        let all: Vec<_> = [
            ("SLURM_JOB_ID", "7"),
            ("SLURM_PROCID", "1"),
            ("SLURM_STEP_NUM_TASKS", "2"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
        comm(&all).job.unwrap()
    };
    let (first, second) = (&[("SLURM_STEP_ID", "0")][..], &[("SLURM_STEP_ID", "1")][..]);
    assert_eq!(slurm(first), slurm(first));
    assert_ne!(slurm(first), slurm(second));
    assert_ne!(
        slurm(first),
        slurm(&[("SLURM_STEP_ID", "0"), ("SLURM_RESTART_COUNT", "1")])
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_launch_without_a_name_is_known_by_the_process_that_launched_it() {
    let a = comm(&[("PMI_RANK", "0"), ("PMI_SIZE", "2")]);
    let b = comm(&[("PMI_RANK", "1"), ("PMI_SIZE", "2")]);
    assert_eq!(a.job, b.job);
    assert!(a.job.is_some());
}

#[test]
fn a_batch_job_has_a_name_and_so_has_each_element_of_an_array() {
    let name = |pairs: Pairs<'_>| batch_job(environment(pairs));
    assert_eq!(name(&[]), None);
    assert_eq!(name(&[("SLURM_JOB_ID", "7")]).unwrap(), "7");
    assert_eq!(name(&[("PBS_JOBID", "7[3].a")]).unwrap(), "7[3].a");
    assert_eq!(name(&[("LSB_JOBID", "7"), ("LSB_JOBINDEX", "0")]).unwrap(), "7");
    assert_eq!(name(&[("LSB_JOBID", "7"), ("LSB_JOBINDEX", "3")]).unwrap(), "7.3");
    assert_eq!(
        name(&[("JOB_ID", "7"), ("SGE_TASK_ID", "undefined")]).unwrap(),
        "7"
    );
}
