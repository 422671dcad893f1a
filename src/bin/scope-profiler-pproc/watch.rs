//! A watchdog for the HDF5 library, which loops forever on some damaged files.

use crate::args::Args;
use crate::contained::end_at_once;
use crate::terminal::complain;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Processor time in which reading a file must have read something of it, in hundredths of a second.
const PATIENCE: u64 = 1_000;

/// While this is there, and reading is contained, the process ends when the main thread is busy and
/// reads nothing.
#[derive(Debug)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    pub(crate) fn over(args: &Args, file: &Path) -> Self {
        let over = Arc::new(AtomicBool::new(!args.contained));
        if args.contained {
            let (over, file) = (Arc::clone(&over), file.to_owned());
            std::thread::spawn(move || watch(&over, &file));
        }
        Self(over)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn watch(over: &AtomicBool, file: &Path) {
    // Where the system does not tell, nothing is watched.
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
        } else if now.busy - last.busy > PATIENCE && !over.load(Ordering::Relaxed) {
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
    /// Calls of `read` and its kin.
    reads: u64,
    /// Processor time, in hundredths of a second.
    busy: u64,
}

impl Activity {
    /// Linux keeps an account of each thread; the main one has the number of the process.
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
