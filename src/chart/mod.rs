//! What to draw, as data: no pixels, no fonts, no files.
//!
//! A chart is a streaming reduction of a [`Source`](crate::profile::Source): its size is bounded by
//! lanes times columns, whatever the number of intervals. PNG, SVG and the interactive page draw
//! the same model.

pub mod gantt;
pub mod page;
