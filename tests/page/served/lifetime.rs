//! How it begins and ends.

use super::client::{connect, get};
use super::common::{Profile, Run, sample};
use super::running::{Running, program, send};
use crate::browser::{Browser, Look};
use crate::{place, window};
use std::fs;
use std::io::{Read, Write};

fn served(more: &[&str]) -> (Profile, Running) {
    let profile = sample();
    let path = profile.path();
    let arguments: Vec<&str> = [path.to_str().unwrap()]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let running = Running::serve(&arguments);
    (profile, running)
}

fn files_in(profile: &Profile) -> Vec<String> {
    let entries = fs::read_dir(profile.directory()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn ctrl_c_ends_it_with_success_and_leaves_no_file() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let (profile, server) = served(&[]);
        assert_eq!(server.get("0/").status, 200);
        server.signal(signal);
        let (status, rest, complaint) = server.end();
        assert_eq!(status.code(), Some(0), "{complaint}");
        assert_eq!(rest, "Ctrl-C ends it, and so does closing the page\n");
        assert_eq!(complaint, "");
        assert_eq!(files_in(&profile), ["run.h5"]);
    }
}

#[test]
fn a_terminal_sends_ctrl_c_to_all_of_its_processes() {
    let profile = sample();
    let mut command = program();
    command.args(["serve", profile.path().to_str().unwrap(), "--no-open"]);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let server = Running::start(&mut command);
    // The group has the number of its first process.
    send(-server.process(), libc::SIGINT);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn a_page_that_is_closed_ends_it_and_one_that_was_never_opened_does_not() {
    let (_profile, server) = served(&["--end-after", "0s"]);
    assert_eq!(server.get("0/").status, 200);
    let mut page = connect(server.port);
    write!(
        page,
        "GET {}alive HTTP/1.1\r\nHost: localhost\r\n\r\n",
        server.path
    )
    .unwrap();
    let mut beginning = [0; 15];
    page.read_exact(&mut beginning).unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    assert_eq!(server.get("0/state?version=1").status, 200);
    drop(page);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn closing_the_page_in_the_browser_ends_it() {
    let (_profile, server) = served(&["--end-after", "0s"]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&server.link);
    assert_eq!(
        browser.text("document.querySelector('tbody bdi').textContent"),
        "main"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // Everything that was asked for came from the server.
    let requests = browser.requests();
    assert!(
        requests
            .iter()
            .all(|url| url.starts_with(&server.link) || url.starts_with("about:") || url == "data:,"),
        "{requests:?}"
    );
    browser.until("document.documentElement.dataset.server === 'held'");
    drop(browser);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn the_page_of_the_browser_says_when_the_server_has_gone() {
    let (_profile, server) = served(&[]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&server.link);
    server.signal(libc::SIGINT);
    assert_eq!(server.end().0.code(), Some(0));
    browser.until("document.querySelector('#server')?.textContent.startsWith('The server does not answer')");
}

#[test]
fn the_log_of_a_program_that_runs_is_followed() {
    let run = Run::new();
    let logs = scope_profiler::merge::find_logs(&[run.file().with_extension("h5.d")]).unwrap();
    let server = Running::serve(&[logs[0].to_str().unwrap()]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    // Nothing is in it yet: the page looks again by itself.
    browser.navigate(&server.link);
    browser.until("document.querySelector('h1')?.textContent === 'Nothing to show yet'");
    run.region("first", 5_000, || ());
    run.profiler.flush().unwrap();
    let names =
        "[...document.querySelectorAll('#statistics tbody bdi')].map(name => name.textContent).sort().join()";
    browser.until(&format!("{names} === 'first'"));
    browser.settle();
    // The page is not loaded again: this would be gone then, and so would the focus.
    browser.eval("window.stays = true; document.querySelector('#search').focus()");
    run.region("second", 9_000, || ());
    run.profiler.flush().unwrap();
    browser.until(&format!("{names} === 'first,second'"));
    assert_eq!(
        browser.eval("[window.stays, document.activeElement.id]"),
        serde_json::json!([true, "search"])
    );
    let span = "scopeProfiler.view.span";
    assert_eq!(browser.number(span), 28_000.0);
    assert_eq!(
        window(&mut browser),
        (0.0, 28_000.0),
        "all of it is in sight still"
    );
    // Whoever has chosen a part of it keeps that, with what is selected.
    browser.key("Escape");
    let at = place(&mut browser, "first", 0, 5_000.0);
    browser.click(at);
    browser.key("w");
    browser.key("4");
    let before = (window(&mut browser), browser.text("location.hash"));
    run.region("third", 6_000, || ());
    run.profiler.flush().unwrap();
    browser.until(&format!("{names} === 'first,second,third'"));
    browser.settle();
    assert_eq!((window(&mut browser), browser.text("location.hash")), before);
    assert_eq!(browser.eval("scopeProfiler.view.pinned"), "first");
    assert_eq!(browser.number("scopeProfiler.view.selected.end"), 10_000.0);
    assert_eq!(browser.number(span), 40_000.0);
    // At its end, the window goes on with it.
    browser.key("End");
    let (t0, t1) = window(&mut browser);
    assert_eq!(t1, 40_000.0);
    run.region("fourth", 1_000, || ());
    run.profiler.flush().unwrap();
    browser.until("scopeProfiler.view.span === 42_000");
    browser.settle();
    assert_eq!(window(&mut browser), (t0 + 2_000.0, 42_000.0));
    assert_eq!(browser.eval("window.stays"), true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_file_that_is_replaced_or_removed_is_said_to_be() {
    let (profile, server) = served(&[]);
    let state = || server.get("0/state?version=1").text().to_owned();
    assert_eq!(state(), "{\"state\":\"same\"}");
    let other = Profile::new().region(0, "another", &[(0, 5, 0)]).close();
    fs::rename(other.path(), profile.path()).unwrap();
    assert_eq!(state(), "{\"state\":\"changed\"}");
    assert!(
        server.get("0/").text().contains("another"),
        "a page that is loaded now shows what is there now"
    );

    fs::remove_file(profile.path()).unwrap();
    assert_eq!(server.get("0/state?version=2").text(), "{\"state\":\"removed\"}");
    let gone = server.get("0/");
    assert_eq!(gone.status, 410);
    assert!(
        gone.text().contains("<h1>The profile cannot be shown</h1>") && gone.text().contains("run.h5"),
        "{}",
        gone.text()
    );

    fs::write(profile.path(), "no profile").unwrap();
    assert_eq!(server.get("0/").status, 410);
    let good = sample();
    fs::rename(good.path(), profile.path()).unwrap();
    assert_eq!(server.get("0/").status, 200);
}

#[test]
fn the_browser_says_that_the_file_has_changed_and_loads_it_again() {
    let (profile, server) = served(&[]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&server.link);
    let other = Profile::new().region(0, "another", &[(0, 5, 0)]).close();
    fs::rename(other.path(), profile.path()).unwrap();
    browser.until("document.querySelector('#server')?.textContent.startsWith('The file has changed')");
    browser.eval("document.querySelector('#server button').click()");
    browser.until("document.querySelector('tbody bdi')?.textContent === 'another'");
}

#[test]
fn show_serves_the_page_after_the_files_are_written() {
    let profile = sample();
    let out = profile.directory().join("out");
    let mut command = program();
    command.args([
        profile.path().to_str().unwrap(),
        "--show",
        "-o",
        out.to_str().unwrap(),
    ]);
    let server = Running::start(&mut command);
    assert!(out.join("region_statistics.json").exists());
    assert!(server.printed.ends_with(&format!(
        "Open this link in a browser on this machine:\n  {}\n",
        server.link
    )));
    assert_eq!(server.get("0/").status, 200);
    server.signal(libc::SIGINT);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn over_ssh_it_prints_the_line_that_forwards_the_port() {
    let profile = sample();
    let mut command = program();
    command
        .env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
        .env("USER", "ada")
        .args([profile.path().to_str().unwrap(), "--show"]);
    let server = Running::start(&mut command);
    let port = server.port;
    assert_eq!(
        server.printed,
        format!(
            "On your own machine, forward the port, then open the link there:\n  \
             ssh -N -L {port}:127.0.0.1:{port} ada@192.0.2.2\n  {}\n",
            server.link
        )
    );
    assert_eq!(get(port, &format!("{}0/", server.path)).status, 200);
}

#[test]
fn the_port_that_is_asked_for_is_taken_and_one_that_is_taken_is_said_to_be() {
    // Below those that the system hands out, so that nobody else has it in the meantime.
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let free = (20_000..30_000).find(is_free).unwrap().to_string();
    let (profile, server) = served(&["--port", &free]);
    let port = server.port.to_string();
    assert_eq!(port, free);
    let output = program()
        .args([
            "serve",
            profile.path().to_str().unwrap(),
            "--no-open",
            "--port",
            &port,
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains(&format!("127.0.0.1:{port}: cannot listen here")),
        "{complaint}"
    );
}
