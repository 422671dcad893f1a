//! Comparing the clocks of the ranks.
//!
//! Of the processes that read the same clock, as those of a node do, one is the representative. The
//! representatives form a binomial tree: number *i* measures against the one whose number is *i* without its lowest set
//! bit, so the depth is logarithmic in the number of nodes. On the way back each learns the offset of its
//! parent's clock from rank 0's, and passes its own on to its children and to the processes that it represents.

use super::transport::Transport;
use crate::clock::{Clock, ClockMeasurement, Round};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

/// Pings for each pair of clocks. The first ones set up the connection and are slow; one without a disturbance
/// is enough.
const ROUNDS: usize = 32;

/// When clocks are compared. Each has its own tags, so that no message of a comparison that failed is taken for one
/// of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// At the start of a run.
    Start = 200,
    /// At its end.
    End = 300,
}

/// Tags of the messages, added to that of the occasion.
const IDENTITY: u16 = 0;
const POSITION: u16 = 1;
const PING: u16 = 2;
const PONG: u16 = 3;
const OFFSET: u16 = 4;

/// Compares this rank's clock with rank 0's. None when not all ranks have called this before `until`, or a rank
/// in between has not answered. Collective.
pub(crate) fn compare_clocks(
    transport: &impl Transport,
    clock: &Clock,
    occasion: Occasion,
    until: Instant,
) -> Option<ClockMeasurement> {
    let exchange = Exchange {
        transport,
        clock,
        occasion,
        until,
    };
    exchange.measure(&exchange.position()?)
}

/// A rank's position in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    /// The rank that measures the clock which this rank reads.
    representative: u32,
    /// The rank that a representative measures against.
    parent: Option<u32>,
    /// The ranks that measure against this one.
    children: Vec<u32>,
    /// The other ranks that read this representative's clock.
    represented: Vec<u32>,
}

/// One comparison.
struct Exchange<'a, P> {
    transport: &'a P,
    clock: &'a Clock,
    occasion: Occasion,
    until: Instant,
}

impl<P: Transport> Exchange<'_, P> {
    /// Finds out which ranks read the same clock: all report to rank 0, which gives each its position.
    fn position(&self) -> Option<Position> {
        let (me, size) = (self.transport.rank(), self.transport.size());
        let mine = digest(self.clock, me);
        if me != 0 {
            self.send(0, IDENTITY, mine.to_le_bytes().to_vec())?;
            return Position::decode(&self.wait(POSITION)?.1);
        }
        let mut clocks = vec![mine; size as usize];
        let all = (1..size).all(|_| {
            let identity = self.wait(IDENTITY);
            identity.is_some_and(|(rank, clock)| {
                let known = clocks.get_mut(rank as usize).zip(number(&clock));
                known.map(|(known, clock)| *known = clock).is_some()
            })
        });
        let mut positions = if all { positions(&clocks) } else { Vec::new() };
        for rank in 1..size {
            // A rank that gets an empty position does not wait any longer.
            let position = positions
                .get(rank as usize)
                .map_or_else(Vec::new, Position::encode);
            // The ranks that measure against one that is gone notice that.
            let _ = self.send(rank, POSITION, position);
        }
        (!positions.is_empty()).then(|| positions.swap_remove(0))
    }

    fn measure(&self, position: &Position) -> Option<ClockMeasurement> {
        for _ in 0..position.children.len() * ROUNDS {
            let (child, _) = self.wait(PING)?;
            self.send(child, PONG, self.clock.now_ns().to_le_bytes().to_vec())?;
        }
        let measured = if position.representative == 0 && position.parent.is_none() {
            ClockMeasurement::same_clock(self.clock.now_ns())
        } else {
            let link = match position.parent {
                Some(parent) => Some(self.measure_link(parent)?),
                None => None,
            };
            let told = decode(&self.wait(OFFSET)?.1)?;
            link.map_or(told, |link| link.through(told))
        };
        for &rank in position.children.iter().chain(&position.represented) {
            let _ = self.send(rank, OFFSET, encode(measured));
        }
        Some(measured)
    }

    fn measure_link(&self, parent: u32) -> Option<ClockMeasurement> {
        let round = || {
            let asked = self.clock.now_ns();
            self.send(parent, PING, Vec::new())?;
            let (_, answer) = self.wait(PONG)?;
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
        self.transport.send(to, self.occasion as u16 + tag, message).ok()
    }

    /// The next message with this tag. Polls without a pause, because each pause would widen the error bound.
    fn wait(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
        loop {
            if let Some(message) = self.transport.receive(self.occasion as u16 + tag) {
                return Some(message);
            }
            if Instant::now() >= self.until {
                return None;
            }
            std::thread::yield_now();
        }
    }
}

impl Position {
    fn encode(&self) -> Vec<u8> {
        let parent = self.parent.map_or(u32::MAX, |parent| parent);
        let mut numbers = vec![self.representative, parent, self.children.len() as u32];
        numbers.extend(self.children.iter().chain(&self.represented));
        numbers.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<u32> = bytes
            .chunks(4)
            .map(|bytes| bytes.try_into().ok().map(u32::from_le_bytes))
            .collect::<Option<_>>()?;
        let [representative, parent, children, ranks @ ..] = numbers.as_slice() else {
            return None;
        };
        let (children, represented) = ranks.split_at_checked(*children as usize)?;
        Some(Self {
            representative: *representative,
            parent: (*parent != u32::MAX).then_some(*parent),
            children: children.into(),
            represented: represented.into(),
        })
    }
}

/// The position of each rank, from the digest of the clock that it reads.
fn positions(clocks: &[u64]) -> Vec<Position> {
    let mut of_clock = HashMap::new();
    let mut representatives = Vec::new();
    let mut positions: Vec<Position> = (0..)
        .zip(clocks)
        .map(|(rank, clock)| {
            let representative = *of_clock.entry(clock).or_insert_with(|| {
                representatives.push(rank);
                rank
            });
            Position {
                representative,
                parent: None,
                children: Vec::new(),
                represented: Vec::new(),
            }
        })
        .collect();
    for rank in 0..positions.len() {
        let representative = positions[rank].representative as usize;
        // Ranks that read rank 0's clock need no message.
        if representative != rank && representative != 0 {
            positions[representative].represented.push(rank as u32);
        }
    }
    for index in 1..representatives.len() {
        let (child, parent) = (representatives[index], representatives[index & (index - 1)]);
        positions[child as usize].parent = Some(parent);
        positions[parent as usize].children.push(child);
    }
    positions
}

fn digest(clock: &Clock, rank: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    match clock.identity() {
        Some(identity) => identity.hash(&mut hasher),
        // Where that is unknown, every process is taken to have a clock of its own.
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
    use super::super::transport::in_memory::{self, Network};
    use super::*;
    use crate::clock::ManualClock;
    use std::time::Duration;

    /// What each of the ranks `present`, whose clocks are `clocks`, measures at the start and at the end.
    fn run(clocks: &[Clock], present: &[u32], timeout: Duration) -> Vec<[Option<ClockMeasurement>; 2]> {
        in_memory::run_ranks(&Network::default(), clocks.len() as u32, present, |endpoint| {
            let until = Instant::now() + timeout;
            [Occasion::Start, Occasion::End]
                .map(|occasion| compare_clocks(&endpoint, &clocks[endpoint.rank as usize], occasion, until))
        })
    }

    const LONG: Duration = Duration::from_secs(60);

    fn skewed(offset_ns: i64) -> Clock {
        Clock::Manual(ManualClock::skewed(offset_ns, 0))
    }

    #[test]
    fn every_rank_measures_its_offset_to_rank_0_within_the_bound() {
        let offsets: Vec<i64> = (0..9).map(|rank| rank * rank * 1_000_000_007).collect();
        let clocks: Vec<Clock> = offsets.iter().map(|&offset| skewed(offset)).collect();
        let found = run(&clocks, &[0, 1, 2, 3, 4, 5, 6, 7, 8], LONG);
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
        let found = run(&clocks, &[0, 1, 2, 3, 4], LONG);
        let [zero, one, two, three, four] = [0, 1, 2, 3, 4].map(|rank| found[rank][1].unwrap());
        for measured in [zero, two] {
            assert_eq!((measured.offset, measured.bound, measured.hops), (0, 0, 0));
        }
        assert_eq!([three, four], [one, one]);
        assert_eq!(one.hops, 1);
    }

    #[test]
    fn without_one_rank_there_is_no_measurement() {
        let clocks: Vec<Clock> = (0..3).map(skewed).collect();
        assert_eq!(run(&clocks, &[0, 2], Duration::from_millis(50)), [[None; 2]; 2]);
    }

    #[test]
    fn each_step_of_the_tree_doubles_the_ranks_that_are_compared() {
        for size in 1..70u64 {
            let clocks: Vec<u64> = (0..size).collect();
            let positions = positions(&clocks);
            for (rank, position) in positions.iter().enumerate() {
                let mut at = rank as u32;
                let mut hops = 0;
                while let Some(parent) = positions[at as usize].parent {
                    assert!(positions[parent as usize].children.contains(&at));
                    (at, hops) = (parent, hops + 1);
                }
                assert_eq!(at, 0, "{position:?}");
                assert!(hops <= size.ilog2() && position.children.len() <= 7);
                assert_eq!(Position::decode(&position.encode()).as_ref(), Some(position));
            }
        }
    }
}
