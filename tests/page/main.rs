//! The interactive page, as text and in a real browser.
#![cfg(feature = "pproc")]

mod browser;
mod samples;

use browser::{Browser, Look};
use samples::*;
use scope_profiler::chart::gantt::GanttChart;
use scope_profiler::chart::page::PageData;
use scope_profiler::plot::html;
use std::path::PathBuf;

fn save((chart, data): &(GanttChart, PageData)) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    html::write(chart, data, &path).unwrap();
    (directory, path)
}

#[test]
#[ignore = "makes pictures for people: PAGE_SCREENSHOTS=dir cargo test --test page gallery -- --ignored"]
fn gallery() {
    let Some(mut browser) = Browser::start(Look {
        ratio: 1.0,
        ..Look::default()
    }) else {
        return;
    };
    let (_dir, page) = save(&solver(4, 2, 24));
    browser.open(&page, "");
    browser.screenshot("light");
    browser.open(&page, "#t0=10000000&t1=14000000&pin=solve");
    browser.screenshot("zoomed");
    browser.open(&page, "#t0=10000000&t1=14000000");
    let at = browser.eval("scopeProfiler.locate('assemble', 1, 11500000)");
    browser.hover((at["x"].as_f64().unwrap(), at["y"].as_f64().unwrap()));
    browser.screenshot("tooltip");
    browser.open(&page, "#by=rank");
    browser.screenshot("by-rank");
    browser.key("?");
    browser.screenshot("help");
    browser.look(Look {
        dark: true,
        ..Look::default()
    });
    browser.open(&page, "#t0=10000000&t1=19000000");
    browser.drag((600.0, 200.0), (800.0, 220.0), 8);
    browser.screenshot("dark");
    browser.look(Look::default());
    let (_dir, page) = save(&grid(64, 20, 40, |i| format!("region_{i}")));
    browser.open(&page, "");
    browser.screenshot("many-lanes");
    let (_dir, page) = save(&grid(2, 5, 9, |i| {
        format!("{i} {}", "solver::krylov::conjugate_gradient::".repeat(6))
    }));
    browser.open(&page, "");
    browser.screenshot("long-names");
    let (_dir, page) = save(&grid(1, 1, 1, |_| "only".into()));
    browser.open(&page, "");
    browser.screenshot("one");
    let (_dir, page) = save(&(GanttChart::default(), PageData::default()));
    browser.open(&page, "");
    browser.screenshot("empty");
    let (_dir, page) = save(&grid(8, 25, 1000, |i| format!("region_{i}")));
    browser.open(&page, "");
    browser.screenshot("200k");
    browser.open(&page, "#search=nothing-like-it");
    browser.screenshot("no-match");
    let names = hostile_names();
    let (_dir, page) = save(&grid(1, names.len(), 3, |i| names[i].clone()));
    browser.open(&page, "");
    browser.screenshot("hostile");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
