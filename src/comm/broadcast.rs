//! A message from rank 0 to all others when a session begins.

use super::backoff;
use super::transport::Transport;
use std::time::Instant;

/// A tag that the rendezvous does not use.
const BROADCAST: u16 = 102;

/// Rank 0's `message`; none when it does not arrive before `until`. Every rank has to call this.
pub(crate) fn broadcast(transport: &impl Transport, message: Vec<u8>, until: Instant) -> Option<Vec<u8>> {
    if transport.rank() == 0 {
        for rank in 1..transport.size() {
            // A rank that is gone needs no message.
            transport.send(rank, BROADCAST, message.clone()).ok();
        }
        return Some(message);
    }
    let mut pause = backoff();
    loop {
        match transport.receive(BROADCAST) {
            Some((0, message)) => return Some(message),
            Some(_) => {}
            None if Instant::now() >= until => return None,
            None => pause(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::in_memory::{self, Network};
    use super::*;
    use std::time::Duration;

    #[test]
    fn all_receive_the_message_of_rank_0() {
        let until = Instant::now() + Duration::from_secs(60);
        let received = in_memory::run_ranks(&Network::default(), 3, &[0, 1, 2], |endpoint| {
            broadcast(&endpoint, vec![endpoint.rank as u8], until)
        });
        assert_eq!(received, vec![Some(vec![0]); 3]);
    }

    #[test]
    fn a_rank_that_receives_nothing_goes_on() {
        let received = in_memory::run_ranks(&Network::default(), 2, &[1], |endpoint| {
            broadcast(&endpoint, vec![1], Instant::now())
        });
        assert_eq!(received, [None]);
    }
}
