//! A part of a run's time.

use super::Interval;
use crate::error::{Error, Result};
use jiff::SignedDuration;
use std::fmt;
use std::str::FromStr;

/// A part of a run's time, counted from the start of the run: from one moment to before another.
///
/// Intervals outside of it are left out, and those that reach beyond it are cut at its edges, so that sums are times
/// within the window. An interval without length is in it when its moment is.
///
/// ```
/// use scope_profiler::profile::Window;
///
/// let window: Window = "1.5s..2s".parse()?;
/// assert_eq!(window, Window::new(1_500_000_000, 2_000_000_000));
/// assert_eq!("200ms..".parse::<Window>()?, Window::new(200_000_000, i64::MAX));
/// assert_eq!("..30µs".parse::<Window>()?, Window::new(0, 30_000));
/// assert!("2s..1.5s".parse::<Window>().is_err());
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from_ns: i64,
    until_ns: i64,
}

impl Window {
    /// From and until when, in ns since the start of the run.
    #[must_use]
    pub fn new(from_ns: i64, until_ns: i64) -> Self {
        Self { from_ns, until_ns }
    }

    /// The same moments on the clock on which the run began at `origin_ns`.
    pub(crate) fn since(self, origin_ns: i64) -> Self {
        Self {
            from_ns: self.from_ns.saturating_add(origin_ns),
            until_ns: self.until_ns.saturating_add(origin_ns),
        }
    }

    /// When it begins, in ns since the start of the run.
    #[must_use]
    pub fn from_ns(self) -> i64 {
        self.from_ns
    }

    /// When it is over, in ns since the start of the run.
    #[must_use]
    pub fn until_ns(self) -> i64 {
        self.until_ns
    }

    /// What of an interval is in the window.
    #[inline]
    pub(crate) fn cut(self, interval: Interval) -> Option<Interval> {
        let (start, end) = (interval.start_ns, interval.end_ns);
        let is_in = if end > start {
            end > self.from_ns && start < self.until_ns
        } else {
            start >= self.from_ns && start < self.until_ns
        };
        is_in.then(|| Interval {
            // One that ends before it starts stays as it is.
            start_ns: if end > start {
                start.max(self.from_ns)
            } else {
                start
            },
            end_ns: end.min(self.until_ns),
            thread: interval.thread,
        })
    }
}

/// As it can be parsed again.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = |ns: i64, absent: i64| match ns {
            ns if ns == absent => String::new(),
            ns => format!("{}s", ns as f64 / 1e9),
        };
        let (from, until) = (moment(self.from_ns, 0), moment(self.until_ns, i64::MAX));
        write!(f, "{from}..{until}")
    }
}

impl FromStr for Window {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::config(format!(
                "{text:?} is no window of time: {what}; write it as in 1.5s..2s, 200ms.. or ..30us, counted from the \
                 start of the run"
            ))
        };
        let (from, until) = text
            .split_once("..")
            .ok_or_else(|| wrong("there is no .. in it"))?;
        let moment = |text: &str, absent: i64| match text.trim() {
            "" => Ok(absent),
            text => nanoseconds(text).map_err(|what| wrong(&what)),
        };
        let window = Self::new(moment(from, 0)?, moment(until, i64::MAX)?);
        if window.from_ns >= window.until_ns {
            return Err(wrong("it ends before it begins"));
        }
        Ok(window)
    }
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(format!("{text} has no unit"));
    }
    let duration: SignedDuration = text.parse().map_err(|error| format!("{text}: {error}"))?;
    match i64::try_from(duration.as_nanos()) {
        Ok(ns) if ns >= 0 => Ok(ns),
        Ok(_) => Err(format!("{text} is before the start of the run")),
        Err(_) => Err(format!("{text} is too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(window: &str, start_ns: i64, end_ns: i64) -> Option<(i64, i64)> {
        let window: Window = window.parse().unwrap();
        let interval = Interval {
            start_ns,
            end_ns,
            thread: 0,
        };
        let cut = window.cut(interval)?;
        Some((cut.start_ns, cut.end_ns))
    }

    #[test]
    fn moments_are_read_to_the_nanosecond() {
        for (text, from, until) in [
            ("1.5s..2s", 1_500_000_000, 2_000_000_000),
            ("0.000000001s..0.000000003s", 1, 3),
            (" 200ms .. ", 200_000_000, i64::MAX),
            ("..1min", 0, 60_000_000_000),
            ("1us..2µs", 1_000, 2_000),
            ("..", 0, i64::MAX),
        ] {
            assert_eq!(
                text.parse::<Window>().unwrap(),
                Window::new(from, until),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_window_is_refused_with_a_reason() {
        for (text, reason) in [
            ("1s", "there is no .."),
            ("1..2", "1 has no unit"),
            ("2s..1s", "it ends before it begins"),
            ("1s..1s", "it ends before it begins"),
            ("-1s..2s", "before the start"),
            ("1parsec..", "1parsec: "),
            ("..99999999999h", "99999999999h"),
        ] {
            let error = text.parse::<Window>().unwrap_err();
            assert!(error.is_config() && error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn a_window_is_shown_as_it_is_written() {
        for text in ["1.5s..2s", "0.2s..", "..0.00000003s", ".."] {
            let window: Window = text.parse().unwrap();
            assert_eq!(window.to_string(), text);
            assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
        }
    }

    #[test]
    fn intervals_are_cut_at_the_edges() {
        assert_eq!(cut("10ns..20ns", 0, 30), Some((10, 20)));
        assert_eq!(cut("10ns..20ns", 12, 30), Some((12, 20)));
        assert_eq!(cut("10ns..20ns", 0, 10), None);
        assert_eq!(cut("10ns..20ns", 20, 30), None);
        assert_eq!(cut("10ns..20ns", 10, 10), Some((10, 10)));
        assert_eq!(cut("10ns..20ns", 20, 20), None);
        assert_eq!(cut("10ns..20ns", 15, 5), Some((15, 5)));
        assert_eq!(cut("..", 5, i64::MAX), Some((5, i64::MAX)));
    }
}
