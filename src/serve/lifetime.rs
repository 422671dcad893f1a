//! How long the server lives: until it is told to end, or its page has been closed for a while.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Ends a server, from any thread.
///
/// ```
/// # fn use_it(stop: scope_profiler::serve::Stop) {
/// stop.stop();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Stop(Arc<Lifetime>);

impl Stop {
    /// The server answers nothing more, and [`Server::run`](super::Server::run) returns.
    pub fn stop(&self) {
        self.0.state().stopped = true;
        self.0.changed.notify_all();
    }
}

impl From<Arc<Lifetime>> for Stop {
    fn from(lifetime: Arc<Lifetime>) -> Self {
        Self(lifetime)
    }
}

#[derive(Debug)]
pub(super) struct Lifetime {
    /// How long after the last page was closed the server ends.
    closed_for: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Pages that hold a connection.
    pages: usize,
    /// When the last one was closed; none before the first.
    closed: Option<Instant>,
    stopped: bool,
}

impl Lifetime {
    pub(super) fn new(closed_for: Duration) -> Arc<Self> {
        Arc::new(Self {
            closed_for,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().stopped
    }

    /// A page is open for as long as the result lives.
    pub(super) fn page(self: &Arc<Self>) -> OpenPage {
        self.state().pages += 1;
        self.changed.notify_all();
        OpenPage(Arc::clone(self))
    }

    /// Returns when the server is to end.
    pub(super) fn wait(&self) {
        let mut state = self.state();
        loop {
            let left = match state.closed.filter(|_| state.pages == 0) {
                _ if state.stopped => return,
                Some(closed) => Some(self.closed_for.saturating_sub(closed.elapsed())),
                None => None,
            };
            state = match left {
                Some(left) if left.is_zero() => {
                    state.stopped = true;
                    return;
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// A page that is open.
pub(super) struct OpenPage(Arc<Lifetime>);

impl Drop for OpenPage {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.pages -= 1;
        state.closed = Some(Instant::now());
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_that_is_closed_ends_it() {
        let lifetime = Lifetime::new(Duration::ZERO);
        let (first, second) = (lifetime.page(), lifetime.page());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lifetime.wait());
            drop(first);
            assert!(!lifetime.is_over());
            drop(second);
            waiting.join().unwrap();
        });
        assert!(lifetime.is_over());
    }
}
