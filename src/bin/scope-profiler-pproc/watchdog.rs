//! A watchdog for the HDF5 library, which loops forever on some damaged files.

use crate::args::Args;
use crate::subprocess::end_at_once;
use crate::terminal::complain;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest processor time without a read from the file, in hundredths of a second.
const LONGEST: u64 = 1_000;

/// While this lives, a subprocess ends when its main thread is busy and reads nothing.
#[derive(Debug)]
pub(crate) struct Watchdog(Arc<AtomicBool>);

impl Watchdog {
    pub(crate) fn over(args: &Args, file: &Path) -> Self {
        let over = Arc::new(AtomicBool::new(!args.in_subprocess));
        if args.in_subprocess {
            let (over, file) = (Arc::clone(&over), file.to_owned());
            std::thread::spawn(move || watch(&over, &file));
        }
        Self(over)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn watch(over: &AtomicBool, file: &Path) {
    // Where the system does not tell what a thread does, there is no watchdog.
    let Some(mut last) = Activity::of_main_thread() else {
        return;
    };
    while !over.load(Ordering::Relaxed) {
        std::thread::park_timeout(Duration::from_millis(500));
        let Some(now) = Activity::of_main_thread() else {
            return;
        };
        if now.reads != last.reads {
            last = now;
        } else if now.busy - last.busy > LONGEST && !over.load(Ordering::Relaxed) {
            let file = file.display();
            complain(&format!(
                "{file}: damaged: the HDF5 library hangs while reading it"
            ));
            end_at_once();
        }
    }
}

/// What the main thread has done so far.
struct Activity {
    /// Calls of `read` and the like.
    reads: u64,
    /// Processor time, in hundredths of a second.
    busy: u64,
}

impl Activity {
    /// Linux counts these for each thread; the main one has the number of the process.
    fn of_main_thread() -> Option<Self> {
        let directory = format!("/proc/self/task/{}", std::process::id());
        let io = std::fs::read_to_string(format!("{directory}/io")).ok()?;
        let reads = io.lines().find_map(|line| line.strip_prefix("syscr: "))?;
        let stat = std::fs::read_to_string(format!("{directory}/stat")).ok()?;
        // The name in parentheses may hold anything; the times are fields 14 and 15.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        Some(Self {
            reads: reads.trim().parse().ok()?,
            busy: ticks()?.saturating_add(ticks()?),
        })
    }
}
