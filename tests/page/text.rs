//! The page as text: self-contained, safe, written whole or not at all.

use crate::*;

#[test]
fn the_page_asks_for_nothing_outside_itself() {
    let (chart, data) = known();
    let page = html::render(&chart, &data);
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("@import"));
    assert!(!page.contains("<script src") && !page.contains("<link rel=\"stylesheet"));
    assert!(
        page.contains("default-src 'none'"),
        "a content security policy forbids every load"
    );
    assert!(!page.contains("innerHTML") && !page.contains("{{"));
}

#[test]
fn no_name_ends_the_script_it_is_stored_in() {
    let names = hostile_names();
    let (mut chart, mut data) = grid(1, names.len(), 1, |i| names[i].clone());
    let scripts = |page: &str| {
        (
            page.matches("<script").count(),
            page.matches("</script").count(),
            page.matches("<!--").count(),
        )
    };
    let harmless = scripts(&html::render(&known().0, &known().1));
    chart.header.title = names[0].clone();
    data.notes = names.iter().map(|name| PageNote::new(name.as_str())).collect();
    assert_eq!(scripts(&html::render(&chart, &data)), harmless);
}

#[test]
fn two_hundred_thousand_bars_make_a_page_of_a_few_megabytes() {
    let (chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    assert_eq!(chart.header.intervals, 200_000);
    let size = html::render(&chart, &data).len();
    assert!(size < 4_000_000, "{size} bytes");
}

#[test]
fn writing_replaces_a_page_and_leaves_nothing_else_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.html");
    std::fs::write(&path, "an older page").unwrap();
    let (chart, data) = known();
    html::write(&chart, &data, &path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        html::render(&chart, &data)
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_page_that_cannot_be_written_is_one_line_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let (chart, data) = known();
    let missing = directory.path().join("no/such/run.html");
    let error = html::write(&chart, &data, &missing).unwrap_err();
    assert!(error.is_io());
    let text = error.to_string();
    assert!(
        text.starts_with(&missing.display().to_string()) && text.lines().count() == 1,
        "{text}"
    );

    let error = html::write(&chart, &data, directory.path()).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// What the page's own tests (assets/page/test) hold its scripts to, as Rust has it.
fn vectors() -> String {
    use scope_profiler::chart::Color;
    use scope_profiler::units;
    use serde_json::{Value, json};

    let mut durations = vec![
        0.0, 1.5, 45.25, 0.125, 2.5, 3.5, 0.375, 12.25, 12.35, 99.95, 100.5, 101.5, 999.5, -2.5e9,
    ];
    let scales = [1.0, 0.994_999_9, 0.9995, 0.9995 * 60.0, 1.2345, 5.995];
    for power in 0..17 {
        durations.extend(scales.map(|scale| scale * 10_f64.powi(power)));
        durations.push(10_f64.powi(power) - 0.5);
    }
    durations.extend((0..400).map(|i| f64::from(i) * 5e3 + 62.5));
    let counts = [0, 1, 7, 999, 1_000, 12_345, 1_234_567, 9_007_199_254_740_991];
    let color = |i: u32| Color((i * 37 % 256) as u8, (i * 91 % 256) as u8, (i * 151 % 256) as u8);
    let json_of = |Color(r, g, b): Color| json!([r, g, b]);
    let colors = (0..60).map(color).chain([Color::BLACK, Color::WHITE]);
    let pairs: Vec<(Color, Color)> = colors.clone().zip((7..).map(color)).collect();
    let scales = [1.0, 1.2345, 4.997, 9.996, 9.9994];
    let amounts = (-14..19).flat_map(|power| scales.map(|scale| scale * 10_f64.powi(power)));
    let amounts: Vec<f64> = amounts
        .flat_map(|x| [x, -x])
        .chain([0.0, 0.0317, 312.0, -5.0])
        .collect();
    let amounts = [None, Some("B"), Some("GB/s")].map(|unit| {
        let texts = amounts
            .iter()
            .map(move |&x| json!([x, unit, units::amount(x, unit)]));
        texts.collect::<Vec<Value>>()
    });
    let value = json!({
        "amounts": amounts.concat(),
        "durations": durations.iter().map(|&ns| json!([ns, units::duration_f64(ns)])).collect::<Value>(),
        "counts": counts.map(|n| json!([n, units::count(n)])),
        "plurals": counts.map(|n| json!([n, units::plural(n, "call")])),
        "contrasts": pairs.iter().map(|&(a, b)| json!([json_of(a), json_of(b), a.contrast(b)])).collect::<Value>(),
        "texts": colors.map(|fill| json!([json_of(fill), json_of(fill.text())])).collect::<Value>(),
    });
    format!("{value}\n")
}

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/page/test/vectors.json");

#[test]
fn the_scripts_are_held_to_the_numbers_and_colours_of_rust() {
    let kept = std::fs::read_to_string(VECTORS).unwrap();
    assert!(
        kept == vectors(),
        "{VECTORS} is out of date: cargo test --test page write_vectors -- --ignored"
    );
}

#[test]
#[ignore = "writes the file that the test above compares"]
fn write_vectors() {
    std::fs::write(VECTORS, vectors()).unwrap();
}
