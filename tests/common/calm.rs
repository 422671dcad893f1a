//! Takes out of this test program's surroundings what would change what the tests see, before it begins.
//!
//! A test may be started in a job of Slurm, from a shell with settings of the profiler or of colours, in any
//! locale, time zone and with any umask. Programs that tests start inherit what is left, and what a test
//! sets for them stays: only the first program in a row does this.
#![cfg(unix)]
#![allow(unsafe_code)]

/// Set by the first program.
const DONE: &str = "SCOPE_PROFILER_TEST_CALM";

/// Variables that say how the tests are to be run.
const OF_THE_TESTS: [&str; 9] = [
    "SCOPE_PROFILER_TEST_",
    "SCOPE_PROFILER_PYTHON_DIR",
    "SCOPE_PROFILER_OVERHEAD",
    "SCOPE_PROFILER_MPIRUN",
    "SCOPE_PROFILER_MUTANTS",
    "SCOPE_PROFILER_KEEP_MUTANTS",
    "SCOPE_PROFILER_LARGE_",
    "SCOPE_PROFILER_NAMES",
    "SCOPE_PROFILER_SCALE_",
];

/// Beginnings of the names of the others: settings of the profiler, launchers and batch systems, terminals,
/// what is logged, where Python looks.
const OTHERS: [&str; 25] = [
    "SCOPE_PROFILER_",
    "OMPI_COMM_",
    "OMPI_UNIVERSE",
    "OMPI_MCA_orte_",
    "OMPI_MCA_ess_",
    "PMIX_",
    "PMI_",
    "PALS_",
    "SLURM_",
    "FLUX_",
    "JSM_",
    "MV2_COMM_",
    "MPI_LOCAL",
    "HYDI_",
    "PBS_",
    "LSB_",
    "ALPS_",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "CLICOLOR",
    "FORCE_COLOR",
    "RUST_LOG",
    "LANGUAGE",
    "PYTHONPATH",
];

/// Tests start programs while others write HDF5 files, and what is started inherits HDF5's locks.
const OURS: [(&str, &str); 4] = [
    (DONE, "1"),
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
    ("HDF5_USE_FILE_LOCKING", "FALSE"),
];

extern "C" fn calm() {
    if std::env::var_os(DONE).is_some() {
        return;
    }
    let begins = |name: &str, with: &[&str]| with.iter().any(|beginning| name.starts_with(beginning));
    let names = std::env::vars_os().map(|(name, _)| name);
    let names: Vec<_> = names
        .filter(|name| {
            let name = name.to_string_lossy();
            begins(&name, &OTHERS) && !begins(&name, &OF_THE_TESTS)
        })
        .collect();
    // SAFETY: before `main` there is one thread; umask has no conditions.
    unsafe {
        names.iter().for_each(|name| std::env::remove_var(name));
        for (name, value) in OURS {
            std::env::set_var(name, value);
        }
        libc::umask(0o022);
    }
}

// SAFETY: what is in this section is called once, before `main`, with arguments that `calm` does not take.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static BEFORE_MAIN: extern "C" fn() = calm;
