//! Whoever sees little, uses no mouse or a screen reader finds everything, too.

use crate::profiles::{large_profile, page_of};
use crate::*;

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
    browser.eval(axe);
    browser.eval(
        "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(node => node.html).join()}`))",
    )
}

#[test]
fn a_checker_finds_nothing_to_mend_in_any_view_light_or_dark() {
    let Some(axe) = axe() else {
        return;
    };
    let profile = solver_run(4, 2, 6).profile().build();
    let (_directory, path) = page_of(&profile);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    for dark in [false, true] {
        browser.look(Look {
            dark,
            ..Look::default()
        });
        for fragment in [
            "",
            "#pin=solve",
            "#pin=solve&view=region&call=0,0,1,4600000,solve",
            "#pin=solve&view=tree",
            "#pin=solve&view=flame",
            "#pin=solve&view=sandwich",
            "#view=sandwich",
            "#view=region",
            "#view=run",
            "#view=measured&ruler=5000000,9000000&box=2,9",
        ] {
            browser.open(&path, fragment);
            let found = violations(&mut browser, &axe);
            assert_eq!(found, serde_json::json!([]), "{fragment}, dark: {dark}");
        }
    }
}

#[test]
fn hundreds_of_regions_are_one_stop_of_the_tab_key() {
    let (_directory, path) = page_of(&large_profile());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    assert_eq!(rows(&mut browser).len(), 501);
    assert_eq!(
        browser.number("document.querySelectorAll('#statistics tbody button[tabindex=\"0\"]').length"),
        1.0
    );
    let stops = browser.number("[...document.querySelectorAll('button, input, [tabindex]')].filter(one => one.tabIndex >= 0 && one.checkVisibility()).length");
    assert!(stops < 50.0, "{stops}");
    browser.eval("document.querySelector('#statistics tbody button[tabindex=\"0\"]').focus()");
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
    browser.key("l");
    let longest = browser.text("document.getElementById('spoken').textContent");
    assert!(
        longest.contains("duration 10.0 ms") && longest.ends_with("of 4"),
        "{longest}"
    );
}

#[test]
fn the_divider_says_where_it_stands() {
    let (mut browser, ..) = open!(solver(4, 2, 6));
    let value = "Number(document.getElementById('splitter').getAttribute('aria-valuenow'))";
    let height = browser.number("document.getElementById('scroller').clientHeight");
    assert_near(browser.number(value), height, 1.0);
    browser.eval("document.getElementById('splitter').focus()");
    browser.key("ArrowUp");
    assert_near(browser.number(value), height - 24.0, 1.0);
}
