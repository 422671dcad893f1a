//! Real ranks under a real `mpirun`.

use scope_profiler::ProfilingH5Reader;
use std::path::PathBuf;
use std::process::Command;

/// The example beside this test's own program.
fn example() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples/mpi_ranks")
}

fn mpirun(ranks: u32, environment: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("mpirun")
        .args(["--allow-run-as-root", "--oversubscribe", "-n", &ranks.to_string()])
        .arg(example())
        .arg("ranks.h5")
        .envs(environment.iter().copied())
        .current_dir(directory.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    (directory, text)
}

#[test]
fn every_rank_is_in_the_file_that_rank_0_writes() {
    for ranks in [1, 2, 4] {
        let (directory, printed) = mpirun(ranks, &[]);
        let reader = ProfilingH5Reader::open(directory.path().join("ranks.h5")).unwrap();
        assert_eq!(reader.ranks(), (0..ranks).collect::<Vec<_>>());
        for name in ["step", "compute", "wait"] {
            let region = reader.get_region(name).unwrap();
            assert!(
                region.regions().values().all(|rank| rank.num_calls() == 10),
                "{name}"
            );
        }
        assert_eq!(printed.matches("compute").count(), 1, "{printed}");
        let left: Vec<_> = directory
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["ranks.h5"]);
    }
}

#[test]
fn without_mpi_the_ranks_keep_their_logs_apart() {
    // The profiler takes every process for a program of its own.
    let (directory, _) = mpirun(2, &[("SCOPE_PROFILER_MPI", "0")]);
    let reader = ProfilingH5Reader::open(directory.path().join("ranks.h5")).unwrap();
    assert_eq!(reader.ranks(), [0]);
}
