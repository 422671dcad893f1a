//! Spans that were entered several times: a lane for each, light while it lives and dark while it is polled.

use crate::profiles::{futures, page_of};
use crate::*;
use scope_profiler::profile::{Call, Profile, SpanFacts};

#[test]
fn a_task_is_light_in_its_life_and_dark_in_its_polls() {
    let (_directory, path) = page_of(&futures());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let button = browser.middle_of("#by-task");
    browser.click(button);
    assert_eq!(browser.text("location.hash"), "#by=task");
    // The first task: polls from 0 and from 800 us on.
    let (poll, between) = (
        place(&mut browser, "fetch", 0, 806_000.0),
        place(&mut browser, "fetch", 0, 400_000.0),
    );
    browser.hover(between);
    assert_eq!(
        tooltip(&mut browser),
        [
            "fetch",
            "Rank: 0",
            "Span: 1",
            "Start: 0 ns",
            "Elapsed: 3.21 ms",
            "Busy: 61.3 µs (1.9 %)",
            "Idle: 3.15 ms",
            "Entries: 5"
        ]
    );
    browser.hover(poll);
    let shown = tooltip(&mut browser);
    assert_eq!(
        shown[2..4],
        ["Thread: tokio-rt-worker #2", "Start: 800 µs"],
        "{shown:?}"
    );
    assert_eq!(shown[5], "Entry: 2 of 5 of span 1");
    browser.hover((20.0, 20.0));
    let (dark, light) = (pixel(&mut browser, poll)[0], pixel(&mut browser, between)[0]);
    assert!(dark < 60 && (150..240).contains(&light), "{dark} {light}");

    // A poll is a call like any other.
    browser.click(poll);
    assert_eq!(browser.text("scopeProfiler.view.pinned"), "fetch");
    assert_eq!(browser.number("scopeProfiler.view.selected.start"), 800_000.0);
    browser.key("n");
    let spoken = browser.text("document.getElementById('spoken').textContent");
    assert!(
        spoken.starts_with("fetch, rank 0, thread tokio-rt-worker #"),
        "{spoken}"
    );
    let before = browser.eval("scopeProfiler.view");
    browser.reload(&path);
    assert_eq!(browser.eval("scopeProfiler.view"), before);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_tasks_there_is_no_such_order() {
    let (mut browser, ..) = open!(known());
    assert_eq!(browser.eval("document.getElementById('by-task').hidden"), true);
    for _ in 0..3 {
        browser.key("g");
    }
    assert_eq!(
        browser.text("scopeProfiler.view.by"),
        "region",
        "g passes it over"
    );
}

/// Batches on one thread, each sent from another, after it and after all that were sent before.
fn batches() -> Profile {
    let mut profile = Profile::builder().thread_name(0, 1, "sender");
    for batch in 0..8_i64 {
        let start = 100_000 * batch;
        let (made, sent) = (2 * batch as u32 + 1, 2 * batch as u32 + 2);
        profile.push(Call::new("make", start..start + 50_000).span(made));
        profile.push(
            Call::new("send", start + 60_000..start + 80_000)
                .span(sent)
                .thread(1),
        );
        let mut facts = SpanFacts::new(sent);
        facts.follows.push(made);
        if batch > 0 {
            facts.follows.insert(0, sent - 2);
        }
        profile = profile.span_facts(0, facts);
    }
    profile.build()
}

#[test]
fn what_a_span_follows_from_is_one_click_away() {
    let (_directory, path) = page_of(&batches());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "#view=region");
    let at = place(&mut browser, "send", 0, 470_000.0);
    browser.click(at);
    let card = |title: &str| {
        format!(
            "[...document.querySelectorAll('.card')].find(one => one.querySelector('h3')?.firstChild.textContent === \
             '{title}')"
        )
    };
    let texts = |of: &str| format!("[...{of}.querySelectorAll('ul.regions')].map(list => list.textContent)");
    let around = browser.eval(&texts(&card("Order of spans")));
    assert_eq!(
        around,
        serde_json::json!([
            "make8 spans, began 60.0 µs earlier on averagesend7 spans, began 100 µs earlier on average",
            "send7 spans, began 100 µs later on average"
        ])
    );
    let around = browser.eval(&texts(&card("Selected call")));
    assert_eq!(
        around,
        serde_json::json!(["sendat 360 µsmakeat 400 µs", "sendat 560 µs"])
    );
    // With the keyboard, to the batch that was made.
    let make = format!("{}.querySelectorAll('ul button')[1]", card("Selected call"));
    browser.eval(&format!("{make}.focus()"));
    browser.key("Enter");
    browser.until("scopeProfiler.view.selected.start === 400000");
    assert_eq!(browser.text("scopeProfiler.view.selected.name"), "make");
    let around = browser.eval(&texts(&card("Selected call")));
    assert_eq!(around, serde_json::json!(["sendat 460 µs"]));
    browser.screenshot("follows");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
