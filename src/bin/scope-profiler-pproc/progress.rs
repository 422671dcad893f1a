//! A sign of life on a terminal while something takes long.

use crate::terminal;
use scope_profiler::units;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A line on standard error that says what is done and for how long, until this is dropped. Nothing
/// where standard error is no terminal, and nothing of what is done at once.
#[derive(Debug, Default)]
pub(crate) struct Progress(Option<Shown>);

#[derive(Debug)]
struct Shown {
    over: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

/// What takes less is not worth a line.
const SILENT: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(200);

impl Progress {
    /// Of doing `what` with a file.
    pub(crate) fn of(what: &str, file: &Path, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self::default();
        }
        let over = Arc::new((Mutex::new(false), Condvar::new()));
        let what = terminal::one_line(&format!("{what} {}", file.display()), true);
        let thread = {
            let over = Arc::clone(&over);
            let show = move || show(&over, &what, Instant::now());
            std::thread::Builder::new().spawn(show)
        };
        Self(thread.ok().map(|thread| Shown { over, thread }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(Shown { over, thread }) = self.0.take() {
            *over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            over.1.notify_one();
            // It takes its line away. A panic of it is nothing to the work.
            thread.join().ok();
        }
    }
}

fn show((over, changed): &(Mutex<bool>, Condvar), what: &str, began: Instant) {
    let read_before = bytes_read();
    let mut wait = SILENT;
    let mut shown = false;
    let mut is_over = over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*is_over {
        let waited = changed.wait_timeout_while(is_over, wait, |over| !*over);
        is_over = waited.unwrap_or_else(PoisonError::into_inner).0;
        if !*is_over {
            let read = bytes_read().zip(read_before);
            let read = read.map_or(String::new(), |(now, before)| {
                format!(", {} MB read", units::count((now - before) / 1_000_000))
            });
            terminal::progress(&format!("{what}: {} s{read}", began.elapsed().as_secs()));
            (wait, shown) = (EVERY, true);
        }
    }
    if shown {
        terminal::progress("");
    }
}

/// What this process has read so far, where the system tells.
fn bytes_read() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    io.lines()
        .find_map(|line| line.strip_prefix("rchar: "))?
        .parse()
        .ok()
}
