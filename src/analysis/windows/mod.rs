//! Any window of a row's time at any width, without reading the row.
//!
//! The calls of a row are added up over blocks of about a thousand, blocks over sixteen blocks, and so on up to one: a
//! [`Pyramid`]. A question about a window of time then takes whole blocks, and reads intervals only of the blocks that
//! its edges cut. Every answer is exact, the same as from all intervals: busy time to the nanosecond, numbers of calls,
//! and which call is the longest.
//!
//! [`Pyramids`] takes the blocks that the source has stored, and makes those that it has not in one pass. They take
//! less than a hundredth of the memory of the intervals; where threads overlap, less than a tenth. [`Windows`] asks.
//!
//! ```
//! use scope_profiler::analysis::windows::{Pyramids, Windows};
//! use scope_profiler::profile::{Call, Profile};
//!
//! let profile = Profile::builder()
//!     .interval(Call::new("solve", 0..30))
//!     .interval(Call::new("solve", 40..50))
//!     .interval(Call::new("solve", 52..53))
//!     .build();
//! let pyramids = Pyramids::of(&profile, &[0])?;
//! let mut windows = Windows::new(&profile, 0, pyramids.all(0).expect("row 0 was asked for"));
//!
//! // Three pixels of 20 ns.
//! let pixels = windows.pixels(0..60, 3)?;
//! assert_eq!(pixels.iter().map(|pixel| pixel.busy_ns).collect::<Vec<_>>(), [20, 10, 11]);
//! assert_eq!(pixels.iter().map(|pixel| pixel.calls).collect::<Vec<_>>(), [1, 0, 2]);
//! // The call that reaches into the second pixel is number 0 of the row.
//! assert_eq!(pixels[1].longest.map(|call| (call.index, call.duration_ns)), Some((0, 30)));
//!
//! let overlap = windows.overlap(20..45)?;
//! assert_eq!((overlap.calls, overlap.range), (2, 0..2));
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod growing;
mod loaded;
mod parts;
mod pyramid;
mod queries;
mod reaching;
#[cfg(test)]
pub(crate) mod stored_blocks;
#[cfg(test)]
mod tests;

pub use growing::{GrowingBlocks, GrowingPyramids};
pub(crate) use parts::{Around, Part};
pub use pyramid::{Pyramid, Pyramids};
pub use queries::Windows;

use std::ops::Range;

/// What ran in a piece of time: from its start up to, but not including, its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pixel {
    /// For how long any call was open, ns: calls that overlap count once.
    pub busy_ns: u64,
    /// Calls that start in it.
    pub calls: u64,
    /// The longest of the calls that are open in it or start in it; the first of several.
    pub longest: Option<Longest>,
}

/// The longest call of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Longest {
    /// Its index in the row: [`Source::read`](crate::profile::Source::read) has the call.
    pub index: u64,
    /// Its whole duration, ns.
    pub duration_ns: u64,
}

impl Longest {
    /// The longer of the two; of equal ones that which comes first in the row.
    fn or(self, other: Option<Self>) -> Self {
        let key = |longest: &Self| (longest.duration_ns, std::cmp::Reverse(longest.index));
        other.filter(|other| key(other) > key(&self)).unwrap_or(self)
    }

    fn better(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.map_or(other, |one| Some(one.or(other)))
    }
}

/// Which calls of a row overlap a window: they are open in it, or start in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlap {
    /// From the first of them up to, but not including, the index after the last; empty where there are none. Calls in
    /// between that ended before the window do not overlap it.
    pub range: Range<u64>,
    /// How many there are.
    pub calls: u64,
    /// How many of them start before the window.
    pub reaching_in: u64,
}

/// The length of a call, ns; one that ends before it starts has none.
fn length(start: i64, end: i64) -> u64 {
    end.max(start).wrapping_sub(start) as u64
}
