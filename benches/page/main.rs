//! How fast the interactive page is in headless Chromium, as one file and from a server, beside speedscope.
//!
//! ```text
//! cargo bench --bench page                runs of 10 million intervals, of 1 rank with 4 regions and 64 with 40
//! cargo bench --bench page -- 100000000   so many
//! cargo bench --bench page -- FILE...     these files
//! ```
//!
//! Prints a table. Leave the machine alone meanwhile. speedscope is that of `scripts/test --install`; without it its
//! rows are left out.

#[allow(dead_code, reason = "the page's tests use the rest")]
#[path = "../../tests/page/browser.rs"]
mod browser;
mod opened;
mod program;
#[path = "../runs/mod.rs"]
mod runs;

use browser::{Browser, Look};
use opened::Opened;
use program::{Made, Server, run};
use runs::made::{NESTED, record_nested, record_ranks, room};
use scope_profiler::ProfilingH5Reader;
use scope_profiler::analysis::wall::Wall;
use scope_profiler::profile::Source;
use std::path::{Path, PathBuf};

fn main() {
    let arguments = runs::arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [NESTED, file, regions, calls, _] => {
            record_nested(Path::new(file), number(regions), number(calls), false);
        }
        [] => measure_made(10_000_000),
        [intervals] if intervals.parse::<usize>().is_ok() => measure_made(number(intervals)),
        files => files.iter().for_each(|file| measure(Path::new(file), file)),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Makes runs of so many intervals, and measures their pages.
fn measure_made(intervals: usize) {
    for (ranks, regions) in [(1, 4), (64, 40)] {
        let directory = tempfile::tempdir().expect("a directory");
        let what = format!("{ranks} x {regions}, {intervals} intervals");
        // Logs of 24 bytes an interval, the file of 16, and what speedscope reads.
        if room(directory.path()) < 120 * intervals as u64 {
            println!("{what}: no room on the disk");
            continue;
        }
        let file = directory.path().join("run.h5");
        record_ranks(&file, (ranks, regions), intervals, "nested");
        let logs = directory.path().join("run.h5.d");
        run(&["merge", text(&logs), "-o", text(&file), "--quiet"]);
        std::fs::remove_dir_all(&logs).expect("logs");
        measure(&file, &what);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn measure(file: &Path, what: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    println!("\n{what}\n");
    println!(
        "| page | made in | memory | bytes | first paint | all of it | a frame while zooming | while panning |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");

    let figures = directory.path().join("figures");
    let made = run(&[text(file), "-o", text(&figures), "--format", "html", "--quiet"]);
    let page = figures.join("gantt_plot.html");
    let opened = in_browser(|browser| Opened::page(browser, &format!("file://{}", page.display())));
    row("one file", &made.with_bytes_of(&page), &opened);

    let server = Server::start(file);
    let opened = in_browser(|browser| Opened::page(browser, &server.link));
    row("from a server", &server.end(), &opened);

    if let Some(application) = speedscope() {
        let export = directory.path().join("run.speedscope.json");
        let (window, what) = of_a_million(file);
        let made = run(&[
            "export",
            text(file),
            "-o",
            text(&export),
            "--window",
            &window,
            "--quiet",
        ]);
        let opened =
            in_browser(|browser| Opened::speedscope(browser, &application, &export, directory.path()));
        row(&what, &made.with_bytes_of(&export), &opened);
    }
}

/// A browser of its own, that none finds anything that another has left.
fn in_browser<T>(look: impl FnOnce(&mut Browser) -> T) -> T {
    let shown = Look {
        motion: true,
        ..Look::default()
    };
    look(&mut Browser::start(shown).expect("Chromium"))
}

fn row(what: &str, made: &Made, opened: &Result<Opened, String>) {
    let bytes = made
        .bytes
        .map_or(String::new(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    let made_in = made
        .seconds
        .map_or(String::new(), |seconds| format!("{seconds:.2} s"));
    let cells = match opened {
        Ok(opened) => opened.cells(),
        Err(complaint) => format!("{complaint} | | |"),
    };
    println!(
        "| {what} | {made_in} | {:.0} MB | {bytes} | {cells} |",
        made.memory
    );
}

/// The time of about a million calls, of which speedscope opens the file, and what that is.
fn of_a_million(file: &Path) -> (String, String) {
    let reader = ProfilingH5Reader::open(file).expect("a profile");
    let intervals: u64 = reader.rows().iter().map(|row| row.intervals).sum();
    let wall_ns = Wall::of(&reader).expect("a run").ns();
    if intervals <= 1_000_000 {
        return (format!("..{}ns", wall_ns + 1), "speedscope".into());
    }
    let until = (wall_ns as f64 * 1e6 / intervals as f64) as i64;
    (format!("..{until}ns"), "speedscope, a million of them".into())
}

fn speedscope() -> Option<PathBuf> {
    let python = std::env::var_os("SCOPE_PROFILER_PYTHON_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python"),
        PathBuf::from,
    );
    let application = python.join("consumers/node_modules/speedscope/dist/release/index.html");
    application.exists().then_some(application)
}
