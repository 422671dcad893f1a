//! What a client asks for.

use std::io::{self, Read};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// No browser sends a longer head for an address of ours.
const LONGEST_HEAD: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// How long the head of a request may take once it has begun.
const HEAD: Duration = Duration::from_secs(10);

/// The head of a request. There are none with a body.
#[derive(Debug, Default)]
pub(in crate::serve) struct Request {
    /// `GET`, or whatever else it is.
    pub(in crate::serve) method: String,
    /// The path, from its first `/` to the `?`.
    pub(in crate::serve) path: String,
    /// What follows the `?`.
    pub(in crate::serve) query: String,
    /// `Host`; none where there are several.
    pub(in crate::serve) host: Option<String>,
    pub(in crate::serve) origin: Option<String>,
    /// `Sec-Fetch-Site`, of browsers.
    pub(in crate::serve) fetch_site: Option<String>,
    /// `Sec-Fetch-Dest`, of browsers.
    pub(in crate::serve) fetch_dest: Option<String>,
    /// Whether the client wants to ask more on this connection.
    pub(in crate::serve) keeps_alive: bool,
    /// Whether something follows the head that would have to be read first.
    pub(in crate::serve) has_body: bool,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::serve) enum Unreadable {
    /// The client has gone, or says nothing.
    Gone,
    /// It said something else, or too much.
    NotHttp,
    /// It took too long to say it.
    TooSlow,
}

impl Request {
    /// Reads the next request. `left` has what was read beyond the one before, and then what is beyond this one.
    pub(in crate::serve) fn read(
        stream: &mut TcpStream,
        left: &mut Vec<u8>,
        idle: Duration,
    ) -> Result<Self, Unreadable> {
        let mut deadline = (!left.is_empty()).then(|| Instant::now() + HEAD);
        loop {
            if let Some((request, length)) = Self::parse(left)? {
                left.drain(..length);
                return Ok(request);
            }
            let patience = match deadline {
                None => idle,
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            };
            if patience.is_zero() {
                return Err(Unreadable::TooSlow);
            }
            let mut buffer = [0; 4096];
            let is_set = stream.set_read_timeout(Some(patience)).is_ok();
            match stream.read(&mut buffer) {
                _ if !is_set => return Err(Unreadable::Gone),
                Ok(0) => return Err(Unreadable::Gone),
                Ok(read) => left.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) if deadline.is_some() => return Err(Unreadable::TooSlow),
                Err(_) => return Err(Unreadable::Gone),
            }
            deadline.get_or_insert_with(|| Instant::now() + HEAD);
        }
    }

    /// The request at the start of `bytes` and its length; none where more is to come.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Unreadable> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() <= LONGEST_HEAD => return Ok(None),
            _ => return Err(Unreadable::NotHttp),
        };
        if length > LONGEST_HEAD {
            return Err(Unreadable::NotHttp);
        }
        let target = parsed.path.ok_or(Unreadable::NotHttp)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            // HTTP/1.0 closes unless told otherwise; nobody needs it to be kept.
            keeps_alive: parsed.version == Some(1),
            ..Self::default()
        };
        let mut hosts = 0;
        for header in parsed.headers.iter() {
            let value = || String::from_utf8_lossy(header.value).trim().to_owned();
            match header.name.to_ascii_lowercase().as_str() {
                "host" => {
                    hosts += 1;
                    request.host = Some(value());
                }
                "origin" => request.origin = Some(value()),
                "sec-fetch-site" => request.fetch_site = Some(value()),
                "sec-fetch-dest" => request.fetch_dest = Some(value()),
                "connection" => {
                    let wishes = value().to_ascii_lowercase();
                    request.keeps_alive &= !wishes.split(',').any(|wish| wish.trim() == "close");
                }
                "content-length" => request.has_body |= value() != "0",
                "transfer-encoding" => request.has_body = true,
                _ => {}
            }
        }
        if hosts != 1 {
            request.host = None;
        }
        Ok(Some((request, length)))
    }

    /// What the query gives a key, as it is written there.
    pub(in crate::serve) fn value(&self, key: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == key);
        Some(values.next()?.1)
    }

    /// The number that the query gives a key.
    pub(in crate::serve) fn number<N: std::str::FromStr>(&self, key: &str) -> Option<N> {
        self.value(key)?.parse().ok()
    }

    /// The ranges that the query gives a key, as in `0,2-5`: all numbers where the key is missing, none at all where
    /// they cannot be read.
    pub(in crate::serve) fn ranges(&self, key: &str) -> Option<Vec<RangeInclusive<u32>>> {
        let Some(text) = self.value(key) else {
            return Some(vec![0..=u32::MAX]);
        };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse().ok()?..=last.parse().ok()?)
        };
        text.split(',').map(range).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<(Request, usize)>, Unreadable> {
        Request::parse(text.as_bytes())
    }

    #[test]
    fn a_head_is_taken_whole_and_what_follows_is_left() {
        let head =
            "GET /a/b?from=5&until=x HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\n\r\n";
        assert!(parse(&head[..head.len() - 1]).unwrap().is_none());
        let (request, length) = parse(&format!("{head}GET")).unwrap().unwrap();
        assert_eq!(length, head.len());
        assert_eq!(
            (request.path.as_str(), request.host.as_deref()),
            ("/a/b", Some("localhost:1"))
        );
        assert_eq!(request.number("from"), Some(5));
        assert_eq!(request.number::<i64>("until"), None);
        assert!(request.keeps_alive && !request.has_body);
    }

    #[test]
    fn ranges_are_read_or_refused_as_a_whole() {
        let ranges = |query: &str| {
            let request = Request {
                query: query.into(),
                ..Request::default()
            };
            request.ranges("ranks")
        };
        assert_eq!(ranges("ranks=0,2-5"), Some(vec![0..=0, 2..=5]));
        assert_eq!(ranges("regions=1"), Some(vec![0..=u32::MAX]));
        for wrong in ["", "x", "1,", "1-", "-1", "4294967296", "1%2C2"] {
            assert_eq!(ranges(&format!("ranks={wrong}")), None, "{wrong}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let (request, _) = parse("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n")
            .unwrap()
            .unwrap();
        assert_eq!(request.host, None);
    }

    #[test]
    fn a_head_without_end_is_not_read_forever() {
        let endless = format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(LONGEST_HEAD));
        assert_eq!(parse(&endless).unwrap_err(), Unreadable::NotHttp);
        assert_eq!(parse("\u{1}\u{2}\r\n\r\n").unwrap_err(), Unreadable::NotHttp);
    }
}
