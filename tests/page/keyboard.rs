//! What the keys do, one by one.

use crate::profiles::page_of;
use crate::*;
use scope_profiler::profile::{Call, Profile};
use std::collections::BTreeSet;

/// 16 ranks that take ten steps each. The longest is the last one of the last rank. Its lanes need scrolling.
fn steps() -> Profile {
    let mut profile = Profile::builder();
    for rank in 0..16 {
        profile.push(Call::new("main", 0..100_000_000).rank(rank));
        for step in 0..10 {
            let start = step * 10_000_000;
            let end = start + 4_000_000 + step * 100_000 + i64::from(rank) * 1_000;
            profile.push(Call::new("step", start..end).rank(rank));
            for part in 0..6 {
                let start = start + part * 500_000;
                profile.push(Call::new(&format!("part {part}"), start..start + 400_000).rank(rank));
            }
        }
    }
    profile.build()
}

/// A page whose keys are pressed, and those that were, as help calls them.
struct Keys {
    browser: Browser,
    pressed: BTreeSet<&'static str>,
}

impl Keys {
    fn press(&mut self, key: &'static str) {
        self.pressed.insert(match key {
            "ArrowLeft" => "←",
            "ArrowRight" => "→",
            "ArrowUp" => "↑",
            "ArrowDown" => "↓",
            "Escape" => "Esc",
            other => other,
        });
        self.browser.key(key);
    }

    /// Where the window is after a key, ms.
    fn window_after(&mut self, key: &'static str) -> (f64, f64) {
        self.press(key);
        let (t0, t1) = window(&mut self.browser);
        (t0 / MS, t1 / MS)
    }

    fn text_after(&mut self, key: &'static str, expression: &str) -> String {
        self.press(key);
        self.browser.text(expression)
    }

    /// The selected call: rank and start, ms.
    fn call_after(&mut self, key: &'static str) -> (f64, f64) {
        self.press(key);
        let call = self.browser.eval("scopeProfiler.view.selected");
        (
            call["rank"].as_f64().unwrap(),
            call["start"].as_f64().unwrap() / MS,
        )
    }
}

#[test]
fn every_key_that_help_lists_does_what_it_says() {
    let (_directory, path) = page_of(&steps());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let mut keys = Keys {
        browser,
        pressed: BTreeSet::new(),
    };
    keys.browser.open(&path, "");

    // Zoom and move; without a pointer about the middle.
    let near = |(a, b): (f64, f64), (c, d): (f64, f64)| {
        assert_near(a, c, 1e-3);
        assert_near(b, d, 1e-3);
    };
    let (from, to) = (100.0 / 6.0, 500.0 / 6.0);
    let length = to - from;
    near(keys.window_after("w"), (from, to));
    near(keys.window_after("d"), (from + 0.2 * length, to + 0.2 * length));
    near(keys.window_after("a"), (from, to));
    near(
        keys.window_after("ArrowRight"),
        (from + 0.1 * length, to + 0.1 * length),
    );
    near(keys.window_after("ArrowLeft"), (from, to));
    near(keys.window_after("Home"), (0.0, length));
    near(keys.window_after("End"), (100.0 - length, 100.0));
    near(keys.window_after("s"), (0.0, 100.0));
    keys.press("w");
    near(keys.window_after("f"), (0.0, 100.0));

    // Lanes.
    let scroll = "String(document.getElementById('scroller').scrollTop)";
    assert_eq!(keys.text_after("ArrowDown", scroll), "60");
    assert_eq!(keys.text_after("ArrowUp", scroll), "0");
    for order in ["rank", "thread", "region"] {
        assert_eq!(keys.text_after("g", "scopeProfiler.view.by"), order);
    }
    let hash = "location.hash";
    assert_eq!(keys.text_after("+", hash), "#rows=1");
    assert_eq!(keys.text_after("-", hash), "");
    assert_eq!(keys.text_after("c", hash), "#fold=%2B");
    assert_eq!(keys.text_after("c", hash), "#fold=-");

    // From call to call.
    keys.press("/");
    for letter in ["s", "t", "e", "p"] {
        keys.browser.key(letter);
    }
    assert_eq!(keys.browser.text("scopeProfiler.view.search"), "step");
    let all = window(&mut keys.browser);
    assert_eq!(all, (0.0, 100.0 * MS), "keys are letters there");
    keys.browser.key("Enter");
    assert_eq!(keys.call_after("n"), (1.0, 0.0), "the second of all");
    assert_eq!(keys.call_after("N"), (0.0, 0.0));
    assert_eq!(keys.call_after("l"), (15.0, 90.0));
    let spoken = "document.getElementById('spoken').textContent";
    assert_eq!(keys.text_after("C", spoken), "step: folded");
    assert_eq!(keys.text_after("C", spoken), "step: open");

    // Measuring: by key, then with the mouse.
    assert_eq!(keys.text_after("[", spoken), "Measured: 4.92 ms");
    keys.call_after("N");
    assert_eq!(keys.text_after("]", spoken), "Measured: 4.91 ms");
    keys.browser.key("f");
    near(keys.window_after("z"), (90.0, 94.914));
    keys.browser.key("f");
    let ruler = "document.getElementById('ruler').getAttribute('aria-pressed')";
    keys.press("Escape");
    assert!(keys.browser.eval("scopeProfiler.view.measured").is_null());
    assert_eq!(keys.text_after("m", ruler), "true");
    let (from, to) = (
        place(&mut keys.browser, "step", 0, 20.0 * MS),
        place(&mut keys.browser, "step", 0, 40.0 * MS),
    );
    let measured = |keys: &mut Keys, modifiers: u32| {
        keys.browser.drag(from, to, modifiers);
        keys.browser.eval("scopeProfiler.view.measured?.join() ?? null")
    };
    assert_eq!(measured(&mut keys, 0), "20000000,40000000");
    keys.press("Escape");
    assert_eq!(keys.browser.text(ruler), "false");
    assert_eq!(measured(&mut keys, 8), "20000000,40000000");
    keys.pressed.insert("Shift");

    // One thing after the other is let go.
    keys.press("Escape");
    assert!(keys.browser.eval("scopeProfiler.view.measured").is_null());
    assert!(keys.browser.eval("scopeProfiler.view.selected").is_object());
    keys.press("Escape");
    assert!(keys.browser.eval("scopeProfiler.view.selected").is_null());
    assert_eq!(keys.text_after("Escape", "scopeProfiler.view.search"), "");

    // The views.
    let view = "document.querySelector('[role=tabpanel]:not([hidden])').id";
    for (key, shown) in [
        ("2", "region"),
        ("3", "tree"),
        ("4", "flame"),
        ("5", "sandwich"),
        ("6", "measured"),
        ("7", "run"),
        ("1", "statistics"),
    ] {
        assert_eq!(keys.text_after(key, view), shown);
    }
    let scheme = "document.documentElement.dataset.scheme";
    assert_eq!(keys.text_after("t", scheme), "dark");
    assert_eq!(keys.text_after("t", scheme), "light");
    let dialog = "document.querySelector('dialog[open]')?.id ?? 'none'";
    assert_eq!(keys.text_after("e", dialog), "saving");
    assert_eq!(keys.text_after("Escape", dialog), "none");
    assert_eq!(keys.text_after("?", dialog), "help");
    let listed = keys
        .browser
        .eval("[...document.querySelectorAll('#help kbd')].map(key => key.textContent)");
    let listed: Vec<String> = serde_json::from_value(listed).unwrap();
    assert!(listed.len() > 20, "{listed:?}");
    for key in &listed {
        assert!(keys.pressed.contains(key.as_str()), "{key} was not tried");
    }
    for key in &keys.pressed {
        let is_listed = listed.iter().any(|one| one == key) || ("2"..="6").contains(key);
        assert!(is_listed, "{key} is not listed");
    }
    assert_eq!(keys.browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_manual_lists_the_keys_of_help() {
    let [page, manual] = ["assets/page/page.html", "docs/cli.md"]
        .map(|path| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap());
    let section = manual.split_once("\n## The interactive page").unwrap().1;
    let keys: Vec<&str> = page
        .split("<kbd>")
        .skip(1)
        .map(|rest| rest.split_once("</kbd>").unwrap().0)
        .collect();
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        assert!(section.contains(&format!("`{key}`")), "docs/cli.md lacks {key}");
    }
}
