//! Placeholders in the name of the file.

use super::program::{
    FILE_PATH, Running, end_together, names_in, profiles_in, program, refusal, run, said, set_file,
};
use scope_profiler::ProfilingH5Reader;

#[test]
fn a_name_tells_process_host_time_and_batch_job() {
    for from_environment in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = program(directory.path());
        command.env("SLURM_JOB_ID", "77");
        if from_environment {
            set_file(&mut command, "%j-%p-%r-%h-%t-100%%.h5");
        } else {
            command.env(FILE_PATH, "%j-%p-%r-%h-%t-100%%.h5");
        }
        let running = Running::start(&mut command);
        let id = running.id();
        let text = end_together(vec![running]).remove(0);
        let name = names_in(directory.path()).remove(0);
        assert!(
            name.starts_with(&format!("77-{id}-0-")) && name.ends_with("Z-100%.h5"),
            "{name}"
        );
        assert!(text.contains(&format!("wrote {name}\n")), "{text}");
    }
}

#[test]
fn outside_of_a_batch_job_its_number_is_0() {
    let directory = tempfile::tempdir().unwrap();
    said(&run(set_file(&mut program(directory.path()), "run-%j.h5")));
    assert_eq!(names_in(directory.path()), ["run-0.h5"]);
}

#[test]
fn an_unknown_placeholder_is_refused_with_those_that_are_known() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["run-%d.h5", "run%", "%u/run.h5"] {
        let text = refusal(set_file(&mut program(directory.path()), name));
        assert!(
            text.contains(name) && text.contains("%p (process)") && text.contains("%%"),
            "{text}"
        );
    }
    assert!(names_in(directory.path()).is_empty());
}

#[test]
fn with_its_rank_in_the_name_each_process_of_a_launch_writes_its_own_file() {
    let directory = tempfile::tempdir().unwrap();
    let ranks = ["0", "1", "2"].map(|rank| {
        let mut command = program(directory.path());
        command.env("PMI_RANK", rank).env("PMI_SIZE", "3");
        Running::start(set_file(&mut command, "run-%r.h5"))
    });
    end_together(ranks.into());
    assert_eq!(names_in(directory.path()), ["run-0.h5", "run-1.h5", "run-2.h5"]);
    for (rank, file) in profiles_in(directory.path()).iter().enumerate() {
        let reader = ProfilingH5Reader::open(file).unwrap();
        assert_eq!(reader.ranks(), [rank as u32]);
        assert!(!reader.metadata().contains_key("missing_ranks"));
    }
}

#[test]
fn with_the_batch_job_in_the_name_ranks_share_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let ranks = ["0", "1"].map(|rank| {
        let mut command = program(directory.path());
        command.envs([("PMI_RANK", rank), ("PMI_SIZE", "2"), ("PBS_JOBID", "7.pbs")]);
        Running::start(set_file(&mut command, "run-%j.h5"))
    });
    end_together(ranks.into());
    assert_eq!(names_in(directory.path()), ["run-7.pbs.h5.d"]);
}
