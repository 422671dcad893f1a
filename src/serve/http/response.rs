//! What a client is given.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// A client that takes nothing for so long has gone.
const TAKES: Duration = Duration::from_secs(30);

/// On every response: it is for this page alone, is kept nowhere, and can load nothing from elsewhere.
const ALWAYS: &str = "\
    Cache-Control: no-store\r\n\
    Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
    connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'\r\n\
    Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Referrer-Policy: no-referrer\r\n\
    X-Content-Type-Options: nosniff\r\n";

/// A whole response.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Response {
    status: (u16, &'static str),
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Arc<[u8]>,
    /// Whether the connection ends with it, whatever the client wants.
    pub(in crate::serve) closes: bool,
}

impl Response {
    fn new(status: (u16, &'static str), content_type: &'static str, body: Arc<[u8]>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
            closes: false,
        }
    }

    pub(in crate::serve) fn html(body: Arc<[u8]>) -> Self {
        Self::new((200, "OK"), "text/html; charset=utf-8", body)
    }

    pub(in crate::serve) fn bytes(body: Vec<u8>) -> Self {
        Self::new((200, "OK"), "application/octet-stream", body.into())
    }

    pub(in crate::serve) fn json(body: String) -> Self {
        Self::new((200, "OK"), "application/json", body.into_bytes().into())
    }

    /// To another address below this one.
    pub(in crate::serve) fn redirect(to: &str) -> Self {
        Self::said((303, "See Other"), "the page is a step further").with("Location", to)
    }

    /// A refusal in one sentence.
    pub(in crate::serve) fn said(status: (u16, &'static str), sentence: &str) -> Self {
        let text = format!("{sentence}\n").into_bytes();
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    pub(in crate::serve) fn status(mut self, status: (u16, &'static str)) -> Self {
        self.status = status;
        self
    }

    pub(in crate::serve) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// After this the connection ends.
    pub(in crate::serve) fn last(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Writes it, without the body where only the head was asked for.
    pub(in crate::serve) fn write(
        &self,
        stream: &mut TcpStream,
        head_only: bool,
        closes: bool,
    ) -> io::Result<()> {
        let mut head = head_of(self.status, self.content_type);
        head += &format!("Content-Length: {}\r\n", self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += if closes {
            "Connection: close\r\n\r\n"
        } else {
            "\r\n"
        };
        stream.set_write_timeout(Some(TAKES))?;
        stream.write_all(head.as_bytes())?;
        if !head_only {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

fn head_of((code, reason): (u16, &str), content_type: &str) -> String {
    format!("HTTP/1.1 {code} {reason}\r\nContent-Type: {content_type}\r\n{ALWAYS}")
}

/// A response that goes on for as long as the client listens.
pub(in crate::serve) struct Stream<'a>(&'a mut TcpStream);

impl<'a> Stream<'a> {
    pub(in crate::serve) fn begin(stream: &'a mut TcpStream) -> io::Result<Self> {
        let head = head_of((200, "OK"), "text/plain; charset=utf-8");
        stream.set_write_timeout(Some(TAKES))?;
        stream
            .write_all(format!("{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n").as_bytes())?;
        Ok(Self(stream))
    }

    /// Sends a sign of life.
    pub(in crate::serve) fn beat(&mut self) -> io::Result<()> {
        self.0.write_all(b"1\r\n.\r\n")?;
        self.0.flush()
    }

    /// The connection, to see whether the client is still there.
    pub(in crate::serve) fn connection(&mut self) -> &mut TcpStream {
        self.0
    }
}
