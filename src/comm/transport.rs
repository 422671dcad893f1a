//! How messages get from rank to rank: MPI, or threads in tests.

use super::backoff;
use std::time::Instant;

/// Messages between the ranks of a run. No function here waits for another rank.
pub(crate) trait Transport {
    fn rank(&self) -> u32;

    fn size(&self) -> u32;

    /// Starts sending a message. Messages with the same tag between the same ranks arrive in order.
    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Unreachable>;

    /// A message with this tag that has arrived, and the rank that sent it.
    fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)>;

    /// Whether messages can still be sent: not after `MPI_Finalize`.
    fn is_up(&self) -> bool;

    /// The clock for timeouts.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// To be called between two polls for a message.
    fn pauses(&self) -> Box<dyn FnMut() + '_> {
        Box::new(backoff())
    }
}

/// The other rank cannot be reached any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable;

/// Ranks that are threads, for tests.
#[cfg(test)]
pub(super) mod in_memory {
    use super::{Transport, Unreachable};
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::{Condvar, Mutex};
    use std::time::{Duration, Instant};

    type Messages = VecDeque<(u32, Vec<u8>)>;

    /// Messages to ranks that do not run wait for them. Time stands still until all running ranks pause, so
    /// no test depends on the speed of the machine.
    pub(crate) struct Network {
        began: Instant,
        state: Mutex<State>,
        changed: Condvar,
    }

    #[derive(Default)]
    struct State {
        inboxes: BTreeMap<(u32, u16), Messages>,
        passed: Duration,
        running: usize,
        pausing: usize,
        /// Increased whenever pausing ranks are to poll again.
        turn: u64,
    }

    impl State {
        fn next_turn(&mut self) {
            self.pausing = 0;
            self.turn += 1;
        }

        fn pass_time(&mut self) {
            if self.pausing > 0 && self.pausing == self.running {
                self.passed += Duration::from_millis(1);
                self.next_turn();
            }
        }
    }

    impl Default for Network {
        fn default() -> Self {
            Self {
                began: Instant::now(),
                state: Mutex::default(),
                changed: Condvar::new(),
            }
        }
    }

    impl Network {
        pub(crate) fn now(&self) -> Instant {
            self.began + self.state.lock().unwrap().passed
        }

        fn pause(&self) {
            let mut state = self.state.lock().unwrap();
            let turn = state.turn;
            state.pausing += 1;
            state.pass_time();
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |state| state.turn == turn));
        }

        /// Waits on a thread that is no rank.
        pub(crate) fn wait_for(&self, time: Duration) {
            let mut state = self.state.lock().unwrap();
            let end = state.passed + time;
            while state.passed < end {
                state = self.changed.wait(state).unwrap();
            }
        }
    }

    /// A running rank, until its thread ends in any way.
    struct Running<'a>(&'a Network);

    impl Drop for Running<'_> {
        fn drop(&mut self) {
            if let Ok(mut state) = self.0.state.lock() {
                state.running -= 1;
                state.pass_time();
            }
            self.0.changed.notify_all();
        }
    }

    /// One rank's connection to the others.
    pub(crate) struct Endpoint<'a> {
        pub(crate) network: &'a Network,
        pub(crate) rank: u32,
        pub(crate) size: u32,
    }

    impl Transport for Endpoint<'_> {
        fn rank(&self) -> u32 {
            self.rank
        }

        fn size(&self) -> u32 {
            self.size
        }

        fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Unreachable> {
            let mut state = self.network.state.lock().unwrap();
            let messages = state.inboxes.entry((to, tag)).or_default();
            messages.push_back((self.rank, message));
            state.next_turn();
            self.network.changed.notify_all();
            Ok(())
        }

        fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
            let mut state = self.network.state.lock().unwrap();
            state.inboxes.get_mut(&(self.rank, tag))?.pop_front()
        }

        fn is_up(&self) -> bool {
            true
        }

        fn now(&self) -> Instant {
            self.network.now()
        }

        fn pauses(&self) -> Box<dyn FnMut() + '_> {
            Box::new(|| self.network.pause())
        }
    }

    /// Runs the ranks `present` of `size` on a thread each.
    pub(crate) fn run_ranks<R: Send>(
        network: &Network,
        size: u32,
        present: &[u32],
        part: impl Fn(Endpoint<'_>) -> R + Sync,
    ) -> Vec<R> {
        network.state.lock().unwrap().running += present.len();
        std::thread::scope(|scope| {
            let part = &part;
            let start = |&rank| {
                scope.spawn(move || {
                    let _running = Running(network);
                    part(Endpoint { network, rank, size })
                })
            };
            let ranks: Vec<_> = present.iter().map(start).collect();
            ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
        })
    }
}
