//! From a profile to what its reader sees.

use crate::*;
use scope_profiler::chart::{Color, Palette};
use scope_profiler::profile::{Call, Profile, Source};
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
fn a_bar_of_threads_without_names_is_not_given_the_name_of_another() {
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
    assert!(!shown.iter().any(|line| line.contains("Thread")), "{shown:?}");
}
