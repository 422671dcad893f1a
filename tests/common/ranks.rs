//! Ranks as a launcher starts them, without one.

use std::process::Command;

/// Runs the program of each of these ranks of a job of `size` to its end, all at once; none may fail.
pub(crate) fn run(
    ranks: impl IntoIterator<Item = u32>,
    size: usize,
    job: &str,
    program: impl Fn() -> Command,
) {
    let start = |rank: u32| {
        program()
            .env("PMI_RANK", rank.to_string())
            .env("PMI_SIZE", size.to_string())
            .env("PMI_JOBID", job)
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = ranks.into_iter().map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
