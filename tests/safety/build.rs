//! Settings that this package alone is built with.
//!
//! - `model`: the model checker takes the place of atomics and cells. A flag for the compiler would reach
//!   the dependencies too, which have models of their own.
//! - `sanitized`: what `src/std_locks.rs` stands in for, under the names that it has in this compiler's
//!   standard library.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    if std::env::var_os("CARGO_FEATURE_MODEL").is_some() {
        println!("cargo::rustc-cfg=scope_profiler_model");
    }
    if std::env::var_os("CARGO_FEATURE_SANITIZED").is_some() {
        stand_in();
    }
}

/// What waits for another thread inside the standard library, and the end of its mangled name.
const WAITS: [(&str, &str); 6] = [
    ("MUTEX_LOCK", "4sync5mutex5futexNtB2_5Mutex14lock_contended"),
    ("RWLOCK_READ", "4sync6rwlock5futexNtB2_6RwLock14read_contended"),
    ("RWLOCK_WRITE", "4sync6rwlock5futexNtB2_6RwLock15write_contended"),
    ("CONDVAR_WAIT", "4sync7condvar5futexNtB2_7Condvar4wait"),
    (
        "CONDVAR_WAIT_TIMEOUT",
        "4sync7condvar5futexNtB2_7Condvar12wait_timeout",
    ),
    ("ONCE_CALL", "4sync4once5futexNtB5_4Once4call"),
];

/// What the sanitizer's own library does at atomics.
const ATOMICS: [&str; 3] = [
    "__tsan_atomic64_fetch_sub",
    "__tsan_atomic64_compare_exchange_val",
    "__tsan_atomic_thread_fence",
];

fn stand_in() {
    let library = std::fs::read(standard_library()).expect("the standard library can be read");
    let symbols: Vec<&[u8]> = library.split(|&byte| byte == 0).collect();
    for (name, end) in WAITS {
        let found = symbols
            .iter()
            .find(|symbol| symbol.starts_with(b"_R") && symbol.ends_with(end.as_bytes()));
        let Some(symbol) = found.and_then(|symbol| std::str::from_utf8(symbol).ok()) else {
            // scripts/safety looks for this sentence.
            panic!("unknown standard library: nothing in it ends in {end}");
        };
        println!("cargo::rustc-env=WRAP_{name}=__wrap_{symbol}");
        println!("cargo::rustc-env=REAL_{name}=__real_{symbol}");
        wrap(symbol);
    }
    ATOMICS.into_iter().for_each(wrap);
}

fn wrap(symbol: &str) {
    println!("cargo::rustc-link-arg-bins=-Wl,--wrap={symbol}");
}

fn standard_library() -> PathBuf {
    let rustc = std::env::var_os("RUSTC").expect("cargo names the compiler");
    let target = std::env::var("TARGET").expect("cargo names the target");
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .expect("the compiler runs");
    let root = String::from_utf8(output.stdout).expect("a path in UTF-8");
    let libraries = Path::new(root.trim())
        .join("lib/rustlib")
        .join(target)
        .join("lib");
    let entries = libraries.read_dir().expect("the compiler's libraries are here");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let is_std = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    };
    paths.find(is_std).expect("a static standard library")
}
