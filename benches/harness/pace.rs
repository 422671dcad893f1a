//! How fast the processor is at the moment.
//!
//! On a virtual machine the other half of a core may be somebody else's: then everything takes longer, for
//! milliseconds or for minutes, except waiting for the counter itself. What is measured meanwhile says more about
//! the neighbour than about the code.

use std::hint::black_box;
use std::time::Instant;

/// How much longer than at best a fixed piece of work may have taken around a batch that counts.
const AT_MOST: f64 = 1.08;
/// Batches of a row that count in any case: those with the best pace.
const AT_LEAST: usize = 25;

/// Nanoseconds that a fixed piece of plain work takes: indirect calls of short functions that load, store
/// and branch, as recording is made of them.
pub fn yardstick() -> f64 {
    let steps: [fn(&mut [u64; 16], usize); 4] = black_box([add, mix, count, swap]);
    let mut state = black_box([1_u64; 16]);
    let started = Instant::now();
    for n in 0..2000 {
        for step in &steps {
            step(&mut state, n);
        }
    }
    let time = started.elapsed().as_nanos() as f64;
    black_box(state);
    time
}

fn add(state: &mut [u64; 16], n: usize) {
    state[n % 16] = state[n % 16].wrapping_add(state[(n + 5) % 16] ^ n as u64);
    state[(n + 1) % 16] = state[(n + 2) % 16].wrapping_add(1);
}

fn mix(state: &mut [u64; 16], n: usize) {
    state[(n + 3) % 16] ^= state[n % 16] << 7;
    state[(n + 4) % 16] ^= state[(n + 8) % 16] >> 9;
}

fn count(state: &mut [u64; 16], n: usize) {
    // A branch that is taken once in sixteen times.
    if n % 16 == 7 {
        state[0] = state[0].wrapping_add(state[15]);
    } else {
        state[(n + 9) % 16] = state[(n + 9) % 16].wrapping_add(3);
    }
}

fn swap(state: &mut [u64; 16], n: usize) {
    state.swap(n % 16, (n + 11) % 16);
}

/// A batch: nanoseconds per call, and the yardstick around it.
#[derive(Clone, Copy)]
pub struct Batch {
    pub time: f64,
    pub pace: f64,
}

/// The pace of an undisturbed processor, among all batches of a run.
pub fn best(batches: impl Iterator<Item = Batch>) -> f64 {
    let mut paces: Vec<f64> = batches.map(|batch| batch.pace).collect();
    paces.sort_by(f64::total_cmp);
    // Not the very best, which may be an accident of the clock.
    paces.get(paces.len() / 100).copied().unwrap_or(f64::INFINITY)
}

/// The batches that count, of one row.
pub fn undisturbed(mut batches: Vec<Batch>, best: f64) -> Vec<Batch> {
    batches.sort_by(|a, b| a.pace.total_cmp(&b.pace));
    let count = batches.partition_point(|batch| batch.pace <= AT_MOST * best);
    batches.truncate(count.max(AT_LEAST));
    batches
}
