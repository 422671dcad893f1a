//! What launchers say of a process, and what comes of it.

use super::program::{Running, end_together, names_in, program, run, said, set_file};
#[cfg(feature = "cli")]
use super::program::{advice, paste};
use scope_profiler::merge::{find_logs, merge};
#[cfg(feature = "cli")]
use scope_profiler::{ProfilingH5Reader, profile::Source};
use std::path::Path;

/// The variables of one rank; `RANK` stands for its rank and `RUN` for what differs between launches.
struct Launcher {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
}

const fn launcher(name: &'static str, variables: &'static [(&'static str, &'static str)]) -> Launcher {
    Launcher { name, variables }
}

/// Of runs of three.
const LAUNCHERS: &[Launcher] = &[
    launcher(
        "mpirun of Open MPI 4",
        &[
            ("OMPI_COMM_WORLD_RANK", "RANK"),
            ("OMPI_COMM_WORLD_SIZE", "3"),
            ("PMIX_RANK", "RANK"),
            ("PMIX_NAMESPACE", "959643649"),
            ("OMPI_MCA_orte_precondition_transports", "RUN"),
        ],
    ),
    launcher(
        "mpirun of Open MPI 5",
        &[
            ("OMPI_COMM_WORLD_RANK", "RANK"),
            ("OMPI_COMM_WORLD_SIZE", "3"),
            ("PMIX_RANK", "RANK"),
            ("PMIX_NAMESPACE", "prterun-node-RUN@1"),
        ],
    ),
    launcher(
        "mpirun in a batch job of Slurm",
        &[
            ("OMPI_COMM_WORLD_RANK", "RANK"),
            ("OMPI_COMM_WORLD_SIZE", "3"),
            ("PMIX_NAMESPACE", "RUN"),
            ("SLURM_JOB_ID", "7"),
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "8"),
        ],
    ),
    launcher(
        "mpirun of MPICH",
        &[("PMI_RANK", "RANK"), ("PMI_SIZE", "3"), ("PMI_JOBID", "RUN")],
    ),
    launcher(
        "mpirun of Intel MPI",
        &[
            ("PMI_RANK", "RANK"),
            ("PMI_SIZE", "3"),
            ("MPI_LOCALRANKID", "RANK"),
            ("MPI_LOCALNRANKS", "3"),
            ("PBS_JOBID", "RUN.pbs"),
        ],
    ),
    launcher(
        "mpirun_rsh of MVAPICH2",
        &[
            ("MV2_COMM_WORLD_RANK", "RANK"),
            ("MV2_COMM_WORLD_SIZE", "3"),
            ("MPIRUN_ID", "RUN"),
        ],
    ),
    launcher(
        "srun",
        &[
            ("SLURM_PROCID", "RANK"),
            ("SLURM_NTASKS", "3"),
            ("SLURM_STEP_NUM_TASKS", "3"),
            ("SLURM_JOB_ID", "7"),
            ("SLURM_STEP_ID", "RUN"),
        ],
    ),
    launcher(
        "srun --mpi=pmix",
        &[
            ("PMIX_RANK", "RANK"),
            ("PMIX_NAMESPACE", "slurm.pmix.7.RUN"),
            ("SLURM_PROCID", "RANK"),
            ("SLURM_STEP_NUM_TASKS", "3"),
            ("SLURM_JOB_ID", "7"),
            ("SLURM_STEP_ID", "RUN"),
        ],
    ),
    launcher(
        "flux run",
        &[
            ("FLUX_TASK_RANK", "RANK"),
            ("FLUX_JOB_SIZE", "3"),
            ("FLUX_JOB_ID", "RUN"),
        ],
    ),
    launcher(
        "mpiexec of PALS",
        &[("PALS_RANKID", "RANK"), ("PMI_SIZE", "3"), ("PALS_APID", "RUN")],
    ),
    launcher(
        "jsrun",
        &[
            ("JSM_NAMESPACE_RANK", "RANK"),
            ("JSM_NAMESPACE_SIZE", "3"),
            ("PMIX_NAMESPACE", "RUN"),
        ],
    ),
    launcher(
        "poe",
        &[("MP_CHILD", "RANK"), ("MP_PROCS", "3"), ("MP_PARTITION", "RUN")],
    ),
    launcher(
        "torchrun",
        &[
            ("RANK", "RANK"),
            ("WORLD_SIZE", "3"),
            ("TORCHELASTIC_RUN_ID", "RUN"),
        ],
    ),
    launcher("aprun", &[("ALPS_APP_PE", "RANK"), ("ALPS_APP_ID", "RUN")]),
    launcher("prun", &[("PMIX_RANK", "RANK"), ("PMIX_NAMESPACE", "RUN")]),
    launcher(
        "mpiexec_mpt",
        &[("MPT_MPI_RANK", "RANK"), ("PBS_JOBID", "RUN.pbs")],
    ),
    launcher(
        "an element of an array of batch jobs",
        &[
            ("LSB_JOBID", "7"),
            ("LSB_JOBINDEX", "RUN"),
            ("JSM_NAMESPACE_RANK", "RANK"),
            ("JSM_NAMESPACE_SIZE", "3"),
        ],
    ),
];

/// Starts and ends the ranks of a run; what each printed.
fn launch(launcher: &Launcher, run: &str, region: &str, directory: &Path) -> Vec<String> {
    let ranks = ["0", "1", "2"].map(|rank| {
        let mut command = program(directory);
        set_file(&mut command, "run.h5").env("TEST_REGION", region);
        for (key, value) in launcher.variables {
            command.env(key, value.replace("RANK", rank).replace("RUN", run));
        }
        Running::start(&mut command)
    });
    end_together(ranks.into())
}

#[cfg(feature = "cli")]
fn content(file: &Path) -> (Vec<u32>, Vec<String>) {
    let reader = ProfilingH5Reader::open(file).unwrap();
    (reader.ranks().to_vec(), reader.names().to_vec())
}

#[test]
fn ranks_of_every_launcher_keep_a_log_each() {
    for launcher in LAUNCHERS {
        let directory = tempfile::tempdir().unwrap();
        let texts = launch(launcher, "1", "step", directory.path());
        assert_eq!(names_in(directory.path()), ["run.h5.d"], "{}", launcher.name);
        let advised = texts
            .iter()
            .filter(|text| text.contains("scope-profiler-pproc merge"));
        assert_eq!(advised.count(), 1, "{}: {texts:?}", launcher.name);
        let logs = find_logs(&[directory.path().join("run.h5.d")])
            .unwrap_or_else(|error| panic!("{}: {error}", launcher.name));
        let merged = merge(&logs, &directory.path().join("all.h5")).unwrap();
        assert_eq!(merged.ranks, [0, 1, 2], "{}", launcher.name);
        assert!(merged.missing.is_empty(), "{}", launcher.name);
    }
}

#[test]
#[cfg(feature = "cli")]
fn the_advised_command_merges_the_run_that_advised_it_every_time() {
    for launcher in LAUNCHERS {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let first = advice(&launch(launcher, "1", "first", directory.path())[0]);
        let second = advice(&launch(launcher, "2", "second", directory.path())[0]);
        for (command, region) in [(&first, "first"), (&second, "second"), (&first, "first")] {
            paste(command, directory.path());
            let expected = (vec![0, 1, 2], vec![region.to_owned()]);
            assert_eq!(content(&file), expected, "{}: {command}", launcher.name);
        }
    }
}

#[test]
#[cfg(feature = "cli")]
fn a_launch_on_several_nodes_that_nothing_names_can_be_merged() {
    let nameless = launcher(
        "of several nodes",
        &[("PMI_RANK", "RANK"), ("PMI_SIZE", "3"), ("MPI_LOCALNRANKS", "1")],
    );
    let directory = tempfile::tempdir().unwrap();
    let text = launch(&nameless, "1", "step", directory.path()).remove(0);
    paste(&advice(&text), directory.path());
    let expected = (vec![0, 1, 2], vec!["step".to_owned()]);
    assert_eq!(content(&directory.path().join("run.h5")), expected, "{text}");
}

#[test]
#[cfg(feature = "cli")]
fn a_merge_that_replaces_an_older_file_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let command = advice(&launch(&LAUNCHERS[0], "1", "step", directory.path())[0]);
    let text = paste(&command, directory.path());
    assert!(!text.contains("older file"), "{text}");
    let text = paste(&command, directory.path());
    assert!(text.contains("It replaced an older file"), "{text}");
}

#[test]
#[cfg(feature = "cli")]
fn logs_of_two_runs_are_told_apart_and_never_mixed() {
    let directory = tempfile::tempdir().unwrap();
    for run in ["1", "2"] {
        launch(&LAUNCHERS[0], run, "step", directory.path());
    }
    let logs = directory.path().join("run.h5.d");
    let error = find_logs(&[&logs]).unwrap_err().to_string();
    assert!(
        error.contains("holds the logs of 2 runs") && error.contains("--run "),
        "{error}"
    );
    let latest = error.rsplit("--run ").next().unwrap().split(',').next().unwrap();
    assert_eq!(
        scope_profiler::merge::find_logs_of_run(&[&logs], latest)
            .unwrap()
            .len(),
        3
    );
    let error = scope_profiler::merge::find_logs_of_run(&[&logs], "nobody").unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains(latest),
        "{error}"
    );

    // Named one by one: rank 0 of one, and rank 1 of the other.
    let names = names_in(&logs);
    let mixed = [logs.join(&names[0]), logs.join(&names[4])];
    let error = merge(&mixed, &directory.path().join("run.h5")).unwrap_err();
    assert!(error.to_string().contains("are of two runs"), "{error}");
}

#[test]
fn a_program_alone_writes_its_file_whatever_the_batch_system_says() {
    let slurm = [
        ("SLURM_JOB_ID", "1"),
        ("SLURM_PROCID", "0"),
        ("SLURM_NTASKS", "4"),
        ("SLURM_NPROCS", "4"),
    ];
    let with = |more: &[(&'static str, &'static str)]| slurm.iter().chain(more).copied().collect::<Vec<_>>();
    let cases = [
        (
            "a batch script of Slurm",
            with(&[("SLURM_TASK_PID", "7"), ("SLURM_NODEID", "0")]),
        ),
        ("the shell of salloc", slurm[2..].to_vec()),
        (
            "the shell of salloc as a step",
            with(&[("SLURM_STEP_ID", "4294967290"), ("SLURM_STEP_NUM_TASKS", "1")]),
        ),
        (
            "a batch script as a step",
            with(&[("SLURM_STEP_ID", "4294967291")]),
        ),
        (
            "srun -n 1",
            with(&[("SLURM_STEP_ID", "0"), ("SLURM_STEP_NUM_TASKS", "1")]),
        ),
        (
            "mpirun -n 1 in a batch job",
            with(&[
                ("OMPI_COMM_WORLD_RANK", "0"),
                ("OMPI_COMM_WORLD_SIZE", "1"),
                ("PMIX_RANK", "0"),
            ]),
        ),
        (
            "pbsdsh",
            vec![("PBS_JOBID", "7"), ("PBS_VNODENUM", "3"), ("PBS_TASKNUM", "4")],
        ),
        (
            "Grid Engine",
            vec![("JOB_ID", "7"), ("SGE_TASK_ID", "3"), ("NSLOTS", "8")],
        ),
        ("GNU parallel", vec![("PARALLEL_SEQ", "3"), ("PARALLEL_PID", "9")]),
        (
            "flux run -n 1",
            vec![("FLUX_TASK_RANK", "0"), ("FLUX_JOB_SIZE", "1")],
        ),
    ];
    for (case, variables) in cases {
        let directory = tempfile::tempdir().unwrap();
        let mut command = program(directory.path());
        let text = said(&run(set_file(command.envs(variables), "run.h5")));
        assert!(
            text.contains("wrote run.h5\n") && !text.contains("merge"),
            "{case}: {text}"
        );
        assert_eq!(names_in(directory.path()), ["run.h5"], "{case}");
    }
}

#[test]
#[cfg(feature = "cli")]
fn where_the_number_of_ranks_is_not_told_one_alone_has_a_file_and_its_log_waits_for_others() {
    for variable in ["ALPS_APP_PE", "PMIX_RANK", "MPT_MPI_RANK"] {
        let directory = tempfile::tempdir().unwrap();
        let rank = |rank: &str| {
            let mut command = program(directory.path());
            command.env(variable, rank);
            said(&run(set_file(&mut command, "run.h5")))
        };
        let first = rank("0");
        assert!(first.contains("wrote run.h5\n"), "{first}");
        assert!(
            first.contains("does not say how many processes there are"),
            "{first}"
        );
        rank("1");
        let text = paste(&advice(&first), directory.path());
        assert!(text.contains("2 ranks"), "{variable}: {text}");
    }
}

#[test]
fn the_hint_of_a_batch_job_is_believed_once_there_is_another() {
    let directory = tempfile::tempdir().unwrap();
    let ranks = ["0", "1"].map(|rank| {
        let mut command = program(directory.path());
        command.envs([
            ("SLURM_JOB_ID", "1"),
            ("SLURM_PROCID", rank),
            ("SLURM_NTASKS", "2"),
        ]);
        Running::start(set_file(&mut command, "run.h5"))
    });
    let texts = end_together(ranks.into());
    assert!(texts[0].contains("scope-profiler-pproc merge"), "{texts:?}");
    let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
    let merged = merge(&logs, &directory.path().join("run.h5")).unwrap();
    assert_eq!((merged.ranks.len(), merged.missing.len()), (2, 0));
}
