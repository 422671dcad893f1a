//! From a profile to what its reader sees.

use crate::*;
use scope_profiler::chart::{ChartOptions, Color, Palette};
use scope_profiler::profile::{Call, OpenSpan, Profile, Source};
use scope_profiler::{PlotOptions, RegionFilter, plot_gantt};

#[test]
fn colours_notes_and_threads_are_those_of_the_pictures() {
    let mut profile = Profile::builder()
        .session(0, 0, 120_000)
        .dropped(0, "poll", 7)
        .ended_by(0, "SIGTERM");
    for thread in 1..=3 {
        profile = profile.thread_name(0, thread, "tokio-rt-worker");
        profile.push(Call::new("poll", 40_000..100_000).thread(thread));
    }
    profile.push(Call::new("accept", 20_000..30_000).thread(1));
    let profile = profile.calls(0, "only counted", 5).build();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    let options = PlotOptions::new().filepath(&path);
    plot_gantt(&profile, &options).unwrap();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");

    let palette = Palette::of(&profile).unwrap();
    for name in ["poll", "accept", "only counted"] {
        let Color(r, g, b) = palette.color(profile.names().iter().position(|n| n == name).unwrap());
        let row = format!(
            "[...document.querySelectorAll('#statistics tbody tr')].find(row => row.textContent.startsWith('{name}'))"
        );
        let shown = browser.text(&format!(
            "getComputedStyle({row}.querySelector('.swatch')).backgroundColor"
        ));
        assert_eq!(shown, format!("rgb({r}, {g}, {b})"), "{name}");
    }

    let facts = browser.text("document.getElementById('facts').textContent");
    for note in scope_profiler::analysis::notes::of(&profile, &RegionFilter::new()) {
        assert!(facts.contains(note.text()), "{}: {facts}", note.text());
    }
    assert!(
        facts.contains("wall time 120 µs") && facts.contains("outside any region"),
        "{facts}"
    );
    assert!(facts.contains("time 0 is the start of the run"), "{facts}");

    let at = place(&mut browser, "poll", 0, 60_000.0);
    browser.hover(at);
    let shown = tooltip(&mut browser);
    assert_eq!(shown[2], "Thread: tokio-rt-worker #1");
    assert_eq!(shown[3], "Start: 40 µs");
}

#[test]
fn no_text_leaves_a_vector_picture_whatever_fonts_its_reader_has() {
    let mut profile = Profile::builder();
    let names = [
        "WWWWWWWWWWWWWWWWWWWW",
        "iiiiiiiiiiiiiiiii",
        "計算と通信",
        "مرحبا بالعالم",
        "x",
        &"long_name::".repeat(18),
    ];
    for (i, name) in (0..).zip(names) {
        profile.push(Call::new(name, i * 1_000..i * 1_000 + 500));
        profile.push(Call::new(name, i * 1_000..i * 1_000 + 500).rank(1));
    }
    let profile = profile.build();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gantt.svg");
    plot_gantt(&profile, &PlotOptions::new().filepath(&path)).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    for family in ["Inter", "monospace", "serif", "fantasy"] {
        let page = directory.path().join("svg.html");
        // As if the reader had no other font.
        let style = format!("<style>text {{ font-family: {family} !important }}</style>");
        std::fs::write(&page, format!("<!doctype html><meta charset=utf-8>{style}{svg}")).unwrap();
        browser.open(&page, "");
        let outside = browser.eval(
            "(() => { const w = document.querySelector('svg').viewBox.baseVal.width; \
             return [...document.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBBox()]) \
             .filter(([, b]) => b.x < 0 || b.x + b.width > w).map(([t]) => t); })()",
        );
        assert_eq!(outside, serde_json::json!([]), "{family}");
    }
}

#[test]
fn a_thread_without_a_name_is_not_given_the_name_of_another() {
    let profile = Profile::builder()
        .thread_name(0, 0, "main")
        .interval(Call::new("main loop", 0..100_000))
        .interval(Call::new("task", 10_000..40_000).thread(1))
        .interval(Call::new("task", 50_000..90_000).thread(2))
        .build();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    plot_gantt(&profile, &PlotOptions::new().filepath(&path)).unwrap();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let at = place(&mut browser, "task", 0, 30_000.0);
    browser.hover(at);
    let shown = tooltip(&mut browser);
    assert_eq!(shown[2], "Thread: thread #1");
}

/// Two threads: one recurses, on the other calls overlap without being nested.
pub(crate) fn nested_profile() -> Profile {
    Profile::builder()
        .interval(Call::new("main", 0..100_000))
        .interval(Call::new("fib", 10_000..90_000))
        .interval(Call::new("fib", 20_000..50_000))
        .interval(Call::new("fib", 30_000..40_000))
        .interval(Call::new("fib", 60_000..80_000))
        .interval(Call::new("poll A", 0..50_000).thread(1))
        .interval(Call::new("poll B", 25_000..75_000).thread(1))
        .build()
}

pub(crate) fn page_of(profile: &Profile) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    plot_gantt(profile, &PlotOptions::new().filepath(&path)).unwrap();
    (directory, path)
}

#[test]
fn recursion_is_seen_in_rows_of_its_own() {
    let (_directory, path) = page_of(&nested_profile());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    // The outermost call, then the one below it.
    let outer = place(&mut browser, "fib", 0, 55_000.0);
    browser.hover(outer);
    assert_eq!(tooltip(&mut browser)[4], "Duration: 80.0 µs");
    assert_eq!(
        tooltip(&mut browser)[5..],
        ["Exclusive: 30.0 µs (38 %)", "Inside: main"]
    );
    let below = (place(&mut browser, "fib", 0, 45_000.0).0, outer.1 + 20.0);
    browser.hover(below);
    assert_eq!(tooltip(&mut browser)[4], "Duration: 30.0 µs");
    assert_eq!(
        tooltip(&mut browser)[5..],
        ["Exclusive: 20.0 µs (67 %)", "Inside: fib"]
    );
    let gap = (place(&mut browser, "fib", 0, 55_000.0).0, below.1);
    browser.hover(gap);
    assert_eq!(
        tooltip(&mut browser),
        Vec::<String>::new(),
        "nothing ran there a second time"
    );
    let table = rows(&mut browser);
    let row = table.iter().find(|row| row.starts_with("fib")).unwrap();
    assert!(row.starts_with("fib | 4 | 80.0 µs | 80.0 µs | "), "{row}");
    // Calls that overlap without being nested take no exclusive time from others, and share theirs: the later one has
    // it.
    let exclusive = |name: &str| {
        let row = table.iter().find(|row| row.starts_with(name)).unwrap();
        row.split(" | ").nth(3).unwrap().to_owned()
    };
    assert_eq!(
        ["main", "poll A", "poll B"].map(exclusive),
        ["20.0 µs", "25.0 µs", "50.0 µs"]
    );
    assert!(
        row.ends_with(" | 4 | 80.0 µs | 80 %"),
        "in view as in the whole run: {row}"
    );
}

#[test]
fn by_thread_nested_calls_lie_below_those_around_them() {
    let (_directory, path) = page_of(&nested_profile());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let button = browser.middle_of("#by-thread");
    browser.click(button);
    assert_eq!(browser.text("location.hash"), "#by=thread");
    let heights: Vec<f64> = ["main", "fib", "poll A", "poll B"]
        .iter()
        .map(|name| place(&mut browser, name, 0, 30_000.0).1)
        .collect();
    assert!(
        heights.is_sorted_by(|above, below| above + 5.0 < *below),
        "{heights:?}"
    );
    // Where two calls overlap, each is there to be pointed at.
    let (x, _) = place(&mut browser, "poll A", 0, 40_000.0);
    for (name, y) in [("poll A", heights[2]), ("poll B", heights[3])] {
        browser.hover((x, y));
        assert_eq!(tooltip(&mut browser)[0], name);
    }
    browser.screenshot("by-thread");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Two workers that poll forty futures: the later ones wait longer, and one is never finished.
pub(crate) fn futures() -> Profile {
    let mut profile = Profile::builder().session(0, 0, 4_200_000);
    for worker in 1..=2 {
        profile = profile.thread_name(0, worker, "tokio-rt-worker");
    }
    for poll in 0..5_i64 {
        for span in 0..40_i64 {
            let worker = ((span + poll) % 2) as u32 + 1;
            let start = (poll * 40 + span) / 2 * 40_000 + span * poll * 100;
            let end = start + 12_000 + (span * 577 + poll * 131) % 9_000;
            profile.push(
                Call::new("fetch", start..end)
                    .span(span as u32 + 1)
                    .thread(worker),
            );
            profile.push(Call::new("parse", start + 2_000..end - 3_000).thread(worker));
        }
    }
    profile
        .open(0, "fetch", 1)
        .open_span(0, "fetch", OpenSpan::new(40, 4_150_000, 1))
        .build()
}

/// Dense short calls of one region, rare long ones of another, on several ranks, and many small regions.
pub(crate) fn large_profile() -> Profile {
    let mut chance = Chance::new(11);
    let mut profile = Profile::builder();
    for rank in 0..4 {
        let mut now = 0;
        for i in 0..30_000 {
            let length = chance.between(200, 90_000);
            profile.push(Call::new("dense", now..now + length).rank(rank));
            now += length + chance.between(1, 50_000);
            if i % 60 == 0 {
                let name = format!("small {}", i / 60);
                profile.push(Call::new(&name, now..now + 5_000).rank(rank));
                now += 6_000;
            }
        }
    }
    profile.build()
}

#[test]
fn a_page_takes_no_more_bytes_than_it_may_and_loses_no_call() {
    let profile = large_profile();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    let write = |bytes: usize| {
        let chart = ChartOptions::new().max_page_bytes(bytes);
        plot_gantt(&profile, &PlotOptions::new().filepath(&path).chart(chart)).unwrap();
        path.metadata().unwrap().len() as usize
    };
    let whole = write(100_000_000);
    let small = write(500_000);
    assert!(whole > 600_000, "{whole}");
    assert!(
        (250_000..=500_000).contains(&small),
        "the room is used, and no more: {small}"
    );

    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let facts = browser.text("document.getElementById('facts').textContent");
    assert!(
        facts.contains("intervals merged for drawing, each shorter than")
            && facts.contains("; --show has each of them"),
        "{facts}"
    );
    let row = rows(&mut browser)
        .into_iter()
        .find(|row| row.starts_with("dense"))
        .unwrap();
    let cells: Vec<&str> = row.split(" | ").collect();
    assert_eq!(cells[1], "120 000");
    assert_eq!(cells[11], "120 000", "bars in view have all calls: {row}");
    assert_eq!(cells[2], cells[12], "and all of their time");
    browser.key("7");
    let run = browser.text("document.getElementById('run').innerText");
    assert!(run.contains("scope-profiler-pproc FILE --show"), "{run}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn search_finds_every_region_of_hundreds_and_goes_from_call_to_call() {
    let (_directory, path) = page_of(&large_profile());
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    browser.key("/");
    browser.type_text("/^small (7|499)$/");
    assert_eq!(rows(&mut browser).len(), 2);
    browser.key("Enter");
    assert_eq!(tooltip(&mut browser)[0], "small 7");
    let start = browser.number("scopeProfiler.view.selected.start");
    let (t0, t1) = window(&mut browser);
    assert!(t0 < start && start < t1 && t1 - t0 < 1e6, "{t0} {start} {t1}");
    browser.key("n");
    browser.key("n");
    browser.key("n");
    browser.key("n");
    assert_eq!(tooltip(&mut browser)[0], "small 499");
    assert_eq!(
        browser.text("document.getElementById('matches').textContent"),
        "5 of 8 calls"
    );
    browser.key("N");
    assert_eq!(tooltip(&mut browser)[0], "small 7");
    let spoken = browser.text("document.getElementById('spoken').textContent");
    assert!(
        spoken.contains("duration 5.00 µs") && spoken.ends_with("4 of 8"),
        "{spoken}"
    );
    let before = browser.eval("scopeProfiler.view");
    browser.reload(&path);
    assert_eq!(
        browser.eval("scopeProfiler.view"),
        before,
        "the address holds the call, too"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
