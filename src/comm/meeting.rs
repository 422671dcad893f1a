//! The rendezvous at the end of a run, which never waits forever for a missing rank.
//!
//! Rank 0 leads. In each stage every other rank sends it one message, and rank 0 answers all with
//! one word once it has them, or has waited long enough. From the moment it comes until its last
//! word it gives a sign of life now and then, and so do the others while they are at work: one waits
//! as long as there are such signs, so that nobody gives up who is still waited for. There is no collective call of MPI in this, because
//! none can be left before all have come.

use super::lock;
use super::post::Post;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread::Builder;
use std::time::Duration;

/// The end of a run has these stages, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// This rank has come to its end.
    Arrived = 1,
    /// Its log is complete.
    Sealed = 2,
}

/// Messages to rank 0 in a stage have the stage as their tag; words of rank 0 have this one.
const WORD: u16 = 100;
/// Signs of life to rank 0.
const SIGN: u16 = 101;
/// The first byte of a word: a sign of life, or the stage that it answers.
const ALIVE: u8 = 0;

/// One rank's part in it.
#[derive(Debug)]
pub(crate) struct Meeting<'a, P> {
    post: &'a P,
    /// The timeout for a rank that sends no heartbeat.
    timeout: Duration,
}

impl<'a, P: Post> Meeting<'a, P> {
    /// Rank 0 lets the others know at once that it is here.
    pub(crate) fn new(post: &'a P, timeout: Duration) -> Self {
        let meeting = Self { post, timeout };
        if meeting.leads() {
            meeting.tell_all(&[ALIVE]);
        }
        meeting
    }

    pub(crate) fn leads(&self) -> bool {
        self.post.rank() == 0
    }

    /// Rank 0: the messages of the other ranks in this stage, of those that came in time.
    pub(crate) fn collect(&self, stage: Stage, awaited: &[u32]) -> BTreeMap<u32, Vec<u8>> {
        let mut collected = BTreeMap::new();
        let mut missing = awaited.iter().filter(|&&rank| rank != 0).count();
        let mut last_sign = self.post.now();
        let mut signs = self.heartbeats();
        let mut pause = self.post.pauses();
        while missing > 0 {
            match self.post.receive(stage as u16) {
                Some((rank, message)) => {
                    missing -=
                        usize::from(awaited.contains(&rank) && collected.insert(rank, message).is_none());
                }
                None if self.post.receive(SIGN).is_some() => last_sign = self.post.now(),
                None if self.post.now() - last_sign >= self.timeout => break,
                None => {
                    signs();
                    pause();
                }
            }
        }
        while self.post.receive(SIGN).is_some() {}
        collected
    }

    /// Rank 0: the word that ends a stage, for all others; also for those that are yet to come.
    pub(crate) fn answer(&self, stage: Stage, word: &[u8]) {
        self.tell_all(&[&[stage as u8], word].concat());
    }

    /// Runs `work` on another thread and sends heartbeats meanwhile.
    pub(crate) fn while_at_work<R: Send>(&self, work: impl FnOnce() -> R + Send) -> std::thread::Result<R> {
        let mut signs = self.heartbeats();
        let work = Mutex::new(Some(work));
        let run = || lock(&work).take().map(|work| work());
        let done = std::thread::scope(|scope| {
            let Ok(worker) = Builder::new().spawn_scoped(scope, run) else {
                // No thread can be started: go on without heartbeats.
                return Ok(run());
            };
            let mut pause = self.post.pauses();
            while !worker.is_finished() {
                signs();
                pause();
            }
            worker.join()
        })?;
        Ok(done.expect("the work was taken only once"))
    }

    /// The other ranks: sends this rank's message and waits for rank 0's word; none when rank 0 gives
    /// no sign of life for too long.
    pub(crate) fn report(&self, stage: Stage, message: Vec<u8>) -> Option<Vec<u8>> {
        self.post.send(0, stage as u16, message).ok()?;
        let mut last_sign = self.post.now();
        let mut pause = self.post.pauses();
        loop {
            match self.post.receive(WORD) {
                Some((0, word)) if word.first() == Some(&(stage as u8)) => return Some(word[1..].to_vec()),
                Some(_) => last_sign = self.post.now(),
                None if self.post.now() - last_sign >= self.timeout => return None,
                None => pause(),
            }
        }
    }

    fn tell_all(&self, word: &[u8]) {
        for rank in 1..self.post.size() {
            // Who is gone needs no word.
            self.post.send(rank, WORD, word.to_vec()).ok();
        }
    }

    /// To be called often: gives a sign of life when the last one is some time ago.
    fn heartbeats(&self) -> impl FnMut() + '_ {
        let every = (self.timeout / 8).min(Duration::from_secs(2));
        let mut last = self.post.now();
        move || {
            if self.post.now() - last >= every {
                last = self.post.now();
                if self.leads() {
                    self.tell_all(&[ALIVE]);
                } else {
                    self.post.send(0, SIGN, Vec::new()).ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::post::office::{self, Desk, Office};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(400);

    /// Plays the ranks `present` of `size`, each with `timeout`.
    fn play<R: Send>(
        office: &Office,
        size: u32,
        present: &[u32],
        timeout: Duration,
        part: impl Fn(Meeting<'_, Desk<'_>>, u32) -> R + Sync,
    ) -> Vec<R> {
        office::play(office, size, present, |desk| {
            part(Meeting::new(&desk, timeout), desk.rank)
        })
    }

    fn lead_or_follow(meeting: &Meeting<'_, Desk<'_>>, rank: u32, size: u32) -> Option<Vec<u8>> {
        if !meeting.leads() {
            return meeting.report(Stage::Arrived, vec![rank as u8 * 10]);
        }
        let all: Vec<u32> = (0..size).collect();
        let came = meeting.collect(Stage::Arrived, &all);
        let word: Vec<u8> = came.values().flatten().copied().collect();
        meeting.answer(Stage::Arrived, &word);
        Some(word)
    }

    #[test]
    fn when_all_come_all_hear_the_same() {
        let heard = play(&Office::default(), 4, &[0, 1, 2, 3], LONG, |meeting, rank| {
            lead_or_follow(&meeting, rank, 4)
        });
        assert_eq!(heard, vec![Some(vec![10, 20, 30]); 4]);
    }

    #[test]
    fn a_rank_that_does_not_come_is_not_waited_for_for_ever() {
        let heard = play(&Office::default(), 4, &[0, 1, 3], SHORT, |meeting, rank| {
            lead_or_follow(&meeting, rank, 4)
        });
        assert_eq!(heard, vec![Some(vec![10, 30]); 3]);
    }

    #[test]
    fn without_rank_0_the_others_go_on_by_themselves() {
        let heard = play(&Office::default(), 3, &[1, 2], SHORT, |meeting, rank| {
            lead_or_follow(&meeting, rank, 3)
        });
        assert_eq!(heard, [None, None]);
    }

    #[test]
    fn a_rank_that_comes_late_hears_what_was_decided_without_it() {
        let office = Office::default();
        let part = |meeting: Meeting<'_, Desk<'_>>, rank| lead_or_follow(&meeting, rank, 3);
        play(&office, 3, &[0, 1], SHORT, part);
        assert_eq!(play(&office, 3, &[2], SHORT, part), [Some(vec![10])]);
    }

    #[test]
    fn rank_0_waits_while_another_is_at_work_for_longer_than_its_timeout() {
        let office = Office::default();
        let heard = play(&office, 2, &[0, 1], SHORT, |meeting, rank| {
            if !meeting.leads() {
                meeting.while_at_work(|| office.wait_for(SHORT * 4)).ok();
            }
            lead_or_follow(&meeting, rank, 2)
        });
        assert_eq!(heard, vec![Some(vec![10]); 2]);
    }

    #[test]
    fn the_others_wait_while_rank_0_is_at_work_for_longer_than_their_timeout() {
        let office = Office::default();
        let heard = play(&office, 2, &[0, 1], SHORT, |meeting, _| {
            if !meeting.leads() {
                return meeting.report(Stage::Sealed, Vec::new());
            }
            meeting.collect(Stage::Sealed, &[0, 1]);
            let done = meeting.while_at_work(|| office.wait_for(SHORT * 4));
            meeting.answer(Stage::Sealed, b"done");
            done.ok().map(|()| b"done".to_vec())
        });
        assert_eq!(heard, vec![Some(b"done".to_vec()); 2]);
    }
}
