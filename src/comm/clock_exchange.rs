//! Comparing the clocks of the ranks.
//!
//! Processes that read the same clock, as those of a node do, need one of them to speak for all. These
//! speakers form a binomial tree: speaker *i* asks the one whose number is *i* without its lowest set
//! bit, so that it takes as many steps as there are bits, whatever the number of nodes. On the way back
//! each learns the difference between its parent's clock and rank 0's, and tells its children and those
//! it speaks for.

use super::post::Post;
use crate::clock::{Clock, ClockMeasurement, Round};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

/// Questions for each pair of clocks. The first ones set up the connection and are slow; one in which
/// nothing comes in between is enough.
const ROUNDS: usize = 32;

/// When clocks are compared. No message of a comparison that was given up is taken for one of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// When a run begins.
    Start = 200,
    /// When it ends.
    End = 300,
}

/// Tags of the messages, from that of the occasion on.
const IDENTITY: u16 = 0;
const PLACE: u16 = 1;
const QUESTION: u16 = 2;
const ANSWER: u16 = 3;
const DIFFERENCE: u16 = 4;

/// Compares this rank's clock with rank 0's. None when not all ranks have come before `until`, or those
/// in between have not answered. Collective.
pub(crate) fn compare_clocks(
    post: &impl Post,
    clock: &Clock,
    occasion: Occasion,
    until: Instant,
) -> Option<ClockMeasurement> {
    let exchange = Exchange {
        post,
        clock,
        occasion,
        until,
    };
    exchange.measure(&exchange.place()?)
}

/// A rank's place among those that compare their clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// The rank that compares the clock which this rank reads.
    speaker: u32,
    /// Whom a speaker asks.
    parent: Option<u32>,
    /// Who asks this speaker.
    children: Vec<u32>,
    /// Who else reads this speaker's clock.
    listeners: Vec<u32>,
}

/// One comparison.
struct Exchange<'a, P> {
    post: &'a P,
    clock: &'a Clock,
    occasion: Occasion,
    until: Instant,
}

impl<P: Post> Exchange<'_, P> {
    /// Finds out who reads the same clock: rank 0 hears it of all and gives each its place.
    fn place(&self) -> Option<Place> {
        let (me, size) = (self.post.rank(), self.post.size());
        let mine = digest(self.clock, me);
        if me != 0 {
            self.send(0, IDENTITY, mine.to_le_bytes().to_vec())?;
            return Place::decode(&self.wait(PLACE)?.1);
        }
        let mut clocks = vec![mine; size as usize];
        let all = (1..size).all(|_| {
            let identity = self.wait(IDENTITY);
            identity.is_some_and(|(rank, clock)| {
                let known = clocks.get_mut(rank as usize).zip(number(&clock));
                known.map(|(known, clock)| *known = clock).is_some()
            })
        });
        let mut places = if all { places(&clocks) } else { Vec::new() };
        for rank in 1..size {
            // Without a place there is nothing to wait for.
            let place = places.get(rank as usize).map_or_else(Vec::new, Place::encode);
            // One that is gone is missed by those who ask it.
            let _ = self.send(rank, PLACE, place);
        }
        (!places.is_empty()).then(|| places.swap_remove(0))
    }

    fn measure(&self, place: &Place) -> Option<ClockMeasurement> {
        for _ in 0..place.children.len() * ROUNDS {
            let (child, _) = self.wait(QUESTION)?;
            self.send(child, ANSWER, self.clock.now_ns().to_le_bytes().to_vec())?;
        }
        let measured = if place.speaker == 0 && place.parent.is_none() {
            ClockMeasurement::same_clock(self.clock.now_ns())
        } else {
            let link = match place.parent {
                Some(parent) => Some(self.ask(parent)?),
                None => None,
            };
            let told = decode(&self.wait(DIFFERENCE)?.1)?;
            link.map_or(told, |link| link.through(told))
        };
        for &rank in place.children.iter().chain(&place.listeners) {
            let _ = self.send(rank, DIFFERENCE, encode(measured));
        }
        Some(measured)
    }

    fn ask(&self, parent: u32) -> Option<ClockMeasurement> {
        let round = || {
            let asked = self.clock.now_ns();
            self.send(parent, QUESTION, Vec::new())?;
            let (_, answer) = self.wait(ANSWER)?;
            let answered = self.clock.now_ns();
            Some(Round {
                asked,
                answer: number(&answer)? as i64,
                answered,
            })
        };
        let rounds = (0..ROUNDS).map(|_| round()).collect::<Option<Vec<Round>>>()?;
        ClockMeasurement::of_rounds(&rounds)
    }

    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Option<()> {
        self.post.send(to, self.occasion as u16 + tag, message).ok()
    }

    /// The next message of this tag. Looks for it without a pause: each pause would widen the bound.
    fn wait(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
        loop {
            if let Some(message) = self.post.receive(self.occasion as u16 + tag) {
                return Some(message);
            }
            if Instant::now() >= self.until {
                return None;
            }
            std::thread::yield_now();
        }
    }
}

impl Place {
    fn encode(&self) -> Vec<u8> {
        let parent = self.parent.map_or(u32::MAX, |parent| parent);
        let mut numbers = vec![self.speaker, parent, self.children.len() as u32];
        numbers.extend(self.children.iter().chain(&self.listeners));
        numbers.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<u32> = bytes
            .chunks(4)
            .map(|bytes| bytes.try_into().ok().map(u32::from_le_bytes))
            .collect::<Option<_>>()?;
        let [speaker, parent, children, ranks @ ..] = numbers.as_slice() else {
            return None;
        };
        let (children, listeners) = ranks.split_at_checked(*children as usize)?;
        Some(Self {
            speaker: *speaker,
            parent: (*parent != u32::MAX).then_some(*parent),
            children: children.into(),
            listeners: listeners.into(),
        })
    }
}

/// The place of each rank, from the digest of the clock that it reads.
fn places(clocks: &[u64]) -> Vec<Place> {
    let mut speaker_of_clock = HashMap::new();
    let mut speakers = Vec::new();
    let mut places: Vec<Place> = (0..)
        .zip(clocks)
        .map(|(rank, clock)| {
            let speaker = *speaker_of_clock.entry(clock).or_insert_with(|| {
                speakers.push(rank);
                rank
            });
            Place {
                speaker,
                parent: None,
                children: Vec::new(),
                listeners: Vec::new(),
            }
        })
        .collect();
    for rank in 0..places.len() {
        let speaker = places[rank].speaker as usize;
        // Those that read rank 0's clock know without being told.
        if speaker != rank && speaker != 0 {
            places[speaker].listeners.push(rank as u32);
        }
    }
    for index in 1..speakers.len() {
        let (child, parent) = (speakers[index], speakers[index & (index - 1)]);
        places[child as usize].parent = Some(parent);
        places[parent as usize].children.push(child);
    }
    places
}

fn digest(clock: &Clock, rank: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    match clock.identity() {
        Some(identity) => identity.hash(&mut hasher),
        // Where nobody can tell, every process is taken to have a clock of its own.
        None => rank.hash(&mut hasher),
    }
    hasher.finish()
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

fn encode(measured: ClockMeasurement) -> Vec<u8> {
    let numbers = [
        measured.at as u64,
        measured.offset as u64,
        measured.bound,
        measured.hops.into(),
    ];
    numbers.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn decode(bytes: &[u8]) -> Option<ClockMeasurement> {
    let mut numbers = bytes.chunks(8).map(number);
    let mut next = || numbers.next().flatten();
    Some(ClockMeasurement {
        at: next()? as i64,
        offset: next()? as i64,
        bound: next()?,
        hops: u32::try_from(next()?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::post::office::{self, Office};
    use super::*;
    use crate::clock::ManualClock;
    use std::time::Duration;

    /// What each of the ranks `present`, whose clocks are `clocks`, finds out twice.
    fn play(clocks: &[Clock], present: &[u32], timeout: Duration) -> Vec<[Option<ClockMeasurement>; 2]> {
        office::play(&Office::default(), clocks.len() as u32, present, |desk| {
            let until = Instant::now() + timeout;
            [Occasion::Start, Occasion::End]
                .map(|occasion| compare_clocks(&desk, &clocks[desk.rank as usize], occasion, until))
        })
    }

    const LONG: Duration = Duration::from_secs(60);

    fn skewed(offset_ns: i64) -> Clock {
        Clock::Manual(ManualClock::skewed(offset_ns, 0))
    }

    #[test]
    fn every_rank_learns_its_difference_to_rank_0_within_the_bound() {
        let offsets: Vec<i64> = (0..9).map(|rank| rank * rank * 1_000_000_007).collect();
        let clocks: Vec<Clock> = offsets.iter().map(|&offset| skewed(offset)).collect();
        let found = play(&clocks, &[0, 1, 2, 3, 4, 5, 6, 7, 8], LONG);
        let hops: Vec<u32> = found.iter().map(|two| two[0].unwrap().hops).collect();
        assert_eq!(hops, [0, 1, 1, 2, 1, 2, 2, 3, 1]);
        for (rank, two) in found.into_iter().enumerate() {
            for measured in two {
                let measured = measured.unwrap();
                let error = measured.offset.abs_diff(offsets[0] - offsets[rank]);
                assert!(
                    error <= measured.bound,
                    "rank {rank}: {measured:?} is off by {error}"
                );
            }
        }
    }

    #[test]
    fn ranks_that_read_the_same_clock_know_that_they_do() {
        let (here, there) = (skewed(0), skewed(77_000_000));
        let clocks = [&here, &there, &here, &there, &there].map(Clock::clone);
        let found = play(&clocks, &[0, 1, 2, 3, 4], LONG);
        let [zero, one, two, three, four] = [0, 1, 2, 3, 4].map(|rank| found[rank][1].unwrap());
        for measured in [zero, two] {
            assert_eq!((measured.offset, measured.bound, measured.hops), (0, 0, 0));
        }
        assert_eq!([three, four], [one, one]);
        assert_eq!(one.hops, 1);
    }

    #[test]
    fn a_rank_that_does_not_come_leaves_the_others_without_a_measurement() {
        let clocks: Vec<Clock> = (0..3).map(skewed).collect();
        assert_eq!(play(&clocks, &[0, 2], Duration::from_millis(50)), [[None; 2]; 2]);
    }

    #[test]
    fn each_step_of_the_tree_doubles_the_ranks_that_are_compared() {
        for size in 1..70u64 {
            let clocks: Vec<u64> = (0..size).collect();
            let places = places(&clocks);
            for (rank, place) in places.iter().enumerate() {
                let mut at = rank as u32;
                let mut hops = 0;
                while let Some(parent) = places[at as usize].parent {
                    assert!(places[parent as usize].children.contains(&at));
                    (at, hops) = (parent, hops + 1);
                }
                assert_eq!(at, 0, "{place:?}");
                assert!(hops <= size.ilog2() && place.children.len() <= 7);
                assert_eq!(Place::decode(&place.encode()).as_ref(), Some(place));
            }
        }
    }
}
