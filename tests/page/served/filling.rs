//! A page that is shown while its file is read.

use super::here::serving;
use crate::browser::{Browser, Look};
use crate::{place, rows, tooltip};
use scope_profiler::serve::{ServeOptions, ServedFile};
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

/// Of the Python package: four ranks, whose clocks were never compared, and nothing stored beside the intervals.
const FILE: &str = "tests/golden/py018_mpi4.h5";

/// Holds a reading once it has read more than a share.
#[derive(Default)]
pub(super) struct Gate(Mutex<f64>, Condvar);

impl Gate {
    fn pass(&self, share: f64) {
        let most = self.0.lock().unwrap();
        drop(self.1.wait_while(most, |most| share > *most).unwrap());
    }

    pub(super) fn open(&self, most: f64) {
        *self.0.lock().unwrap() = most;
        self.1.notify_all();
    }
}

/// Lets a reading end, also where a test fails.
struct Opened(Arc<Gate>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.open(1.0);
    }
}

fn file(path: &Path) -> ServedFile {
    ServedFile::new(ProfilingH5Reader::open(path).unwrap(), RegionFilter::new())
}

/// Serves a file whose reading is held before anything else is read.
fn held(path: &Path, look: impl FnOnce(&str, &Gate)) {
    held_with(path, ServeOptions::new(), look);
}

/// The same with settings.
pub(super) fn held_with(path: &Path, options: ServeOptions, look: impl FnOnce(&str, &Gate)) {
    let gate = Arc::new(Gate::default());
    let _opened = Opened(Arc::clone(&gate));
    let of_reading = Arc::clone(&gate);
    let file = file(path).told_of_reading(move |share| of_reading.pass(share));
    serving(file, &options.wait_for(0), |link| look(link, &gate));
}

/// What the page says of how far it has come; empty where it says nothing.
pub(super) fn progress(browser: &mut Browser) -> String {
    browser.text("(() => { const line = document.getElementById('reading'); return line.hidden ? '' : line.textContent; })()")
}

pub(super) const IS_THERE: &str =
    "window.scopeProfiler?.view && document.querySelector('#reading:not([hidden])')";
/// Calls in sight, over all regions.
const IN_SIGHT: &str = "[...document.querySelectorAll('#statistics tbody tr')].reduce((sum, row) => sum + Number(row.cells[11].textContent), 0)";

#[test]
fn rows_are_there_before_anything_is_read_then_bars_and_in_the_end_all_that_a_page_has() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let mut whole = Vec::new();
    serving(file(Path::new(FILE)), &ServeOptions::new(), |link| {
        browser.open_address(link);
        whole = rows(&mut browser);
        // Before the server ends.
        browser.open_address("about:blank");
    });
    let names = |rows: &[String]| {
        let names = rows.iter().map(|row| row.split(" | ").next().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    held(Path::new(FILE), |link, gate| {
        browser.navigate(link);
        browser.until(IS_THERE);
        assert_eq!(progress(&mut browser), "Reading the file: 0 %");
        assert_eq!(names(&rows(&mut browser)), names(&whole));
        let facts = browser.text("document.getElementById('facts').textContent");
        assert!(facts.starts_with("4 ranks"), "{facts}");
        for rank in 0..4 {
            place(&mut browser, "time_step", rank, 0.0);
        }
        assert_eq!(browser.number(IN_SIGHT), 0.0);
        browser.screenshot("filling-rows");
        browser.key("3");
        let panel = browser.text("document.getElementById('panel').innerText");
        assert!(panel.contains("This follows when all of it is."), "{panel}");
        browser.key("1");

        // Some of the ranks.
        gate.open(0.75);
        browser.until(&format!("{IN_SIGHT} > 0"));
        browser.until("/ [5-9]\\d %/.test(document.getElementById('reading').textContent)");
        browser.screenshot("filling-bars");
        let at = place(&mut browser, "main", 0, 1_000.0);
        browser.click(at);
        assert_eq!(browser.text("scopeProfiler.view.pinned"), "main");
        assert_eq!(tooltip(&mut browser)[0], "main");

        gate.open(1.0);
        browser.until("document.getElementById('reading').hidden");
        browser.settle();
        assert_eq!(rows(&mut browser), whole);
        assert_eq!(progress(&mut browser), "");
        assert_eq!(browser.text("scopeProfiler.view.pinned"), "main");
        browser.key("3");
        let panel = browser.text("document.getElementById('panel').innerText");
        assert!(!panel.contains("This follows"), "{panel}");
        assert_eq!(browser.complaints(), Vec::<String>::new());
    });
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_reported_on_the_page_that_is_shown() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    // Compressed, with the times of the end of its calls damaged.
    let mut bytes = std::fs::read("tests/golden/s1_gzip.h5").unwrap();
    bytes[6_615..6_638].fill(0xff);
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("damaged.h5");
    std::fs::write(&copy, bytes).unwrap();
    held(&copy, |link, gate| {
        browser.navigate(link);
        browser.until(IS_THERE);
        gate.open(1.0);
        browser.until("!document.getElementById('server').hidden");
        let said = browser.text("document.getElementById('server').textContent");
        assert!(said.starts_with("The file cannot be read to its end: "), "{said}");
        assert!(said.contains("damaged.h5"), "{said}");
        assert_eq!(progress(&mut browser), "");
        // Its rows are still there.
        place(&mut browser, "solve", 0, 0.0);
        // Views that take the whole file say what has happened and what to do.
        for view in ["2", "3", "4", "5"] {
            browser.key(view);
            let panel = browser.text("document.getElementById('panel').innerText");
            assert!(!panel.contains("This follows"), "{panel}");
            assert!(
                panel.contains("cannot be read to its end: ") && panel.contains("damaged.h5"),
                "{panel}"
            );
            assert!(panel.contains("scope-profiler-pproc --check"), "{panel}");
        }
        browser.screenshot("filling-failed");
    });
}
