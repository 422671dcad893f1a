//! From rank logs to a profile.

use crate::Failure;
use crate::terminal::{self, print_line};
use scope_profiler::{
    merge::{MergeOptions, MergeProgress, Merged, find_logs, find_logs_of_run, merge_with},
    units,
};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Merges logs, and says what became of them.
pub(crate) fn merge_logs(
    logs: &[PathBuf],
    run: Option<&str>,
    output: &Path,
    mut options: MergeOptions,
    quiet: bool,
) -> Result<(), Failure> {
    let logs = match run {
        Some(run) => find_logs_of_run(logs, run)?,
        None => find_logs(logs)?,
    };
    let shows_progress = !quiet && std::io::stderr().is_terminal();
    if shows_progress {
        let bar = ProgressBar::default();
        options = options.on_progress(move |progress| bar.show(progress));
    }
    let merged = merge_with(&logs, output, &options);
    if shows_progress {
        terminal::progress("");
    }
    let merged = merged?;
    if quiet {
        return Ok(());
    }
    report(&merged, output)
        .iter()
        .try_for_each(|line| print_line(line))
}

/// The lines that say what is in the file, and what is not.
fn report(merged: &Merged, output: &Path) -> Vec<String> {
    let mut first = format!(
        "{}: {}, {}",
        output.display(),
        count(merged.ranks.len() as u64, "rank", "ranks"),
        count(merged.intervals, "interval", "intervals")
    );
    for (n, what) in [
        (merged.dropped, "dropped while recording"),
        (merged.open, "open at the end"),
    ] {
        if n > 0 {
            first += &format!(", {} {what}", units::count(n));
        }
    }
    let mut lines = vec![first];
    if merged.replaced {
        lines.push("It replaced an older file".into());
    }
    if let Some(directory) = merged.rank_files.first().and_then(|file| file.parent()) {
        let directory = directory.strip_prefix(".").unwrap_or(directory);
        let mut line = format!(
            "Keep the directory {} with it: it holds the ranks",
            directory.display()
        );
        if !merged.reused.is_empty() {
            line += &format!(
                "; {} were there already",
                units::count(merged.reused.len() as u64)
            );
        }
        lines.push(line);
    }
    if !merged.missing.is_empty() {
        lines.push(format!("Missing: ranks {}", units::ranges(&merged.missing)));
    }
    let left_out = merged.unreadable.iter();
    lines.extend(left_out.map(|log| format!("{}: left out: {}", log.path.display(), log.reason)));
    let incomplete = merged.incomplete.iter();
    lines.extend(incomplete.map(|log| {
        format!(
            "{}: ends in the middle of the run; all up to there is in the file",
            log.display()
        )
    }));
    lines
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", units::count(n), if n == 1 { one } else { many })
}

/// One line that is written over and over.
#[derive(Debug, Default)]
struct ProgressBar {
    shown: Mutex<Option<Instant>>,
}

impl ProgressBar {
    const CELLS: usize = 24;
    /// Often enough to look alive.
    const EVERY: Duration = Duration::from_millis(100);

    fn show(&self, progress: MergeProgress) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if shown.is_none_or(|shown| shown.elapsed() >= Self::EVERY) {
            *shown = Some(Instant::now());
            terminal::progress(&Self::line(progress));
        }
    }

    fn line(progress: MergeProgress) -> String {
        let part = progress.bytes as f64 / progress.of_bytes.max(1) as f64;
        let filled = (part * Self::CELLS as f64) as usize;
        format!(
            "[{:<cells$}] {} of {}, {:.1} of {:.1} MB",
            "#".repeat(filled.min(Self::CELLS)),
            units::count(progress.ranks as u64),
            count(progress.of_ranks as u64, "rank", "ranks"),
            progress.bytes as f64 / 1e6,
            progress.of_bytes as f64 / 1e6,
            cells = Self::CELLS
        )
    }
}
