//! A client that says exactly what a test wants it to say.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Only a server that hangs is so slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1_800);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value)
    }
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends these bytes and reads what comes until the server closes.
pub(crate) fn say(port: u16, bytes: &[u8]) -> Answer {
    let mut stream = connect(port);
    stream.write_all(bytes).unwrap();
    answer(&mut stream)
}

/// Everything until the server closes, as an answer; without any it has the status 0.
pub(crate) fn answer(stream: &mut TcpStream) -> Answer {
    let mut all = Vec::new();
    // A connection that was reset has said all that it had to.
    let _ = stream.read_to_end(&mut all);
    let end = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(all.len());
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        body: all.get(end + 4..).unwrap_or_default().to_vec(),
        head,
    }
}

/// A request of a well-behaved client, with further header lines.
pub(crate) fn request(method: &str, port: u16, path: &str, headers: &[&str]) -> Answer {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\r\n");
    say(port, head.as_bytes())
}

pub(crate) fn get(port: u16, path: &str) -> Answer {
    request("GET", port, path, &[])
}
