//! The example for several ranks.

use super::launch::{Launch, calls};
use scope_profiler::ProfilingH5Reader;

#[test]
fn the_heat_equation_on_four_ranks_is_solved_and_profiled() {
    // It fails by itself when it is far from the analytic solution.
    let run = Launch::example(4, "mpi_heat", &["heat.h5", "--slow", "2"]).run();
    assert!(run.stderr().contains("over 4 ranks"), "{}", run.stderr());
    let reader = ProfilingH5Reader::open(run.directory.path().join("heat.h5")).unwrap();
    let on_each = |n| (0..4).map(|rank| (rank, n)).collect::<Vec<(u32, u64)>>();
    for (region, n) in [
        ("main", 1),
        ("time step", 20),
        ("halo exchange", 20),
        ("update", 20),
        ("allreduce", 20),
    ] {
        assert_eq!(calls(&reader, region), on_each(n), "{region}");
    }
    assert_eq!(run.left(), ["heat.h5"]);
}
