//! How a server serves.

use std::time::Duration;

/// Settings of a [`Server`](super::Server).
///
/// | setting | by default |
/// |---|---|
/// | [`port`](Self::port) | 0: a free one |
/// | [`closed_for`](Self::closed_for) | 30 s |
/// | [`most_connections`](Self::most_connections) | 64 |
/// | [`read_at_first`](Self::read_at_first) | 12 million |
/// | [`wait_for`](Self::wait_for) | 300 000 |
///
/// ```
/// use scope_profiler::serve::ServeOptions;
/// use std::time::Duration;
///
/// let options = ServeOptions::new().port(8080).closed_for(Duration::from_secs(600));
/// ```
#[derive(Clone, Debug)]
pub struct ServeOptions {
    pub(super) port: u16,
    pub(super) closed_for: Duration,
    pub(super) most_connections: usize,
    pub(super) read_at_first: u64,
    pub(super) wait_for: u64,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ServeOptions {
    /// The settings of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self {
            port: 0,
            closed_for: Duration::from_secs(30),
            most_connections: 64,
            read_at_first: 12_000_000,
            wait_for: 300_000,
        }
    }

    /// The port to listen on; 0 takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long after the last page was closed the server ends. A page that is loaded again is closed for a moment.
    #[must_use]
    pub fn closed_for(mut self, duration: Duration) -> Self {
        self.closed_for = duration;
        self
    }

    /// How many intervals of a file may be read before its page is shown. The page of more is made of what the file has
    /// stored beside them, where it has: their number does not matter then, and how durations are spread is not shown.
    #[must_use]
    pub fn read_at_first(mut self, intervals: u64) -> Self {
        self.read_at_first = intervals;
        self
    }

    /// For how many intervals of a file its page waits until they are read. The page of more is shown at once, and
    /// filled while they are.
    #[must_use]
    pub fn wait_for(mut self, intervals: u64) -> Self {
        self.wait_for = intervals;
        self
    }

    /// How many connections there may be at once, each with a thread; at least two. For one more, the one that has
    /// waited longest is closed.
    #[must_use]
    pub fn most_connections(mut self, most: usize) -> Self {
        self.most_connections = most;
        self
    }
}
