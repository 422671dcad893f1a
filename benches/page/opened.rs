//! A page in the browser.

use crate::browser::Browser;
use base64::Engine;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Times of a page, ms.
pub(crate) struct Opened {
    first_paint: f64,
    whole: f64,
    moves: Value,
}

/// Since the page was asked for.
const FIRST_PAINT: &str = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";

impl Opened {
    /// The page of this project.
    pub(crate) fn page(browser: &mut Browser, address: &str) -> Result<Self, String> {
        browser.open_address(address);
        let whole = browser.number("performance.now()");
        Ok(Self::moved(browser, whole, "#canvas", false))
    }

    /// speedscope, opened as its command does: by a script that hands the file over.
    pub(crate) fn speedscope(
        browser: &mut Browser,
        application: &Path,
        export: &Path,
        directory: &Path,
    ) -> Result<Self, String> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(fs::read(export).expect("an export"));
        let script = directory.join("profile.js");
        let call = format!("speedscope.loadFileFromBase64('run.speedscope.json', '{encoded}');");
        fs::write(&script, call).expect("a script");
        let shown = format!(
            "file://{}#localProfilePath={}",
            application.display(),
            script.display()
        );
        browser.navigate(&shown);
        // A profile has more than one canvas; the page without one says what to do, or what went wrong.
        let ended = "document.querySelectorAll('canvas').length > 1 || /wrong|error|fail/i.test(document.body.innerText)";
        browser.until(ended);
        browser.eval(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))",
        );
        let whole = browser.number("performance.now()");
        if browser.number("document.querySelectorAll('canvas').length") < 2.0 {
            let said = browser.text("document.body.innerText");
            return Err(said.lines().take(2).collect::<Vec<_>>().join(" "));
        }
        // The last canvas is the chart that moves; its wheel zooms with Ctrl.
        browser.eval("[...document.querySelectorAll('canvas')].at(-1).parentElement.id = 'moves'; true");
        Ok(Self::moved(browser, whole, "#moves", true))
    }

    fn moved(browser: &mut Browser, whole: f64, canvas: &str, control: bool) -> Self {
        let first_paint = browser.eval(FIRST_PAINT).as_f64().unwrap_or(f64::NAN);
        let moves = include_str!("moves.js")
            .lines()
            .skip_while(|line| line.starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
            .replace("CANVAS", &json!(canvas).to_string())
            .replace("CONTROL", if control { "true" } else { "false" });
        Opened {
            first_paint,
            whole,
            moves: browser.eval(&moves),
        }
    }

    /// For a row of the table.
    pub(crate) fn cells(&self) -> String {
        let frames = |how: &str| {
            let took = |at: usize| self.moves[how][at].as_f64().unwrap_or(f64::NAN);
            format!("{:.0} ms (95 %: {:.0} ms)", took(0), took(1))
        };
        format!(
            "{:.2} s | {:.2} s | {} | {}",
            self.first_paint / 1e3,
            self.whole / 1e3,
            frames("zooming"),
            frames("panning")
        )
    }
}
