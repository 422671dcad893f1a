//! The seam between what ranks have to say to each other and how it gets there.

use super::backoff;
use std::time::Instant;

/// Messages between the ranks of a run. None of these calls waits for anybody.
pub(crate) trait Post {
    fn rank(&self) -> u32;

    fn size(&self) -> u32;

    /// Posts a message; between two ranks those of one tag arrive in their order.
    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone>;

    /// A message of this tag that has arrived, and who sent it.
    fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)>;

    /// Whether ranks can still talk to each other: not after `MPI_Finalize`.
    fn is_up(&self) -> bool;

    /// The clock that timeouts are measured with.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// To be called between two looks for a message.
    fn pauses(&self) -> Box<dyn FnMut() + '_> {
        Box::new(backoff())
    }
}

/// The other rank cannot be reached any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Ranks that are threads, for tests.
#[cfg(test)]
pub(super) mod office {
    use super::{Gone, Post};
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::{Condvar, Mutex};
    use std::time::{Duration, Instant};

    type Letters = VecDeque<(u32, Vec<u8>)>;

    /// Messages to ranks nobody plays stay where they are. Its time stands still until all ranks that
    /// are played pause: no test depends on how fast the machine is.
    pub(crate) struct Office {
        began: Instant,
        state: Mutex<State>,
        changed: Condvar,
    }

    #[derive(Default)]
    struct State {
        boxes: BTreeMap<(u32, u16), Letters>,
        passed: Duration,
        played: usize,
        pausing: usize,
        /// Grows whenever those who pause are to look again.
        turn: u64,
    }

    impl State {
        fn next_turn(&mut self) {
            self.pausing = 0;
            self.turn += 1;
        }

        fn pass_time(&mut self) {
            if self.pausing > 0 && self.pausing == self.played {
                self.passed += Duration::from_millis(1);
                self.next_turn();
            }
        }
    }

    impl Default for Office {
        fn default() -> Self {
            Self {
                began: Instant::now(),
                state: Mutex::default(),
                changed: Condvar::new(),
            }
        }
    }

    impl Office {
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

        /// What another thread waits for beside the ranks.
        pub(crate) fn wait_for(&self, time: Duration) {
            let mut state = self.state.lock().unwrap();
            let end = state.passed + time;
            while state.passed < end {
                state = self.changed.wait(state).unwrap();
            }
        }
    }

    /// A rank that is played, to its end, however that comes.
    struct Played<'a>(&'a Office);

    impl Drop for Played<'_> {
        fn drop(&mut self) {
            if let Ok(mut state) = self.0.state.lock() {
                state.played -= 1;
                state.pass_time();
            }
            self.0.changed.notify_all();
        }
    }

    /// Where one rank sends and receives.
    pub(crate) struct Desk<'a> {
        pub(crate) office: &'a Office,
        pub(crate) rank: u32,
        pub(crate) size: u32,
    }

    impl Post for Desk<'_> {
        fn rank(&self) -> u32 {
            self.rank
        }

        fn size(&self) -> u32 {
            self.size
        }

        fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone> {
            let mut state = self.office.state.lock().unwrap();
            let letters = state.boxes.entry((to, tag)).or_default();
            letters.push_back((self.rank, message));
            state.next_turn();
            self.office.changed.notify_all();
            Ok(())
        }

        fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
            let mut state = self.office.state.lock().unwrap();
            state.boxes.get_mut(&(self.rank, tag))?.pop_front()
        }

        fn is_up(&self) -> bool {
            true
        }

        fn now(&self) -> Instant {
            self.office.now()
        }

        fn pauses(&self) -> Box<dyn FnMut() + '_> {
            Box::new(|| self.office.pause())
        }
    }

    /// Plays the ranks `present` of `size`, a thread each.
    pub(crate) fn play<R: Send>(
        office: &Office,
        size: u32,
        present: &[u32],
        part: impl Fn(Desk<'_>) -> R + Sync,
    ) -> Vec<R> {
        office.state.lock().unwrap().played += present.len();
        std::thread::scope(|scope| {
            let part = &part;
            let start = |&rank| {
                scope.spawn(move || {
                    let _played = Played(office);
                    part(Desk { office, rank, size })
                })
            };
            let ranks: Vec<_> = present.iter().map(start).collect();
            ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
        })
    }
}
