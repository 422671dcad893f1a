//! Comparing the clocks of the ranks.
//!
//! Processes that read the same clock, as those of a node do, need one of them to speak for all. These
//! speakers form a binomial tree: speaker *i* asks the one whose number is *i* without its lowest set
//! bit, which takes as many steps as there are bits, whatever the number of nodes. On the way back each
//! learns the difference between its parent's clock and rank 0's.

use crate::clock::{Clock, ClockMeasurement, Round};
use mpi::Rank;
use mpi::topology::{Color, SimpleCommunicator};
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Root, Source};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Questions for each pair of clocks. The first ones set up the connection and are slow, and one in
/// which nothing comes in between is enough.
const ROUNDS: usize = 32;

/// Compares the clock of each rank of `world` with that of its rank 0. Collective.
pub(super) fn measure(world: &SimpleCommunicator, clock: &Clock) -> Option<ClockMeasurement> {
    let sharing = ranks_that_share(world, clock);
    let is_speaker = sharing.rank() == 0;
    let color = if is_speaker {
        Color::with_value(0)
    } else {
        Color::undefined()
    };
    let speakers = world.split_by_color_with_key(color, world.rank());
    let measured = speakers.and_then(|speakers| measure_tree(&speakers, clock));
    let mut numbers = measured.map_or([0; 5], to_numbers);
    sharing.process_at_rank(0).broadcast_into(&mut numbers[..]);
    from_numbers(numbers)
}

/// The ranks that read the same clock as this one, the lowest of them first.
fn ranks_that_share(world: &SimpleCommunicator, clock: &Clock) -> SimpleCommunicator {
    let node = world.split_shared(world.rank());
    // Processes of a node may still have clocks of their own, as in another time namespace. Where
    // nobody can tell, each is taken to have.
    let identity = match clock.identity() {
        Some(identity) => format!("same {identity}"),
        None => format!("own {}", node.rank()),
    };
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    let color = (hasher.finish() & 0x3fff_ffff) as i32;
    node.split_by_color_with_key(Color::with_value(color), node.rank())
        .unwrap_or(node)
}

/// The difference between this speaker's clock and the first one's.
fn measure_tree(speakers: &SimpleCommunicator, clock: &Clock) -> Option<ClockMeasurement> {
    let (me, size) = (speakers.rank(), speakers.size());
    let steps = steps(me, size);
    let mut link = None;
    let mut children = Vec::new();
    for step in steps {
        match step {
            Step::Answer(child) => {
                answer(speakers, child, clock);
                children.push(child);
            }
            Step::Ask(parent) => link = Some((parent, ask(speakers, parent, clock))),
        }
    }
    let measured = match link {
        None => Some(ClockMeasurement::same_clock(clock.now_ns())),
        Some((parent, link)) => {
            let mut numbers = [0; 5];
            speakers.process_at_rank(parent).receive_into(&mut numbers[..]);
            link.zip(from_numbers(numbers))
                .map(|(link, parent)| link.through(parent))
        }
    };
    for child in children {
        let numbers = measured.map_or([0; 5], to_numbers);
        speakers.process_at_rank(child).send(&numbers[..]);
    }
    measured
}

/// What a speaker has to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Answer(Rank),
    Ask(Rank),
}

/// The steps of speaker `me` of `size`: answers to its children, the nearest first, then the questions
/// to its parent.
fn steps(me: Rank, size: Rank) -> Vec<Step> {
    let mut steps = Vec::new();
    for bit in (0..31).map(|shift| 1 << shift).take_while(|&bit| bit < size) {
        if me & bit != 0 {
            steps.push(Step::Ask(me - bit));
            break;
        }
        if me + bit < size {
            steps.push(Step::Answer(me + bit));
        }
    }
    steps
}

fn ask(speakers: &SimpleCommunicator, parent: Rank, clock: &Clock) -> Option<ClockMeasurement> {
    let parent = speakers.process_at_rank(parent);
    let rounds: Vec<Round> = (0..ROUNDS)
        .map(|_| {
            let asked = clock.now_ns();
            parent.send(&asked);
            let (answer, _) = parent.receive::<i64>();
            Round {
                asked,
                answer,
                answered: clock.now_ns(),
            }
        })
        .collect();
    ClockMeasurement::of_rounds(&rounds)
}

fn answer(speakers: &SimpleCommunicator, child: Rank, clock: &Clock) {
    let child = speakers.process_at_rank(child);
    for _ in 0..ROUNDS {
        let _ = child.receive::<i64>();
        child.send(&clock.now_ns());
    }
}

fn to_numbers(measured: ClockMeasurement) -> [i64; 5] {
    let bound = i64::try_from(measured.bound).unwrap_or(i64::MAX);
    [1, measured.at, measured.offset, bound, measured.hops.into()]
}

fn from_numbers([known, at, offset, bound, hops]: [i64; 5]) -> Option<ClockMeasurement> {
    (known == 1).then(|| ClockMeasurement {
        at,
        offset,
        bound: bound.unsigned_abs(),
        hops: u32::try_from(hops).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_speaker_has_a_way_to_the_first_one_and_nobody_waits_for_ever() {
        for size in 1..70 {
            let mut left: Vec<Vec<Step>> = (0..size).map(|me| steps(me, size)).collect();
            let links: usize = left.iter().map(Vec::len).sum();
            assert_eq!(links as Rank, 2 * (size - 1), "each link has two ends");
            // Runs the steps as the ranks do: a question and its answer need both sides.
            let mut turns = 0;
            while left.iter().any(|steps| !steps.is_empty()) {
                let mut met = Vec::new();
                for me in 0..size {
                    if let Some(&Step::Ask(parent)) = left[me as usize].first() {
                        if left[parent as usize].first() == Some(&Step::Answer(me)) {
                            met.extend([me, parent]);
                        }
                    }
                }
                assert!(!met.is_empty(), "{size} speakers wait for each other");
                for one in met {
                    left[one as usize].remove(0);
                }
                turns += 1;
            }
            assert!(turns <= 32 - (size as u32 - 1).leading_zeros(), "{size} speakers");
        }
    }
}
