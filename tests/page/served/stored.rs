//! The page of a run that is too long to be read: of what its file has stored.

use super::common::Run;
use super::filling::{IS_THERE, held_with, progress};
use super::here::serving;
use crate::browser::{Browser, Look};
use crate::{assert_near, pixel, place, rows, tooltip, window};
use scope_profiler::chart::ValueColors;
use scope_profiler::profile::Field;
use scope_profiler::serve::{ServeOptions, ServedFile};
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::path::Path;

const STEPS: u64 = 30_000;

/// Steps with two halves each; every step takes 100 ns more than the one before. Times in ns.
fn recorded() -> Run {
    let run = Run::new();
    {
        let _main = run.profiler.profile_region("main");
        for step in 0..STEPS {
            let _step = run.profiler.profile_region("step");
            for half in ["first", "second"] {
                run.region(half, 250 + 50 * step, || ());
            }
            run.clock.advance(40);
        }
    }
    run.profiler.finalize().unwrap();
    run
}

/// Serves a file in this process, reading none of it at first, while `look` looks at it.
fn while_served(file: &Path, read_at_first: u64, look: impl FnOnce(&str)) {
    let reader = ProfilingH5Reader::open(file).unwrap();
    let options = ServeOptions::new().read_at_first(read_at_first);
    serving(ServedFile::new(reader, RegionFilter::new()), &options, look);
}

/// The columns p50, p95 and p99 of a row of the table, ns.
fn percentiles(row: &str) -> impl Iterator<Item = f64> + use<> {
    let cells: Vec<String> = row.split(" | ").map(str::to_owned).collect();
    assert!(cells.len() > 7, "{row}");
    cells.into_iter().skip(5).take(3).map(|cell| {
        let (value, unit) = cell.split_once(' ').expect("a duration");
        let scale = match unit {
            "ns" => 1.0,
            "µs" => 1e3,
            "ms" => 1e6,
            _ => 1e9,
        };
        value.parse::<f64>().unwrap() * scale
    })
}

#[test]
fn numbers_are_exact_and_single_calls_are_seen_all_the_same() {
    let run = recorded();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let mut of_all = Vec::new();
    while_served(&run.file(), u64::MAX, |link| {
        browser.open_address(link);
        of_all = rows(&mut browser);
    });
    drop(browser);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    while_served(&run.file(), 0, |link| {
        browser.open_address(link);
        for (stored, read) in rows(&mut browser).iter().zip(&of_all) {
            // Name, calls, total and exclusive time.
            let cells = |row: &str| row.split(" | ").take(4).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(cells(stored), cells(read));
            for (stored, read) in percentiles(stored).zip(percentiles(read)) {
                assert_near(stored, read, 0.016 * read);
            }
        }
        let facts = browser.text("document.getElementById('facts').textContent");
        assert!(facts.contains("merged for drawing"), "{facts}");
        assert!(facts.contains("too many intervals to be read at once"), "{facts}");
        // The spread of the durations of a region with many calls, and of one with a single call.
        for (region, calls) in [("step", "30 000 calls"), ("main", "1 call")] {
            browser.open_address(&format!("{link}#view=region&pin={region}"));
            let histogram = browser.text(
                "document.querySelector('#region .chart[aria-label^=Durations]').getAttribute('aria-label')",
            );
            assert!(
                histogram.starts_with(&format!("Durations of {calls} ")),
                "{histogram}"
            );
            assert!(histogram.contains("p50"), "{histogram}");
        }
        browser.screenshot("stored-details");
        browser.open_address(link);
        // The 20 000th step: what came before it took as long as this.
        let number = 20_000;
        let before: u64 = (0..number).map(|step| 4 * (250 + 50 * step) + 40).sum();
        let length = 4 * (250 + 50 * number) + 40;
        for by in ["by-region", "by-thread"] {
            browser.key("f");
            let button = browser.middle_of(&format!("#{by}"));
            browser.click(button);
            let middle = (before + length / 4) as f64;
            loop {
                let (t0, t1) = window(&mut browser);
                if t1 - t0 < 3.0 * length as f64 {
                    break;
                }
                let at = place(&mut browser, "step", 0, middle);
                browser.hover(at);
                browser.key("w");
            }
            for (region, start, duration) in [("step", before, length), ("first", before, length / 2 - 20)] {
                let at = place(&mut browser, region, 0, (start + duration / 2) as f64);
                browser.hover(at);
                assert_eq!(tooltip(&mut browser)[0], region, "{by}");
                let bar = browser
                    .eval("[scopeProfiler.barAt.start, scopeProfiler.barAt.end, scopeProfiler.barAt.calls]");
                assert_eq!(
                    bar,
                    serde_json::json!([start, start + duration, 1]),
                    "{by} {region}"
                );
            }
            browser.screenshot(&format!("stored-{by}"));
        }
        assert_eq!(browser.complaints(), Vec::<String>::new());
    });
}

#[test]
fn the_page_says_how_much_of_what_is_stored_has_been_taken() {
    let run = recorded();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    held_with(&run.file(), ServeOptions::new().read_at_first(0), |link, gate| {
        browser.navigate(link);
        browser.until(IS_THERE);
        // There are three regions that are as large, and one with a single call.
        gate.open(0.1);
        browser.until("document.getElementById('reading').textContent === 'Reading the file: 33 %'");
        gate.open(0.5);
        browser.until("document.getElementById('reading').textContent === 'Reading the file: 66 %'");
        gate.open(1.0);
        browser.until("document.getElementById('reading').hidden");
        browser.settle();
        assert_eq!(progress(&mut browser), "");
        let facts = browser.text("document.getElementById('facts').textContent");
        assert!(facts.contains("too many intervals to be read at once"), "{facts}");
        assert_eq!(browser.complaints(), Vec::<String>::new());
    });
}

/// Steps of equal length, each with its number, and one call around all of them without.
fn numbered() -> Run {
    let run = Run::with(|config| config.fields(["bytes"]));
    {
        let _main = run.profiler.profile_region("main");
        for step in 0..STEPS {
            let guard = run.profiler.profile_region("step");
            guard.record("bytes", step);
            run.clock.advance(1_000);
        }
    }
    run.profiler.finalize().unwrap();
    run
}

#[test]
fn bars_have_the_colors_of_numbers_that_are_read_beside_what_is_stored() {
    let run = numbered();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    while_served(&run.file(), 0, |link| {
        browser.open_address(&format!("{link}#color=bytes"));
        let facts = browser.text("document.getElementById('facts').textContent");
        assert!(facts.contains("too many intervals to be read at once"), "{facts}");
        assert!(
            facts.contains("merged for drawing") && !facts.contains("colours"),
            "{facts}"
        );
        let scale = browser.text("document.getElementById('scale').getAttribute('aria-label')");
        assert!(
            scale.starts_with("Scale of bytes: from 0 B to 30.0 kB"),
            "{scale}"
        );
        let colors = ValueColors::new(&Field::new("bytes"), 0.0, (STEPS - 1) as f64);
        let seen = |browser: &mut Browser, region: &str, ns: f64| {
            let at = place(browser, region, 0, ns);
            let rgba = pixel(browser, at);
            [rgba[0], rgba[1], rgba[2]]
        };
        let of = |share: f64| {
            let color = colors.at(share);
            [color.0, color.1, color.2]
        };
        let near = |one: [u8; 3], other: [u8; 3]| one.iter().zip(other).all(|(a, b)| a.abs_diff(b) < 3);
        for share in [0.1, 0.5, 0.9] {
            let color = seen(&mut browser, "step", share * STEPS as f64 * 1e3);
            let tint = (share * 32.0).round();
            let expected = [-1.0, 0.0, 1.0].map(|off| of((tint + off) / 32.0));
            assert!(
                expected.iter().any(|&of| near(of, color)),
                "{share}: {color:?} {expected:?}"
            );
        }
        let without = ValueColors::without()[0];
        let color = seen(&mut browser, "main", 15e6);
        assert!(near(color, [without.0, without.1, without.2]), "{color:?}");
        // One by one, each has its own.
        let middle = 20_000.0 * 1e3 + 500.0;
        loop {
            let (t0, t1) = window(&mut browser);
            if t1 - t0 < 5e3 {
                break;
            }
            let at = place(&mut browser, "step", 0, middle);
            browser.hover(at);
            browser.key("w");
        }
        let at = place(&mut browser, "step", 0, middle);
        browser.hover(at);
        let lines = tooltip(&mut browser);
        assert!(lines.contains(&"bytes: 20 000 B".to_owned()), "{lines:?}");
        assert_eq!(browser.complaints(), Vec::<String>::new());
    });
}
