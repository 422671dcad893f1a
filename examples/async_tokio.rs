//! Spans around futures: every poll is one interval, on the thread that polled.
//!
//! A task that waits is not running, and the profile shows exactly that: the intervals of `fetch`
//! are the moments in which it worked, spread over the threads that tokio moved it to. How long it took
//! with its waits is in the line on spans below the table. With `--tree caller` the requests stand below `serve`, which
//! spawned them, and not at the top of the threads that polled them.
//!
//! ```text
//! cargo run --example async_tokio [PROFILE.h5]
//! ```

use scope_profiler::{ProfileManager, ProfilingConfig};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};
use tracing::{Instrument, info_span, instrument};
use tracing_subscriber::prelude::*;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "async_tokio.h5".into());
    let session = ProfileManager::session(ProfilingConfig::new().file_path(file).label("async example"))?;
    tracing_subscriber::registry()
        .with(ProfileManager::layer())
        .init();

    let mut requests = JoinSet::new();
    info_span!("serve").in_scope(|| {
        for id in 0..20 {
            requests.spawn(handle(id).instrument(info_span!("request", id)));
        }
    });
    let total = requests.join_all().await.into_iter().fold(0, u64::wrapping_add);

    // Writes the file, prints the table and where it went.
    session.finalize()?;
    println!("checksum {total}");
    Ok(())
}

async fn handle(id: u64) -> u64 {
    let data = fetch(id).await;
    // No `.await` inside: a plain block span is right here.
    let _span = info_span!("checksum").entered();
    data.iter().fold(0, |sum: u64, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
    })
}

#[instrument]
async fn fetch(id: u64) -> Vec<u8> {
    let mut data = Vec::new();
    for part in 0..5 {
        sleep(Duration::from_millis(1 + id % 3)).await;
        data.extend((0..2_000u64).map(|n| (n * id + part) as u8));
    }
    data
}
