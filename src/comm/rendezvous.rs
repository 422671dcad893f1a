//! Whether all ranks have come, before the first collective call: none can be left again before all have.
//!
//! Every other rank tells rank 0 that it is here. When all are, rank 0 asks each once more; who says yes
//! then does not leave any more. Only when all have does rank 0 let them go on together. Who waits hears
//! from rank 0 now and then, so that nobody gives up who is still counted on.
//!
//! Each message has the number of the attempt of the rank that it is from or for: what is left of one that was
//! given up is not taken for a part of the next.

use super::backoff;
use super::post::Post;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// To rank 0: I am here.
const HERE: u16 = 32_701;
/// To rank 0: I go on.
const YES: u16 = 32_702;
/// From rank 0: the number of the attempt, one of the words below, and for the last the ranks.
const WORD: u16 = 32_703;

const WAIT: u32 = 0;
const ASK: u32 = 1;
const GO: u32 = 2;
const APART: u32 = 3;

/// Waits until all ranks have come.
///
/// # Errors
///
/// The ranks that have not within `timeout`.
pub(crate) fn gather(post: &impl Post, attempt: u32, timeout: Duration) -> Result<(), Vec<u32>> {
    match post.rank() {
        _ if post.size() == 1 => Ok(()),
        0 => lead(post, timeout),
        _ => follow(post, attempt, timeout),
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

/// How often those who wait hear of rank 0.
fn every(timeout: Duration) -> Duration {
    (timeout / 8).min(Duration::from_secs(2))
}

fn lead(post: &impl Post, timeout: Duration) -> Result<(), Vec<u32>> {
    // The attempt of each rank that has come.
    let mut here: BTreeMap<u32, u32> = BTreeMap::new();
    let mut ready: BTreeSet<u32> = BTreeSet::new();
    let others = post.size() as usize - 1;
    let mut until = Instant::now() + timeout;
    let mut last_sign = Instant::now();
    let mut pause = backoff();
    // Who is gone needs no word.
    let tell = |here: &BTreeMap<u32, u32>, word: u32, missing: &[u32]| {
        for (&rank, &attempt) in here {
            post.send(
                rank,
                WORD,
                bytes([attempt, word].into_iter().chain(missing.iter().copied())),
            )
            .ok();
        }
    };
    while ready.len() < others {
        if let Some((rank, message)) = post.receive(HERE) {
            if let [attempt] = numbers(&message)[..] {
                here.insert(rank, attempt);
                ready.remove(&rank);
                if here.len() == others {
                    tell(&here, ASK, &[]);
                    until = Instant::now() + timeout;
                }
            }
        } else if let Some((rank, message)) = post.receive(YES) {
            if here.get(&rank).copied() == numbers(&message).first().copied() {
                ready.insert(rank);
            }
        } else if Instant::now() >= until {
            let counted: Vec<u32> = if here.len() < others {
                here.keys().copied().collect()
            } else {
                ready.into_iter().collect()
            };
            let missing: Vec<u32> = (1..post.size()).filter(|rank| !counted.contains(rank)).collect();
            tell(&here, APART, &missing);
            return Err(missing);
        } else {
            if last_sign.elapsed() >= every(timeout) {
                last_sign = Instant::now();
                tell(&here, WAIT, &[]);
            }
            pause();
        }
    }
    tell(&here, GO, &[]);
    Ok(())
}

fn follow(post: &impl Post, attempt: u32, timeout: Duration) -> Result<(), Vec<u32>> {
    let nobody = || vec![0];
    post.send(0, HERE, bytes([attempt])).map_err(|_| nobody())?;
    let mut last_sign = Instant::now();
    let mut pause = backoff();
    loop {
        match post.receive(WORD) {
            Some((0, message)) => match numbers(&message)[..] {
                [of, ..] if of != attempt => {}
                [_, ASK] => {
                    last_sign = Instant::now();
                    post.send(0, YES, bytes([attempt])).map_err(|_| nobody())?;
                }
                [_, GO] => return Ok(()),
                [_, APART, ref missing @ ..] => return Err(missing.to_vec()),
                _ => last_sign = Instant::now(),
            },
            Some(_) => {}
            None if last_sign.elapsed() >= timeout => return Err(nobody()),
            None => pause(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::post::office::{self, Office};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(400);

    #[test]
    fn when_all_come_all_go_on() {
        for size in [1, 2, 5] {
            let all: Vec<u32> = (0..size).collect();
            let office = Office::default();
            let gone_on = office::play(&office, size, &all, |desk| gather(&desk, 1, LONG));
            assert!(gone_on.iter().all(Result::is_ok), "{gone_on:?}");
        }
    }

    #[test]
    fn all_hear_who_has_not_come() {
        let office = Office::default();
        let heard = office::play(&office, 4, &[0, 1, 3], |desk| gather(&desk, 1, SHORT));
        assert_eq!(heard, vec![Err(vec![2]); 3]);
    }

    #[test]
    fn without_rank_0_nobody_goes_on() {
        let office = Office::default();
        let heard = office::play(&office, 3, &[1, 2], |desk| gather(&desk, 1, SHORT));
        assert_eq!(heard, vec![Err(vec![0]); 2]);
    }

    #[test]
    fn who_has_given_up_is_not_counted_on() {
        let office = Office::default();
        office::play(&office, 2, &[1], |desk| {
            gather(&desk, 1, Duration::ZERO).unwrap_err()
        });
        let heard = office::play(&office, 2, &[0], |desk| gather(&desk, 1, SHORT));
        assert_eq!(heard, [Err(vec![1])]);
    }

    #[test]
    fn what_is_left_of_an_attempt_is_no_part_of_the_next() {
        let office = Office::default();
        office::play(&office, 2, &[1], |desk| {
            gather(&desk, 1, Duration::ZERO).unwrap_err()
        });
        office::play(&office, 2, &[0], |desk| gather(&desk, 1, SHORT).unwrap_err());
        let heard = office::play(&office, 2, &[0, 1], |desk| gather(&desk, 2, LONG));
        assert_eq!(heard, vec![Ok(()); 2]);
    }
}
