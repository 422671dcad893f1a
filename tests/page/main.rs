//! The interactive page, as text and in a real browser.
#![cfg(all(feature = "plot", feature = "hdf5"))]

mod browser;
#[path = "../common/calm.rs"]
mod calm;
mod samples;

// Tests, by what they look at.
mod accessible;
mod coloring;
mod counters;
mod gallery;
mod input;
mod keyboard;
mod measuring;
mod narrow;
mod profiles;
mod ranks;
#[cfg(all(feature = "cli", unix))]
mod served;
mod shown;
mod tasks;
mod text;
mod views;

use browser::{Browser, Look};
use samples::*;
use scope_profiler::RegionFilter;
use scope_profiler::chart::{ChartOptions, GanttChart};
use scope_profiler::page::{PageData, PageNote, RunsTogether, html};
use scope_profiler::profile::Profile;
use std::path::PathBuf;

fn save((chart, data): &(GanttChart, PageData)) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    html::write(chart, data, &path).unwrap();
    (directory, path)
}

/// The page of two runs together.
fn runs_page(before: &Profile, after: &Profile) -> (tempfile::TempDir, PathBuf) {
    let everything = RegionFilter::new();
    let mut runs = RunsTogether::new(ChartOptions::new().max_page_bytes(2_000_000));
    runs.add("before", before, &everything);
    runs.add("after", after, &everything);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.html");
    runs.write(&path).unwrap();
    (directory, path)
}

/// The page in a browser, or the end of the test where there is no browser.
macro_rules! open {
    ($chart:expr, $look:expr, $fragment:expr) => {{
        let Some(mut browser) = Browser::start($look) else {
            return;
        };
        let (directory, page) = save(&$chart);
        browser.open(&page, $fragment);
        (browser, page, directory)
    }};
    ($chart:expr) => {
        open!($chart, Look::default(), "")
    };
}
use open;

const MS: f64 = 1e6;

fn window(browser: &mut Browser) -> (f64, f64) {
    (
        browser.number("scopeProfiler.view.t0"),
        browser.number("scopeProfiler.view.t1"),
    )
}

/// Where the page shows a time (ns) in a region's lane.
fn place(browser: &mut Browser, region: &str, rank: u32, time: f64) -> (f64, f64) {
    let name = serde_json::Value::from(region);
    let at = browser.eval(&format!("scopeProfiler.locate({name}, {rank}, {time})"));
    (
        at["x"].as_f64().expect("the region has a lane"),
        at["y"].as_f64().unwrap(),
    )
}

/// The tooltip's lines: its name, then "term: text".
fn tooltip(browser: &mut Browser) -> Vec<String> {
    let lines = browser.eval(
        "document.getElementById('tooltip').hidden ? [] : \
         [document.querySelector('#tooltip bdi').textContent, \
         ...[...document.querySelectorAll('#tooltip dt')].map(dt => `${dt.textContent}: ${dt.nextSibling.textContent}`)]",
    );
    serde_json::from_value(lines).unwrap()
}

/// The table as text, one line per region.
fn rows(browser: &mut Browser) -> Vec<String> {
    let rows = browser.eval(
        "[...document.querySelectorAll('#statistics tbody tr')].map(row => [...row.cells].map(cell => cell.textContent).join(' | '))",
    );
    serde_json::from_value(rows).unwrap()
}

fn pixel(browser: &mut Browser, (x, y): (f64, f64)) -> Vec<u8> {
    let data = browser.eval(&format!(
        "(() => {{ const c = document.getElementById('canvas'), b = c.getBoundingClientRect(), r = devicePixelRatio; \
         return [...c.getContext('2d').getImageData(Math.round(({x} - b.x) * r), Math.round(({y} - b.y) * r), 1, 1).data]; }})()"
    ));
    serde_json::from_value(data).unwrap()
}

fn assert_near(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not within {tolerance} of {expected}"
    );
}
