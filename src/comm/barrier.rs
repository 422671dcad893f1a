//! A barrier with a timeout, before the first collective call of MPI: such a call ends only when all ranks make it.
//!
//! Every other rank reports its arrival to rank 0. When all have, rank 0 asks each to confirm; a rank that has
//! confirmed does not give up. When all have confirmed, rank 0 releases them together. Rank 0 sends heartbeats
//! meanwhile, so that no rank gives up that it still counts on.
//!
//! Each message carries the number of the attempt of the rank that sends or receives it, so that messages left over
//! from an attempt that failed are not taken for part of the next.

use super::backoff;
use super::transport::Transport;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// To rank 0: this rank has arrived.
const ARRIVED: u16 = 32_701;
/// To rank 0: this rank will not give up.
const CONFIRMED: u16 = 32_702;
/// From rank 0: the number of the attempt, one of the replies below, and with the last the missing ranks.
const REPLY: u16 = 32_703;

const HEARTBEAT: u32 = 0;
const CONFIRM: u32 = 1;
const PROCEED: u32 = 2;
const GIVE_UP: u32 = 3;

/// Waits until all ranks have arrived.
///
/// # Errors
///
/// The ranks that have not arrived within `timeout`.
pub(crate) fn wait(transport: &impl Transport, attempt: u32, timeout: Duration) -> Result<(), Vec<u32>> {
    match transport.rank() {
        _ if transport.size() == 1 => Ok(()),
        0 => lead(transport, timeout),
        _ => follow(transport, attempt, timeout),
    }
}

fn bytes(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let numbers = bytes.chunks_exact(4);
    numbers
        .map(|number| u32::from_le_bytes(number.try_into().expect("four bytes")))
        .collect()
}

/// The time between two heartbeats.
fn heartbeat_interval(timeout: Duration) -> Duration {
    (timeout / 8).min(Duration::from_secs(2))
}

fn lead(transport: &impl Transport, timeout: Duration) -> Result<(), Vec<u32>> {
    // The attempt of each rank that has arrived.
    let mut arrived: BTreeMap<u32, u32> = BTreeMap::new();
    let mut confirmed: BTreeSet<u32> = BTreeSet::new();
    let others = transport.size() as usize - 1;
    let mut until = Instant::now() + timeout;
    let mut last_heartbeat = Instant::now();
    let mut pause = backoff();
    // A rank that is gone needs no reply.
    let reply = |arrived: &BTreeMap<u32, u32>, reply: u32, missing: &[u32]| {
        for (&rank, &attempt) in arrived {
            transport
                .send(
                    rank,
                    REPLY,
                    bytes([attempt, reply].into_iter().chain(missing.iter().copied())),
                )
                .ok();
        }
    };
    while confirmed.len() < others {
        if let Some((rank, message)) = transport.receive(ARRIVED) {
            if let [attempt] = numbers(&message)[..] {
                arrived.insert(rank, attempt);
                confirmed.remove(&rank);
                if arrived.len() == others {
                    reply(&arrived, CONFIRM, &[]);
                    until = Instant::now() + timeout;
                }
            }
        } else if let Some((rank, message)) = transport.receive(CONFIRMED) {
            if arrived.get(&rank).copied() == numbers(&message).first().copied() {
                confirmed.insert(rank);
            }
        } else if Instant::now() >= until {
            let counted: Vec<u32> = if arrived.len() < others {
                arrived.keys().copied().collect()
            } else {
                confirmed.into_iter().collect()
            };
            let missing: Vec<u32> = (1..transport.size())
                .filter(|rank| !counted.contains(rank))
                .collect();
            reply(&arrived, GIVE_UP, &missing);
            return Err(missing);
        } else {
            if last_heartbeat.elapsed() >= heartbeat_interval(timeout) {
                last_heartbeat = Instant::now();
                reply(&arrived, HEARTBEAT, &[]);
            }
            pause();
        }
    }
    reply(&arrived, PROCEED, &[]);
    Ok(())
}

fn follow(transport: &impl Transport, attempt: u32, timeout: Duration) -> Result<(), Vec<u32>> {
    let no_rank_0 = || vec![0];
    transport
        .send(0, ARRIVED, bytes([attempt]))
        .map_err(|_| no_rank_0())?;
    let mut last_heartbeat = Instant::now();
    let mut pause = backoff();
    loop {
        match transport.receive(REPLY) {
            Some((0, message)) => match numbers(&message)[..] {
                [of, ..] if of != attempt => {}
                [_, CONFIRM] => {
                    last_heartbeat = Instant::now();
                    transport
                        .send(0, CONFIRMED, bytes([attempt]))
                        .map_err(|_| no_rank_0())?;
                }
                [_, PROCEED] => return Ok(()),
                [_, GIVE_UP, ref missing @ ..] => return Err(missing.to_vec()),
                _ => last_heartbeat = Instant::now(),
            },
            Some(_) => {}
            None if last_heartbeat.elapsed() >= timeout => return Err(no_rank_0()),
            None => pause(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::in_memory::{self, Network};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(400);

    #[test]
    fn when_all_arrive_all_go_on() {
        for size in [1, 2, 5] {
            let all: Vec<u32> = (0..size).collect();
            let network = Network::default();
            let results = in_memory::run_ranks(&network, size, &all, |endpoint| wait(&endpoint, 1, LONG));
            assert!(results.iter().all(Result::is_ok), "{results:?}");
        }
    }

    #[test]
    fn all_learn_which_ranks_are_missing() {
        let network = Network::default();
        let results = in_memory::run_ranks(&network, 4, &[0, 1, 3], |endpoint| wait(&endpoint, 1, SHORT));
        assert_eq!(results, vec![Err(vec![2]); 3]);
    }

    #[test]
    fn without_rank_0_nobody_goes_on() {
        let network = Network::default();
        let results = in_memory::run_ranks(&network, 3, &[1, 2], |endpoint| wait(&endpoint, 1, SHORT));
        assert_eq!(results, vec![Err(vec![0]); 2]);
    }

    #[test]
    fn a_rank_that_gave_up_is_not_counted_on() {
        let network = Network::default();
        in_memory::run_ranks(&network, 2, &[1], |endpoint| {
            wait(&endpoint, 1, Duration::ZERO).unwrap_err()
        });
        let results = in_memory::run_ranks(&network, 2, &[0], |endpoint| wait(&endpoint, 1, SHORT));
        assert_eq!(results, [Err(vec![1])]);
    }

    #[test]
    fn messages_of_a_failed_attempt_are_no_part_of_the_next() {
        let network = Network::default();
        in_memory::run_ranks(&network, 2, &[1], |endpoint| {
            wait(&endpoint, 1, Duration::ZERO).unwrap_err()
        });
        in_memory::run_ranks(&network, 2, &[0], |endpoint| {
            wait(&endpoint, 1, SHORT).unwrap_err()
        });
        let results = in_memory::run_ranks(&network, 2, &[0, 1], |endpoint| wait(&endpoint, 2, LONG));
        assert_eq!(results, vec![Ok(()); 2]);
    }
}
