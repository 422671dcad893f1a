//! The format of speedscope, opened by the application itself, which is the npm package.

use crate::browser::{Browser, Look};
use crate::consumers::node_package;
use crate::running::text;
use crate::sums::{files, inclusive};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Opens an export as the command `speedscope` does: by a script that hands it to the page.
fn open(browser: &mut Browser, application: &Path, export: &str, directory: &Path) {
    let script = directory.join("profile.js");
    let encoded = "new TextEncoder().encode(text).reduce((all, byte) => all + String.fromCharCode(byte), '')";
    let text = serde_json::Value::from(export);
    fs::write(
        &script,
        format!("{{ const text = {text}; speedscope.loadFileFromBase64('run.speedscope.json', btoa({encoded})); }}"),
    )
    .unwrap();
    let fragment = format!("#view=sandwich&localProfilePath={}", script.display());
    browser.open(&application.join("dist/release/index.html"), &fragment);
}

/// The rows of the sandwich view: total time, self time and name; when the profile of this name is shown.
fn rows(browser: &mut Browser, profile: &str) -> BTreeMap<String, String> {
    let profile = serde_json::Value::from(profile);
    let rows = browser.eval(&format!(
        "new Promise((done, failed) => {{
            const look = frames => {{
                const rows = [...document.querySelectorAll('tr')].map(row => [...row.querySelectorAll('td')]);
                const cells = rows.map(row => row.map(cell => cell.textContent)).filter(row => row.length === 3 && row[1].includes('%'));
                if (cells.length > 0 && document.body.innerText.includes({profile})) done(cells);
                else if (frames === 0) failed(document.body.innerText);
                else requestAnimationFrame(() => look(frames - 1));
            }};
            look(3000);
        }})"
    ));
    let cell = |row: &serde_json::Value, at: usize| row[at].as_str().unwrap().to_owned();
    let total = |row| cell(row, 0).split(' ').next().unwrap().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| (cell(row, 2), total(row)))
        .collect()
}

/// A duration as speedscope writes it.
fn shown(ns: i64) -> String {
    let seconds = ns as f64 * 1e-9;
    match seconds {
        s if s / 60.0 >= 1.0 => format!("{}:{:02.0}", (s / 60.0).floor(), s % 60.0),
        s if s >= 1.0 => format!("{s:.2}s"),
        s if s / 1e-3 >= 1.0 => format!("{:.2}ms", s / 1e-3),
        s if s / 1e-6 >= 1.0 => format!("{:.2}µs", s / 1e-6),
        s => format!("{:.2}ns", s / 1e-9),
    }
}

type Thread = ((u32, String), BTreeMap<String, i64>);

/// By rank and number of the thread, which stands at the end of its label.
fn in_order(threads: BTreeMap<(u32, String), BTreeMap<String, i64>>) -> Vec<Thread> {
    let mut threads: Vec<Thread> = threads.into_iter().collect();
    threads.sort_by_key(|((rank, label), _)| {
        let number: u32 = label.rsplit_once('#').unwrap().1.parse().unwrap();
        (*rank, number)
    });
    threads
}

#[test]
fn the_application_shows_every_thread_with_the_time_of_its_regions() {
    let Some(application) = node_package("speedscope") else {
        return;
    };
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let (files, keep) = files();
    for file in files {
        open(
            &mut browser,
            &application,
            &text(&file, &["--to", "speedscope"]),
            keep.directory(),
        );
        let mut threads: BTreeMap<(u32, String), BTreeMap<String, i64>> = BTreeMap::new();
        for ((rank, thread, region), total) in inclusive(&file) {
            threads.entry((rank, thread)).or_default().insert(region, total);
        }
        assert!(!threads.is_empty());
        for (at, ((rank, thread), regions)) in in_order(threads).into_iter().enumerate() {
            if at > 0 {
                browser.key("n");
            }
            let found = rows(&mut browser, &format!("rank {rank}, {thread}"));
            let expected: BTreeMap<String, String> =
                regions.into_iter().map(|(name, ns)| (name, shown(ns))).collect();
            assert_eq!(found, expected, "{} {rank} {thread}", file.display());
        }
        browser.screenshot(&format!(
            "speedscope_{}",
            file.file_stem().unwrap().to_string_lossy()
        ));
    }
}
