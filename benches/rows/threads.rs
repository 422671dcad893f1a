//! Rows of two threads at the same time.

use super::{bare_counter, check, enter_by_macro, session};
use crate::harness::{Running, Storage, pin};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

/// Where two threads wait for each other.
#[derive(Default)]
struct Meeting {
    ready: AtomicUsize,
    done: AtomicUsize,
    calls: AtomicU64,
}

/// What the first thread has of the second.
struct Second {
    batches: Sender<(usize, Arc<Meeting>)>,
    times: Receiver<f64>,
    thread: JoinHandle<()>,
}

impl Second {
    fn start(f: fn()) -> Self {
        let (batches, orders) = channel::<(usize, Arc<Meeting>)>();
        let (answers, times) = channel();
        let thread = std::thread::spawn(move || {
            pin(1);
            for (n, meeting) in orders {
                if answers.send(together(f, n, &meeting)).is_err() {
                    return;
                }
            }
        });
        Self {
            batches,
            times,
            thread,
        }
    }
}

/// Does `f` `n` times while the other thread is at it too; nanoseconds of one.
fn together(f: fn(), n: usize, meeting: &Meeting) -> f64 {
    let mut calls = n as u64;
    meeting.ready.fetch_add(1, Ordering::AcqRel);
    while meeting.ready.load(Ordering::Acquire) < 2 {
        std::hint::spin_loop();
    }
    let started = Instant::now();
    for _ in 0..n {
        f();
    }
    let time = started.elapsed().as_nanos() as f64 / n as f64;
    meeting.done.fetch_add(1, Ordering::AcqRel);
    // Whoever is first goes on, so that the other is never alone.
    while meeting.done.load(Ordering::Acquire) < 2 {
        for _ in 0..100 {
            f();
        }
        calls += 100;
    }
    meeting.calls.fetch_add(calls, Ordering::Relaxed);
    time
}

fn both(f: fn(), finish: impl FnOnce(u64) -> Result<(), String> + 'static) -> Running {
    let Second {
        batches,
        times,
        thread,
    } = Second::start(f);
    let calls = Arc::new(AtomicU64::new(0));
    let all_calls = Arc::clone(&calls);
    let batch = move |n: usize| {
        let meeting = Arc::new(Meeting::default());
        let order = (n, Arc::clone(&meeting));
        batches.send(order).expect("the other thread listens");
        let mine = together(f, n, &meeting);
        let other = times.recv().expect("the other thread answers");
        all_calls.fetch_add(meeting.calls.load(Ordering::Relaxed), Ordering::Relaxed);
        (mine + other) / 2.0
    };
    Running {
        batch: Box::new(batch),
        finish: Box::new(move |_| {
            // It ends with its thread-locals when nobody gives orders any more.
            drop(thread);
            finish(calls.load(Ordering::Relaxed))
        }),
    }
}

pub fn counter_reads(_: Storage) -> Running {
    let reads = || {
        black_box(bare_counter());
        black_box(bare_counter());
    };
    both(reads, |_| Ok(()))
}

pub fn guards(storage: Storage) -> Running {
    let directory = session(storage, |config| config);
    both(enter_by_macro, move |calls| {
        check(calls)?;
        drop(directory);
        Ok(())
    })
}
