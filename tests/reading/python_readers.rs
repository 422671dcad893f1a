//! The Python package scope-profiler reads what this crate writes, and both say the same.

use crate::interpreter::interpreter;
use crate::python::{what_python_reads, what_we_read};
use scope_profiler::{Profiler, ProfilingConfig, merge::MergeMode};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tracing::Dispatch;

/// Names that a path in an HDF5 file cannot carry as they are, or that a writer could confuse.
fn hard_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "plain",
        "solver: cg",
        "GET /users",
        "a/b",
        "a|b",
        "a//b",
        "/",
        "/leading",
        "trailing/",
        "",
        ".",
        "..",
        "./hidden",
        "two\nlines",
        "tab\tand \"quotes\"",
        "🔥 hot",
        "größer",
        "nul\0inside",
        "name",
        "start_times",
    ]
    .map(String::from)
    .into();
    names.push("long ".repeat(60));
    names.push("long ".repeat(60) + "but different at the end");
    names
}

/// Records every hard name and a span that is entered again and again, nested and on several threads, each a
/// different number of times.
fn record(path: &Path) {
    record_with(path, MergeMode::Copy);
}

fn record_with(path: &Path, merge: MergeMode) {
    let config = ProfilingConfig::new().file_path(path).merge(merge).verbose(false);
    let profiler = Profiler::new(config).expect("the directory can be written");
    let names = hard_names();
    {
        let _main = profiler.profile_region("main");
        // So many that the file has a summary of them.
        (0..20_000).for_each(|_| profiler.profile("inner", || ()));
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (profiler, names) = (&profiler, &names);
                scope.spawn(move || {
                    for (index, name) in names.iter().enumerate() {
                        for _ in 0..index + thread + 1 {
                            let _outer = profiler.profile_region(name);
                            let _inner = profiler.profile_region("inner");
                        }
                    }
                    tracing::dispatcher::with_default(&Dispatch::new(profiler.subscriber()), || {
                        let polled = tracing::info_span!("polled");
                        // This one is never entered: something is known of it beside the regions.
                        let _waits = tracing::info_span!("polled");
                        (0..10_000).for_each(|_| polled.in_scope(|| ()));
                        // This one stays open.
                        std::mem::forget(polled.entered());
                    });
                });
            }
        });
    }
    profiler.finalize().expect("a file that can be written");
}

/// One recording that all tests of this file read.
fn profile() -> &'static Path {
    static PROFILE: OnceLock<PathBuf> = OnceLock::new();
    PROFILE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python_readers.h5");
        record(&path);
        path
    })
}

/// The same as an index of links to the files of its ranks.
fn linked_profile() -> &'static Path {
    static PROFILE: OnceLock<PathBuf> = OnceLock::new();
    PROFILE.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python_readers_linked");
        std::fs::remove_dir_all(&directory).ok();
        std::fs::create_dir(&directory).expect("a new directory");
        let path = directory.join("index.h5");
        record_with(&path, MergeMode::Link);
        path
    })
}

/// HDF5 ends a text at a NUL, so in the file it is the symbol for one.
fn as_stored(name: &str) -> String {
    name.replace('\0', "␀")
}

#[test]
fn our_reader_returns_every_hard_name_as_it_was_given() {
    let sums = what_we_read(profile());
    for (index, name) in hard_names().iter().enumerate() {
        let calls = sums.get(&(as_stored(name), 0)).map(|sums| sums.0);
        assert_eq!(calls, Some(3 * index as u64 + 6), "{name:?}");
    }
    // And no others but the two that surround them, and the span.
    assert_eq!(sums.len(), hard_names().len() + 3);
    assert_eq!(sums[&("polled".to_owned(), 0)].0, 30_000);
    // Only its region has the column that says which calls are of which span.
    let file = hdf5::File::open(profile()).expect("our own file");
    let regions = file
        .group("rank0/regions")
        .expect("regions")
        .groups()
        .expect("groups");
    let with_spans: Vec<String> = regions
        .iter()
        .filter(|region| region.link_exists("span_ids"))
        .map(|region| region.name())
        .collect();
    assert_eq!(with_spans, ["/rank0/regions/polled"]);
    // What is known of spans besides is in a group beside those of the regions.
    for name in ["ids", "created"] {
        let column = file.dataset(&format!("rank0/spans/{name}")).expect(name);
        assert!(column.size() >= 3);
    }
    let open = file
        .dataset("rank0/regions/polled/open_span_ids")
        .expect("open spans");
    assert_eq!(open.size(), 3);
}

#[test]
fn what_python_reads_has_a_summary_and_blocks_beside_the_regions() {
    let file = hdf5::File::open(profile()).expect("a file");
    assert!(file.group("rank0/summary").is_ok() && file.group("rank0/blocks").is_ok());
}

#[test]
fn python_0_1_8_reads_the_same_calls_and_sums() {
    if let Some(python) = interpreter("0.1.8") {
        assert_eq!(what_python_reads(&python, profile(), 1), what_we_read(profile()));
    }
}

#[test]
fn python_0_7_5_reads_the_same_calls_and_sums() {
    if let Some(python) = interpreter("0.7.5") {
        assert_eq!(what_python_reads(&python, profile(), 1), what_we_read(profile()));
    }
}

#[test]
fn both_read_an_index_of_links() {
    let ours = what_we_read(linked_profile());
    assert_eq!(ours.len(), hard_names().len() + 3);
    for version in ["0.1.8", "0.7.5"] {
        if let Some(python) = interpreter(version) {
            assert_eq!(what_python_reads(&python, linked_profile(), 1), ours, "{version}");
        }
    }
}

#[test]
fn both_read_compressed_columns() {
    let directory = tempfile::tempdir().expect("a new directory");
    let path = directory.path().join("compressed.h5");
    let config = ProfilingConfig::new()
        .file_path(&path)
        .compress(true)
        .verbose(false);
    let profiler = Profiler::new(config).expect("the directory can be written");
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let profiler = &profiler;
            scope.spawn(move || {
                for n in 0..17_000 + 100 * thread {
                    let _outer = profiler.profile_region("outer");
                    profiler.profile("inner", || {
                        (0..n % 90).for_each(|n| {
                            std::hint::black_box(n);
                        })
                    });
                    // Around the length from which on columns are compressed, and around that of a chunk.
                    for (name, calls) in [
                        ("short", 85),
                        ("longer", 86),
                        ("a chunk", 5_461),
                        ("a chunk, and one", 5_462),
                    ] {
                        if n < calls {
                            profiler.profile(name, || ());
                        }
                    }
                }
            });
        }
    });
    profiler.finalize().expect("a file that can be written");
    let ours = what_we_read(&path);
    let calls: Vec<u64> = ["outer", "short", "longer", "a chunk", "a chunk, and one"]
        .map(|name| ours[&(name.into(), 0)].0)
        .into();
    assert_eq!(calls, [51_300, 255, 258, 16_383, 16_386]);
    let intervals: u64 = ours.values().map(|sums| sums.0).sum();
    let size = path.metadata().expect("the file").len();
    assert!(size < 8 * intervals, "{size} bytes for {intervals} intervals");
    for version in ["0.1.8", "0.7.5"] {
        if let Some(python) = interpreter(version) {
            assert_eq!(what_python_reads(&python, &path, 1), ours, "{version}");
        }
    }
}

#[test]
fn both_read_thousands_of_regions() {
    let directory = tempfile::tempdir().expect("a new directory");
    let path = directory.path().join("many.h5");
    let config = ProfilingConfig::new().file_path(&path).verbose(false);
    let profiler = Profiler::new(config).expect("the directory can be written");
    for n in 0..2_000 {
        // The header of a region's group holds what is said of it: short and long names, with and without `/`.
        let long = "x".repeat(n % 7 * 60);
        let name = if n % 2 == 0 {
            format!("GET /users/{n}/{long}")
        } else {
            format!("cell {n}{long}")
        };
        for _ in 0..n % 3 + 1 {
            profiler.profile(&name, || ());
        }
    }
    profiler.finalize().expect("a file that can be written");
    let ours = what_we_read(&path);
    assert_eq!(ours.len(), 2_000);
    for version in ["0.1.8", "0.7.5"] {
        if let Some(python) = interpreter(version) {
            assert_eq!(what_python_reads(&python, &path, 1), ours, "{version}");
        }
    }
}
