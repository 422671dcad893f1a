//! What mouse, wheel, fingers, keys and the address do.

use crate::profiles::page_of;
use crate::*;
use scope_profiler::profile::{Call, Number, Profile};

#[test]
fn the_wheel_zooms_about_the_pointer_and_a_double_click_to_a_bar_and_the_address_follows() {
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

    let at = place(&mut browser, "inner", 0, 45.0 * MS);
    browser.double_click(at);
    assert_eq!(window(&mut browser), (39.0 * MS, 51.0 * MS));
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
fn a_click_selects_region_and_call_everywhere_and_another_lets_go() {
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
    assert_eq!(
        browser.text("location.hash"),
        "#pin=inner&call=0%2C0%2C1%2C40000000%2Cinner"
    );
    // Another call of the region, then the same one again.
    let first = place(&mut browser, "inner", 0, 25.0 * MS);
    browser.click(first);
    assert_eq!(browser.number("scopeProfiler.view.selected.start"), 20.0 * MS);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "inner");
    browser.click(first);
    assert!(browser.eval("scopeProfiler.view.pinned").is_null());
    assert!(browser.eval("scopeProfiler.view.selected").is_null());
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
fn the_ruler_measures_and_zooms() {
    let (mut browser, ..) = open!(known());
    let (from, to) = (
        place(&mut browser, "solve", 0, 20.0 * MS),
        place(&mut browser, "solve", 0, 50.0 * MS),
    );
    browser.drag(from, to, 8);
    assert_eq!(window(&mut browser), (0.0, 100.0 * MS), "measuring does not move");
    // A mouse knows places to a part of a pixel, which is 100 µs here.
    assert_near(
        browser.number("scopeProfiler.view.measured[1] - scopeProfiler.view.measured[0]"),
        30.0 * MS,
        10.0,
    );
    browser.key("z");
    assert_near(window(&mut browser).0, 20.0 * MS, 10.0);
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

/// Ranks with nested calls that have numbers.
fn numbered() -> Profile {
    let mut profile = Profile::builder();
    for rank in 0..24 {
        profile.push(Call::new("main", 0..1_000_000).rank(rank));
        for step in 0..9 {
            let start = step * 100_000 + i64::from(rank) * 1_000;
            let bytes = [("bytes", Number::Int(1_000 << step))];
            profile.push(
                Call::new("step", start + 1_000..start + 80_000)
                    .rank(rank)
                    .numbers(&bytes),
            );
            profile.push(
                Call::new("send", start + 2_000..start + 40_000)
                    .rank(rank)
                    .numbers(&bytes),
            );
        }
    }
    profile.build()
}

/// All that is seen of the page; times to the nanosecond, as links have them.
const SEEN: &str = "JSON.stringify({ \
    timeline: document.getElementById('canvas').toDataURL(), overview: document.getElementById('overview').toDataURL(), \
    scroll: document.getElementById('scroller').scrollTop, text: document.getElementById('panel').innerText, \
    sorted: document.querySelector('[aria-sort]').outerHTML, scheme: document.documentElement.dataset.scheme, \
    tools: [...document.querySelectorAll('#tools input, #tools select, #tools [aria-pressed]')].map(one => one.value + one.ariaPressed), \
    height: document.getElementById('splitter').getAttribute('aria-valuenow'), view: scopeProfiler.view \
    }, (_, value) => typeof value === 'number' ? Math.round(value) : value)";

#[test]
fn a_link_shows_exactly_what_is_seen() {
    let (directory, path) = page_of(&numbered());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let plain = browser.text(SEEN);
    // Order of the table, theme, order and filters of the lanes, heights, colours.
    let calls = browser.middle_of("#statistics thead th:nth-child(2) button");
    browser.click(calls);
    browser.key("t");
    browser.key("/");
    browser.type_text("/s/");
    browser.key("Tab");
    browser.type_text("1-20");
    browser.key("Enter");
    for key in ["g", "g", "g", "c", "c", "+", "+"] {
        browser.key(key);
    }
    browser.eval("document.getElementById('color-by').focus()");
    browser.key("ArrowDown");
    browser.key("Escape");
    let divider = browser.middle_of("#splitter");
    browser.drag(divider, (divider.0, divider.1 - 40.0), 0);
    // A call, the window, a box, how far lanes are scrolled.
    browser.key("/");
    browser.key("Enter");
    for key in ["n", "n", "n", "w", "w"] {
        browser.key(key);
    }
    let selected = browser.eval("scopeProfiler.view.selected");
    assert_eq!(selected["name"], "step", "{selected}");
    for _ in 0..3 {
        browser.key("ArrowDown");
    }
    let canvas = browser.middle_of("#canvas");
    browser.drag((canvas.0, canvas.1 - 30.0), (canvas.0 + 90.0, canvas.1 + 30.0), 8);
    browser.hover((5.0, 5.0));
    let hash = browser.text("location.hash");
    for part in [
        "t0=",
        "t1=",
        "search=",
        "sort=calls",
        "ruler=",
        "box=",
        "call=",
        "scroll=",
        "rows=2",
        "split=",
        "view=measured",
        "ranks=1-20",
        "fold=-",
        "theme=dark",
        "color=bytes",
    ] {
        assert!(hash.contains(part), "{hash} lacks {part}");
    }
    let seen = browser.text(SEEN);
    assert!(seen != plain);
    browser.screenshot("link");
    // In a new page, and followed in one that is open; and back to the page as it opens.
    browser.open(&path, &hash);
    browser.screenshot("link-opened");
    assert_same(&browser.text(SEEN), &seen);
    browser.open(&path, "");
    browser.eval(&format!("location.hash = {}", serde_json::Value::from(hash)));
    browser.settle();
    assert_same(&browser.text(SEEN), &seen);
    browser.eval("location.hash = ''");
    browser.settle();
    assert_same(&browser.text(SEEN), &plain);

    // What cannot be read in an address is passed over.
    browser.open(&path, "#t0=x&t1=-5&pin=nobody&sort=__proto__&by=%E0%A4%A");
    assert_same(&browser.text(SEEN), &plain);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    drop(directory);
}

/// Says what differs, without the pictures.
fn assert_same(now: &str, before: &str) {
    let [now, before]: [serde_json::Value; 2] = [now, before].map(|text| serde_json::from_str(text).unwrap());
    for (key, value) in before.as_object().unwrap() {
        let is_picture = value.as_str().is_some_and(|text| text.starts_with("data:"));
        assert!(
            now[key] == *value,
            "{key}: {}",
            if is_picture {
                "another picture".into()
            } else {
                format!("{} instead of {value}", now[key])
            }
        );
    }
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
