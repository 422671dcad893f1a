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

/// Tags of the messages; those of a measurement are moved on with each one, so that no message of one
/// that was given up is taken for one of the next.
const IDENTITY: u16 = 200;
const PLACE: u16 = 201;
const QUESTION: u16 = 210;
const ANSWER: u16 = 211;
const DIFFERENCE: u16 = 212;
const TAGS_OF_A_MEASUREMENT: u16 = 3;

/// A rank's place among those that compare their clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClockTree {
    /// The rank that compares the clock which this rank reads.
    speaker: u32,
    /// Whom a speaker asks.
    parent: Option<u32>,
    /// Who asks this speaker.
    children: Vec<u32>,
    /// Who else reads this speaker's clock.
    listeners: Vec<u32>,
    measurements: u16,
}

impl ClockTree {
    /// Finds out who reads the same clock. None when not all ranks have come before `until`.
    /// Collective.
    pub(crate) fn agree(post: &impl Post, clock: &Clock, until: Instant) -> Option<Self> {
        let mine = digest(clock, post.rank());
        if post.rank() != 0 {
            post.send(0, IDENTITY, mine.to_le_bytes().to_vec()).ok()?;
            let (_, place) = wait(post, PLACE, until)?;
            return Self::decode(&place);
        }
        let mut clocks = vec![mine];
        clocks.resize(post.size() as usize, 0);
        let all = (1..post.size()).all(|_| {
            wait(post, IDENTITY, until).is_some_and(|(rank, digest)| {
                let place = clocks.get_mut(rank as usize);
                place
                    .zip(number(&digest))
                    .map(|(place, digest)| *place = digest)
                    .is_some()
            })
        });
        let mut places = if all { places(&clocks) } else { Vec::new() };
        for rank in 1..post.size() {
            // Without a place there is nothing to wait for.
            let place = places.get(rank as usize).map_or_else(Vec::new, Self::encode);
            post.send(rank, PLACE, place).ok();
        }
        (!places.is_empty()).then(|| places.swap_remove(0))
    }

    /// Compares this rank's clock with rank 0's. None when the ranks in between have not answered
    /// before `until`. Collective.
    pub(crate) fn measure(
        &mut self,
        post: &impl Post,
        clock: &Clock,
        until: Instant,
    ) -> Option<ClockMeasurement> {
        let tag = |tag: u16| tag + self.measurements * TAGS_OF_A_MEASUREMENT;
        let (question, answer, difference) = (tag(QUESTION), tag(ANSWER), tag(DIFFERENCE));
        self.measurements += 1;
        if self.speaker == 0 && post.rank() != 0 {
            return Some(ClockMeasurement::same_clock(clock.now_ns()));
        }
        let mut left = self.children.len() * ROUNDS;
        while left > 0 {
            let (child, _) = wait(post, question, until)?;
            post.send(child, answer, clock.now_ns().to_le_bytes().to_vec())
                .ok()?;
            left -= 1;
        }
        let measured = match self.parent {
            _ if post.rank() == 0 => ClockMeasurement::same_clock(clock.now_ns()),
            None => decode(&wait(post, difference, until)?.1)?,
            Some(parent) => {
                let rounds = (0..ROUNDS)
                    .map(|_| {
                        let asked = clock.now_ns();
                        post.send(parent, question, Vec::new()).ok()?;
                        let (_, answer) = wait(post, answer, until)?;
                        let answered = clock.now_ns();
                        let answer = number(&answer)? as i64;
                        Some(Round {
                            asked,
                            answer,
                            answered,
                        })
                    })
                    .collect::<Option<Vec<Round>>>()?;
                let link = ClockMeasurement::of_rounds(&rounds)?;
                link.through(decode(&wait(post, difference, until)?.1)?)
            }
        };
        for &rank in self.children.iter().chain(&self.listeners) {
            post.send(rank, difference, encode(measured)).ok();
        }
        Some(measured)
    }

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
            measurements: 0,
        })
    }
}

/// The place of each rank, from the digest of the clock that it reads.
fn places(clocks: &[u64]) -> Vec<ClockTree> {
    let mut speaker_of_clock = HashMap::new();
    let mut speakers = Vec::new();
    let mut places: Vec<ClockTree> = (0..)
        .zip(clocks)
        .map(|(rank, clock)| {
            let speaker = *speaker_of_clock.entry(clock).or_insert_with(|| {
                speakers.push(rank);
                rank
            });
            ClockTree {
                speaker,
                parent: None,
                children: Vec::new(),
                listeners: Vec::new(),
                measurements: 0,
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

/// The next message of this tag. Looks for it without a pause: each pause would widen the bound.
fn wait(post: &impl Post, tag: u16, until: Instant) -> Option<(u32, Vec<u8>)> {
    loop {
        if let Some(message) = post.receive(tag) {
            return Some(message);
        }
        if Instant::now() >= until {
            return None;
        }
        std::thread::yield_now();
    }
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
    use super::super::post::Gone;
    use super::*;
    use crate::clock::ManualClock;
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::Mutex;
    use std::time::Duration;

    type Letters = VecDeque<(u32, Vec<u8>)>;

    /// Ranks that are threads.
    struct Desk<'a> {
        boxes: &'a Mutex<BTreeMap<(u32, u16), Letters>>,
        rank: u32,
        size: u32,
    }

    impl Post for Desk<'_> {
        fn rank(&self) -> u32 {
            self.rank
        }

        fn size(&self) -> u32 {
            self.size
        }

        fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone> {
            let mut boxes = self.boxes.lock().unwrap();
            boxes
                .entry((to, tag))
                .or_default()
                .push_back((self.rank, message));
            Ok(())
        }

        fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
            self.boxes.lock().unwrap().get_mut(&(self.rank, tag))?.pop_front()
        }

        fn is_up(&self) -> bool {
            true
        }
    }

    /// What each of the ranks `present`, whose clocks are `clocks`, finds out twice.
    fn play(clocks: &[Clock], present: &[u32], patience: Duration) -> Vec<[Option<ClockMeasurement>; 2]> {
        let boxes = Mutex::default();
        let (boxes, size) = (&boxes, clocks.len() as u32);
        std::thread::scope(|scope| {
            let start = |&rank: &u32| {
                let clock = &clocks[rank as usize];
                scope.spawn(move || {
                    let until = Instant::now() + patience;
                    let desk = Desk { boxes, rank, size };
                    let Some(mut tree) = ClockTree::agree(&desk, clock, until) else {
                        return [None; 2];
                    };
                    [(); 2].map(|()| tree.measure(&desk, clock, until))
                })
            };
            let ranks: Vec<_> = present.iter().map(start).collect();
            ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
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
                assert_eq!(ClockTree::decode(&place.encode()).as_ref(), Some(place));
            }
        }
    }
}
