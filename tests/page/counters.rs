//! The program's counters, in the strip below the timeline.

use crate::profiles::page_of;
use crate::*;
use scope_profiler::profile::{Call, Profile, Sample};
use serde_json::json;

/// Over 1 ms, of two ranks: `energy` from 0.2 ms on, with a gap from 0.5 to 0.7 ms; `queue` on rank 1 alone, and dense.
fn counted() -> Profile {
    let mut profile = Profile::builder().counter_unit("energy", "J");
    for rank in 0..2 {
        profile.push(Call::new("solve", 0..1_000_000).rank(rank));
        for (at, value) in [(200_000, 2.5), (500_000, f64::NAN), (700_000, 40.0)] {
            let value = value * f64::from(rank + 1);
            profile.push_sample(rank, "energy", Sample::new(at, value));
        }
    }
    for n in 0..20_000_i64 {
        let value = if n == 10_000 { 900 } else { n % 10 };
        profile.push_sample(1, "queue", Sample::new(n * 50, value));
    }
    profile.build()
}

/// The pixel of the strip that shows a time, at a height of its own.
fn in_strip(browser: &mut Browser, time: f64, y: f64) -> (f64, f64) {
    let x = place(browser, "solve", 0, time).0.floor();
    let top = browser.number("document.querySelector('#counters canvas').getBoundingClientRect().top");
    (x, top + y)
}

/// What the strip says of each counter.
fn told(browser: &mut Browser) -> serde_json::Value {
    browser.eval("scopeProfiler.countersAt")
}

/// How many pixels of a column of the strip are not those of a column without a line.
fn drawn(browser: &mut Browser, time: f64, (from, to): (f64, f64)) -> f64 {
    let (x, top) = in_strip(browser, time, 0.0);
    browser.number(&format!(
        "(() => {{ const c = document.querySelector('#counters canvas'), b = c.getBoundingClientRect(), r = devicePixelRatio; \
         const column = at => c.getContext('2d').getImageData(Math.round((at - b.x) * r), Math.round(({top} + {from} - b.y) * r), 1, Math.round({} * r)).data; \
         const found = column({x}); let strong = 0; \
         for (let i = 0; i < found.length; i += 4) if (Math.max(found[i], found[i + 1], found[i + 2]) - Math.min(found[i], found[i + 1], found[i + 2]) > 60) strong++; \
         return strong; }})()",
        to - from
    ))
}

const ENERGY: (f64, f64) = (2.0, 51.0);
const QUEUE: (f64, f64) = (54.0, 103.0);

/// The same of one file and from a server.
fn look_at(browser: &mut Browser) {
    assert_eq!(told(browser), json!(null), "the pointer is at nothing");
    let label = browser.text("document.querySelector('#counters canvas').getAttribute('aria-label')");
    assert_eq!(
        label,
        "Counters over the run: energy 2.50 J … 80 J, queue 0 … 900"
    );
    // In the strip, and in the timeline above it.
    for (time, energy) in [
        (100_000.0, "–"),
        (300_000.0, "0: 2.50 J, 1: 5 J"),
        (600_000.0, "–"),
        (800_000.0, "0: 40 J, 1: 80 J"),
    ] {
        let (in_strip, in_timeline) = (in_strip(browser, time, 20.0), place(browser, "solve", 0, time));
        for at in [in_strip, in_timeline] {
            browser.hover(at);
            assert_eq!(told(browser)[0], json!(["energy", energy]), "{time}");
        }
    }
    // Of many values in a pixel it is from the smallest to the largest.
    let peak = in_strip(browser, 500_000.0, 70.0);
    browser.hover(peak);
    assert_eq!(told(browser)[1], json!(["queue", "0 … 900"]));
    browser.hover((20.0, 20.0));
    assert_eq!(told(browser), json!(null));

    // Two lines of a few pixels, none in the gap; a peak as high as the lane.
    assert_eq!(drawn(browser, 600_000.0, ENERGY), 0.0);
    let lines = drawn(browser, 300_000.0, ENERGY);
    assert!((2.0..10.0).contains(&lines), "{lines}");
    let (peak, beside) = (drawn(browser, 500_000.0, QUEUE), drawn(browser, 450_000.0, QUEUE));
    assert!(peak > 30.0 && beside < 6.0, "{peak} {beside}");

    // The wheel zooms about the pointer, as it does above; the strip follows.
    let at = in_strip(browser, 700_000.0, 20.0);
    browser.wheel(at, -400.0);
    let (t0, t1) = window(browser);
    assert!(t1 - t0 < 600_000.0, "{t0} to {t1}");
    assert_near(in_strip(browser, 700_000.0, 20.0).0, at.0, 1.0);
    browser.hover((at.0 - 2.0, at.1));
    assert_eq!(told(browser)[0], json!(["energy", "–"]));
    browser.hover((at.0 + 2.0, at.1));
    assert_eq!(told(browser)[0], json!(["energy", "0: 40 J, 1: 80 J"]));
    browser.key("f");
}

#[test]
fn the_strip_tells_the_value_at_the_pointer_and_follows_the_window() {
    let (_directory, path) = page_of(&counted());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    look_at(&mut browser);
    browser.screenshot("counters");
    // Each rank has the colour that the key says, in all of the lanes.
    let key = |browser: &mut Browser| {
        browser.text("document.getElementById('counter-key').hidden ? '' : document.getElementById('counter-key').innerText.replace(/\\s+/g, ' ')")
    };
    assert_eq!(key(&mut browser), "rank 0 rank 1");
    for (rank, lane, time) in [
        (0, ENERGY, 800_000.0),
        (1, ENERGY, 800_000.0),
        (1, QUEUE, 500_000.0),
    ] {
        let x = place(&mut browser, "solve", 0, time).0.floor();
        let found = browser.number(&format!(
            "(() => {{ const c = document.querySelector('#counters canvas'), b = c.getBoundingClientRect(), r = devicePixelRatio; \
             const wanted = getComputedStyle(document.querySelectorAll('#counter-key i')[{rank}]).backgroundColor.match(/\\d+/g).map(Number); \
             const data = c.getContext('2d').getImageData(Math.round(({x} - b.x) * r), Math.round({} * r), 1, Math.round({} * r)).data; \
             let found = 0; for (let i = 0; i < data.length; i += 4) if (wanted.reduce((sum, part, k) => sum + Math.abs(part - data[i + k]), 0) < 130) found++; \
             return found; }})()",
            lane.0,
            lane.1 - lane.0
        ));
        assert!(found >= 1.0, "rank {rank} between {lane:?}");
    }
    // Of the ranks that are shown.
    let ranks = browser.middle_of("#ranks");
    browser.click(ranks);
    browser.type_text("0");
    let at = in_strip(&mut browser, 800_000.0, 20.0);
    browser.hover(at);
    assert_eq!(told(&mut browser), json!([["energy", "40 J"]]));
    assert_eq!(key(&mut browser), "", "one rank needs no key");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_a_mouse_the_values_are_those_where_the_selected_call_begins() {
    let mut profile = Profile::builder().counter_unit("energy", "J");
    for n in 0..4 {
        let start = 10_000_000 * n;
        profile.push(Call::new("step", start..start + 8_000_000));
        profile.push_sample(0, "energy", Sample::new(start + 4_000_000, 2.5 * n as f64));
    }
    let (_directory, path) = page_of(&profile.build());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    for energy in ["–", "0 J", "2.50 J", "5 J"] {
        browser.key("n");
        assert_eq!(told(&mut browser), json!([["energy", energy]]));
        let spoken = browser.text("document.getElementById('spoken').textContent");
        assert!(spoken.contains(&format!(", energy {energy}; ")), "{spoken}");
    }
    // The pointer has its own, and the selected call again when it leaves.
    let at = place(&mut browser, "step", 0, 15_000_000.0);
    browser.hover(at);
    assert_eq!(told(&mut browser), json!([["energy", "2.50 J"]]));
    browser.hover((20.0, 20.0));
    assert_eq!(told(&mut browser), json!([["energy", "5 J"]]));
    browser.key("Escape");
    assert_eq!(told(&mut browser), json!(null));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_saved_picture_has_the_counters_and_says_what_it_is_of() {
    let (_directory, path) = page_of(&counted());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let saved = tempfile::tempdir().unwrap();
    browser.save_to(saved.path());
    let mut save = |button: &str| {
        browser.key("e");
        let button = browser.middle_of(button);
        browser.click(button);
        std::fs::read(saved.path().join(browser.saved())).unwrap()
    };
    let svg = String::from_utf8(save("#save-svg")).unwrap();
    for text in ["energy", "80 J", "queue", "900", "rank 1"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}: {svg}");
    }
    assert!(svg.contains("2 ranks"), "numbers of the run: {svg}");
    let png = save("#save-png");
    let height = u32::from_be_bytes(png[20..24].try_into().unwrap());
    let parts = browser.number(
        "['#canvas', '#counters canvas', '#counter-key'].map(one => document.querySelector(one).getBoundingClientRect().height * devicePixelRatio).reduce((a, b) => a + b)",
    );
    assert!(f64::from(height) > parts, "{height} of {parts}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_counters_there_is_no_strip() {
    let (mut browser, ..) = open!(known());
    assert_eq!(browser.eval("document.getElementById('counters').hidden"), true);
    let at = place(&mut browser, "solve", 0, 30.0 * MS);
    browser.hover(at);
    assert_eq!(told(&mut browser), json!(null));
}

#[cfg(all(feature = "cli", unix))]
#[test]
fn a_served_page_has_the_same_strip() {
    use crate::served::running::Running;
    use scope_profiler::export::{Export, exporter};
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    Export::new(&counted(), exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let server = Running::serve(&[file.to_str().unwrap()]);
    let Some(mut browser) = Browser::start(Look {
        dark: true,
        ..Look::default()
    }) else {
        return;
    };
    browser.open_address(&server.link);
    look_at(&mut browser);
    browser.screenshot("counters-served-dark");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
