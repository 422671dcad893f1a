//! How fast the processor is at the moment.
//!
//! On a virtual machine the other half of a core may be somebody else's: then everything takes longer, for
//! milliseconds or for minutes, except waiting for the counter itself. What is measured meanwhile says more about
//! the neighbour than about the code.

use std::hint::black_box;
use std::time::Instant;

/// How much longer than at best a fixed piece of work may have taken around a batch that counts.
const AT_MOST: f64 = 1.1;
/// Batches of a row that count in any case: those with the best pace.
const AT_LEAST: usize = 25;

/// Nanoseconds that a fixed piece of plain arithmetic takes, which keeps all units of a core busy.
pub fn yardstick() -> f64 {
    let started = Instant::now();
    let mut sums = black_box([1_u64, 2, 3, 4, 5, 6]);
    for _ in 0..3000 {
        for sum in &mut sums {
            *sum = sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (*sum >> 7);
        }
    }
    black_box(sums);
    started.elapsed().as_nanos() as f64
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
