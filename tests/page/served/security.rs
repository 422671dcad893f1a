//! Who is answered, and who is not.

use super::client::{answer, connect, get, request, say};
use super::common::{Profile, sample};
use super::running::Running;
use std::io::Write;

fn served() -> (Profile, Running) {
    let profile = sample();
    let running = Running::serve(&[profile.path().to_str().unwrap()]);
    (profile, running)
}

#[test]
fn the_link_leads_to_the_page_and_nothing_else_does() {
    let (_profile, server) = served();
    let first = server.get("");
    assert_eq!(first.status, 303);
    let page = get(server.port, first.header("Location").unwrap());
    assert_eq!(page.status, 200, "{}", page.head);
    assert!(page.text().starts_with("<!doctype html>") && page.text().contains("solve"));

    let wrong = "0".repeat(32);
    for path in [
        "/",
        "/0/",
        &format!("/{wrong}/"),
        &format!("/{wrong}/0/"),
        &server.path[..20],
    ] {
        let refused = get(server.port, path);
        assert_eq!(refused.status, 403, "{path}");
        assert!(
            refused.text().contains("the link is incomplete"),
            "{}",
            refused.text()
        );
        assert!(!refused.text().contains("solve"));
    }
    for below in [
        "1/",
        "00/",
        "-1/",
        "+0/",
        "x/",
        "0",
        "0/nothing",
        "0/state/",
        "99999999999999999999/",
    ] {
        assert_eq!(server.get(below).status, 404, "{below}");
    }
}

#[test]
fn each_server_has_a_secret_of_its_own() {
    let (_profile, one) = served();
    let (_other, two) = served();
    let secrets = [&one, &two].map(|server| server.path.trim_matches('/'));
    for secret in secrets {
        assert_eq!(secret.len(), 32, "128 bits: {secret}");
        assert!(secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    }
    assert_ne!(secrets[0], secrets[1]);
    assert_eq!(get(one.port, &two.path).status, 403);
}

#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_this_machine_alone() {
    let (_profile, server) = served();
    let sockets = ["tcp", "tcp6"].map(|table| {
        // Without IPv6 there is no such table.
        let text = std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
        let port = format!(":{:04X}", server.port);
        let fields = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        // Those that listen have the state 0A.
        let own = fields.filter(|fields| fields.get(3) == Some(&"0A") && fields[1].ends_with(&port));
        own.map(|fields| fields[1].to_owned()).collect::<Vec<_>>()
    });
    let loopback = format!("{:08X}:{:04X}", u32::from_ne_bytes([127, 0, 0, 1]), server.port);
    assert_eq!(sockets, [vec![loopback], Vec::new()]);
}

#[test]
fn no_path_leads_to_a_file() {
    let (profile, server) = served();
    let file = profile.path();
    let outside = [
        "../../../../etc/passwd",
        "0/../../../etc/passwd",
        "0//etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "0/%2e%2e/run.h5",
    ];
    for below in outside
        .into_iter()
        .map(str::to_owned)
        .chain([file.display().to_string()])
    {
        let refused = server.get(&below);
        assert_eq!(refused.status, 404, "{below}");
        assert!(!refused.text().contains("root:"), "{below}");
    }
    // What is no path at all.
    assert_eq!(get(server.port, "http://elsewhere/").status, 403);
    assert_eq!(request("OPTIONS", server.port, "*", &[]).status, 405);
}

#[test]
fn only_this_machine_is_a_host() {
    let (_profile, server) = served();
    let state = format!("{}0/state", server.path);
    let with_host = |line: &str| {
        let head = format!("GET {state} HTTP/1.1\r\n{line}Connection: close\r\n\r\n");
        say(server.port, head.as_bytes()).status
    };
    // An ssh tunnel may begin at another port.
    for good in [
        "Host: 127.0.0.1:1\r\n",
        "Host: localhost:8080\r\n",
        "Host: [::1]:80\r\n",
    ] {
        assert_eq!(with_host(good), 200, "{good}");
    }
    let rebound = "Host: evil.example\r\n";
    for bad in [
        "",
        rebound,
        "Host: 127.0.0.1.evil.example\r\n",
        "Host: 127.0.0.1\r\nHost: evil.example\r\n",
        "Host: \r\n",
    ] {
        assert_eq!(with_host(bad), 403, "{bad}");
    }
}

#[test]
fn no_other_page_may_ask() {
    let (_profile, server) = served();
    let state = format!("{}0/state", server.path);
    let with = |headers: &[&str]| request("GET", server.port, &state, headers).status;
    let own = format!("Origin: http://127.0.0.1:{}", server.port);
    assert_eq!(with(&[&own, "Sec-Fetch-Site: same-origin"]), 200);
    for origin in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
        "",
    ] {
        assert_eq!(with(&[&format!("Origin: {origin}")]), 403, "{origin}");
    }
    for site in ["cross-site", "same-site"] {
        let site = format!("Sec-Fetch-Site: {site}");
        assert_eq!(with(&[&site, "Sec-Fetch-Dest: empty"]), 403);
        assert_eq!(with(&[&site, "Sec-Fetch-Dest: iframe"]), 403);
        // A link in a mail or a chat.
        assert_eq!(with(&[&site, "Sec-Fetch-Dest: document"]), 200);
    }
}

#[test]
fn nothing_can_be_written() {
    let (_profile, server) = served();
    let path = format!("{}0/", server.path);
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let refused = request(method, server.port, &path, &["Content-Length: 5"]);
        assert_eq!(refused.status, 405, "{method}");
        assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    }
    let with_body = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(say(server.port, with_body.as_bytes()).status, 405);
    let head = request("HEAD", server.port, &path, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    let length: usize = head.header("Content-Length").unwrap().parse().unwrap();
    assert_eq!(length, server.get("0/").body.len());
}

#[test]
fn what_is_shown_is_kept_nowhere_and_loads_nothing() {
    let (_profile, server) = served();
    let page = server.get("0/");
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(page.header("Cross-Origin-Resource-Policy"), Some("same-origin"));
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'self'"),
        "{policy}"
    );
    assert!(page.header("Access-Control-Allow-Origin").is_none());
}

#[test]
fn garbage_is_answered_with_a_refusal_and_the_next_request_with_the_page() {
    let (_profile, server) = served();
    let endless = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(1_000));
    let garbage: [&[u8]; 6] = [
        b"\0\x01\x02\xff\xfe\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 as TLS begins\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        endless.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in garbage {
        let refused = say(server.port, bytes);
        assert!([0, 400].contains(&refused.status), "{refused:?}");
        assert_eq!(server.get("0/state?version=1").status, 200);
    }
    // Gone before it has said anything, or in the middle.
    for part in ["", "GET /", &format!("GET {}0/ HTTP/1.1\r\n", server.path)] {
        let mut stream = connect(server.port);
        stream.write_all(part.as_bytes()).unwrap();
    }
    assert_eq!(server.get("0/state?version=1").status, 200);
}

#[test]
fn clients_that_say_nothing_keep_nobody_else_from_the_page() {
    let (_profile, server) = served();
    let mut silent: Vec<_> = (0..300)
        .map(|i| {
            let mut stream = connect(server.port);
            if i % 2 == 0 {
                stream.write_all(b"GET / HT").unwrap();
            }
            stream
        })
        .collect();
    assert_eq!(server.get("0/state?version=1").status, 200);
    // The first have been closed for the last.
    let first = answer(&mut silent[0]);
    assert!([0, 400, 408].contains(&first.status), "{first:?}");
}

#[test]
fn a_connection_is_good_for_several_requests() {
    let (_profile, server) = served();
    let one = format!("GET {}0/state HTTP/1.1\r\nHost: localhost\r\n\r\n", server.path);
    let last = one.replace("localhost", "localhost\r\nConnection: close");
    // All at once, and the last one in two pieces.
    let mut stream = connect(server.port);
    stream
        .write_all(format!("{one}{one}{}", &last[..30]).as_bytes())
        .unwrap();
    stream.write_all(&last.as_bytes()[30..]).unwrap();
    let all = answer(&mut stream);
    assert_eq!(all.status, 200);
    assert_eq!(all.text().matches("HTTP/1.1 200 OK").count(), 2);
}
