//! Who may ask: whoever has the link, from this machine, and no page but ours.

use super::http::{Request, Response};
use crate::error::{Error, Result};

const FORBIDDEN: (u16, &str) = (403, "Forbidden");

/// A secret of 128 bits, part of every address.
#[derive(Debug)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::config(format!("the system gives no random number for the link: {error}"))
        })?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this one; how long it takes to say so does not depend on how much of it is right.
    fn is(&self, word: &str) -> bool {
        let differences = self
            .0
            .bytes()
            .zip(word.bytes())
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        self.0.len() == word.len() && differences == 0
    }

    /// What of a request's path follows the token, or why it is refused.
    pub(super) fn admit<'r>(&self, request: &'r Request) -> std::result::Result<&'r str, Response> {
        if !matches!(request.method.as_str(), "GET" | "HEAD") || request.has_body {
            let refused = Response::said((405, "Method Not Allowed"), "nothing can be changed here");
            return Err(refused.with("Allow", "GET, HEAD").last());
        }
        let Some(host) = request.host.as_deref().filter(|host| is_this_machine(host)) else {
            return Err(Response::said(FORBIDDEN, "this page is for 127.0.0.1 alone").last());
        };
        if !is_own_page(request, host) {
            return Err(Response::said(FORBIDDEN, "another page may not ask this").last());
        }
        let mut parts = request.path.splitn(3, '/');
        let (before, token, rest) = (parts.next(), parts.next(), parts.next());
        match (before, token, rest) {
            (Some(""), Some(token), rest) if self.is(token) => Ok(rest.unwrap_or("")),
            _ => Err(Response::said(
                FORBIDDEN,
                "the link is incomplete, or of a server that has ended; copy the whole link from the terminal",
            )),
        }
    }
}

/// Whether a `Host` names this machine as itself, by whatever port: an ssh tunnel may begin at another one. A name that
/// somebody else can make point here is none of these.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(name, _)| name),
        None => host.split(':').next(),
    };
    name.is_some_and(|name| name == "127.0.0.1" || name == "::1" || name.eq_ignore_ascii_case("localhost"))
}

/// Whether no other page has a part in a request. Opening the link from one, as from a mail, is nobody's harm.
fn is_own_page(request: &Request, host: &str) -> bool {
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let is_opened = request.fetch_dest.as_deref() == Some("document");
    let from_elsewhere = matches!(request.fetch_site.as_deref(), Some("cross-site" | "same-site"));
    request.origin.as_deref().is_none_or(is_own) && (is_opened || !from_elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_own_are_this_machine() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:8000",
            "LOCALHOST",
            "[::1]:9",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "127.0.0.1.example.org",
            "localhost.example.org:80",
            "[::2]",
            "10.0.0.1",
            "[::1",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn tokens_differ_and_only_the_whole_one_is_right() {
        let token = Token::random().unwrap();
        assert_ne!(token.as_str(), Token::random().unwrap().as_str());
        let word = token.as_str().to_owned();
        assert!(token.is(&word));
        for wrong in ["", &word[1..], &format!("{word}0")] {
            assert!(!token.is(wrong), "{wrong}");
        }
    }
}
