//! Places that are too small for what stands in them.

use crate::profiles::page_of;
use crate::*;

const PATH: &str = "a_simulation_of_fluids::solvers::krylov::preconditioned::";

fn name(i: i64) -> String {
    format!("{PATH}conjugate_gradient<f64>::operation_number_{i}")
}

/// Names that begin alike, on a page of 900 x 600.
fn alike(dark: bool, view: &str) -> Option<(Browser, tempfile::TempDir)> {
    let mut browser = Browser::start(Look {
        width: 900,
        height: 600,
        dark,
        ..Look::default()
    })?;
    let mut run = Run::default();
    for rank in 0..2 {
        run.call("main", rank, 0, 0, 25_000);
        for i in 0..24 {
            run.call(&name(i), rank, 0, 1_000 * i, 1_000 * i + 300 + 20 * i);
        }
    }
    let (directory, page) = page_of(&run.profile().build());
    browser.open(&page, view);
    Some((browser, directory))
}

#[test]
fn the_row_of_a_selected_region_is_seen_whole_below_the_head_and_names_do_not_cover_it() {
    let Some((mut browser, _directory)) = alike(true, "") else {
        return;
    };
    for i in [23, 0, 12] {
        // By a click in the timeline, whose row is scrolled to.
        let name = name(i);
        browser.eval("document.getElementById('search').focus()");
        browser.type_text(&format!("number_{i}"));
        let at = browser.eval(&format!("scopeProfiler.locate('{name}', 0, 0)"));
        browser.click((40.0, at["y"].as_f64().unwrap()));
        browser.eval("document.getElementById('search').focus()");
        browser.key("Escape");
        assert_eq!(browser.text("scopeProfiler.view.pinned"), name);
        let seen = browser.eval(
            "(() => { const row = document.querySelector('#statistics tr.pinned').getBoundingClientRect(); \
             const panel = document.getElementById('statistics'), top = panel.getBoundingClientRect().top; \
             const head = document.querySelector('#statistics thead').getBoundingClientRect(); \
             const over = [12, 30].map(y => document.elementFromPoint(40, head.top + y).closest('thead') !== null); \
             return { below: row.top - head.bottom, above: top + panel.clientHeight - row.bottom, over }; })()",
        );
        let (below, above) = (seen["below"].as_f64().unwrap(), seen["above"].as_f64().unwrap());
        assert!(below > -1.0 && above > -1.0, "{i}: {seen}");
        assert_eq!(
            seen["over"],
            serde_json::json!([true, true]),
            "the head is above names"
        );
    }
}

#[test]
fn selecting_a_region_moves_nothing_that_the_pointer_is_at() {
    let Some((mut browser, _directory)) = alike(false, "") else {
        return;
    };
    let tops = "['canvas', 'toolbar', 'panel'].map(id => document.getElementById(id).getBoundingClientRect().top).join()";
    let before = browser.text(tops);
    let at = place(&mut browser, &name(0), 0, 0.0);
    browser.click((40.0, at.1));
    assert!(
        browser
            .eval("document.getElementById('pinned').offsetWidth")
            .as_f64()
            .unwrap()
            > 50.0
    );
    assert_eq!(browser.text(tops), before);
}

#[test]
fn names_that_begin_alike_keep_their_ends_in_every_view() {
    let name = name(1);
    let Some((mut browser, _directory)) = alike(false, &format!("#pin={name}")) else {
        return;
    };
    for (key, view) in [
        ("1", "#statistics tr.pinned"),
        ("2", "#region h2"),
        ("3", "#tree tr.pinned"),
        ("7", "#run"),
    ] {
        browser.key(key);
        let ends = browser.eval(&format!(
            "[...document.querySelectorAll('{view} bdi.ends')].map(bdi => {{ const [, tail] = bdi.children, box = bdi.getBoundingClientRect(), end = tail.getBoundingClientRect(); \
             return {{ whole: bdi.textContent, tail: tail.textContent, cut: tail.scrollWidth > tail.clientWidth + 1 || end.right > box.right + 1 }}; }})"
        ));
        let ends = ends.as_array().unwrap();
        assert!(!ends.is_empty(), "{view} names regions");
        for one in ends {
            if one["whole"] == "main" {
                continue;
            }
            assert!(one["whole"].as_str().unwrap().starts_with(PATH), "{one}");
            assert!(
                one["tail"].as_str().unwrap().starts_with("::operation_number_"),
                "{one}"
            );
            assert_eq!(one["cut"], false, "{view}: {one}");
        }
    }
    // On frames, whose widths are known, both ends stay.
    browser.key("4");
    let frames = browser.eval("[...document.querySelectorAll('#flame .frame')].map(one => [one.textContent, one.scrollWidth - one.clientWidth])");
    for frame in frames.as_array().unwrap() {
        let text = frame[0].as_str().unwrap();
        assert!(frame[1].as_f64().unwrap() < 1.5, "{frame}");
        if let Some((_, end)) = text.split_once('…') {
            assert!(
                name.trim_end_matches('1')
                    .contains(end.trim_end_matches(char::is_numeric)),
                "{text}"
            );
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn help_is_read_from_its_start_and_fits_a_small_page() {
    let Some((mut browser, _directory)) = alike(false, "") else {
        return;
    };
    browser.key("?");
    assert_eq!(browser.number("document.getElementById('help').scrollTop"), 0.0);
    let unseen = "(help => help.scrollHeight - help.clientHeight)(document.getElementById('help'))";
    assert!(browser.number(unseen) < 1.0);
    assert_eq!(browser.text("document.activeElement.id"), "help-title");
    browser.key("Escape");
    assert_eq!(browser.eval("document.getElementById('help').open"), false);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
