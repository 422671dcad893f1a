//! A program that knows only `tracing`: the profiler is one more layer, set up in `main`.
//!
//! ```text
//! cargo run --example tracing_only [PROFILE.h5]
//! ```

use scope_profiler::{ProfileManager, ProfilingConfig};
use tracing::{info, info_span, instrument};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "tracing_only.h5".into());
    let session = ProfileManager::session(ProfilingConfig::new().file_path(file))?;
    tracing_subscriber::registry()
        .with(ProfileManager::layer())
        // Logging beside it keeps its own filter and does not decide what is profiled.
        .with(
            tracing_subscriber::fmt::layer()
                .without_time()
                .with_filter(LevelFilter::INFO),
        )
        .init();

    let words = read_input();
    let longest = count_lengths(&words);
    info!(words = words.len(), longest, "done");

    // Writes the file, prints the table and where it went.
    session.finalize()?;
    Ok(())
}

#[instrument]
fn read_input() -> Vec<String> {
    (0..5_000).map(|n: u32| format!("{:b}", n.pow(2))).collect()
}

#[instrument(skip_all)]
fn count_lengths(words: &[String]) -> usize {
    let mut longest = 0;
    for block in words.chunks(500) {
        let _span = info_span!("block", first = %block[0]).entered();
        longest = block
            .iter()
            .map(|word| digits(word))
            .max()
            .unwrap_or(0)
            .max(longest);
    }
    longest
}

#[instrument(level = "debug", skip_all)]
fn digits(word: &str) -> usize {
    word.chars().filter(char::is_ascii_digit).count()
}
