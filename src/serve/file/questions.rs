//! What a page asks about the calls of its file.

use super::opened::State;
use super::{ServedFile, Shown};
use crate::error::Result;
use crate::page::{Among, At, From, PageWindows};
use crate::profile::Source;
use crate::serve::http::{Request, Response};

/// How many of the longest calls are given where it is not said.
const LONGEST: usize = 8;

impl ServedFile {
    /// What ran in a window that a page of this version shows, or why that cannot be said. Where `is_gone`, nobody
    /// waits for it any more.
    pub(in crate::serve) fn detail(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let number = |key| request.number::<i64>(key);
        let (Some(from), Some(until)) = (number("from"), number("until")) else {
            return refused("from and until are missing");
        };
        let columns = request.number("columns").unwrap_or(2_000);
        let window = from..until.max(from);
        self.ask(request, is_gone, |windows, source| {
            let answer = windows.answer(source, &self.filter, window, columns)?;
            Ok(Response::bytes(answer))
        })
    }

    /// The call after a moment or another call, or the one before.
    pub(in crate::serve) fn step(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let Some(among) = among(request) else {
            return refused("regions or ranks cannot be read");
        };
        let forward = match request.value("to") {
            Some("next") => true,
            Some("before") => false,
            _ => return refused("it is not said whether the next call is meant or the one before"),
        };
        let Some(start) = request.number("start") else {
            return refused("start is missing");
        };
        let from = From {
            start,
            at: at(request),
        };
        self.ask(request, is_gone, |windows, source| {
            json(&windows.step(source, &among, from, forward)?)
        })
    }

    /// The numbers that the program recorded of a call.
    pub(in crate::serve) fn numbers(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let (Some(start), Some(at)) = (request.number("start"), at(request)) else {
            return refused("it is not said which call is meant");
        };
        let from = From { start, at: Some(at) };
        self.ask(request, is_gone, |windows, source| {
            json(&windows.numbers(source, from)?)
        })
    }

    /// The call tree of a window.
    pub(in crate::serve) fn tree(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let Some(among) = among(request) else {
            return refused("regions or ranks cannot be read");
        };
        let (Some(from), Some(until)) = (request.number::<i64>("from"), request.number("until")) else {
            return refused("from and until are missing");
        };
        self.ask(request, is_gone, |windows, source| {
            json(&windows.tree(source, from..from.max(until), &among.ranks)?)
        })
    }

    /// The longest calls.
    pub(in crate::serve) fn longest(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let Some(among) = among(request) else {
            return refused("regions or ranks cannot be read");
        };
        let most = request.number("most").unwrap_or(LONGEST);
        self.ask(request, is_gone, |windows, source| {
            json(&windows.longest(source, &among, most)?)
        })
    }

    /// Answers a question of a page, where that still shows what is open.
    fn ask(
        &self,
        request: &Request,
        is_gone: &dyn Fn() -> bool,
        answer: impl FnOnce(&PageWindows, &dyn Source) -> Result<Response>,
    ) -> Response {
        let shown = self.shown();
        let Shown { opened, page, .. } = &*shown;
        let state = opened.state();
        let is_same = request.number("version") == Some(opened.version());
        let Some((_, windows)) = page.as_ref().filter(|_| is_same) else {
            return Response::said((409, "Conflict"), "the page is older than what is open");
        };
        if matches!(state, State::Changed | State::Removed) {
            return Response::said((410, "Gone"), "the file is not there any more, or another one");
        }
        if is_gone() {
            return Response::said((410, "Gone"), "nobody waits for it");
        }
        match answer(windows, opened.source()) {
            Ok(response) => response,
            Err(error) => Response::said((500, "Internal Server Error"), &error.to_string()),
        }
    }
}

fn refused(sentence: &str) -> Response {
    Response::said((400, "Bad Request"), sentence)
}

/// The call that a request names.
fn at(request: &Request) -> Option<At> {
    Some(At {
        region: request.number("region")?,
        rank: request.number("rank")?,
        thread: request.number("thread"),
        end: request.number("end")?,
    })
}

/// The calls that a request means; none where that cannot be read.
fn among(request: &Request) -> Option<Among> {
    Some(Among {
        regions: request.ranges("regions")?,
        ranks: request.ranges("ranks")?,
    })
}

fn json(answer: &impl serde::Serialize) -> Result<Response> {
    let text = serde_json::to_string(answer).expect("plain data becomes JSON");
    Ok(Response::json(text))
}
