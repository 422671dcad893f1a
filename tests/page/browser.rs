//! Headless Chromium, driven over the DevTools protocol with real input events.
//!
//! The protocol runs over a pipe (`--remote-debugging-pipe`: messages on descriptors 3 and 4, each
//! ended by a zero byte), so nothing but the browser itself is needed: no port, no driver.

use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::{Rc, Weak};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a single answer may take before the test fails; far more than it ever needs.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// One test at a time has browsers: several would only slow each other down.
static TURN: Mutex<()> = Mutex::new(());

type Turn = Rc<MutexGuard<'static, ()>>;

thread_local! {
    /// The turn of this test, for as long as it has a browser: one that waited for it to open a second would wait for
    /// itself.
    static OWN: RefCell<Weak<MutexGuard<'static, ()>>> = const { RefCell::new(Weak::new()) };
}

fn turn() -> Turn {
    OWN.with_borrow_mut(|own| {
        own.upgrade().unwrap_or_else(|| {
            let turn = Rc::new(TURN.lock().unwrap_or_else(PoisonError::into_inner));
            *own = Rc::downgrade(&turn);
            turn
        })
    })
}

/// A browser with one tab.
pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    session: Option<String>,
    last_id: u64,
    profile: tempfile::TempDir,
    _turn: Turn,
}

/// How the page is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) ratio: f64,
    pub(crate) dark: bool,
    /// Whether the page may animate.
    pub(crate) motion: bool,
}

impl Default for Look {
    fn default() -> Self {
        Look {
            width: 1280,
            height: 800,
            ratio: 1.0,
            dark: false,
            motion: false,
        }
    }
}

/// The browser's program: `$CHROMIUM`, or the first of the usual names in `$PATH`.
fn program() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("CHROMIUM") {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .iter()
    .flat_map(|name| std::env::split_paths(&path).map(move |dir| dir.join(name)))
    .find(|candidate| candidate.is_file())
}

impl Browser {
    /// `None`, with a message, where no browser is installed; under `CI` that is a failure.
    pub(crate) fn start(look: Look) -> Option<Browser> {
        let turn = turn();
        let Some(program) = program() else {
            let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
            assert!(
                !in_ci,
                "Chromium is not installed (Debian: apt install chromium), and CI must not skip this test"
            );
            eprintln!("SKIPPED: Chromium is not installed (Debian: apt install chromium)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The shell's only task is to put the pipes where Chromium looks for them.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 >/dev/null"#])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
                "--hide-scrollbars=false",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Browser {
            child,
            commands,
            messages,
            events: Vec::new(),
            session: None,
            last_id: 0,
            profile,
            _turn: turn,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.look(look);
        Some(browser)
    }

    /// Changes size and colour scheme.
    pub(crate) fn look(&mut self, look: Look) {
        let Look {
            width, height, ratio, ..
        } = look;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": ratio, "mobile": false }),
        );
        let scheme = if look.dark { "dark" } else { "light" };
        let motion = if look.motion { "no-preference" } else { "reduce" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion }
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.exchange(method, params);
        assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }

    /// As [`call`](Self::call), with null for a failure.
    fn try_call(&mut self, method: &str, params: Value) -> Value {
        self.exchange(method, params)["result"].take()
    }

    fn exchange(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no answer to {method}"));
            if message["id"] == self.last_id {
                return message;
            }
            self.events.push(message);
        }
    }

    /// Opens a page from disk and waits until it is drawn.
    pub(crate) fn open(&mut self, page: &Path, fragment: &str) {
        self.open_address(&format!("file://{}{fragment}", page.display()));
    }

    /// Opens a page and waits until all of it is drawn.
    pub(crate) fn open_address(&mut self, address: &str) {
        self.navigate(address);
        self.settle();
        self.until("window.scopeProfiler?.view?.reading !== true");
        self.settle();
    }

    /// Opens a page and waits until it is loaded; it may have more to come.
    pub(crate) fn navigate(&mut self, address: &str) {
        // Going by way of an empty page makes a changed fragment a fresh load too.
        for url in ["about:blank", address] {
            self.events
                .retain(|event| event["method"] != "Page.loadEventFired");
            self.call("Page.navigate", json!({ "url": url }));
            while !self
                .events
                .iter()
                .any(|event| event["method"] == "Page.loadEventFired")
            {
                let event = self.messages.recv_timeout(PATIENCE).expect("the page loads");
                self.events.push(event);
            }
        }
    }

    /// Loads the page again, as a reader would, with the address as it is now.
    pub(crate) fn reload(&mut self, page: &Path) {
        let fragment = self.text("location.hash");
        self.open(page, &fragment);
    }

    /// The value of a JavaScript expression.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(
            answer.get("exceptionDetails").is_none(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.eval(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression} is {value}, not text"))
            .to_owned()
    }

    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        let value = self.eval(expression);
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{expression} is {value}, not a number"))
    }

    /// Waits until an expression is true, also of a page that is loaded meanwhile.
    pub(crate) fn until(&mut self, condition: &str) {
        loop {
            let params = json!({ "expression": format!("Boolean({condition})"), "returnByValue": true });
            // While a page is loaded, nothing can be asked.
            if self.try_call("Runtime.evaluate", params)["result"]["value"] == true {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Waits until the view has stopped moving, the table and the address have followed, and the
    /// result is on the screen.
    pub(crate) fn settle(&mut self) {
        self.eval(
            "Promise.resolve(window.scopeProfiler?.started).then(() => new Promise(done => { const frames = left => requestAnimationFrame(() => \
             left > 0 ? frames(left - 1) : window.scopeProfiler?.view.settled === false ? frames(1) : done(true)); \
             frames(2); }))",
        );
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), extra: Value) {
        let mut params = json!({ "type": kind, "x": x, "y": y, "pointerType": "mouse" });
        for (key, value) in extra.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        self.call("Input.dispatchMouseEvent", params);
    }

    pub(crate) fn hover(&mut self, at: (f64, f64)) {
        self.mouse("mouseMoved", at, json!({}));
        self.settle();
    }

    pub(crate) fn click(&mut self, at: (f64, f64)) {
        self.click_around(at, |_| ());
    }

    /// The first half of a click.
    pub(crate) fn press(&mut self, at: (f64, f64)) {
        self.mouse("mouseMoved", at, json!({}));
        self.mouse(
            "mousePressed",
            at,
            json!({ "button": "left", "buttons": 1, "clickCount": 1 }),
        );
    }

    /// A click, and what happens between its press and its release.
    pub(crate) fn click_around(&mut self, at: (f64, f64), meanwhile: impl FnOnce(&mut Self)) {
        self.press(at);
        meanwhile(self);
        self.mouse("mouseReleased", at, json!({ "button": "left", "clickCount": 1 }));
        self.settle();
    }

    pub(crate) fn double_click(&mut self, at: (f64, f64)) {
        self.mouse("mouseMoved", at, json!({}));
        for count in [1, 2] {
            for (kind, buttons) in [("mousePressed", 1), ("mouseReleased", 0)] {
                let extra = json!({ "button": "left", "buttons": buttons, "clickCount": count });
                self.mouse(kind, at, extra);
            }
        }
        self.settle();
    }

    /// `modifiers` as in the protocol: 8 is Shift.
    pub(crate) fn drag(&mut self, from: (f64, f64), to: (f64, f64), modifiers: u32) {
        self.mouse("mouseMoved", from, json!({}));
        self.mouse(
            "mousePressed",
            from,
            json!({ "button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers }),
        );
        for step in 1..=8 {
            let share = f64::from(step) / 8.0;
            let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            self.mouse(
                "mouseMoved",
                at,
                json!({ "button": "left", "buttons": 1, "modifiers": modifiers }),
            );
        }
        self.mouse(
            "mouseReleased",
            to,
            json!({ "button": "left", "clickCount": 1, "modifiers": modifiers }),
        );
        self.settle();
    }

    pub(crate) fn wheel(&mut self, at: (f64, f64), delta_y: f64) {
        self.mouse("mouseWheel", at, json!({ "deltaX": 0, "deltaY": delta_y }));
        self.settle();
    }

    /// Moves two fingers from one pair of places to another.
    pub(crate) fn pinch(&mut self, from: ((f64, f64), (f64, f64)), to: ((f64, f64), (f64, f64))) {
        let points = |share: f64| {
            let between = |a: (f64, f64), b: (f64, f64), id: u32| json!({ "x": a.0 + (b.0 - a.0) * share, "y": a.1 + (b.1 - a.1) * share, "id": id });
            json!([between(from.0, to.0, 0), between(from.1, to.1, 1)])
        };
        self.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": true, "maxTouchPoints": 2 }),
        );
        self.call(
            "Input.dispatchTouchEvent",
            json!({ "type": "touchStart", "touchPoints": points(0.0) }),
        );
        for step in 1..=10 {
            self.call(
                "Input.dispatchTouchEvent",
                json!({ "type": "touchMove", "touchPoints": points(f64::from(step) / 10.0) }),
            );
            self.settle();
        }
        self.call(
            "Input.dispatchTouchEvent",
            json!({ "type": "touchEnd", "touchPoints": [] }),
        );
        self.settle();
    }

    /// Presses a key: a character, or a name such as `Escape`.
    pub(crate) fn key(&mut self, key: &str) {
        let mut down = json!({ "type": "keyDown", "key": key });
        if key.chars().count() == 1 {
            down["text"] = json!(key);
        }
        // What the browser itself does on these, such as pressing a button that has the focus, goes by the key's
        // number.
        match key {
            "Escape" => down["windowsVirtualKeyCode"] = json!(27),
            " " => down["windowsVirtualKeyCode"] = json!(32),
            "Enter" => {
                down["windowsVirtualKeyCode"] = json!(13);
                down["text"] = json!("\r");
            }
            _ => {}
        }
        self.call("Input.dispatchKeyEvent", down.clone());
        let mut up = down;
        up["type"] = json!("keyUp");
        if let Some(up) = up.as_object_mut() {
            up.remove("text");
        }
        self.call("Input.dispatchKeyEvent", up);
        self.settle();
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
        self.settle();
    }

    /// The middle of the first element that matches.
    pub(crate) fn middle_of(&mut self, selector: &str) -> (f64, f64) {
        let at = self.eval(&format!(
            "(() => {{ const b = document.querySelector({}).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()",
            json!(selector)
        ));
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    }

    /// The screen as a PNG in base64. With `$PAGE_SCREENSHOTS` it is also kept there, for people.
    pub(crate) fn screenshot(&mut self, name: &str) -> String {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let data = answer["data"].as_str().unwrap().to_owned();
        if let Some(directory) = std::env::var_os("PAGE_SCREENSHOTS") {
            fs::write(
                Path::new(&directory).join(format!("{name}.png")),
                decode_base64(&data),
            )
            .unwrap();
        }
        data
    }

    /// Lets the page save files, into a directory.
    pub(crate) fn save_to(&mut self, directory: &Path) {
        self.call(
            "Page.setDownloadBehavior",
            json!({ "behavior": "allow", "downloadPath": directory }),
        );
    }

    /// The name of the next file that the page has saved whole.
    pub(crate) fn saved(&mut self) -> String {
        let mut name = None;
        let mut events = std::mem::take(&mut self.events).into_iter();
        loop {
            let event = events.next();
            let event =
                event.unwrap_or_else(|| self.messages.recv_timeout(PATIENCE).expect("a file is saved"));
            match event["method"].as_str() {
                Some("Page.downloadWillBegin") => {
                    name = event["params"]["suggestedFilename"].as_str().map(str::to_owned);
                }
                Some("Page.downloadProgress") if event["params"]["state"] == "completed" => break,
                _ => self.events.push(event),
            }
        }
        self.events.extend(events);
        name.expect("a download begins before it ends")
    }

    /// The page on paper, as a PDF.
    pub(crate) fn print(&mut self) -> Vec<u8> {
        let answer = self.call("Page.printToPDF", json!({ "printBackground": true }));
        decode_base64(answer["data"].as_str().unwrap())
    }

    /// Has the page look as on paper, until the look is changed.
    pub(crate) fn look_as_printed(&mut self) {
        self.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    }

    /// What the page complained about: exceptions, `console.error`, what the browser refused.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let is_complaint = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                matches!(event["params"]["type"].as_str(), Some("error" | "warning"))
            }
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            _ => false,
        };
        self.events
            .iter()
            .filter(is_complaint)
            .map(|event| event["params"].to_string())
            .collect()
    }

    /// The addresses that were asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        let sent = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        let _ = self
            .commands
            .write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        // The answers end when the browser has closed its pipe.
        while self.messages.recv_timeout(Duration::from_secs(10)).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(self.profile.path());
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group
            .iter()
            .fold(0u32, |bits, &c| (bits << 6) | u32::from(value(c)))
            << (6 * (4 - group.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    out
}

#[test]
fn a_test_may_open_a_second_browser_beside_the_first() {
    let (Some(mut one), Some(mut two)) = (Browser::start(Look::default()), Browser::start(Look::default()))
    else {
        return;
    };
    one.navigate("data:text/html,one");
    two.navigate("data:text/html,two");
    let text = |browser: &mut Browser| browser.text("document.body.textContent");
    assert_eq!([text(&mut one), text(&mut two)], ["one", "two"]);
    drop(one);
    let mut three = Browser::start(Look::default()).unwrap();
    three.navigate("data:text/html,three");
    assert_eq!([text(&mut two), text(&mut three)], ["two", "three"]);
}
