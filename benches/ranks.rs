//! How set-up and finalizing grow with the number of real ranks.
//!
//! ```text
//! cargo bench --features mpi --bench ranks              1, 4, 16 and 64 ranks
//! cargo bench --features mpi --bench ranks -- 2 8       so many
//! ```
//!
//! Every rank has 100 regions with 1000 calls each. `SCOPE_PROFILER_MPIRUN` launches them, `mpirun` by default.
//! Times are those of the slowest rank; processor time and memory are those of the hungriest.

use mpi::collective::SystemOperation;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use scope_profiler::{Profiler, ProfilingConfig, merge::MergeMode};
use std::fs;
use std::process::Command;
use std::time::Instant;

const REGIONS: usize = 100;
const CALLS: usize = 1000;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["part", file, mode] => part(file, mode),
        [] => all(&["1", "4", "16", "64"]),
        counts => all(counts),
    }
}

fn all(counts: &[&str]) {
    let launcher = std::env::var("SCOPE_PROFILER_MPIRUN").unwrap_or_else(|_| "mpirun".into());
    let program = std::env::current_exe().expect("this program");
    println!(
        "| ranks | mode | set up | finalize | processor time of a rank | of rank 0 | most memory of a rank |"
    );
    println!("|---|---|---|---|---|---|---|");
    for count in counts {
        for mode in ["copy", "link"] {
            let directory = tempfile::tempdir().expect("a directory");
            let mut command = Command::new(&launcher);
            command.args(["-n", count]);
            if launcher.ends_with("mpirun") || launcher.contains("openmpi") {
                command.args(["--allow-run-as-root", "--oversubscribe"]);
            }
            let status = command
                .arg(&program)
                .args([
                    "part".as_ref(),
                    directory.path().join("run.h5").as_os_str(),
                    mode.as_ref(),
                ])
                .status()
                .expect("a launcher");
            assert!(status.success(), "{count} ranks: {status}");
        }
    }
}

/// Plays one rank; rank 0 prints the line of all.
fn part(file: &str, mode: &str) {
    let universe = mpi::initialize().expect("MPI");
    let world = universe.world();
    let merge = if mode == "link" {
        MergeMode::Link
    } else {
        MergeMode::Copy
    };
    let names: Vec<String> = (0..REGIONS).map(|region| format!("region {region}")).collect();
    world.barrier();

    let (started, cpu) = (Instant::now(), cpu_s());
    let config = ProfilingConfig::new().file_path(file).merge(merge).verbose(false);
    let profiler = Profiler::new(config).expect("a session");
    let (set_up, cpu_set_up) = (started.elapsed().as_secs_f64(), cpu_s() - cpu);

    for _ in 0..CALLS {
        for name in &names {
            profiler.profile(name, || ());
        }
    }
    world.barrier();
    let (started, cpu) = (Instant::now(), cpu_s());
    profiler.finalize().expect("a profile");
    let (finalize, cpu_finalize) = (started.elapsed().as_secs_f64(), cpu_s() - cpu);

    let cpu = cpu_set_up + cpu_finalize;
    let of_others = if world.rank() == 0 { 0.0 } else { cpu };
    let mine = [set_up, finalize, of_others, peak_mib()];
    let mut most = [0.0; 4];
    if world.rank() != 0 {
        return world
            .process_at_rank(0)
            .reduce_into(&mine, SystemOperation::max());
    }
    let root = world.process_at_rank(0);
    root.reduce_into_root(&mine, &mut most, SystemOperation::max());
    let [set_up, finalize, of_others, memory] = most;
    println!(
        "| {} | {mode} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms | {memory:.0} MB |",
        world.size(),
        set_up * 1e3,
        finalize * 1e3,
        of_others * 1e3,
        cpu * 1e3,
    );
}

/// Processor time of this process, user and system, s.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    // Fields 14 and 15 of proc(5), in hundredths of a second; the first two are before the bracket.
    fields
        .get(11..13)
        .map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}
