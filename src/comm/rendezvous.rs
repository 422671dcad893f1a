//! The rendezvous at the end of a run, which never waits forever for a missing rank.
//!
//! Rank 0 leads. In each stage every other rank sends it one report, and rank 0 sends all the same reply once it
//! has the reports or a timeout has passed. Rank 0 sends heartbeats from its arrival to its last reply, and the
//! others while they work. Each side waits as long as heartbeats arrive, so that no rank gives up while another
//! still waits for it. No collective call of MPI takes part, because such a call ends only when all ranks make it.

use super::transport::Transport;
use crate::sys::threads;
use std::collections::BTreeMap;
use std::time::Duration;

/// The end of a run has these stages, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// This rank has called finalize.
    Arrived = 1,
    /// Its log is complete.
    Sealed = 2,
}

/// Reports to rank 0 have their stage as tag; replies of rank 0 have this one.
const REPLY: u16 = 100;
/// Heartbeats to rank 0.
const HEARTBEAT: u16 = 101;
/// The first byte of a reply: this for a heartbeat, or the stage that it ends.
const ALIVE: u8 = 0;

/// One rank's part in the rendezvous.
#[derive(Debug)]
pub(crate) struct Rendezvous<'a, P> {
    transport: &'a P,
    /// The timeout for a rank that sends no heartbeat.
    timeout: Duration,
}

impl<'a, P: Transport> Rendezvous<'a, P> {
    /// On rank 0, sends the first heartbeat to the others.
    pub(crate) fn new(transport: &'a P, timeout: Duration) -> Self {
        let rendezvous = Self { transport, timeout };
        if rendezvous.leads() {
            rendezvous.send_to_all(&[ALIVE]);
        }
        rendezvous
    }

    pub(crate) fn leads(&self) -> bool {
        self.transport.rank() == 0
    }

    /// Rank 0: the reports of this stage, of the ranks that sent one in time.
    pub(crate) fn collect(&self, stage: Stage, awaited: &[u32]) -> BTreeMap<u32, Vec<u8>> {
        let mut collected = BTreeMap::new();
        let mut missing = awaited.iter().filter(|&&rank| rank != 0).count();
        let mut last_heartbeat = self.transport.now();
        let mut heartbeat = self.heartbeats();
        let mut pause = self.transport.pauses();
        while missing > 0 {
            match self.transport.receive(stage as u16) {
                Some((rank, message)) => {
                    missing -=
                        usize::from(awaited.contains(&rank) && collected.insert(rank, message).is_none());
                }
                None if self.transport.receive(HEARTBEAT).is_some() => last_heartbeat = self.transport.now(),
                None if self.transport.now() - last_heartbeat >= self.timeout => break,
                None => {
                    heartbeat();
                    pause();
                }
            }
        }
        while self.transport.receive(HEARTBEAT).is_some() {}
        collected
    }

    /// Rank 0: sends the reply that ends a stage to all others, including those that have not arrived yet.
    pub(crate) fn reply(&self, stage: Stage, reply: &[u8]) {
        self.send_to_all(&[&[stage as u8], reply].concat());
    }

    /// Runs `work` on another thread and sends heartbeats meanwhile; without, where no thread can be started.
    pub(crate) fn with_heartbeats<R: Send>(&self, work: impl FnOnce() -> R + Send) -> std::thread::Result<R> {
        let mut heartbeat = self.heartbeats();
        let mut pause = self.transport.pauses();
        let (done, ()) = threads::beside(work, |work| {
            while !work.is_over() {
                heartbeat();
                pause();
            }
        });
        done
    }

    /// Other ranks: sends this rank's report and waits for the reply; none when no heartbeat of rank 0 arrives for too
    /// long.
    pub(crate) fn report(&self, stage: Stage, message: Vec<u8>) -> Option<Vec<u8>> {
        self.transport.send(0, stage as u16, message).ok()?;
        let mut last_heartbeat = self.transport.now();
        let mut pause = self.transport.pauses();
        loop {
            match self.transport.receive(REPLY) {
                Some((0, reply)) if reply.first() == Some(&(stage as u8)) => {
                    return Some(reply[1..].to_vec());
                }
                Some(_) => last_heartbeat = self.transport.now(),
                None if self.transport.now() - last_heartbeat >= self.timeout => return None,
                None => pause(),
            }
        }
    }

    fn send_to_all(&self, message: &[u8]) {
        for rank in 1..self.transport.size() {
            // A rank that is gone needs no message.
            self.transport.send(rank, REPLY, message.to_vec()).ok();
        }
    }

    /// To be called often: sends a heartbeat when the last one was some time ago.
    fn heartbeats(&self) -> impl FnMut() + '_ {
        let every = (self.timeout / 8).min(Duration::from_secs(2));
        let mut last = self.transport.now();
        move || {
            if self.transport.now() - last >= every {
                last = self.transport.now();
                if self.leads() {
                    self.send_to_all(&[ALIVE]);
                } else {
                    self.transport.send(0, HEARTBEAT, Vec::new()).ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::in_memory::{self, Endpoint, Network};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(400);

    /// Runs the ranks `present` of `size`, each with `timeout`.
    fn run<R: Send>(
        network: &Network,
        size: u32,
        present: &[u32],
        timeout: Duration,
        part: impl Fn(Rendezvous<'_, Endpoint<'_>>, u32) -> R + Sync,
    ) -> Vec<R> {
        in_memory::run_ranks(network, size, present, |endpoint| {
            part(Rendezvous::new(&endpoint, timeout), endpoint.rank)
        })
    }

    fn lead_or_follow(rendezvous: &Rendezvous<'_, Endpoint<'_>>, rank: u32, size: u32) -> Option<Vec<u8>> {
        if !rendezvous.leads() {
            return rendezvous.report(Stage::Arrived, vec![rank as u8 * 10]);
        }
        let all: Vec<u32> = (0..size).collect();
        let arrived = rendezvous.collect(Stage::Arrived, &all);
        let reply: Vec<u8> = arrived.values().flatten().copied().collect();
        rendezvous.reply(Stage::Arrived, &reply);
        Some(reply)
    }

    #[test]
    fn when_all_arrive_all_get_the_same_reply() {
        let replies = run(&Network::default(), 4, &[0, 1, 2, 3], LONG, |rendezvous, rank| {
            lead_or_follow(&rendezvous, rank, 4)
        });
        assert_eq!(replies, vec![Some(vec![10, 20, 30]); 4]);
    }

    #[test]
    fn nobody_waits_forever_for_a_missing_rank() {
        let replies = run(&Network::default(), 4, &[0, 1, 3], SHORT, |rendezvous, rank| {
            lead_or_follow(&rendezvous, rank, 4)
        });
        assert_eq!(replies, vec![Some(vec![10, 30]); 3]);
    }

    #[test]
    fn without_rank_0_the_others_go_on_by_themselves() {
        let replies = run(&Network::default(), 3, &[1, 2], SHORT, |rendezvous, rank| {
            lead_or_follow(&rendezvous, rank, 3)
        });
        assert_eq!(replies, [None, None]);
    }

    #[test]
    fn a_rank_that_arrives_late_learns_what_was_decided_without_it() {
        let network = Network::default();
        let part = |rendezvous: Rendezvous<'_, Endpoint<'_>>, rank| lead_or_follow(&rendezvous, rank, 3);
        run(&network, 3, &[0, 1], SHORT, part);
        assert_eq!(run(&network, 3, &[2], SHORT, part), [Some(vec![10])]);
    }

    #[test]
    fn rank_0_waits_while_another_rank_works_for_longer_than_the_timeout() {
        let network = Network::default();
        let replies = run(&network, 2, &[0, 1], SHORT, |rendezvous, rank| {
            if !rendezvous.leads() {
                rendezvous.with_heartbeats(|| network.wait_for(SHORT * 4)).ok();
            }
            lead_or_follow(&rendezvous, rank, 2)
        });
        assert_eq!(replies, vec![Some(vec![10]); 2]);
    }

    #[test]
    fn the_others_wait_while_rank_0_works_for_longer_than_the_timeout() {
        let network = Network::default();
        let replies = run(&network, 2, &[0, 1], SHORT, |rendezvous, _| {
            if !rendezvous.leads() {
                return rendezvous.report(Stage::Sealed, Vec::new());
            }
            rendezvous.collect(Stage::Sealed, &[0, 1]);
            let done = rendezvous.with_heartbeats(|| network.wait_for(SHORT * 4));
            rendezvous.reply(Stage::Sealed, b"done");
            done.ok().map(|()| b"done".to_vec())
        });
        assert_eq!(replies, vec![Some(b"done".to_vec()); 2]);
    }
}
