//! What the page shows: header, bars, tooltips, table, colours.

use crate::*;

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
fn hovering_tells_what_a_bar_is() {
    let (mut browser, ..) = open!(known());
    let at = place(&mut browser, "solve", 1, 60.0 * MS);
    browser.hover(at);
    assert_eq!(
        tooltip(&mut browser),
        [
            "solve",
            "Rank: 1",
            "Thread: main #0",
            "Start: 10 ms",
            "Duration: 60.0 ms",
            "Exclusive: 40.0 ms (67 %)"
        ]
    );
    let at = place(&mut browser, "inner", 0, 45.0 * MS);
    browser.hover(at);
    assert_eq!(
        tooltip(&mut browser)[3..],
        [
            "Start: 40 ms",
            "Duration: 10.0 ms",
            "Exclusive: 10.0 ms (100 %)",
            "Inside: solve"
        ]
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
            "Calls: 10, merged",
            "Busy: 53 %",
            "Inside: frame"
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
            sparse[..sparse.len() - 4]
                .iter()
                .all(|red| (230..250).contains(red)),
            "{sparse:?}"
        );
        assert!(busy[4..busy.len() - 2].iter().all(|&red| red < 50), "{busy:?}");
        browser.open(&page, "");
    }
}

#[test]
fn the_table_sorts_and_follows_the_window() {
    let (mut browser, ..) = open!(known());
    let all = rows(&mut browser);
    assert_eq!(
        all[0],
        "solve | 2 | 140 ms | 100 ms | 70.0 ms | – | – | – | 60.0 ms | 80.0 ms | 10.0 ms | 2 | 140 ms | 70 %"
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
fn light_and_dark_follow_the_reader() {
    let (mut browser, page, _directory) = open!(known());
    // What is drawn, and the colours of the elements around it.
    let look = "document.getElementById('canvas').toDataURL() + \
        [...document.querySelectorAll('html, h1, #facts, button, #timeline, td, .swatch')] \
        .map(one => getComputedStyle(one)).map(style => style.color + style.backgroundColor).join()";
    browser.screenshot("theme-light");
    let light = browser.text(look);
    let corner = place(&mut browser, "write", 0, 55.0 * MS);
    assert_eq!(pixel(&mut browser, corner)[..3], [255, 255, 255]);
    // The page follows while it is open.
    browser.look(Look {
        dark: true,
        ..Look::default()
    });
    browser.settle();
    browser.screenshot("theme-dark");
    let dark = browser.text(look);
    assert!(light != dark, "nothing has changed");
    assert!(
        pixel(&mut browser, corner)[..3]
            .iter()
            .all(|&channel| channel < 60)
    );
    browser.open(&page, "");
    assert!(
        browser.text(look) == dark,
        "a page that opens in the dark looks otherwise"
    );
}

#[test]
fn hostile_names_are_shown_as_text() {
    let names = hostile_names();
    let (mut chart, mut data) = grid(1, names.len(), 1, |i| names[i].clone());
    chart.header.title = names[0].clone();
    let mut note = PageNote::new(names[1].as_str());
    note.is_warning = true;
    data.notes = vec![note];
    for thread in &mut data.threads {
        thread.label = names[1].clone();
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
        assert_eq!(shown[2], format!("Thread: {}", names[1]));
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
    let calls = "[...document.querySelectorAll('#statistics tbody td:nth-child(12)')].reduce((sum, cell) => sum + Number(cell.textContent.replaceAll(' ', '')), 0)";
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
