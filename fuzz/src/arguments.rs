//! The command line, one argument on each line: rank specifications above all.

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the program uses the rest"
)]
#[path = "../../src/bin/scope-profiler-pproc/args/mod.rs"]
mod args;

use args::{Args, RankSpec};
use clap::Parser;

/// A command line is understood or refused in words; a range of ranks is never empty.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Args::try_parse_from(std::iter::once("pproc").chain(text.split('\n'))) {
        Ok(args) => {
            assert!(!args.files.is_empty() || args.command.is_some());
            for RankSpec(ranks) in &args.choice.ranks {
                assert!(!ranks.is_empty(), "{ranks:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for spec in text.split('\n') {
        if let Ok(RankSpec(ranks)) = spec.parse() {
            let again: RankSpec = format!("{}-{}", ranks.start(), ranks.end()).parse().unwrap();
            assert_eq!(again, RankSpec(ranks));
        }
    }
}
