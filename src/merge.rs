//! Rank logs into one profile: what `finalize` does at the end of a run, for the logs of a program that was
//! killed or of ranks that could not talk to each other.
//!
//! ```no_run
//! use scope_profiler::merge::{find_logs, merge};
//!
//! let merged = merge(&find_logs(&["run.h5.d"])?, "run.h5".as_ref())?;
//! println!("{} ranks, {} intervals", merged.ranks.len(), merged.intervals);
//! # Ok::<(), scope_profiler::Error>(())
//! ```

pub use crate::config::MergeMode;
#[cfg(feature = "hdf5")]
pub use crate::store::merge::{MergeOptions, MergeProgress, Merged, UnreadableLog, merge, merge_with};
pub use crate::store::run_directory::{find_logs, find_logs_of_run};
