//! Which address is what.
//!
//! ```text
//! /TOKEN/           the page, or that of several files together
//! /TOKEN/alive      does not end: whoever holds it has a page open
//! /TOKEN/N/         the page of file number N
//! /TOKEN/N/detail   the calls of a window of its time
//! /TOKEN/N/step     the call after a moment or a call, or the one before
//! /TOKEN/N/longest  the longest calls
//! /TOKEN/N/numbers  what the program recorded of a call
//! /TOKEN/N/tree     the call tree of a window
//! /TOKEN/N/state    whether the file is still what the page shows
//! ```

use super::connections::{Doing, Entry};
use super::file::ServedFile;
use super::guard::Token;
use super::http::{Request, Response, Stream, Unreadable};
use super::lifetime::Lifetime;
use super::options::ServeOptions;
use super::pages;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A browser keeps a connection for later; so long.
const IDLE: Duration = Duration::from_secs(60);
/// How often it is looked whether a page is still there.
const LOOK: Duration = Duration::from_millis(500);
/// Every so many looks, something is sent: what has gone without a word is noticed by it.
const BEAT: u32 = 20;

/// All that is served.
#[derive(Debug)]
pub(super) struct Site {
    token: Token,
    files: Vec<ServedFile>,
    lifetime: Arc<Lifetime>,
    read_at_first: u64,
    wait_for: u64,
}

enum Answer {
    Whole(Response),
    /// A connection that the page holds.
    Held,
}

impl Site {
    pub(super) fn new(
        token: Token,
        files: Vec<ServedFile>,
        lifetime: Arc<Lifetime>,
        options: &ServeOptions,
    ) -> Self {
        Self {
            token,
            files,
            lifetime,
            read_at_first: options.read_at_first,
            wait_for: options.wait_for,
        }
    }

    pub(super) fn token(&self) -> &str {
        self.token.as_str()
    }

    /// Answers what comes by one connection.
    pub(super) fn converse(&self, mut stream: TcpStream, entry: &Entry<'_>) {
        let mut left = Vec::new();
        loop {
            entry.does(Doing::Waiting);
            let request = match Request::read(&mut stream, &mut left, IDLE) {
                Ok(request) => request,
                Err(Unreadable::Gone) => return,
                Err(unreadable) => return refuse(&mut stream, &unreadable),
            };
            entry.does(Doing::Answering);
            let head_only = request.method == "HEAD";
            match self.answer(&request, &|| is_gone(&stream)) {
                Answer::Held => {
                    entry.does(Doing::Holding);
                    return self.hold(&mut stream);
                }
                Answer::Whole(response) => {
                    let closes = response.closes || !request.keeps_alive;
                    let written = response.write(&mut stream, head_only, closes);
                    if written.is_err() || self.lifetime.is_over() {
                        return;
                    }
                    if closes {
                        return part(&mut stream);
                    }
                }
            }
        }
    }

    fn answer(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Answer {
        let rest = match self.token.admit(request) {
            Ok(rest) => rest,
            Err(refused) => return Answer::Whole(refused),
        };
        if rest == "alive" && request.method == "GET" {
            return Answer::Held;
        }
        Answer::Whole(self.resource(rest, request, is_gone).unwrap_or_else(|| {
            Response::said(
                (404, "Not Found"),
                "there is no such page; open the link that the terminal shows",
            )
        }))
    }

    fn resource(&self, rest: &str, request: &Request, is_gone: &dyn Fn() -> bool) -> Option<Response> {
        if rest.is_empty() {
            return Some(match self.files.as_slice() {
                [_] => Response::redirect(&format!("/{}/0/", self.token())),
                files => Response::html(pages::together(self.token(), files)),
            });
        }
        let (number, what) = rest.split_once('/')?;
        // Only as it is written in a link: no sign, no leading zero.
        let at = number
            .parse::<usize>()
            .ok()
            .filter(|at| at.to_string() == number)?;
        let file = self.files.get(at)?;
        match what {
            "" => Some(file.page(self.read_at_first, self.wait_for)),
            "detail" => Some(file.detail(request, is_gone)),
            "step" => Some(file.step(request, is_gone)),
            "numbers" => Some(file.numbers(request, is_gone)),
            "tree" => Some(file.tree(request, is_gone)),
            "longest" => Some(file.longest(request, is_gone)),
            "state" => Some(file.state(request.number("version"))),
            _ => None,
        }
    }

    /// Keeps a connection until the page closes it.
    fn hold(&self, stream: &mut TcpStream) {
        let _open = self.lifetime.page();
        let Ok(mut held) = Stream::begin(stream) else {
            return;
        };
        if held.beat().is_err() || held.connection().set_read_timeout(Some(LOOK)).is_err() {
            return;
        }
        for look in 1_u32.. {
            match held.connection().read(&mut [0; 64]) {
                Err(error) if is_only_late(&error) => {}
                // The end, or something that nobody asked for.
                _ => return,
            }
            let is_due = look % BEAT == 0;
            if self.lifetime.is_over() || (is_due && held.beat().is_err()) {
                return;
            }
        }
    }
}

/// Whether a client has closed its connection while it could have waited for an answer.
fn is_gone(stream: &TcpStream) -> bool {
    let is_asked = stream.set_nonblocking(true).is_ok();
    let peeked = stream.peek(&mut [0; 1]);
    let is_back = stream.set_nonblocking(false).is_ok();
    let has_ended = match peeked {
        Ok(length) => length == 0,
        Err(error) => !is_only_late(&error),
    };
    !is_back || (is_asked && has_ended)
}

fn is_only_late(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn refuse(stream: &mut TcpStream, unreadable: &Unreadable) {
    let response = match unreadable {
        Unreadable::TooSlow => Response::said((408, "Request Timeout"), "the request took too long"),
        _ => Response::said((400, "Bad Request"), "this is no request"),
    };
    if response.write(stream, false, true).is_ok() {
        part(stream);
    }
}

/// Ends a connection so that the last response arrives: closed with something unread, it would be lost.
fn part(stream: &mut TcpStream) {
    const MOST: usize = 64;
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(LOOK));
    let mut buffer = [0; 4096];
    for _ in 0..MOST {
        if !matches!(stream.read(&mut buffer), Ok(1..)) {
            return;
        }
    }
}
