//! How blocks go from the thread that fills them to the writer and back, step by step as
//! `record::thread`, `record::recording` and `record::pool` do it, over the blocks themselves.
//!
//! With the feature `model` every interleaving is tried; without it each test runs once, on real
//! threads, which is for Miri.

use crate::event::Event;
use crate::record::block::Block;
use crate::record::sync::Arc;
use std::collections::VecDeque;

#[cfg(scope_profiler_model)]
use loom::{
    sync::{Mutex, MutexGuard},
    thread,
};
#[cfg(not(scope_profiler_model))]
use std::{
    sync::{Mutex, MutexGuard},
    thread,
};

/// Small, so that a few events take several blocks.
const CAPACITY: usize = 1;

fn check(threads: impl Fn() + Sync + Send + 'static) {
    #[cfg(scope_profiler_model)]
    {
        let mut model = loom::model::Builder::new();
        // With more switches away from a thread that could go on, three threads take minutes.
        model.preemption_bound = Some(3);
        model.check(threads);
    }
    #[cfg(not(scope_profiler_model))]
    threads();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn event(n: u64) -> Event {
    Event {
        region: 0,
        serial: 0,
        start: n,
        end: n + 1,
    }
}

/// What the thread shows to the others.
struct Shared {
    queue: Mutex<Queue>,
    /// How many events have left the queue; held while they do.
    drained: Mutex<usize>,
    free: Mutex<Vec<Block>>,
}

/// As `record::thread::shared_view::Queue`.
struct Queue {
    full: VecDeque<Arc<Block>>,
    current: Arc<Block>,
    drained: usize,
}

/// As `record::thread::shared_view::Piece`.
struct Piece {
    block: Arc<Block>,
    from: usize,
    to: usize,
    retired: bool,
}

impl Piece {
    fn numbers(&self) -> Vec<u64> {
        self.block.read(self.from, self.to, |events| {
            events
                .iter()
                .map(|event| {
                    assert_eq!(event.end, event.start + 1, "half an event");
                    event.start
                })
                .collect()
        })
    }
}

/// The thread's own side.
struct Owner {
    shared: Arc<Shared>,
    block: Arc<Block>,
    recorded: u64,
}

impl Owner {
    fn new() -> Self {
        let block = Arc::new(Block::new(CAPACITY));
        let shared = Shared {
            queue: Mutex::new(Queue {
                full: VecDeque::new(),
                current: Arc::clone(&block),
                drained: 0,
            }),
            drained: Mutex::new(0),
            free: Mutex::new(Vec::new()),
        };
        Self {
            shared: Arc::new(shared),
            block,
            recorded: 0,
        }
    }

    fn record(&mut self) {
        let event = event(self.recorded);
        self.recorded += 1;
        // SAFETY: the block is this owner's, and an owner is on one thread.
        if !unsafe { self.block.push(event) } {
            self.hand_off();
            // SAFETY: as above.
            assert!(unsafe { self.block.push(event) }, "the next block has room");
        }
    }

    fn hand_off(&mut self) {
        let free = lock(&self.shared.free).pop();
        let next = Arc::new(free.unwrap_or_else(|| Block::new(CAPACITY)));
        self.block = Arc::clone(&next);
        let mut queue = lock(&self.shared.queue);
        let full = std::mem::replace(&mut queue.current, next);
        queue.full.push_back(full);
    }
}

impl Shared {
    /// What the writer does: takes what is there, reads it, and gives the blocks back.
    fn write(&self) -> Vec<u64> {
        let pieces = self.drain();
        let mut written = Vec::new();
        for piece in pieces {
            written.extend(piece.numbers());
            if piece.retired {
                // Who else looks at the block frees it.
                if let Ok(mut block) = Arc::try_unwrap(piece.block) {
                    block.clear();
                    lock(&self.free).push(block);
                }
            }
        }
        written
    }

    fn drain(&self) -> Vec<Piece> {
        let mut drained = lock(&self.drained);
        let mut queue = lock(&self.queue);
        let mut pieces = Vec::new();
        while let Some(block) = queue.full.pop_front() {
            pieces.push(Piece {
                from: std::mem::take(&mut queue.drained),
                to: block.published(),
                block,
                retired: true,
            });
        }
        let to = queue.current.published();
        if to > queue.drained {
            pieces.push(Piece {
                block: Arc::clone(&queue.current),
                from: queue.drained,
                to,
                retired: false,
            });
            queue.drained = to;
        }
        *drained += pieces.iter().map(|piece| piece.to - piece.from).sum::<usize>();
        pieces
    }

    /// What `num_calls` does: counts what was written and what still waits.
    fn count(&self) -> usize {
        let drained = lock(&self.drained);
        let waiting = {
            let queue = lock(&self.queue);
            let mut from = queue.drained;
            let blocks = queue.full.iter().chain([&queue.current]);
            let pieces = blocks.map(|block| Piece {
                from: std::mem::take(&mut from),
                to: block.published(),
                block: Arc::clone(block),
                retired: false,
            });
            pieces.collect::<Vec<_>>()
        };
        *drained + waiting.iter().map(|piece| piece.numbers().len()).sum::<usize>()
    }
}

fn one_to(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[test]
fn what_a_thread_records_is_written_once_and_in_order() {
    check(|| {
        let mut owner = Owner::new();
        let shared = Arc::clone(&owner.shared);
        let thread = thread::spawn(move || (0..3).for_each(|_| owner.record()));
        let mut written = shared.write();
        thread.join().unwrap();
        written.extend(shared.write());
        assert_eq!(written, one_to(3));
        assert!(shared.write().is_empty());
    });
}

#[test]
fn a_block_that_was_given_back_takes_new_events() {
    check(|| {
        let mut owner = Owner::new();
        owner.record();
        owner.record();
        let shared = Arc::clone(&owner.shared);
        let thread = thread::spawn(move || (0..2).for_each(|_| owner.record()));
        let mut written = shared.write();
        written.extend(shared.write());
        thread.join().unwrap();
        written.extend(shared.write());
        assert_eq!(written, one_to(4));
    });
}

#[test]
fn a_count_never_misses_and_never_doubles_what_the_writer_takes_meanwhile() {
    check(|| {
        let mut owner = Owner::new();
        owner.record();
        let shared = Arc::clone(&owner.shared);
        let writer = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.write())
        };
        let thread = thread::spawn(move || owner.record());
        let first = shared.count();
        let second = shared.count();
        assert!(1 <= first && first <= second && second <= 2, "{first}, {second}");
        thread.join().unwrap();
        let mut written = writer.join().unwrap();
        assert_eq!(shared.count(), 2);
        written.extend(shared.write());
        assert_eq!(written, one_to(2));
    });
}

#[test]
fn events_that_are_appended_together_are_seen_together() {
    check(|| {
        let block = Arc::new(Block::new(3));
        let seen = Arc::clone(&block);
        let append = move |events: std::ops::Range<u64>| {
            // SAFETY: this is the only thread that appends, one batch after the other.
            let mut batch = unsafe { block.batch() };
            events.for_each(|n| batch.push(event(n)));
            batch.publish()
        };
        let thread = thread::spawn(move || {
            assert!(append(0..2));
            assert!(!append(2..4), "there is room for one");
            assert!(append(2..3));
        });
        let all = Piece {
            to: seen.published(),
            block: seen,
            from: 0,
            retired: false,
        };
        assert!([0, 2, 3].contains(&all.to));
        assert_eq!(all.numbers(), one_to(all.to as u64));
        thread.join().unwrap();
        assert_eq!(all.block.published(), 3);
    });
}

#[test]
fn who_has_seen_an_interval_finds_what_another_thread_recorded_before_it() {
    check(|| {
        let [creator, entering] = [(); 2].map(|()| Arc::new(Block::new(1)));
        let (number, interval) = (Arc::clone(&creator), Arc::clone(&entering));
        let handed_on = Arc::new(Mutex::new(false));
        let hand_on = Arc::clone(&handed_on);
        let first = thread::spawn(move || {
            // SAFETY: no other thread appends to this block.
            let mut batch = unsafe { number.batch() };
            batch.push(event(0));
            batch.publish();
            *lock(&hand_on) = true;
        });
        let second = thread::spawn(move || {
            if *lock(&handed_on) {
                // SAFETY: as above.
                unsafe { interval.push(event(1)) };
            }
        });
        if entering.published() > 0 {
            assert_eq!(creator.published(), 1);
        }
        first.join().unwrap();
        second.join().unwrap();
    });
}
