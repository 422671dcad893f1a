//! Several runs in one page, from a server or in one file: what is done in one of them is done in all.

use super::common::Profile;
use super::running::{Running, program};
use crate::browser::{Browser, Look};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const MS: i64 = 1_000_000;

/// The steps of a run, `length` ms each after so many ms; the second run has more of them, and a region of its own.
fn run(before: i64, length: i64, steps: i64, other: &str) -> Profile {
    let step = |number: i64| (before + number * length) * MS;
    let steps: Vec<_> = (0..steps)
        .map(|number| (step(number), step(number + 1), 0))
        .collect();
    let end = steps[steps.len() - 1].1;
    Profile::new()
        .region(0, "main", &[(0, end + MS, 0)])
        .region(0, "step", &steps)
        .region(0, other, &[(end, end + MS / 2, 0)])
        .close()
}

/// Two runs side by side.
struct Together {
    browser: Browser,
    link: String,
    /// Where the page comes from.
    _server: Option<Running>,
    _directory: tempfile::TempDir,
    _runs: [Profile; 2],
}

/// Looks at two runs side by side, from a server and then in a file; not where there is no browser.
fn of_each(look: Look, fragment: &str, test: impl Fn(&mut Together)) {
    for is_file in [false, true] {
        let Some(mut together) = Together::open(look, fragment, is_file) else {
            return;
        };
        test(&mut together);
        assert_eq!(together.browser.complaints(), Vec::<String>::new());
    }
}

impl Together {
    fn open(look: Look, fragment: &str, is_file: bool) -> Option<Self> {
        let browser = Browser::start(look)?;
        let runs = [run(10, 5, 10, "old"), run(30, 10, 12, "new")];
        let paths = [&runs[0], &runs[1]].map(|run| run.path().to_str().unwrap().to_owned());
        let directory = tempfile::tempdir().unwrap();
        let server = (!is_file).then(|| Running::serve(&[&paths[0], &paths[1]]));
        let link = match &server {
            Some(server) => server.link.clone(),
            None => format!(
                "file://{}",
                written(directory.path(), &paths, 2_000_000).display()
            ),
        };
        let mut together = Self {
            browser,
            link,
            _server: server,
            _directory: directory,
            _runs: runs,
        };
        let link = format!("{}{fragment}", together.link);
        together.browser.open_address(&link);
        together.settle();
        Some(together)
    }

    fn settle(&mut self) {
        self.browser.until("window.scopeProfilerTogether?.settled");
        self.browser.settle();
    }

    /// Of each of the pages.
    fn each(&mut self, expression: &str) -> Vec<Value> {
        let all = format!(
            "[...document.querySelectorAll('iframe')].map(frame => (({{ contentWindow, contentDocument }}) => {expression})(frame))"
        );
        self.browser.eval(&all).as_array().unwrap().clone()
    }

    /// The windows, ms.
    fn windows(&mut self) -> Vec<(f64, f64)> {
        let views = self
            .each("[contentWindow.scopeProfiler.view.t0 / 1e6, contentWindow.scopeProfiler.view.t1 / 1e6]");
        let window = |view: &Value| (view[0].as_f64().unwrap(), view[1].as_f64().unwrap());
        views.iter().map(window).collect()
    }

    /// Where a page shows a time in a region's lane.
    fn place(&mut self, page: usize, region: &str, time: i64) -> (f64, f64) {
        let at = self.browser.eval(&format!(
            "(() => {{ const frame = document.querySelectorAll('iframe')[{page}], box = frame.getBoundingClientRect(); \
             const at = frame.contentWindow.scopeProfiler.locate('{region}', 0, {time}); return [box.x + at.x, box.y + at.y]; }})()"
        ));
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    }

    fn key(&mut self, key: &str) {
        self.browser.key(key);
        self.settle();
    }

    fn click(&mut self, at: (f64, f64)) {
        self.browser.click(at);
        self.settle();
    }

    fn choose(&mut self, select: &str, value: &str) {
        self.browser.eval(&format!(
            "(() => {{ const select = document.querySelector('{select}'); select.value = '{value}'; \
             select.dispatchEvent(new Event('change')); }})()"
        ));
        self.settle();
    }

    fn table(&mut self) -> Value {
        self.browser.eval(
            "[...document.querySelectorAll('#comparison tr')].map(row => [...row.cells].map(cell => cell.textContent).join(' | '))",
        )
    }
}

fn near(windows: &[(f64, f64)], expected: [(f64, f64); 2]) {
    for (window, expected) in windows.iter().zip(expected) {
        let off = (window.0 - expected.0).abs() + (window.1 - expected.1).abs();
        assert!(off < 0.01, "{windows:?} are not {expected:?}");
    }
}

#[test]
fn timelines_have_one_axis_and_move_together() {
    of_each(Look::default(), "", |page| {
        // The second run is the longer one: 151 ms.
        near(&page.windows(), [(0.0, 151.0); 2]);
        let same = page.each("contentWindow.scopeProfiler.locate('main', 0, 50e6).x");
        assert_eq!(same[0], same[1]);
        page.browser.screenshot("together");
        let at = page.place(0, "step", 12 * MS);
        page.browser.wheel(at, -400.0);
        page.settle();
        let zoomed = page.windows();
        assert!(zoomed[0].1 - zoomed[0].0 < 120.0, "{zoomed:?}");
        assert_eq!(zoomed[0], zoomed[1]);
        // By key in the other one, and back.
        let at = page.place(1, "main", 20 * MS);
        page.click(at);
        page.key("d");
        let moved = page.windows();
        assert!(moved[0].0 > zoomed[0].0, "{moved:?}");
        assert_eq!(moved[0], moved[1]);
        page.key("f");
        near(&page.windows(), [(0.0, 151.0); 2]);
    });
}

#[test]
fn what_is_selected_in_one_run_is_selected_in_all_and_in_the_table() {
    of_each(Look::default(), "", |page| {
        let pins = "contentWindow.scopeProfiler.view.pinned";
        let at = page.place(1, "step", 35 * MS);
        page.click(at);
        assert_eq!(page.each(pins), ["step", "step"]);
        let pinned = "document.querySelector('#comparison tr.pinned')?.dataset.name ?? null";
        assert_eq!(page.browser.eval(pinned), "step");
        // A region of one run alone.
        let row = page.browser.middle_of("#comparison tr[data-name=new] button");
        page.click(row);
        assert_eq!(page.each(pins), [Value::Null, json!("new")]);
        assert_eq!(page.browser.eval(pinned), "new");
        // What else is chosen in one page is in all: order, filter, colours.
        let at = page.place(0, "main", MS);
        page.click(at);
        page.key("g");
        page.key("t");
        assert_eq!(page.each("contentWindow.scopeProfiler.view.by"), ["rank", "rank"]);
        assert_eq!(
            page.each("contentDocument.documentElement.dataset.scheme"),
            ["dark", "dark"]
        );
        assert_eq!(
            page.browser.eval("document.documentElement.dataset.scheme"),
            "dark"
        );
        page.key("/");
        page.browser.type_text("st");
        page.settle();
        assert_eq!(page.each("contentWindow.scopeProfiler.view.search"), ["st", "st"]);
        let rows = page.table();
        assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
        page.browser.screenshot("together-dark");
        // The link holds it.
        let link = page.browser.text("location.href");
        page.browser.open_address(&link);
        page.settle();
        assert_eq!(page.each("contentWindow.scopeProfiler.view.search"), ["st", "st"]);
        assert_eq!(page.each(pins), ["main", "main"]);
        assert_eq!(
            page.each("contentDocument.documentElement.dataset.scheme"),
            ["dark", "dark"]
        );
    });
}

#[test]
fn regions_are_compared_with_difference_and_ratio() {
    of_each(Look::default(), "", |page| {
        assert_eq!(
            page.table(),
            json!([
                "Region | A | B | B − A | B / A",
                "step | 50.0 ms | 120 ms | +70.0 ms | 2.40 ×",
                "main | 10.5 ms | 30.5 ms | +20.0 ms | 2.90 ×",
                "new | – | 500 µs | +500 µs | –",
                "old | 500 µs | – | −500 µs | 0.00 ×",
            ])
        );
        page.choose("#measure", "calls");
        assert_eq!(page.table()[1], "step | 10 | 12 | +2 | 1.20 ×");
        page.choose("#measure", "inclusive");
        assert_eq!(page.table()[1], "main | 61.0 ms | 151 ms | +90.0 ms | 2.48 ×");
        // What is in sight: the first 40 ms.
        page.choose("#measure", "view");
        let link = page.browser.text("location.href");
        let (link, _) = link.split_once('#').unwrap();
        page.browser
            .open_address(&format!("{link}#compare=view&t0=0&t1={}", 40 * MS));
        page.settle();
        assert_eq!(page.table()[1], "step | 30.0 ms | 10.0 ms | −20.0 ms | 0.33 ×");
        let by_ratio = page.browser.middle_of("#comparison th[data-key=ratio] button");
        page.click(by_ratio);
        assert_eq!(page.table()[1], "main | 40.0 ms | 40.0 ms | 0 ns | 1.00 ×");
    });
}

#[test]
fn runs_are_aligned_at_the_first_call_of_a_region() {
    of_each(Look::default(), "#pin=step", |page| {
        page.choose("#align", "step");
        // 10 ms before it and 121 ms after it, whichever run has that.
        near(&page.windows(), [(-20.0, 131.0), (0.0, 151.0)]);
        let places = page.each("[contentWindow.scopeProfiler.locate('step', 0, 10e6).x, contentWindow.scopeProfiler.locate('step', 0, 30e6).x]");
        assert_eq!(places[0][0], places[1][1]);
        let at = page.place(0, "step", 20 * MS);
        page.browser.wheel(at, -300.0);
        page.settle();
        let windows = page.windows();
        assert!((windows[1].0 - windows[0].0 - 20.0).abs() < 1e-6, "{windows:?}");
        let link = page.browser.text("location.href");
        page.browser.open_address(&link);
        page.settle();
        near(&page.windows(), [windows[0], windows[1]]);
        page.browser.screenshot("together-aligned");
    });
}

#[test]
fn whole_pages_stand_beside_each_other_with_the_same_view() {
    of_each(Look::default(), "", |page| {
        let whole = page.browser.middle_of("#whole");
        page.click(whole);
        let at = page.place(1, "main", 5 * MS);
        page.click(at);
        page.key("4");
        let shown = "[...contentDocument.querySelectorAll('[role=tabpanel]')].find(panel => panel.offsetHeight > 0)?.id";
        assert_eq!(page.each(shown), ["flame", "flame"]);
        page.browser.screenshot("together-whole");
        // One of them may be left out.
        let box_b = page.browser.middle_of("#files li:nth-child(2) input");
        page.click(box_b);
        assert_eq!(page.each("contentWindow.scopeProfiler.view.pinned"), ["main"]);
        page.click(box_b);
        assert_eq!(page.each(shown), ["flame", "flame"]);
    });
}

#[test]
fn everything_is_reached_by_keyboard_and_axe_finds_nothing_to_mend() {
    let axe = crate::accessible::axe();
    for dark in [false, true] {
        let look = Look {
            dark,
            ..Look::default()
        };
        of_each(look, "", |page| {
            let mut met = Vec::new();
            for _ in 0..12 {
                page.browser.key("Tab");
                met.push(
                    page.browser
                        .text("document.activeElement.id || document.activeElement.tagName"),
                );
            }
            for stop in ["align", "measure", "whole", "IFRAME"] {
                assert!(met.iter().any(|one| one == stop), "{met:?} lack {stop}");
            }
            page.browser
                .eval("document.querySelector('#comparison tbody button').focus()");
            page.browser.key("ArrowDown");
            page.browser.key(" ");
            page.settle();
            assert_eq!(
                page.each("contentWindow.scopeProfiler.view.pinned"),
                ["main", "main"]
            );
            if let Some(axe) = &axe {
                assert_eq!(crate::accessible::violations(&mut page.browser, axe), json!([]));
            }
            page.key("Escape");
            assert_eq!(
                page.each("contentWindow.scopeProfiler.view.pinned"),
                [Value::Null, Value::Null]
            );
        });
    }
}

/// What the program writes of these files, which are called `old` and `new`.
fn written(directory: &Path, files: &[String; 2], most_bytes: u64) -> PathBuf {
    let output = program()
        .args([format!("old={}", files[0]), format!("new={}", files[1])])
        .arg("-o")
        .arg(directory)
        .args(["--format", "html", "--max-html-size", &most_bytes.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let path = directory.join("gantt_plot.html");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().trim(),
        path.to_str().unwrap()
    );
    path
}

#[test]
fn the_runs_of_a_file_share_its_size_and_ask_for_nothing() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    // Calls of which no two are as long: each takes some bytes, all of them more than half of the room.
    let mut long = Profile::new();
    for rank in 0..8 {
        let chance = |at: i64| {
            at.wrapping_mul(6_364_136_223_846_793_005)
                .rotate_left(24)
                .rem_euclid(60_000)
        };
        let steps: Vec<_> = (0..1_500)
            .map(|at| {
                (
                    at * 100_000,
                    at * 100_000 + 30_000 + chance(at + 1_500 * i64::from(rank)),
                    0,
                )
            })
            .collect();
        long = long.region(rank, "step", &steps);
    }
    let long = long.close();
    let short = run(10, 5, 10, "old");
    let paths = [short.path(), long.path()].map(|path| path.to_str().unwrap().to_owned());
    let directory = tempfile::tempdir().unwrap();
    let common = std::fs::metadata(written(
        directory.path(),
        &[paths[0].clone(), paths[0].clone()],
        1,
    ))
    .unwrap()
    .len();
    let most = common + 100_000;
    let page = written(directory.path(), &paths, most);
    let length = std::fs::metadata(&page).unwrap().len();
    // The long run has what the short one does not need.
    assert!((common + 60_000..=most).contains(&length), "{length} of {most}");
    browser.open_address(&format!("file://{}", page.display()));
    browser.until("window.scopeProfilerTogether?.settled");
    browser.settle();
    let titles = browser.eval("[...document.querySelectorAll('#files bdi')].map(name => name.textContent).filter(text => text.length < 4)");
    assert_eq!(titles, json!(["old", "new"]));
    let asked = browser.requests();
    let elsewhere = asked
        .iter()
        .filter(|link| !link.starts_with("file://") && !link.starts_with("about:"));
    assert_eq!(elsewhere.count(), 0, "{asked:?}");
}

#[test]
fn show_takes_several_files_too() {
    let runs = [run(10, 5, 10, "old"), run(30, 10, 12, "new")];
    let mut command = program();
    command.args(runs.iter().map(Profile::path)).arg("--show");
    let server = Running::start(&mut command);
    let answer = super::client::get(server.port, &server.path);
    assert_eq!(answer.status, 200);
    assert!(
        answer.text().contains("<title>Runs together"),
        "{}",
        answer.text()
    );
}

#[test]
fn of_more_than_three_runs_the_first_three_are_shown_at_first() {
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let runs = [1, 2, 3, 4].map(|length| run(10, length, 5, "other"));
    let directory = tempfile::tempdir().unwrap();
    let output = program()
        .args(runs.iter().map(Profile::path))
        .arg("-o")
        .arg(directory.path())
        .args(["--format", "html"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let open = |browser: &mut Browser, address: &str| {
        browser.open_address(address);
        browser.until("window.scopeProfilerTogether?.settled");
    };
    let page = directory.path().join("gantt_plot.html");
    open(&mut browser, &format!("file://{}", page.display()));
    let chosen = "[...document.querySelectorAll('#files input')].map(one => one.checked)";
    let frames = "document.querySelectorAll('iframe').length";
    assert_eq!(browser.eval(chosen), json!([true, true, true, false]));
    assert_eq!(browser.number(frames), 3.0);
    let fourth = browser.middle_of("#files li:nth-child(4) input");
    browser.click(fourth);
    browser.until("window.scopeProfilerTogether?.settled");
    assert_eq!(browser.number(frames), 4.0);
    // The link holds the choice.
    let link = browser.text("location.href");
    open(&mut browser, &link);
    assert_eq!(browser.eval(chosen), json!([true, true, true, true]));
    assert_eq!(browser.number(frames), 4.0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
