//! What the victim records, known to the tests as well.

/// Calls in one call of `outer`.
pub(crate) const IN_OUTER: u64 = 16;

/// The region of a thread's call `n`. New ones keep appearing.
pub(crate) fn name(thread: usize, n: u64) -> String {
    let regions = 1 + n / 2_048;
    format!("thread {thread} region {}", n % regions)
}

/// The region around a thread's calls.
pub(crate) fn outer(thread: usize) -> String {
    format!("thread {thread} outer")
}
