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

// ---- The page as text ----

#[test]
fn the_page_asks_for_nothing_outside_itself() {
    let (chart, data) = known();
    let page = html::render(&chart, &data);
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("@import"));
    assert!(!page.contains("<script src") && !page.contains("<link rel=\"stylesheet"));
    assert!(
        page.contains("default-src 'none'"),
        "a content security policy forbids every load"
    );
    assert!(!page.contains("innerHTML") && !page.contains("{{"));
}

#[test]
fn no_name_ends_the_script_it_is_stored_in() {
    let names = hostile_names();
    let (mut chart, mut data) = grid(1, names.len(), 1, |i| names[i].clone());
    let scripts = |page: &str| {
        (
            page.matches("<script").count(),
            page.matches("</script").count(),
            page.matches("<!--").count(),
        )
    };
    let harmless = scripts(&html::render(&known().0, &known().1));
    chart.header.title = names[0].clone();
    data.notes = names.clone();
    assert_eq!(scripts(&html::render(&chart, &data)), harmless);
}

#[test]
fn two_hundred_thousand_bars_make_a_page_of_a_few_megabytes() {
    let (chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    assert_eq!(chart.header.intervals, 200_000);
    let size = html::render(&chart, &data).len();
    assert!(size < 4_000_000, "{size} bytes");
}

#[test]
fn writing_replaces_a_page_and_leaves_nothing_else_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.html");
    std::fs::write(&path, "an older page").unwrap();
    let (chart, data) = known();
    html::write(&chart, &data, &path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        html::render(&chart, &data)
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_page_that_cannot_be_written_is_one_line_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let (chart, data) = known();
    let missing = directory.path().join("no/such/run.html");
    let error = html::write(&chart, &data, &missing).unwrap_err();
    assert!(error.is_io());
    let text = error.to_string();
    assert!(
        text.starts_with(&missing.display().to_string()) && text.lines().count() == 1,
        "{text}"
    );

    let error = html::write(&chart, &data, directory.path()).unwrap_err();
    assert!(error.to_string().contains("cannot write the page"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

// ---- The page in a browser ----

#[test]
fn durations_and_counts_read_the_same_as_in_rust() {
    let (mut browser, ..) = open!(known());
    let mut values = vec![
        0.0, 1.5, 45.25, 0.125, 2.5, 3.5, 0.375, 12.25, 12.35, 99.95, 100.5, 101.5, 999.5, -2.5e9,
    ];
    let mut value = 1.0;
    while value < 1e16 {
        values.extend([
            value,
            value - 0.5,
            9.994_999 * value,
            9.995 * value,
            99.95 * value,
            599.5 * value,
            12.345 * value,
        ]);
        value *= 10.0;
    }
    values.extend((0..2000).map(|i| f64::from(i) * 1e3 + 62.5));
    let json = serde_json::Value::from(values.clone());
    let from_page: Vec<String> =
        serde_json::from_value(browser.eval(&format!("{json}.map(scopeProfiler.lib.duration)"))).unwrap();
    let from_rust: Vec<String> = values
        .iter()
        .map(|&ns| scope_profiler::units::duration_f64(ns))
        .collect();
    assert_eq!(from_page, from_rust);

    let counts = [0, 7, 999, 1000, 12_345, 1_234_567];
    let from_page: Vec<String> =
        serde_json::from_value(browser.eval(&format!("{counts:?}.map(scopeProfiler.lib.count)"))).unwrap();
    assert_eq!(from_page, counts.map(scope_profiler::units::count));
}

#[test]
fn ticks_are_1_2_5_steps_from_zero_in_the_unit_that_fits() {
    let (mut browser, ..) = open!(known());
    let mut labels = |t0: f64, t1: f64| {
        browser.text(&format!(
            "(t => `${{t.unit}} ${{t.base}}: ${{t.values.map(v => v.text).join(' ')}}`)(scopeProfiler.lib.ticks({t0}, {t1}, 6))"
        ))
    };
    assert_eq!(labels(0.0, 63.9e6), "ms 0: 0 20 40 60");
    assert_eq!(labels(0.0, 7.0), "ns 0: 0 2 4 6");
    assert_eq!(labels(0.0, 1.0), "ns 0: 0 1");
    assert_eq!(labels(1.0e6, 1.5e6), "µs 0: 1000 1100 1200 1300 1400 1500");
    assert_eq!(labels(0.0, 3.6e12), "min 0: 0 10 20 30 40 50 60");
    // Far from the start labels count from a round time, so that they stay short.
    assert_eq!(
        labels(12.345_678e9, 12.345_682e9),
        "µs 12345000000: +678 +679 +680 +681 +682"
    );
}

#[test]
fn the_page_opens_from_disk_without_a_request_or_a_complaint() {
    let (mut browser, page, _directory) = open!(solver(4, 2, 6));
    assert_eq!(
        browser.text("document.getElementById('title').textContent"),
        "heat equation, 512 x 512"
    );
    let facts = browser.text("document.getElementById('facts').innerText.replace(/\\s+/g, ' ')");
    assert!(
        facts.contains("4 ranks × 2 threads") && facts.contains("wall time"),
        "{facts}"
    );
    browser.hover((700.0, 300.0));
    browser.wheel((700.0, 300.0), -300.0);
    browser.click((700.0, 300.0));
    assert_eq!(browser.complaints(), Vec::<String>::new());
    for request in browser.requests() {
        assert!(
            request.starts_with(&format!("file://{}", page.display()))
                || request == "about:blank"
                || request == "data:,",
            "{request}"
        );
    }
}

#[test]
fn the_wheel_zooms_about_the_pointer_and_the_address_follows() {
    let (mut browser, ..) = open!(known());
    let at = place(&mut browser, "solve", 0, 30.0 * MS);
    browser.wheel(at, -400.0);
    let (t0, t1) = window(&mut browser);
    assert!(t1 - t0 < 60.0 * MS && t0 > 0.0 && t1 < 100.0 * MS, "{t0} to {t1}");
    let now = place(&mut browser, "solve", 0, 30.0 * MS);
    assert_near(now.0, at.0, 0.5);
    let fragment = browser.text("location.hash");
    assert_eq!(fragment, format!("#t0={t0:.0}&t1={t1:.0}"));

    browser.wheel(at, 4000.0);
    assert_eq!(window(&mut browser), (0.0, 100.0 * MS));
    assert_eq!(browser.text("location.hash"), "");
}

#[test]
fn dragging_moves_the_window_with_the_pointer() {
    let (mut browser, ..) = open!(known(), Look::default(), "#t0=40000000&t1=60000000");
    let from = place(&mut browser, "solve", 0, 45.0 * MS);
    let to = place(&mut browser, "solve", 0, 55.0 * MS);
    browser.drag(from, to, 0);
    let (t0, t1) = window(&mut browser);
    assert_near(t0, 30.0 * MS, 1.0);
    assert_near(t1, 50.0 * MS, 1.0);
    assert!(
        browser.eval("scopeProfiler.view.pinned").is_null(),
        "a drag is not a click"
    );
    // The run's end stops the window, and its length stays.
    browser.drag(to, (to.0 - 3000.0, to.1), 0);
    let (t0, t1) = window(&mut browser);
    assert_near(t0, 80.0 * MS, 1.0);
    assert_near(t1, 100.0 * MS, 1.0);
}

#[test]
fn two_fingers_pinch() {
    let (mut browser, ..) = open!(known());
    let (left, right) = (
        place(&mut browser, "solve", 0, 40.0 * MS),
        place(&mut browser, "solve", 0, 60.0 * MS),
    );
    let apart = (
        place(&mut browser, "solve", 0, 30.0 * MS),
        place(&mut browser, "solve", 0, 70.0 * MS),
    );
    browser.pinch((left, right), apart);
    let (t0, t1) = window(&mut browser);
    assert_near(t1 - t0, 50.0 * MS, 0.5 * MS);
    let under_finger = place(&mut browser, "solve", 0, 40.0 * MS);
    assert_near(under_finger.0, apart.0.0, 8.0);
}

#[test]
fn a_drag_in_the_overview_moves_the_window() {
    let (mut browser, ..) = open!(known(), Look::default(), "#t0=0&t1=10000000");
    let canvas = browser.number("document.getElementById('canvas').getBoundingClientRect().right");
    let start = place(&mut browser, "solve", 0, 0.0).0;
    let x = |share: f64| start + share * (canvas - start);
    let y = browser.middle_of("#overview").1;
    browser.drag((x(0.05), y), (x(0.45), y), 0);
    let (t0, t1) = window(&mut browser);
    assert_near(t0, 40.0 * MS, 0.2 * MS);
    assert_near(t1 - t0, 10.0 * MS, 1.0);
}

#[test]
fn the_divider_moves_by_keyboard() {
    let (mut browser, ..) = open!(solver(4, 2, 6));
    let height = "document.getElementById('scroller').clientHeight";
    let before = browser.number(height);
    browser.eval("document.getElementById('splitter').focus()");
    browser.key("ArrowUp");
    assert_near(before - browser.number(height), 24.0, 0.5);
}

#[test]
fn keys_zoom_pan_fit_search_and_help() {
    let (mut browser, ..) = open!(known());
    browser.key("w");
    let (t0, t1) = window(&mut browser);
    assert_near(t1 - t0, 100.0 * MS / 1.5, 1.0);
    browser.key("d");
    let moved = window(&mut browser);
    assert_near(moved.0 - t0, 0.2 * (t1 - t0), 1.0);
    browser.key("a");
    assert_near(window(&mut browser).0, t0, 1.0);
    browser.key("ArrowRight");
    assert_near(window(&mut browser).0 - t0, 0.1 * (t1 - t0), 1.0);
    browser.key("End");
    assert_near(window(&mut browser).1, 100.0 * MS, 0.0);
    browser.key("s");
    assert!(window(&mut browser).0 < 10.0 * MS);
    browser.key("f");
    assert_eq!(window(&mut browser), (0.0, 100.0 * MS));
    browser.key("g");
    assert_eq!(browser.text("scopeProfiler.view.by"), "rank");

    browser.key("/");
    assert_eq!(browser.text("document.activeElement.id"), "search");
    browser.type_text("s");
    assert_eq!(
        window(&mut browser),
        (0.0, 100.0 * MS),
        "keys are letters while searching"
    );
    assert_eq!(browser.text("scopeProfiler.view.search"), "s");
    browser.key("Escape");
    browser.key("Escape");
    assert_eq!(browser.text("scopeProfiler.view.search"), "");

    browser.key("?");
    assert_eq!(browser.eval("document.getElementById('help').open"), true);
    browser.key("Escape");
    assert_eq!(browser.eval("document.getElementById('help').open"), false);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn zooming_by_key_glides_to_the_same_window() {
    let (mut browser, ..) = open!(
        known(),
        Look {
            motion: true,
            ..Look::default()
        },
        ""
    );
    browser.key("w");
    let (t0, t1) = window(&mut browser);
    assert_near(t1 - t0, 100.0 * MS / 1.5, 1.0);
    // What is drawn has arrived there too.
    let edge = place(&mut browser, "solve", 0, t1);
    assert_near(
        edge.0,
        browser.number("document.getElementById('canvas').getBoundingClientRect().right"),
        0.5,
    );
}

#[test]
fn hovering_tells_what_a_bar_is() {
    let (mut browser, ..) = open!(known());
    let at = place(&mut browser, "solve", 1, 60.0 * MS);
    browser.hover(at);
    assert_eq!(
        tooltip(&mut browser),
        [
            "solve",
            "Rank: 1",
            "Thread: 0 (main)",
            "Start: 10 ms",
            "Duration: 60.0 ms",
            "Exclusive: 40.0 ms (67 %)"
        ]
    );
    let at = place(&mut browser, "inner", 0, 45.0 * MS);
    browser.hover(at);
    assert_eq!(
        tooltip(&mut browser)[3..],
        ["Start: 40 ms", "Duration: 10.0 ms", "Exclusive: 10.0 ms (100 %)"]
    );
    let beside = place(&mut browser, "inner", 0, 70.0 * MS);
    browser.hover(beside);
    assert_eq!(tooltip(&mut browser), Vec::<String>::new(), "there is no bar");
    // Over the names: the region, whole.
    browser.hover((40.0, at.1));
    assert_eq!(tooltip(&mut browser), ["inner"]);
}

#[test]
fn a_bar_that_stands_for_several_calls_says_so() {
    let mut run = Run::default();
    run.call("frame", 0, 0, 0, 1_000_000);
    for i in 0..10 {
        run.call("tick", 0, 0, 500_000 + i * 1000, 500_000 + i * 1000 + 500);
    }
    let (mut chart, data) = run.finish("merged");
    merge(&mut chart, 10);
    assert_eq!(chart.header.merged, 10);
    let (mut browser, ..) = open!((chart, data));
    let facts = browser.text("document.getElementById('facts').textContent");
    assert!(facts.contains("10 intervals merged for drawing"), "{facts}");
    let at = place(&mut browser, "tick", 0, 505_000.0);
    browser.hover(at);
    assert_eq!(
        tooltip(&mut browser)[4..],
        [
            "Duration: 9.50 µs",
            "Calls: 10, too close to be told apart",
            "Busy: 53 %"
        ]
    );
}

/// The red channel of a lane's pixels from left to right.
fn reds(browser: &mut Browser, region: &str, rank: u32) -> Vec<u8> {
    let (left, y) = place(browser, region, rank, 0.0);
    let reds = browser.eval(&format!(
        "(() => {{ const c = document.getElementById('canvas'), b = c.getBoundingClientRect(); \
         const left = Math.round({left} - b.x); \
         const data = c.getContext('2d').getImageData(left, Math.round({y} - b.y), c.width - left, 1).data; \
         return [...data].filter((_, i) => i % 4 === 0); }})()"
    ));
    serde_json::from_value(reds).unwrap()
}

#[test]
fn a_dense_lane_is_shaded_by_how_busy_it_is() {
    // One part in twenty for the first half, nine in ten for the second.
    let mut run = Run::default();
    for i in 0..20_000 {
        let length = if i < 10_000 { 1000 } else { 18_000 };
        run.call("dense", 0, 0, i * 20_000, i * 20_000 + length);
    }
    let (chart, data) = run.finish("dense");
    let mut merged = chart.clone();
    merge(&mut merged, 3000);
    let (mut browser, ..) = open!((chart, data.clone()));
    let (_directory, page) = save(&(merged, data));
    for _ in 0..2 {
        // The colour's own red is 0 and the background's 255; an idle pixel would show the latter.
        let reds = reds(&mut browser, "dense", 0);
        let (sparse, busy) = reds.split_at(reds.len() / 2);
        assert!(
            sparse[..sparse.len() - 2]
                .iter()
                .all(|red| (160..200).contains(red)),
            "{sparse:?}"
        );
        assert!(busy[2..busy.len() - 2].iter().all(|&red| red < 50), "{busy:?}");
        browser.open(&page, "");
    }
}

#[test]
fn search_filters_lanes_and_table_by_text_or_regex() {
    let (mut browser, ..) = open!(known());
    browser.key("/");
    browser.type_text("SE");
    assert_eq!(rows(&mut browser).len(), 1, "only setup has it, in whatever case");
    assert!(browser.eval("scopeProfiler.locate('solve', 0, 0)").is_null());
    assert!(browser.eval("scopeProfiler.locate('setup', 0, 0)").is_object());
    browser.key("Escape");
    browser.type_text("/^(inner|write)$/");
    assert_eq!(rows(&mut browser).len(), 2);
    browser.key("Escape");
    browser.type_text("/(/");
    assert_eq!(
        rows(&mut browser).len(),
        4,
        "a pattern that cannot be read hides nothing"
    );
    assert_eq!(
        browser.text("document.getElementById('matches').textContent"),
        "not a regular expression"
    );
    browser.key("Escape");
    browser.type_text("nothing");
    assert_eq!(rows(&mut browser), ["No region matches “nothing”"]);
    assert_eq!(browser.eval("document.getElementById('empty').hidden"), false);
}

#[test]
fn a_click_pins_a_region_everywhere_and_another_lets_go() {
    let (mut browser, ..) = open!(known());
    let inner = place(&mut browser, "inner", 0, 45.0 * MS);
    let solve = place(&mut browser, "solve", 0, 15.0 * MS);
    let bright = pixel(&mut browser, solve);
    browser.click(inner);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "inner");
    assert_eq!(
        browser.text("document.querySelector('tr.pinned bdi').textContent"),
        "inner"
    );
    assert_eq!(
        browser.text("document.querySelector('#pinned bdi').textContent"),
        "inner"
    );
    assert_ne!(pixel(&mut browser, solve), bright, "the others stand back");
    assert_eq!(browser.text("location.hash"), "#pin=inner");
    browser.click(inner);
    assert!(browser.eval("scopeProfiler.view.pinned").is_null());
    browser.hover((20.0, 20.0));
    assert_eq!(pixel(&mut browser, solve), bright);

    // The table pins as well, by mouse and by keyboard.
    let row = browser.middle_of("#statistics tbody tr:nth-child(2)");
    browser.click(row);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "inner");
    browser.key("Escape");
    assert!(browser.eval("scopeProfiler.view.pinned").is_null());
}

#[test]
fn the_table_sorts_and_follows_the_window() {
    let (mut browser, ..) = open!(known());
    let all = rows(&mut browser);
    assert_eq!(
        all[0],
        "solve | 2 | 140 ms | 100 ms | 70.0 ms | 60.0 ms | 80.0 ms | 10.0 ms | 2 | 140 ms | 70 %"
    );
    assert_eq!(
        all.iter()
            .map(|row| row.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        ["solve", "inner", "setup", "write"]
    );
    let calls = browser.middle_of("thead th:nth-child(2) button");
    browser.click(calls);
    assert!(rows(&mut browser)[0].starts_with("inner | 4 |"));
    browser.click(calls);
    assert!(rows(&mut browser)[0].starts_with("write | 1 |"));
    assert_eq!(
        browser.text("document.querySelector('[aria-sort]').getAttribute('aria-sort')"),
        "ascending"
    );
    assert_eq!(browser.text("location.hash"), "#sort=calls%2Cup");

    browser.eval("location.hash = '#t0=0&t1=25000000'");
    browser.settle();
    let seen = rows(&mut browser);
    assert!(
        seen[0].ends_with(" | 2 | 30.0 ms | 60 %"),
        "15 ms of solve on each rank: {}",
        seen[0]
    );
    assert!(seen[1].ends_with(" | 2 | 10.0 ms | 20 %"), "{}", seen[1]);
    assert!(seen[3].ends_with(" | 0 | 0 ns | 0.0 %"), "{}", seen[3]);
}

#[test]
fn the_ruler_measures_and_zooms() {
    let (mut browser, ..) = open!(known());
    let (from, to) = (
        place(&mut browser, "solve", 0, 20.0 * MS),
        place(&mut browser, "solve", 0, 50.0 * MS),
    );
    browser.drag(from, to, 8);
    assert_eq!(window(&mut browser), (0.0, 100.0 * MS), "measuring does not move");
    assert_near(
        browser.number("scopeProfiler.view.measured[1] - scopeProfiler.view.measured[0]"),
        30.0 * MS,
        1.0,
    );
    browser.key("z");
    assert_near(window(&mut browser).0, 20.0 * MS, 1.0);
    browser.key("Escape");
    assert!(browser.eval("scopeProfiler.view.measured").is_null());
    // Close to the edge of a bar it measures from the edge.
    browser.key("f");
    let (from, to) = (
        place(&mut browser, "inner", 0, 20.0 * MS),
        place(&mut browser, "inner", 0, 50.0 * MS),
    );
    browser.drag((from.0 + 3.0, from.1), (to.0 - 3.0, to.1), 8);
    assert_eq!(
        browser.eval("scopeProfiler.view.measured.join()"),
        "20000000,50000000"
    );
    browser.key("Escape");
    let button = browser.middle_of("#ruler");
    browser.click(button);
    browser.drag((700.0, from.1), (800.0, from.1), 0);
    assert!(
        browser.eval("scopeProfiler.view.measured").is_array(),
        "in ruler mode a plain drag measures"
    );
}

#[test]
fn the_address_restores_the_view() {
    let (mut browser, page, _directory) = open!(known());
    let at = place(&mut browser, "inner", 0, 45.0 * MS);
    browser.click(at);
    browser.wheel(at, -300.0);
    browser.key("g");
    browser.key("/");
    browser.type_text("/n/");
    let before = browser.eval("scopeProfiler.view");
    browser.reload(&page);
    let after = browser.eval("scopeProfiler.view");
    for key in ["pinned", "search", "by"] {
        assert_eq!(after[key], before[key]);
    }
    for key in ["t0", "t1"] {
        assert_near(after[key].as_f64().unwrap(), before[key].as_f64().unwrap(), 0.5);
    }
    // What cannot be read in an address is passed over.
    browser.open(&page, "#t0=x&t1=-5&pin=nobody&sort=__proto__&by=%E0%A4%A");
    assert_eq!(window(&mut browser), (0.0, 100.0 * MS));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn light_and_dark_follow_the_reader() {
    let (mut browser, page, _directory) = open!(known());
    let light = browser.screenshot("theme-light");
    let corner = place(&mut browser, "write", 0, 55.0 * MS);
    assert_eq!(pixel(&mut browser, corner)[..3], [255, 255, 255]);
    // The page follows while it is open.
    browser.look(Look {
        dark: true,
        ..Look::default()
    });
    browser.settle();
    let dark = browser.screenshot("theme-dark");
    assert_ne!(light, dark);
    assert!(
        pixel(&mut browser, corner)[..3]
            .iter()
            .all(|&channel| channel < 60)
    );
    browser.open(&page, "");
    assert_eq!(browser.screenshot("theme-dark"), dark);
}

#[test]
fn hostile_names_are_shown_as_text() {
    let names = hostile_names();
    let (mut chart, mut data) = grid(1, names.len(), 1, |i| names[i].clone());
    chart.header.title = names[0].clone();
    data.notes = vec![names[1].clone()];
    for thread in &mut data.threads {
        thread.name = names[1].clone();
    }
    let (mut browser, ..) = open!((chart.clone(), data));
    assert_eq!(
        browser.text("document.getElementById('title').textContent"),
        names[0]
    );
    for (region, name) in chart.regions.iter().zip(&names) {
        let bar = region.lanes[0].bars[0];
        let at = place(&mut browser, name, 0, (bar.start_ns + bar.end_ns) as f64 / 2.0);
        browser.hover(at);
        let shown = tooltip(&mut browser);
        assert_eq!(&shown[0], if name.is_empty() { "(no name)" } else { name });
        assert_eq!(shown[2], format!("Thread: 0 ({})", names[1]));
    }
    assert_eq!(rows(&mut browser).len(), names.len());
    assert!(browser.eval("window.hacked === undefined && document.querySelector('img') === null") == true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_chart_without_intervals_says_why() {
    let (mut browser, ..) = open!((GanttChart::default(), PageData::default()));
    let text = browser.text("document.getElementById('empty').textContent");
    assert!(text.starts_with("No intervals to show"), "{text}");
    for key in ["w", "d", "f", "g", "Escape"] {
        browser.key(key);
    }
    browser.wheel((600.0, 200.0), -100.0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn two_hundred_thousand_bars_are_all_there_and_can_be_zoomed_to() {
    let (chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    let bar = chart.regions[9].lanes[3].bars[777];
    let (mut browser, ..) = open!((chart, data));
    let calls = "[...document.querySelectorAll('#statistics tbody td:nth-child(9)')].reduce((sum, cell) => sum + Number(cell.textContent.replaceAll(' ', '')), 0)";
    assert_near(browser.number(calls), 200_000.0, 0.0);
    let (t0, t1) = (bar.start_ns - 1000, bar.end_ns + 1000);
    browser.eval(&format!("location.hash = '#t0={t0}&t1={t1}&search=region_9'"));
    browser.settle();
    let at = place(
        &mut browser,
        "region_9",
        3,
        (bar.start_ns + bar.end_ns) as f64 / 2.0,
    );
    browser.hover(at);
    let length = scope_profiler::units::duration(bar.end_ns - bar.start_ns);
    let shown = tooltip(&mut browser);
    assert_eq!(shown[0..2], ["region_9", "Rank: 3"]);
    assert_eq!(shown[4], format!("Duration: {length}"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn many_lanes_scroll_under_a_standing_axis() {
    let (mut browser, ..) = open!(grid(64, 20, 4, |i| format!("region_{i}")));
    let at = (40.0, 300.0);
    browser.wheel(at, 500.0);
    assert!(
        browser.number("document.getElementById('scroller').scrollTop") > 100.0,
        "over the names the wheel scrolls"
    );
    assert_eq!(browser.number("scopeProfiler.view.t0"), 0.0);
    let row = browser.middle_of("#statistics tbody tr:nth-child(3)");
    browser.click(row);
    let pinned = browser.text("scopeProfiler.view.pinned");
    let shown = place(&mut browser, &pinned, 0, 0.0);
    let bottom = browser.number("document.getElementById('scroller').getBoundingClientRect().bottom");
    assert!(
        shown.1 > 100.0 && shown.1 < bottom,
        "pinning in the table brings the lanes into sight"
    );
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
    browser.wheel((40.0, 300.0), 400.0);
    browser.hover((700.0, 300.0));
    browser.screenshot("many-lanes-scrolled");
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
    let (mut chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    merge(&mut chart, 2000);
    let (_dir, page) = save(&(chart, data));
    browser.open(&page, "");
    browser.screenshot("merged");
    browser.open(&page, "#t0=180000000&t1=180900000");
    browser.hover((700.0, 300.0));
    browser.screenshot("merged-zoomed");
    browser.look(Look {
        width: 820,
        height: 620,
        ratio: 2.0,
        ..Look::default()
    });
    let (_dir, page) = save(&solver(2, 8, 20));
    browser.open(&page, "#t0=9000000&t1=12000000&pin=stencil+kernel");
    browser.screenshot("small-2x");
    browser.look(Look {
        width: 390,
        height: 760,
        ..Look::default()
    });
    browser.open(&page, "");
    browser.screenshot("phone");
    browser.look(Look {
        width: 1900,
        height: 1100,
        ..Look::default()
    });
    browser.open(&page, "#by=rank&t0=9000000&t1=12000000");
    browser.screenshot("large");
    browser.look(Look::default());
    let names = hostile_names();
    let (_dir, page) = save(&grid(1, names.len(), 3, |i| names[i].clone()));
    browser.open(&page, "");
    browser.screenshot("hostile");
    let (_dir, page) = save(&grid(8, 25, 1000, |i| format!("region_{i}")));
    browser.open(&page, "");
    let opened = browser.eval("(t => [t.responseEnd, t.domInteractive, t.loadEventEnd])(performance.getEntriesByType('navigation')[0])");
    let frames = browser.eval(
        "(async () => { const c = document.getElementById('canvas'); const times = []; \
         for (let i = 0; i < 90; i++) { const t = performance.now(); \
         c.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 700, clientY: 300, deltaY: i < 45 ? -20 : 20 })); \
         await new Promise(requestAnimationFrame); times.push(performance.now() - t); } \
         times.sort((a, b) => a - b); return { median: times[45], worst: times[89] }; })()",
    );
    println!(
        "200 000 bars: {} bytes, opened {opened} ms, frame while zooming {frames} ms",
        page.metadata().unwrap().len()
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
