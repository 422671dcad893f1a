//! The views beside the timeline: all of one selection, by mouse and by keyboard.

use crate::accessible::focused;
use crate::profiles::{futures, nested_profile, page_of};
use crate::*;
use scope_profiler::profile::{Call, Profile};
use serde_json::json;
use std::collections::BTreeSet;

fn open_profile(profile: &Profile, fragment: &str) -> Option<(Browser, tempfile::TempDir, PathBuf)> {
    let (directory, path) = page_of(profile);
    let mut browser = Browser::start(Look::default())?;
    browser.open(&path, fragment);
    Some((browser, directory, path))
}

/// The texts of all elements that match, without space at the ends.
fn texts(browser: &mut Browser, selector: &str) -> Vec<String> {
    let selector = serde_json::Value::from(selector);
    let texts = browser.eval(&format!(
        "[...document.querySelectorAll({selector})].map(one => one.textContent.trim())"
    ));
    serde_json::from_value(texts).unwrap()
}

/// The rows of the call tree: depth, then the cells.
fn tree(browser: &mut Browser) -> Vec<String> {
    let rows = browser.eval(
        "[...document.querySelectorAll('#tree tbody tr')].map(row => [row.ariaLevel ?? row.getAttribute('aria-level'), \
         row.querySelector('bdi').textContent, ...[...row.querySelectorAll('td')].map(cell => cell.textContent)].join(' | '))",
    );
    serde_json::from_value(rows).unwrap()
}

#[test]
fn the_call_tree_opens_closes_and_selects_by_keyboard() {
    let Some((mut browser, ..)) = open_profile(&nested_profile(), "#view=tree") else {
        return;
    };
    let all = tree(&mut browser);
    assert_eq!(all[0], "1 | main | 100 µs | 57 % | 20.0 µs | 1 | 100 µs");
    assert_eq!(
        all[1], "2 | fib | 80.0 µs | 46 % | 80.0 µs | 4 | 35.0 µs",
        "the outermost call alone counts, the mean is that of all four"
    );
    assert_eq!(texts(&mut browser, "#tree .tag"), ["recursive"]);
    browser.eval("document.querySelector('#tree tr[tabindex=\"0\"]').focus()");
    browser.key("ArrowLeft");
    assert_eq!(tree(&mut browser).len(), all.len() - 1, "main is closed");
    browser.key("ArrowRight");
    browser.key("ArrowRight");
    browser.key("Enter");
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "fib");
    assert_eq!(texts(&mut browser, "#tree tr[aria-selected=true] bdi"), ["fib"]);
    assert_eq!(
        browser.number("document.querySelectorAll('#tree tr[tabindex=\"0\"]').length"),
        1.0
    );
    assert_eq!(browser.text("location.hash"), "#pin=fib&view=tree");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_flame_graph_zooms_and_moves_by_keyboard_and_selects_everywhere() {
    let Some((mut browser, ..)) = open_profile(&solver_run(2, 1, 6).profile().build(), "") else {
        return;
    };
    browser.key("4");
    let frames = texts(&mut browser, "#flame .frame");
    assert!(frames[0].starts_with("All regions · "), "{frames:?}");
    assert!(frames[1].starts_with("time_step · "), "{frames:?}");
    let solve = browser.middle_of("#flame .frame[aria-label^='solve:']");
    browser.click(solve);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "solve");
    assert_eq!(texts(&mut browser, "#statistics tr.pinned bdi"), ["solve"]);
    let focused = "document.activeElement.getAttribute('aria-label')";
    assert!(
        browser.text(focused).starts_with("solve: "),
        "what was clicked keeps the focus"
    );
    browser.eval("document.querySelector('#flame .frame').focus()");
    browser.key("ArrowDown");
    assert!(browser.text(focused).starts_with("time_step: inclusive "));
    browser.key("ArrowDown");
    browser.key("Enter");
    let label = browser.text(focused);
    assert!(label.contains("calls 12"), "{label}");
    assert_eq!(
        browser.text("document.activeElement.style.width"),
        "calc(100% - 1px)",
        "it takes the whole width"
    );
    let shown = tooltip(&mut browser);
    assert!(shown[1].starts_with("Inclusive: "), "{shown:?}");
    browser.key("Backspace");
    assert!(browser.text(focused).starts_with("time_step:"));
    let assemble = browser.middle_of("#flame .frame[aria-label^='assemble:']");
    browser.double_click(assemble);
    assert!(browser.text(focused).starts_with("assemble: "));
    assert_eq!(
        browser.text("document.activeElement.style.width"),
        "calc(100% - 1px)",
        "a double-click zooms too"
    );
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "assemble");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_sandwich_has_callers_above_and_callees_below() {
    let profile = solver_run(2, 2, 6).profile().build();
    let Some((mut browser, ..)) = open_profile(&profile, "#view=sandwich") else {
        return;
    };
    assert!(browser.eval("document.querySelector('#sandwich .prompt').hidden") == false);
    let at = place(&mut browser, "solve", 0, 5_200_000.0);
    browser.hover((20.0, 20.0));
    browser.click((40.0, at.1));
    let callers = texts(&mut browser, "#sandwich [aria-label^=Callers] .frame");
    assert_eq!(callers.len(), 1);
    assert!(callers[0].starts_with("time_step · "), "{callers:?}");
    let callees = texts(&mut browser, "#sandwich [aria-label^=What] .frame");
    assert!(callees[0].starts_with("solve · "), "{callees:?}");
    assert!(callees[1].starts_with("cg: matrix-vector product"), "{callees:?}");
    // The caller, which nothing calls.
    let outermost = "document.querySelector('#sandwich h2 + .remark').checkVisibility()";
    assert!(browser.eval(outermost) == false);
    let at = browser.middle_of("#sandwich .frame");
    browser.click(at);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "time_step");
    assert!(browser.eval(outermost) == true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn details_of_a_region_have_the_numbers_of_the_profile() {
    let mut profile = Profile::builder();
    for i in 0..1_000 {
        let length = if i % 100 == 99 { 40_000 } else { 1_000 };
        let start = i * 50_000;
        let rank = (i % 4) as u32;
        profile.push(Call::new("step", start..start + length + 200).rank(rank));
        profile.push(Call::new("work", start + 100..start + 100 + length).rank(rank));
    }
    let Some((mut browser, ..)) = open_profile(&profile.build(), "#view=region") else {
        return;
    };
    assert_eq!(
        texts(&mut browser, "#region .regions bdi"),
        ["step", "work"],
        "the largest are offered"
    );
    let work = browser.middle_of("#region li:nth-child(2) button");
    browser.click(work);
    let numbers = texts(&mut browser, "#region > .facts div");
    assert_eq!(
        numbers,
        [
            "Calls1 000",
            "Inclusive1.39 ms",
            "Exclusive1.39 ms (100 %)",
            "Mean1.39 µs",
            "Deviation3.88 µs",
            "Min1.00 µs",
            "p501.00 µs",
            "p951.00 µs",
            "p991.40 µs",
            "Max40.0 µs",
        ]
    );
    let ranks = browser.text("[...document.querySelectorAll('#region svg')].map(svg => svg.getAttribute('aria-label')).find(label => label.startsWith('Time of'))");
    assert_eq!(
        ranks,
        "Time of 4 ranks: minimum 250 µs, mean 348 µs, maximum 640 µs on rank 3"
    );
    assert!(
        texts(&mut browser, "#region .card h3")
            .iter()
            .any(|title| title.starts_with("Over the run"))
    );
    let caller = browser.text("[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Called from')).querySelector('li').textContent");
    assert_eq!(caller, "step1.39 ms (100 %)");
    // The longest calls lead to the timeline.
    let longest = browser.middle_of("#region ol button");
    browser.click(longest);
    assert_eq!(
        browser.number("scopeProfiler.view.selected.start"),
        99.0 * 50_000.0 + 100.0
    );
    assert!(texts(&mut browser, "#region .card h3").contains(&"Selected call".to_owned()));

    // By keyboard: each chart is one stop, and whoever is there stays there whatever is drawn anew.
    let mut stops = Vec::new();
    let mut reach = |browser: &mut Browser, stop: &str| {
        loop {
            browser.key("Tab");
            stops.push(focused(browser));
            if stops.last().is_some_and(|last| last.starts_with(stop)) {
                return;
            }
            assert!(stops.len() < 60, "{stop} is not among {stops:?}");
        }
    };
    browser.eval("document.getElementById('tab-region').focus()");
    reach(&mut browser, "960 ns to ");
    browser.key("End");
    let longest = focused(&mut browser);
    assert!(longest.ends_with(", calls 10 (1.0 %)"), "{longest}");
    reach(&mut browser, "0 ns to ");
    browser.key("ArrowRight");
    let column = focused(&mut browser);
    assert!(column.contains(", median 1.00 µs, 5 % to 95 % "), "{column}");
    browser.key("Enter");
    let (t0, t1) = window(&mut browser);
    assert!(
        t0 > 0.0 && t1 - t0 < 5_000_000.0,
        "the column fills the window: {t0} to {t1}"
    );
    assert_eq!(focused(&mut browser), column);
    reach(&mut browser, "Rank 0, ");
    browser.key("End");
    let last = "Rank 3, time 640 µs, from the mean +84 %, calls 250";
    assert_eq!(focused(&mut browser), last);
    assert_eq!(
        tooltip(&mut browser),
        ["Rank 3", "Time: 640 µs", "From the mean: +84 %", "Calls: 250"]
    );
    browser.key("s");
    assert_eq!(focused(&mut browser), last);
    reach(&mut browser, "40.0 µs");
    browser.key("Enter");
    assert!(focused(&mut browser).starts_with("40.0 µs"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// In the views that are drawn anew: the key of the view, something to click, and the region that it selects.
const IN_VIEWS: [(&str, &str, &str); 5] = [
    ("2", "#region .regions [title=time_step]", "time_step"),
    ("3", "#tree tr:has([title=solve])", "solve"),
    ("4", "#flame .frame[aria-label^='time_step:']", "time_step"),
    (
        "5",
        "#sandwich [aria-label^=What] .frame[aria-label^='assemble:']",
        "assemble",
    ),
    ("6", "#measured [title=solve]", "solve"),
];

#[test]
fn a_click_is_taken_also_where_the_view_is_drawn_anew_while_the_pointer_is_pressed() {
    let Some((mut browser, ..)) =
        open_profile(&solver_run(2, 1, 6).profile().build(), "#ruler=5000000,9000000")
    else {
        return;
    };
    for (key, target, region) in IN_VIEWS {
        browser.key(key);
        let at = browser.middle_of(target);
        let colors = browser.text("document.documentElement.dataset.scheme");
        browser.click_around(at, |browser| browser.key("t"));
        assert_eq!(browser.text("scopeProfiler.view.pinned"), region, "{target}");
        assert_ne!(browser.text("document.documentElement.dataset.scheme"), colors);
    }
    // Who does not tell of the release, as a scroll bar, holds nothing up.
    browser.key("4");
    let at = browser.middle_of("#flame .frame[aria-selected=true]");
    browser.press(at);
    browser.hover((20.0, 20.0));
    // The first one lets go of what is measured.
    browser.key("Escape");
    browser.key("Escape");
    assert!(texts(&mut browser, "#flame .frame[aria-selected=true]").is_empty());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_click_in_any_view_selects_in_all_of_them() {
    let Some((mut browser, ..)) = open_profile(&solver_run(2, 1, 6).profile().build(), "") else {
        return;
    };
    let marks = [
        ("1", "#statistics tr.pinned bdi"),
        ("2", "#region h2 bdi"),
        ("3", "#tree tr[aria-selected=true] bdi"),
        ("4", "#flame .frame[aria-selected=true]"),
        ("5", "#sandwich [aria-label^=What] .frame:first-child"),
        ("6", "#measured tr.pinned bdi"),
    ];
    // A name of the timeline, and the row, button or frame of a region in each view.
    let name = (40.0, place(&mut browser, "solve", 0, 0.0).1);
    let first = [
        ("1", "", "solve"),
        ("1", "#statistics tbody tr:has([title=assemble])", "assemble"),
    ];
    let last = [("7", "#run [title=setup]", "setup")];
    for (key, target, region) in first.into_iter().chain(IN_VIEWS).chain(last) {
        browser.key(key);
        let at = if target.is_empty() {
            name
        } else {
            browser.eval(&format!(
                "document.querySelector({}).scrollIntoView({{ block: 'nearest' }})",
                json!(target)
            ));
            browser.middle_of(target)
        };
        browser.click(at);
        assert_eq!(browser.text("scopeProfiler.view.pinned"), region, "{target}");
        assert_eq!(texts(&mut browser, "#pinned bdi"), [region]);
        if target.is_empty() {
            // A click in the timeline has let go of what was measured.
            let [from, to] = [5.0, 9.0].map(|ms| place(&mut browser, "time_step", 0, ms * MS));
            browser.drag(from, to, 8);
        }
        for (key, mark) in marks {
            // `setup` is not in what is measured.
            if region == "setup" && key == "6" {
                continue;
            }
            browser.key(key);
            let marked = texts(&mut browser, mark);
            assert!(
                !marked.is_empty() && marked.iter().all(|text| text.split(" · ").next() == Some(region)),
                "{target}: {mark} is {marked:?}"
            );
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn names_are_readable_on_a_small_screen() {
    let look = Look {
        width: 900,
        height: 600,
        ..Look::default()
    };
    let (_directory, path) = page_of(&solver_run(4, 2, 6).profile().build());
    let Some(mut browser) = Browser::start(look) else {
        return;
    };
    for by in ["region", "rank", "thread"] {
        browser.open(&path, &format!("#by={by}"));
        // What is written on the timeline, where and how large.
        browser.eval(
            "(() => { window.written = []; const { fillText } = CanvasRenderingContext2D.prototype; \
             CanvasRenderingContext2D.prototype.fillText = function (text, x, y) { \
             if (this.canvas.id === 'canvas') written.push([text, x, parseFloat(/[\\d.]+px/.exec(this.font)[0])]); \
             return fillText.call(this, text, x, y); }; })()",
        );
        browser.hover((5.0, 5.0));
        browser.hover((500.0, 300.0));
        let plot = place(&mut browser, "setup", 0, 0.0).0;
        let written: Vec<(String, f64, f64)> = serde_json::from_value(browser.eval("written")).unwrap();
        let names: BTreeSet<&str> = written
            .iter()
            .filter(|(_, x, _)| *x < plot)
            .map(|(text, ..)| text.as_str())
            .collect();
        let expected: &[&str] = match by {
            "region" => &["setup", "assemble", "stencil kernel", "cg: matrix-vector product"],
            "rank" => &["rank 0", "setup", "assemble", "cg: matrix-vector product"],
            _ => &["rank 0 · thread #0", "rank 3 · thread #1"],
        };
        for name in expected {
            assert!(names.contains(name), "{by}: {name} is not among {names:?}");
        }
        assert!(
            written.iter().all(|(.., size)| *size >= 10.0),
            "{by}: {written:?}"
        );
        assert!(plot < 450.0, "{by}: names leave half of the screen: {plot}");
        let wide = browser.number("document.documentElement.scrollWidth");
        assert!(wide <= 900.0, "{by}: {wide}");
    }
    let cut = browser.eval("[...document.querySelectorAll('#statistics tbody bdi span')].filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).map(one => one.textContent)");
    assert_eq!(cut, json!([]));
    browser.screenshot("small-screen");
}

#[test]
fn what_stands_out_in_the_run_is_said_and_leads_to_its_region() {
    let Some((mut browser, ..)) = open_profile(&solver_run(8, 1, 6).profile().build(), "#view=run") else {
        return;
    };
    let found = texts(&mut browser, "#run .card:first-child li");
    assert!(
        found[0].starts_with("setup takes most time itself: "),
        "{found:?}"
    );
    assert!(
        found.iter().any(|text| text.contains(" is uneven: rank ")),
        "{found:?}"
    );
    let uneven = texts(&mut browser, "#run tbody th");
    assert_eq!(uneven.len(), 7, "{uneven:?}");
    let first = browser.middle_of("#run tbody th button");
    browser.click(first);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), uneven[0]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_lives_of_spans_are_among_the_details() {
    let Some((mut browser, ..)) = open_profile(&futures(), "#view=region&pin=fetch") else {
        return;
    };
    let card =
        "[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Lives'))";
    let rows = browser.eval(&format!(
        "[...{card}.querySelectorAll('tbody tr')].map(row => row.cells[0].textContent + ' ' + row.cells[1].textContent)"
    ));
    let rows: Vec<String> = serde_json::from_value(rows).unwrap();
    assert!(rows[0].starts_with("elapsed ") && rows[1].starts_with("busy ") && rows[2].starts_with("idle "));
    let text = browser.text(&format!("{card}.querySelector('.remark').textContent"));
    assert!(
        text.starts_with("40 spans, ") && text.ends_with("1 still entered at the end."),
        "{text}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_run_is_described_with_its_notes() {
    let Some((mut browser, ..)) = open_profile(&futures(), "") else {
        return;
    };
    browser.key("7");
    let notes = texts(&mut browser, "#run li.note");
    assert_eq!(notes, ["still open at the end: fetch"]);
    // From tab to tab by keyboard, and around.
    browser.eval("document.getElementById('tab-run').focus()");
    browser.key("ArrowRight");
    assert_eq!(browser.text("document.activeElement.id"), "tab-statistics");
    assert_eq!(
        browser.eval("document.getElementById('statistics').hidden"),
        false
    );
    assert_eq!(
        browser.number("document.querySelectorAll('[role=tab][tabindex=\"0\"]').length"),
        1.0
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// The frames of the flame graph, as a screen reader has them.
fn frames(browser: &mut Browser) -> Vec<String> {
    let labels = browser.eval(
        "[...document.querySelectorAll('#flame .frame')].map(frame => frame.getAttribute('aria-label'))",
    );
    serde_json::from_value(labels).unwrap()
}

/// A run whose window from 30 ms to 65 ms has other shares than the whole.
pub(crate) fn early_and_late() -> Profile {
    Profile::builder()
        .interval(Call::new("main", 0..100_000_000))
        .interval(Call::new("early", 10_000_000..40_000_000))
        .interval(Call::new("late", 50_000_000..90_000_000))
        .interval(Call::new("inner", 60_000_000..70_000_000))
        .build()
}

#[test]
fn call_tree_and_callers_follow_the_window_or_show_the_whole_run() {
    let (_directory, path) = page_of(&early_and_late());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let tree = "[...document.querySelectorAll('#tree tbody tr')].map(row => [...row.cells].slice(0, 4).map(cell => cell.textContent.trim()).join(' | '))";
    browser.open(&path, "#view=tree");
    let whole = browser.eval(tree);
    assert_eq!(whole[1], "▾late | 40.0 ms | 40 % | 30.0 ms");
    // What was closed stays closed.
    let twist = browser.middle_of("#tree tbody tr:nth-child(2) .twist");
    browser.click(twist);
    assert_eq!(browser.eval(tree).as_array().unwrap().len(), 3);
    browser.open(&path, "#view=tree&t0=30000000&t1=65000000");
    let scope = "document.querySelector('#tree .scope span').textContent";
    assert_eq!(browser.text(scope), "In view: 35.0 ms");
    assert_eq!(
        browser.eval(tree),
        json!([
            "▾main | 35.0 ms | 100 % | 10.0 ms",
            "▾late | 15.0 ms | 43 % | 10.0 ms",
            "inner | 5.00 ms | 14 % | 5.00 ms",
            "early | 10.0 ms | 29 % | 10.0 ms",
        ])
    );
    let twist = browser.middle_of("#tree tbody tr:nth-child(2) .twist");
    browser.click(twist);
    browser.key("d");
    let moved = browser.eval(tree);
    assert_eq!(moved[1], "▸late | 22.0 ms | 63 % | 12.0 ms", "{moved}");
    browser.screenshot("tree-in-view");
    // The callers of a region, too.
    browser.open(&path, "#view=region&pin=late&t0=30000000&t1=65000000");
    let card = "[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Called from')).innerText";
    let callers = browser.text(card);
    assert!(
        callers.contains("In view: 35.0 ms") && callers.contains("15.0 ms (100 %)"),
        "{callers}"
    );
    browser.key("f");
    let callers = browser.text(card);
    assert!(
        !callers.contains("In view") && callers.contains("40.0 ms (100 %)"),
        "{callers}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn flame_graphs_follow_the_window_or_show_the_whole_run() {
    let (_directory, path) = page_of(&early_and_late());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "#view=flame");
    let whole = frames(&mut browser);
    assert_eq!(whole.len(), 5, "{whole:?}");
    let scope = "document.querySelector('#flame .scope').hidden ? '' : document.querySelector('#flame .scope span').textContent";
    assert_eq!(browser.text(scope), "");
    // 30 ms to 65 ms.
    browser.open(&path, "#view=flame&t0=30000000&t1=65000000");
    assert_eq!(browser.text(scope), "In view: 35.0 ms");
    assert_eq!(
        frames(&mut browser),
        [
            "All regions: inclusive 35.0 ms (100 %)",
            "main: inclusive 35.0 ms (100 %), exclusive 10.0 ms, calls 1",
            "late: inclusive 15.0 ms (43 %), exclusive 10.0 ms, calls 1",
            "inner: inclusive 5.00 ms (14 %), exclusive 5.00 ms, calls 1",
            "early: inclusive 10.0 ms (29 %), exclusive 10.0 ms, calls 1",
        ]
    );
    browser.screenshot("flame-in-view");
    // It goes on while the window moves, and zoomed frames stay zoomed.
    let late = browser.middle_of("#flame .frame[aria-label^=late]");
    browser.click(late);
    browser.key("d");
    let moved = frames(&mut browser);
    assert!(
        moved
            .iter()
            .any(|frame| frame.starts_with("late: inclusive 22.0 ms")),
        "{moved:?}"
    );
    // The sandwich, too.
    browser.key("5");
    let callers = browser.text("document.querySelector('#sandwich .frame').getAttribute('aria-label')");
    assert!(callers.starts_with("main: inclusive 22.0 ms"), "{callers}");
    let button = browser.middle_of("#sandwich .scope button");
    browser.click(button);
    let callers = browser.text("document.querySelector('#sandwich .frame').getAttribute('aria-label')");
    assert!(callers.starts_with("main: inclusive 40.0 ms"), "{callers}");
    browser.key("4");
    assert_eq!(frames(&mut browser), whole);
    browser.reload(&path);
    assert_eq!(frames(&mut browser), whole, "the link says so");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_details_show_when_each_rank_was_in_the_region() {
    // Rank 0 in the first half, rank 1 in the second, rank 2 all the time; the step is that of 80 columns.
    let profile = Profile::builder()
        .session(0, 0, 80_000_000)
        .interval(Call::new("solve", 0..40_000_000))
        .interval(Call::new("solve", 40_000_000..80_000_000).rank(1))
        .interval(Call::new("solve", 0..80_000_000).rank(2))
        .build();
    let Some((mut browser, ..)) = open_profile(&profile, "#view=region&pin=solve") else {
        return;
    };
    let card = "[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Ranks over the run'))";
    let labels = browser.eval(&format!(
        "[...{card}.querySelectorAll('.area')].map(part => part.getAttribute('aria-label'))"
    ));
    let labels: Vec<String> = serde_json::from_value(labels).unwrap();
    assert_eq!(labels.len(), 80);
    for (half, most, least) in [(&labels[..40], 0, 1), (&labels[40..], 1, 0)] {
        let expected =
            format!(", mean of the ranks 67 %, most 100 %, rank {most}, least 0.0 %, rank {least}");
        assert!(half.iter().all(|label| label.ends_with(&expected)), "{half:?}");
    }
    // The picture: a row for each rank, opaque where it was in the region, and nothing elsewhere.
    let rows = browser.eval(&format!(
        "(async () => {{ const picture = new Image(); picture.src = {card}.querySelector('image').getAttribute('href'); \
         await picture.decode(); const canvas = document.createElement('canvas'); \
         [canvas.width, canvas.height] = [picture.width, picture.height]; \
         const context = canvas.getContext('2d'); context.drawImage(picture, 0, 0); \
         return [0, 1, 2].map(y => [10, 70].map(x => context.getImageData(x, y, 1, 1).data[3])); }})()"
    ));
    assert_eq!(rows, json!([[255, 0], [0, 255], [255, 255]]));
    // By keyboard to the last part, and there.
    browser.eval(&format!("{card}.querySelector('.area').focus()"));
    browser.key("End");
    browser.key("Enter");
    browser.settle();
    let (from, to) = window(&mut browser);
    assert!(from <= 79e6 && to >= 80e6 && from > 70e6, "{from} {to}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.screenshot("rank-heat");
}
