//! Profiling files with random damage: read or refused, never a panic, never a hang, never more memory
//! than a small file may take; and where the HDF5 library itself crashes, the program still says of
//! which file.
//!
//! `SCOPE_PROFILER_MUTANTS=100000` makes as many damaged files instead of the few of every day.

#![cfg(all(unix, feature = "cli"))]
#![allow(unreachable_pub, reason = "the fuzz targets use the same files")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;
#[path = "common/golden.rs"]
mod golden;
#[allow(dead_code, reason = "files are written here and not there")]
#[path = "../fuzz/src/profile.rs"]
mod profile;

use golden::golden;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "SCOPE_PROFILER_MUTANTS_IN";
const FROM: &str = "SCOPE_PROFILER_MUTANTS_FROM";
const TO: &str = "SCOPE_PROFILER_MUTANTS_TO";

/// What reading one of these small files may take before the library counts as stuck.
const LIMIT: Duration = Duration::from_secs(600);

/// Files without damage: one of ours with everything in it, and some of the Python package.
const ORIGINALS: [&str; 12] = [
    "ours",
    "s1_thread_ids",
    "s1_unicode_name",
    "s1_gzip",
    "s1_root_group_metadata",
    "upstream-golden-schema-1",
    "py018_flush_chunked",
    "py075_threads",
    "s3_min",
    "s3_lzf",
    "py075_aggregate",
    "py075_nested",
];

fn originals() -> Vec<Vec<u8>> {
    ORIGINALS
        .map(|name| fs::read(golden(&format!("{name}.h5"))).unwrap())
        .into()
}

/// A generator of the splitmix family: the same damage for the same number on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Numbers that sizes, addresses and counts go wrong with.
const NUMBERS: [u64; 10] = [
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 60,
    i64::MAX as u64,
    u64::MAX,
];

fn mutant(originals: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut random = Random(number);
    let mut bytes = originals[number as usize % originals.len()].clone();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 | 3 => {
                let width = [1, 2, 4, 8][random.below(4)];
                let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
                let at = if random.below(2) == 0 { at & !7 } else { at };
                for (to, from) in bytes[at..].iter_mut().zip(&number[..width]) {
                    *to = *from;
                }
            }
            4 => {
                let from = random.below(bytes.len());
                let length = random.below(64).min(bytes.len() - from).min(bytes.len() - at);
                bytes.copy_within(from..from + length, at);
            }
            _ if random.below(4) == 0 => bytes.truncate(at.max(1)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    bytes
}

again::programs! { "read" => read_damaged_files }

/// Reads the damaged files whose numbers the environment gives, and says which it is at.
fn read_damaged_files() {
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let (from, to) = (number(FROM), number(TO));
    let originals = originals();
    static AT: AtomicU64 = AtomicU64::new(u64::MAX);
    std::thread::spawn(|| {
        let (mut seen, mut since) = (u64::MAX, Instant::now());
        loop {
            std::thread::park_timeout(Duration::from_millis(200));
            let at = AT.load(Ordering::Relaxed);
            if at != seen {
                (seen, since) = (at, Instant::now());
            } else if since.elapsed() > LIMIT {
                eprintln!("mutant {at} hangs");
                std::process::abort();
            }
        }
    });
    let path = directory.join("mutant.h5");
    println!();
    for number in from..to {
        AT.store(number, Ordering::Relaxed);
        println!("at {number}");
        std::io::stdout().flush().unwrap();
        fs::write(&path, mutant(&originals, number)).unwrap();
        profile::read(&path);
    }
    println!("all read");
}

/// Has them read; the numbers of those that the reading program died of.
fn read_all(directory: &Path, mut numbers: Range<u64>) -> Vec<u64> {
    let mut deadly = Vec::new();
    while !numbers.is_empty() {
        // Two GiB of address space: what a file claims must not be believed.
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", r#"ulimit -c 0; ulimit -v 2097152; exec "$0" "$@""#]);
        again::start_through(&mut shell, &again("read"));
        let mut child = shell
            .env(DIRECTORY, directory)
            .env(FROM, numbers.start.to_string())
            .env(TO, numbers.end.to_string())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(directory.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut at = numbers.start;
        let mut done = false;
        for line in BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
        {
            done |= line == "all read";
            if let Some(number) = line.strip_prefix("at ").and_then(|number| number.parse().ok()) {
                at = number;
            }
        }
        let status = child.wait().unwrap();
        let said = String::from_utf8_lossy(&fs::read(directory.join("stderr")).unwrap()).into_owned();
        // A panic ends with an exit code, a crash with a signal, and so does what hangs.
        assert_eq!(status.code().unwrap_or(0), 0, "mutant {at}: {said}");
        assert!(!said.contains("memory allocation of"), "mutant {at}: {said}");
        if done {
            break;
        }
        deadly.push(at);
        numbers.start = at + 1;
    }
    deadly
}

#[test]
fn damaged_files_are_read_or_refused_and_what_kills_the_library_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mutants = std::env::var("SCOPE_PROFILER_MUTANTS").map_or(400, |n| n.parse().unwrap());
    let deadly = read_all(directory.path(), 0..mutants);
    println!(
        "{mutants} damaged files, {} that HDF5 dies of or hangs on: {deadly:?}",
        deadly.len()
    );

    let originals = originals();
    let keep = std::env::var_os("SCOPE_PROFILER_KEEP_MUTANTS").map(PathBuf::from);
    for number in deadly {
        let path = directory.path().join("deadly.h5");
        fs::write(&path, mutant(&originals, number)).unwrap();
        if let Some(keep) = &keep {
            fs::copy(&path, keep.join(format!("mutant-{number}.h5"))).unwrap();
        }
        is_contained(&path);
    }
}

#[test]
fn a_file_that_kills_the_library_is_named() {
    is_contained(&corpus("crash.h5"));
}

#[test]
fn a_file_that_the_library_never_finishes_is_named() {
    let output = program(&["--check"], &corpus("endless.h5"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Other versions of the library refuse what is wrong with it.
    let refused = !output.stdout.is_empty();
    assert!(refused || said.contains("endless.h5: damaged"), "{said}");
    assert!(output.status.code().is_some(), "{output:?}");
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus/profile")
        .join(name)
}

fn program(arguments: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"))
        .args(arguments)
        .arg(file)
        .output()
        .unwrap()
}

/// The program either gets by with a file or names it as damaged; it never dies itself.
fn is_contained(path: &Path) {
    for arguments in [&[][..], &["--check"]] {
        let output = program(arguments, path);
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => {}
            Some(1) => {
                // The findings of a check are on standard output.
                let findings = arguments == ["--check"] && !output.stdout.is_empty();
                assert!(findings || said.contains(".h5: "), "{arguments:?}: {said}");
                println!("{}: {}", path.display(), said.trim_end());
            }
            _ => panic!("{arguments:?}: {:?}: {said}", output.status),
        }
    }
}
