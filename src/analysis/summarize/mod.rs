//! Summaries of a rank's calls: what is stored in a file so that tables and trees need not read its intervals.
//!
//! The same comes of two ways. [`Backward`] takes the calls of each thread from the last end to the first, as a log has
//! them read from its end: a call then comes before those inside it, and nothing has to be sorted. [`of_rank`] works
//! it out from rows in order of start, by the tree that is shown everywhere else; it verifies the former.

#[cfg(any(feature = "hdf5", test))]
mod backward;
#[cfg(any(feature = "hdf5", test))]
mod busy;
#[cfg(any(feature = "hdf5", test))]
mod durations;
mod forward;
#[cfg(any(feature = "hdf5", test))]
mod nodes;
#[cfg(test)]
mod tests;

#[cfg(any(feature = "hdf5", test))]
pub(crate) use backward::{Backward, ThreadCalls};
pub(crate) use forward::of_rank;
#[cfg(any(feature = "hdf5", test))]
pub(crate) use nodes::TimedCall;

/// Calls of a row from which on the distribution of their durations is sketched.
pub(crate) const SKETCHED_CALLS: u64 = 1 << 12;
