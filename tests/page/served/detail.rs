//! What is merged on the page and whole on the server.

use super::common::Profile;
use super::running::Running;
use crate::browser::{Browser, Look};
use crate::{place, rows, tooltip, window};

/// A million calls, one after the other, each of another length; and calls inside some of them. Start, end.
fn million() -> Vec<(i64, i64)> {
    let mut now = 1_000_000;
    let calls = (0..1_000_000_i64).map(|i| {
        let length = 20 + (i * 7_919) % 401;
        let start = now;
        now += length + 1 + (i * 104_729) % 97;
        (start, start + length)
    });
    calls.collect()
}

pub(super) fn served() -> (Profile, Running, Vec<(i64, i64)>) {
    let (profile, server, calls) = unread();
    server.read(0);
    (profile, server, calls)
}

/// The same before anybody has looked at it.
fn unread() -> (Profile, Running, Vec<(i64, i64)>) {
    let calls = million();
    let outer: Vec<_> = calls.iter().map(|&(start, end)| (start, end, 0)).collect();
    let inner: Vec<_> = calls
        .iter()
        .step_by(3)
        .map(|&(start, end)| (start + 5, end - 5, 0))
        .collect();
    let main = (0, calls[calls.len() - 1].1 + 500, 0);
    let profile = Profile::new()
        .region(0, "main", &[main])
        .region(0, "step", &outer)
        .region(0, "flux", &inner)
        .close();
    let server = Running::serve(&[profile.path().to_str().unwrap()]);
    (profile, server, calls)
}

/// Zooms about a time in the row of a region, as its reader would, until the window is shorter than `ns`.
fn zoom_to(browser: &mut Browser, region: &str, time: f64, ns: f64) {
    loop {
        let (t0, t1) = window(browser);
        if t1 - t0 < ns {
            return;
        }
        let at = place(browser, region, 0, time);
        browser.hover(at);
        browser.key("w");
    }
}

fn facts(browser: &mut Browser) -> String {
    browser.text("document.getElementById('facts').textContent")
}

#[test]
fn one_call_of_a_million_is_seen_with_its_start_and_duration() {
    let (_profile, server, calls) = served();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&server.link);
    assert!(
        facts(&mut browser).contains("merged for drawing"),
        "{}",
        facts(&mut browser)
    );
    assert!(
        facts(&mut browser).contains("zoom in to see them"),
        "{}",
        facts(&mut browser)
    );
    for number in [777_777, 3] {
        browser.key("f");
        let (start, end) = calls[number];
        let middle = (start + end) as f64 / 2.0;
        zoom_to(&mut browser, "step", middle, 2_000.0);
        let at = place(&mut browser, "step", 0, middle);
        browser.hover(at);
        let shown = tooltip(&mut browser);
        assert_eq!(shown[0], "step");
        let duration = end - start;
        assert!(shown.contains(&format!("Duration: {duration} ns")), "{shown:?}");
        assert!(shown.contains(&"Inside: main".to_owned()), "{shown:?}");
        // To the nanosecond.
        let call = browser
            .eval("(() => { const at = scopeProfiler.barAt; return at && [at.start, at.end, at.calls]; })()");
        assert_eq!(call, serde_json::json!([start, end, 1]), "{shown:?}");
        if number % 3 == 0 {
            // Sums of the page are exact to a part of a nanosecond.
            let own = ["Exclusive: 10 ns", "Exclusive: 10.0 ns"];
            let is_own = |line: &String| own.iter().any(|own| line.starts_with(own));
            assert!(shown.iter().any(is_own), "{shown:?}");
        }
    }
    browser.screenshot("served-single-call");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn calls_in_view_are_counted_one_by_one() {
    let (_profile, server, calls) = served();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let (first, last) = (500_000, 500_099);
    let window = (calls[first].0, calls[last].1);
    browser.open_address(&format!("{}#t0={}&t1={}", server.link, window.0, window.1));
    let count = |rows: &[String], region: &str| {
        let row = rows.iter().find(|row| row.starts_with(region)).unwrap();
        row.rsplit(" | ").nth(2).unwrap().to_owned()
    };
    let seen = rows(&mut browser);
    assert_eq!(count(&seen, "step"), "100", "{seen:?}");
    let inside = (first..=last).filter(|number| number % 3 == 0).count();
    assert_eq!(count(&seen, "flux"), inside.to_string(), "{seen:?}");
    // Away and back: what was seen is still known.
    browser.key("d");
    browser.key("a");
    assert_eq!(rows(&mut browser), seen);
    browser.key("f");
    let whole = rows(&mut browser);
    assert_eq!(count(&whole, "step"), "1 000 000", "{whole:?}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_window_that_makes_no_sense_is_refused_or_empty() {
    let (_profile, server, _) = unread();
    let status = |below: &str| server.get(below).status;
    assert_eq!(
        status("0/detail?version=1&from=0&until=5"),
        409,
        "no page was asked for"
    );
    server.read(0);
    assert_eq!(status("0/detail?version=1&from=0&until=5000&columns=100"), 200);
    for wrong in [
        "",
        "?version=1",
        "?version=1&from=0",
        "?version=1&from=x&until=5",
        "?version=1&from=1e9&until=2e9",
        "?version=1&from=99999999999999999999&until=5",
    ] {
        assert_eq!(status(&format!("0/detail{wrong}")), 400, "{wrong}");
    }
    for extreme in [
        "from=-9223372036854775808&until=9223372036854775807&columns=1",
        "from=9223372036854775807&until=-9223372036854775808&columns=0",
        "from=5&until=5&columns=18446744073709551615",
        "from=-5&until=-1",
    ] {
        assert_eq!(status(&format!("0/detail?version=1&{extreme}")), 200, "{extreme}");
    }
    assert_eq!(status("0/detail?version=2&from=0&until=5"), 409);
}

#[test]
fn the_flame_graph_of_a_window_is_exact_where_its_calls_are_merged() {
    let (_profile, server, calls) = served();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    // Too many calls to have bars of their own.
    let (first, last) = (100_000, 699_999);
    let (t0, t1) = (calls[first].0, calls[last].1);
    browser.open_address(&format!("{}#view=flame&t0={t0}&t1={t1}", server.link));
    let step =
        browser.text("document.querySelector('#flame .frame[aria-label^=step]').getAttribute('aria-label')");
    assert!(step.ends_with("calls 600 000"), "{step}");
    let flux =
        browser.text("document.querySelector('#flame .frame[aria-label^=flux]').getAttribute('aria-label')");
    let inside = (first..=last).filter(|number| number % 3 == 0).count();
    assert!(
        flux.ends_with(&format!("calls {} {:03}", inside / 1000, inside % 1000)),
        "{flux}"
    );
    let scope = browser.text("document.querySelector('#flame .scope span').textContent");
    assert!(
        scope.starts_with("In view: ") && !scope.contains("merged"),
        "{scope}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_details_of_a_call_have_the_numbers_that_the_program_recorded() {
    let profile = Profile::new()
        .region(0, "send", &[(10, 20, 0), (30, 50, 0), (60, 90, 0)])
        .with(|file| {
            let region = file.group("rank0/regions/send").unwrap();
            let fields = region.create_group("fields").unwrap();
            let bytes = fields
                .new_dataset_builder()
                .with_data(&[64_i64, 1_048_576, i64::MIN]);
            let bytes = bytes.create("bytes").unwrap();
            let unit: hdf5::types::VarLenUnicode = "B".parse().unwrap();
            let attribute = bytes
                .new_attr::<hdf5::types::VarLenUnicode>()
                .create("unit")
                .unwrap();
            attribute.write_scalar(&unit).unwrap();
            let residual = fields.new_dataset_builder().with_data(&[0.5_f64, 0.25, 0.125]);
            residual.create("residual").unwrap();
        })
        .close();
    let server = Running::serve(&[profile.path().to_str().unwrap()]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&format!("{}#view=region&pin=send", server.link));
    let card = "[...document.querySelectorAll('#region .card')].find(card => card.textContent.startsWith('Selected call'))?.innerText.replace(/\\s+/g, ' ') ?? ''";
    for (key, numbers) in [
        ("n", "bytes 64 B residual 0.5"),
        ("n", "bytes 1 048 576 B residual 0.25"),
        ("n", "residual 0.125"),
    ] {
        browser.key(key);
        browser.until(&format!("({card}).includes({numbers:?})"));
    }
    assert!(!browser.text(card).contains("bytes"), "{}", browser.text(card));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn calls_that_a_served_page_has_merged_have_their_own_colors_once_they_are_seen() {
    let calls: Vec<(i64, i64, u32)> = (0..400_000_i64).map(|n| (n * 100, n * 100 + 60, 0)).collect();
    // Every second call moves nothing.
    let moved: Vec<i64> = (0..400_000).map(|n| n % 2 * 1_000).collect();
    let profile = Profile::new()
        .region(0, "send", &calls)
        .with(|file| {
            let region = file.group("rank0/regions/send").unwrap();
            let fields = region.create_group("fields").unwrap();
            fields
                .new_dataset_builder()
                .with_data(&moved)
                .create("bytes")
                .unwrap();
        })
        .close();
    let server = Running::serve(&[profile.path().to_str().unwrap()]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&format!("{}#color=bytes&t0=20000000&t1=20000800", server.link));
    browser.until("scopeProfiler.view.settled");
    // What the link asks for, though the run was not known to be so long when the page appeared.
    assert_eq!(window(&mut browser), (20_000_000.0, 20_000_800.0));
    let colors = loop {
        let mut color = |time: f64| {
            let at = place(&mut browser, "send", 0, time);
            crate::pixel(&mut browser, at)
        };
        let colors = [30.0, 130.0, 230.0, 330.0].map(|call| color(20_000_000.0 + call));
        // Nothing is there while it is drawn anew.
        if colors.iter().all(|color| color[3] == 255) {
            break colors;
        }
    };
    assert_ne!(colors[0], colors[1]);
    assert_eq!(colors[..2], colors[2..]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
