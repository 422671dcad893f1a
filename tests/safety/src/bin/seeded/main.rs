//! Two programs with a data race each, which ThreadSanitizer has to find: otherwise its silence about the
//! stress test means nothing. `scripts/safety` runs them.
#![allow(unsafe_code)]

use event::Event;
use record::block::Block;
use std::cell::UnsafeCell;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

#[path = "../../../../../src/event.rs"]
mod event;
mod record;
#[path = "../../std_locks.rs"]
mod std_locks;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("unordered block") => unordered_block(),
        Some("beside a lock") => beside_a_lock(),
        other => panic!("which race? not {other:?}"),
    }
}

/// A reader that sees the length of a block, but not for certain what is in it.
fn unordered_block() {
    let block = Block::new(1);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let event = Event {
                region: 0,
                serial: 0,
                start: 1,
                end: 2,
            };
            // SAFETY: this thread alone pushes.
            unsafe { block.push(event) }
        });
        while block.published() == 0 {
            thread::yield_now();
        }
        let end = block.read(0, 1, |events| events[0].end);
        writer.join().expect("the writer comes to its end");
        println!("read {end}");
    });
}

/// A number that two threads write once each, after they have held a lock that they contend for: the lock
/// orders nothing of that.
fn beside_a_lock() {
    struct Shared(UnsafeCell<u64>);
    // SAFETY: there is no reason why; that is the point.
    unsafe impl Sync for Shared {}

    let (lock, beside, start) = (Mutex::new(0), Shared(UnsafeCell::new(0)), Barrier::new(2));
    thread::scope(|scope| {
        let (lock, beside, start) = (&lock, &beside, &start);
        let write = move || {
            start.wait();
            for _ in 0..1_000 {
                *lock.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            }
            // SAFETY: as above.
            unsafe { *beside.0.get() += 1 };
        };
        let other = scope.spawn(write);
        write();
        other.join().expect("the other comes to its end");
    });
}
