//! The findings of `--check`, for a terminal.

use crate::Failure;
use crate::args::Args;
use crate::progress::Progress;
use crate::terminal::{complain, one_line, print};
use crate::watchdog::Watchdog;
use scope_profiler::check::Report;
use scope_profiler::export::table::TableOptions;

/// Checks file after file; a file that cannot be checked does not keep the others from it.
pub(crate) fn check(args: &Args) -> Result<(), Failure> {
    let style = Style::of_stdout();
    let mut all_well = true;
    for file in &args.files {
        let _watchdog = Watchdog::over(args, file);
        let progress = Progress::of("checking", file, args.quiet);
        let report = scope_profiler::check::check(file);
        drop(progress);
        match report {
            Ok(report) => {
                all_well &= report.is_ok();
                if !(args.quiet && report.is_ok()) {
                    print(&style.render(&report))?;
                }
            }
            Err(error) => {
                all_well = false;
                complain(&error.to_string());
            }
        }
    }
    if all_well { Ok(()) } else { Err(Failure::Told) }
}

struct Style {
    unicode: bool,
    color: bool,
}

impl Style {
    fn of_stdout() -> Self {
        let options = TableOptions::for_stdout();
        Self {
            unicode: options.is_unicode(),
            color: options.is_colored(),
        }
    }

    /// The verdict with what the file is, the invariant, and a line for each finding and note.
    fn render(&self, report: &Report) -> String {
        let path = report.path().display();
        let mark = self.mark(report.is_ok());
        let mut out = format!(
            "{mark} {}\n",
            self.line(&format!("{path}: {}", report.contents()))
        );
        let mut add = |text: &str| out += &format!("  {}\n", self.line(text));
        add(report.invariant().as_str());
        for finding in report.findings() {
            add(&format!("{path}: {finding}"));
        }
        let more = report.num_findings() - report.findings().len() as u64;
        if more > 0 {
            add(&format!("{path}: and {more} more of the kind"));
        }
        for note in report.notes() {
            add(&format!("note: {note}"));
        }
        out
    }

    fn mark(&self, good: bool) -> String {
        let (unicode, ascii, color) = if good {
            ("✓", "ok:   ", 32)
        } else {
            ("✗", "wrong:", 31)
        };
        let mark = if self.unicode { unicode } else { ascii };
        if self.color {
            format!("\u{1b}[{color}m{mark}\u{1b}[0m")
        } else {
            mark.into()
        }
    }

    fn line(&self, text: &str) -> String {
        one_line(text, self.unicode)
    }
}
