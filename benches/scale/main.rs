//! How merging and reading grow with the number of ranks and with the length of their logs.
//!
//! ```text
//! cargo bench --bench scale                     256 and 1024 ranks, and merges of 10 million intervals
//! cargo bench --bench scale -- ranks 4096       so many ranks of 100 regions with 1000 calls each
//! cargo bench --bench scale -- merge 10000000   merges of so many intervals, in 1 rank of 4 regions and in 64 of 40,
//!                                               beside `cp` of their logs, and with and without summaries
//! cargo bench --bench scale -- read 10000000    tables and pictures of files with so many intervals, in 1 rank of 4
//!                                               regions and in 64 of 40, beside a plain read of both columns
//! ```
//!
//! Logs are recorded by processes that take themselves for ranks of a job. Each merge and each reading is a process
//! of its own; of several the median counts. Files that do not fit on the disk are skipped.

mod merging;
mod reading;
#[path = "../runs/mod.rs"]
mod runs;

use runs::made::{NESTED, record_nested};
use std::path::Path;

/// How often each way of a comparison is taken.
const ROUNDS: usize = 7;

fn main() {
    let arguments = runs::arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["record", file, regions, calls] => merging::record(Path::new(file), number(regions), number(calls)),
        ["merge", directory, file, mode] => merging::merge(Path::new(directory), Path::new(file), mode),
        ["ranks", counts @ ..] => merging::ranks(counts),
        ["merge", intervals] => merging::merges(number(intervals)),
        ["read", intervals] => reading::read(number(intervals)),
        ["look", file, how] => reading::look(Path::new(file), how),
        [NESTED, file, regions, calls, how] => {
            record_nested(
                Path::new(file),
                number(regions),
                number(calls),
                *how == "crossing",
            );
        }
        _ => {
            merging::ranks(&["256", "1024"]);
            merging::merges(10_000_000);
        }
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}
