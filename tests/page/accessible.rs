//! Whoever sees little, uses no mouse or a screen reader finds everything, too.

use crate::profiles::{large_profile, page_of};
use crate::*;
use scope_profiler::profile::{Call, Number, Profile, Sample};

const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/page/node_modules/axe-core/axe.min.js"
);

/// The checker's script; none, with a message, where it is not installed, which is a failure in CI.
pub(crate) fn axe() -> Option<String> {
    let script = std::fs::read_to_string(AXE);
    if script.is_err() {
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assert!(
            !in_ci,
            "{AXE} is not there (npm ci --prefix assets/page), and CI must not skip this test"
        );
        eprintln!("SKIPPED: axe-core is not installed (npm ci --prefix assets/page)");
    }
    script.ok()
}

/// What the checker finds to mend in the page that is open.
pub(crate) fn violations(browser: &mut Browser, axe: &str) -> serde_json::Value {
    if browser.eval("window.axe === undefined") == true {
        browser.eval(axe);
    }
    browser.eval(
        "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(node => node.html).join()}`))",
    )
}

/// A run that has something for each view and tool.
fn with_everything() -> Profile {
    let mut profile = solver_run(4, 2, 6).profile().counter_unit("energy", "J");
    for poll in 0..4 {
        let bytes = [("bytes", Number::Int(1_000 << poll))];
        let start = poll * 1_500_000;
        profile.push(
            Call::new("fetch", start..start + 400_000)
                .thread(2)
                .span(1)
                .numbers(&bytes),
        );
        profile.push_sample(0, "energy", Sample::new(start, poll as f64));
    }
    profile.build()
}

#[test]
fn a_checker_finds_nothing_to_mend_in_any_view_light_or_dark() {
    let Some(axe) = axe() else {
        return;
    };
    let (_directory, path) = page_of(&with_everything());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    for theme in ["light", "dark"] {
        for view in [
            "",
            "pin=solve",
            "pin=solve&view=region&call=0,0,1,4600000,solve",
            "pin=solve&view=tree",
            "pin=solve&view=flame",
            "pin=solve&view=sandwich",
            "view=sandwich",
            "view=region",
            "view=run",
            "view=measured&ruler=5000000,9000000&box=2,9",
            "by=rank&fold=%2B&color=bytes",
            "by=thread&ranks=1-x&search=nothing",
            "by=task&pin=fetch&view=region",
            "t0=5000000&t1=9000000&view=tree",
        ] {
            // As a link that is followed in the page.
            browser.eval(&format!("location.hash = '#theme={theme}&{view}'"));
            browser.settle();
            let found = violations(&mut browser, &axe);
            assert_eq!(found, serde_json::json!([]), "{view}, {theme}");
        }
        for key in ["?", "e"] {
            browser.key(key);
            assert!(browser.eval("document.querySelector('dialog[open]') !== null") == true);
            let found = violations(&mut browser, &axe);
            assert_eq!(found, serde_json::json!([]), "{key}, {theme}");
            browser.key("Escape");
        }
    }
}

/// What has the focus, as a screen reader says it.
pub(crate) fn focused(browser: &mut Browser) -> String {
    browser.text(
        "(one => (one.getAttribute('aria-label') ?? one.textContent).trim().slice(0, 80))(document.activeElement)",
    )
}

#[test]
fn tab_goes_through_all_of_the_page_and_hundreds_of_regions_are_one_stop() {
    let (_directory, path) = page_of(&large_profile());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    assert_eq!(rows(&mut browser).len(), 501);
    let mut stops = Vec::new();
    while browser.eval("document.activeElement.closest('tbody') !== null") == false {
        browser.key("Tab");
        stops.push(browser.text("document.activeElement.id || document.activeElement.textContent"));
        assert!(stops.len() < 45, "{stops:?}");
    }
    for stop in [
        "search",
        "ranks",
        "by-thread",
        "fold",
        "ruler",
        "save",
        "canvas",
        "splitter",
        "tab-statistics",
        "p95",
    ] {
        assert!(
            stops.iter().any(|one| one == stop),
            "{stop} is not among {stops:?}"
        );
    }
    for key in ["ArrowDown", "ArrowDown", "ArrowUp", "Enter"] {
        browser.key(key);
    }
    let second = browser.text("document.querySelector('#statistics tbody tr:nth-child(2) bdi').textContent");
    assert_eq!(browser.text("scopeProfiler.view.pinned"), second);
    browser.key("End");
    assert_eq!(
        browser.text("document.activeElement.closest('tr') === document.querySelector('#statistics tbody tr:last-child') ? 'last' : 'other'"),
        "last"
    );
    // There is nothing behind them.
    browser.key("Tab");
    assert_eq!(browser.text("document.activeElement.tagName"), "BODY");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn values_of_single_calls_are_spoken_from_call_to_call() {
    let (mut browser, ..) = open!(known(), Look::default(), "#pin=inner");
    browser.key("n");
    browser.key("n");
    let spoken = browser.text("document.getElementById('spoken').textContent");
    assert_eq!(
        spoken,
        "inner, rank 1, thread main #0, start 20 ms, duration 10.0 ms, exclusive 10.0 ms (100 %), inside solve; 2 of 4"
    );
    // Of `solve` one call is the longest.
    browser.eval("location.hash = '#pin=solve'");
    browser.settle();
    browser.key("l");
    let longest = browser.text("document.getElementById('spoken').textContent");
    assert!(
        longest.starts_with("solve, rank 0, thread main #0, start 10 ms, duration 80.0 ms, "),
        "{longest}"
    );
}

#[test]
fn the_divider_moves_by_mouse_and_by_keyboard_and_says_where_it_stands() {
    let (mut browser, ..) = open!(solver(4, 2, 6));
    let stands = "(one => ['aria-valuemin', 'aria-valuenow', 'aria-valuemax'].map(name => Number(one.getAttribute(name))))(document.getElementById('splitter'))";
    let height = |browser: &mut Browser| {
        let height = browser.number("document.getElementById('scroller').clientHeight");
        let [least, now, most] = serde_json::from_value::<[f64; 3]>(browser.eval(stands)).unwrap();
        assert_near(now, height, 1.0);
        assert!(least <= now && now <= most, "{least} {now} {most}");
        (height, most)
    };
    let (first, most) = height(&mut browser);
    let at = browser.middle_of("#splitter");
    browser.drag(at, (at.0, at.1 - 50.0), 0);
    assert_near(height(&mut browser).0, first - 50.0, 1.0);
    for _ in 0..40 {
        if browser.text("document.activeElement.id") == "splitter" {
            break;
        }
        browser.key("Tab");
    }
    for (key, expected) in [
        ("ArrowUp", first - 74.0),
        ("ArrowDown", first - 50.0),
        ("End", most),
        ("Home", 60.0),
        ("Enter", first),
    ] {
        browser.key(key);
        assert_near(height(&mut browser).0, expected, 1.0);
    }
    // The link has it; and a timeline that needs little says so.
    browser.key("ArrowUp");
    assert_eq!(browser.text("location.hash"), format!("#split={}", first - 24.0));
    let (_directory, page) = save(&grid(1, 1, 1, |_| "only".into()));
    browser.open(&page, "");
    height(&mut browser);
}
