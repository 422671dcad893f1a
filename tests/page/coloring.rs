//! Bars in the colours of the numbers of calls, and these numbers in words.

use crate::*;
use scope_profiler::chart::{ChartOptions, Color, ValueColors};
use scope_profiler::plot::{PlotOptions, plot_gantt};
use scope_profiler::profile::{Call, Field, Number, Profile};

const IN_MS: i64 = 1_000_000;

/// Four calls that move more and more bytes and end with a residual, and one without numbers.
fn profile() -> Profile {
    let mut profile = Profile::builder();
    for step in 0..4 {
        let numbers = [
            ("bytes", Number::Int(1_000 * (step + 1))),
            ("residual", Number::Float(10_f64.powi(-3 * step as i32))),
        ];
        profile.push(Call::new("send", 20 * step * IN_MS..(20 * step + 10) * IN_MS).numbers(&numbers));
    }
    profile.push(Call::new("wait", 80 * IN_MS..100 * IN_MS));
    profile.build()
}

fn opened(profile: &Profile, options: ChartOptions, fragment: &str) -> Option<(Browser, tempfile::TempDir)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    plot_gantt(profile, &PlotOptions::new().filepath(&path).chart(options)).unwrap();
    let mut browser = Browser::start(Look::default())?;
    browser.open(&path, fragment);
    Some((browser, directory))
}

/// The colour of the page at a time of a region, ms.
fn color_at(browser: &mut Browser, region: &str, ms: f64) -> Color {
    let at = place(browser, region, 0, ms * 1e6);
    let rgba = pixel(browser, at);
    Color(rgba[0], rgba[1], rgba[2])
}

fn entries(browser: &mut Browser) -> String {
    browser.text("[...document.querySelectorAll('#color-by option')].map(one => one.text).join()")
}

/// The card of the call that is selected.
fn call_card(browser: &mut Browser) -> String {
    browser.text(
        "[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Selected call'))?.innerText.replace(/\\s+/g, ' ') ?? ''",
    )
}

#[test]
fn a_field_is_chosen_by_keyboard_and_bars_have_the_colors_of_its_values() {
    let Some((mut browser, _directory)) = opened(&profile(), ChartOptions::new(), "") else {
        return;
    };
    assert_eq!(entries(&mut browser), "region,bytes,residual");
    let by_region = color_at(&mut browser, "send", 5.0);
    browser.eval("document.getElementById('color-by').focus()");
    browser.key("ArrowDown");
    assert_eq!(browser.text("location.hash"), "#color=bytes");
    let colors = ValueColors::new(&Field::new("bytes"), 1_000.0, 4_000.0);
    for (step, share) in [(0, 0.0), (1, 1.0 / 3.0), (3, 1.0)] {
        let seen = color_at(&mut browser, "send", 20.0 * f64::from(step) + 5.0);
        let expected = colors.at((share * 32.0_f64).round() / 32.0);
        assert_eq!(seen, expected, "step {step}");
        assert_ne!(seen, by_region);
    }
    assert_eq!(color_at(&mut browser, "wait", 85.0), ValueColors::without()[0]);
    let scale = "document.getElementById('scale').getAttribute('aria-label')";
    assert_eq!(
        browser.text(scale),
        "Scale of bytes: from 1.00 kB to 4.00 kB; bars without a value are grey"
    );
    // Keys of the page do nothing else while the menu has the focus.
    browser.key("r");
    assert_eq!(browser.text("location.hash"), "#color=residual");
    assert!(browser.text(scale).contains("from 1.00e-9 to 1, logarithmic"));
    browser.key("Escape");
    assert_eq!(browser.text("document.activeElement.id"), "canvas");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_link_keeps_the_field_in_the_dark_too() {
    let options = ChartOptions::new().color_by("bytes");
    let Some((mut browser, _directory)) = opened(&profile(), options, "#theme=dark&color=residual") else {
        return;
    };
    let colors = ValueColors::new(&Field::new("residual"), 1e-9, 1.0);
    assert_eq!(color_at(&mut browser, "send", 5.0), colors.at_on_dark(1.0));
    assert_eq!(color_at(&mut browser, "wait", 85.0), ValueColors::without()[1]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_may_open_with_the_colors_of_a_field_and_a_link_says_where_they_are_of_regions() {
    let options = ChartOptions::new().color_by("bytes");
    let Some((mut browser, _directory)) = opened(&profile(), options, "") else {
        return;
    };
    assert_eq!(browser.text("document.getElementById('color-by').value"), "bytes");
    assert_eq!(browser.text("location.hash"), "");
    browser.eval("document.getElementById('color-by').focus()");
    browser.key("ArrowUp");
    assert_eq!(browser.text("location.hash"), "#color=");
    let hidden = browser.eval("document.getElementById('scale').hidden");
    assert!(hidden.as_bool().unwrap());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn numbers_of_a_call_are_beside_the_pointer_and_in_the_details_without_a_server() {
    let Some((mut browser, _directory)) = opened(&profile(), ChartOptions::new(), "#view=region&pin=send")
    else {
        return;
    };
    let second = place(&mut browser, "send", 0, 25e6);
    browser.hover(second);
    let lines = tooltip(&mut browser);
    assert!(lines.contains(&"bytes: 2 000 B".to_owned()), "{lines:?}");
    browser.key("n");
    browser.key("n");
    let card = call_card(&mut browser);
    assert!(card.contains("bytes 2 000 B residual 0.001"), "{card}");
    let at = place(&mut browser, "wait", 0, 85e6);
    browser.click(at);
    let card = call_card(&mut browser);
    assert!(
        card.contains("Duration 20.0 ms") && !card.contains("bytes"),
        "{card}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_without_numbers_has_no_menu() {
    let plain = Profile::builder()
        .interval(Call::new("send", 0..10 * IN_MS))
        .build();
    let Some((mut browser, _directory)) = opened(&plain, ChartOptions::new(), "#color=bytes") else {
        return;
    };
    let hidden = browser.eval("document.getElementById('coloring').hidden");
    assert!(hidden.as_bool().unwrap());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn calls_of_nested_regions_keep_their_own_numbers() {
    let mut profile = Profile::builder();
    for step in 0..200 {
        let outer = [("bytes", Number::Int(5_000))];
        let inner = [("bytes", Number::Int(100 + step % 2 * 200))];
        let start = step * 1_000;
        profile.push(Call::new("outer", start..start + 900).numbers(&outer));
        profile.push(Call::new("inner", start + 100..start + 200).numbers(&inner));
    }
    let profile = profile.build();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    plot_gantt(&profile, &PlotOptions::new().filepath(&path)).unwrap();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "#view=region&pin=inner&t0=50100&t1=50200");
    browser.key("n");
    let card = call_card(&mut browser);
    assert!(
        card.contains("bytes 100 B") || card.contains("bytes 300 B"),
        "{card}"
    );
    let at = place(&mut browser, "outer", 0, 50_150.0);
    browser.click(at);
    assert!(call_card(&mut browser).contains("bytes 5 000 B"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_that_would_be_too_large_leaves_numbers_out_and_says_so() {
    let mut profile = Profile::builder();
    let mut chance = 1_u64;
    for call in 0..60_000 {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let numbers = [
            ("bytes", Number::Int((chance >> 60) as i64)),
            ("residual", Number::Float(chance as f64 / 3.0)),
        ];
        let start = call * 1_000 + (chance >> 58) as i64;
        profile.push(Call::new("send", start..start + 500).numbers(&numbers));
    }
    let (profile, limit) = (profile.build(), 600_000);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    let options = ChartOptions::new().max_page_bytes(limit);
    plot_gantt(&profile, &PlotOptions::new().filepath(&path).chart(options)).unwrap();
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.len() <= limit, "{}", page.len());
    let notes = page.split_once("\"notes\":").unwrap().1;
    assert!(
        notes.contains("the numbers of residual are left out, as the page would be too large"),
        "{}",
        &notes[..300]
    );
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "#color=bytes");
    assert_eq!(entries(&mut browser), "region,bytes");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn runs_together_are_coloured_by_the_same_value_on_one_scale() {
    let run = |bytes: [i64; 2]| {
        let mut profile = Profile::builder();
        for (step, bytes) in (0..).zip(bytes) {
            let numbers = [("bytes", Number::Int(bytes))];
            profile.push(Call::new("send", 20 * step * IN_MS..(20 * step + 10) * IN_MS).numbers(&numbers));
        }
        profile.build()
    };
    let (before, after) = (run([1_000, 2_000]), run([2_000, 5_000]));
    let (_directory, path) = runs_page(&before, &after);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    browser.until("window.scopeProfilerTogether?.settled");
    browser.eval("document.querySelector('iframe').contentDocument.getElementById('color-by').focus()");
    browser.key("ArrowDown");
    browser.until("window.scopeProfilerTogether?.settled");
    assert!(browser.text("location.hash").contains("color=bytes"));
    let colors = ValueColors::new(&Field::new("bytes"), 1_000.0, 5_000.0);
    for (page, call, bytes) in [
        (0, 0.0, 1_000.0),
        (0, 20.0, 2_000.0),
        (1, 0.0, 2_000.0),
        (1, 20.0, 5_000.0),
    ] {
        let time = (call + 5.0) * 1e6;
        let rgba = browser.eval(&format!(
            "(() => {{ const {{ contentWindow, contentDocument }} = document.querySelectorAll('iframe')[{page}]; \
             const canvas = contentDocument.getElementById('canvas'), box = canvas.getBoundingClientRect(); \
             const at = contentWindow.scopeProfiler.locate('send', 0, {time}); \
             return [...canvas.getContext('2d').getImageData(Math.round(at.x - box.x), Math.round(at.y - box.y), 1, 1).data]; }})()"
        ));
        let rgba: Vec<u8> = serde_json::from_value(rgba).unwrap();
        let expected = colors.at((colors.share(bytes) * 32.0).round() / 32.0);
        assert_eq!(
            Color(rgba[0], rgba[1], rgba[2]),
            expected,
            "page {page} at {time}"
        );
    }
    browser.screenshot("together-values");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_menu_offers_numbers_that_only_a_later_run_has() {
    let plain = Profile::builder()
        .interval(Call::new("send", 0..10 * IN_MS))
        .build();
    let after = profile();
    let (_directory, path) = runs_page(&plain, &after);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let settled = "window.scopeProfilerTogether?.settled";
    let menus = "[...document.querySelectorAll('iframe')].map(one => one.contentDocument.getElementById('color-by').value).join()";
    browser.open(&path, "");
    browser.until(settled);
    browser.eval("document.querySelector('iframe').contentDocument.getElementById('color-by').focus()");
    browser.key("ArrowDown");
    browser.until(settled);
    assert_eq!(browser.text(menus), "bytes,bytes");
    assert!(browser.text("location.hash").contains("color=bytes"));
    let first = |browser: &mut Browser, what: &str| {
        browser.text(&format!(
            "(() => {{ const {{ contentWindow, contentDocument }} = document.querySelector('iframe'); return {what}; }})()"
        ))
    };
    let scale = "contentDocument.getElementById('scale').getAttribute('aria-label')";
    assert!(first(&mut browser, scale).contains("from 1.00 kB to 4.00 kB"));
    // Its own bars have no such number, and are as grey as others without it.
    let color = "(canvas => { const box = canvas.getBoundingClientRect(), at = contentWindow.scopeProfiler.locate('send', 0, 5e6); \
         return canvas.getContext('2d').getImageData(Math.round(at.x - box.x), Math.round(at.y - box.y), 1, 1).data.slice(0, 3).join(); })(contentDocument.getElementById('canvas'))";
    let Color(r, g, b) = ValueColors::without()[0];
    assert_eq!(first(&mut browser, color), format!("{r},{g},{b}"));
    // And back to regions.
    browser.key("ArrowUp");
    browser.until(settled);
    assert_eq!(browser.text(menus), ",");
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // A link opens with it, whichever run has it.
    browser.open(&path, "#color=residual");
    browser.until(settled);
    assert_eq!(browser.text(menus), "residual,residual");
    assert!(browser.text("location.hash").contains("color=residual"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_saved_picture_says_what_its_colors_mean() {
    let options = ChartOptions::new().color_by("bytes");
    let Some((mut browser, _directory)) = opened(&profile(), options, "") else {
        return;
    };
    let saved = tempfile::tempdir().unwrap();
    browser.save_to(saved.path());
    browser.key("e");
    let button = browser.middle_of("#save-svg");
    browser.click(button);
    let svg = std::fs::read_to_string(saved.path().join(browser.saved())).unwrap();
    for text in ["colour: bytes", "1.00 kB", "4.00 kB", "without"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}: {svg}");
    }
}
