//! What the Python package keeps of the events of a region on a rank.

use super::table::record;

record! {
    /// Statistics of the durations of a region's events on one rank, ns; zeros without events.
    #[derive(Default)]
    Summary {
        total: i64,
        minimum: i64,
        maximum: i64,
        /// The duration of the first event.
        first: i64,
        /// The duration of the last event.
        last: i64,
        /// The first start.
        start_minimum: i64,
        /// The last end.
        end_maximum: i64,
        /// Events that have a time on a GPU, and the sum of these times.
        gpu_count: u64,
        gpu_total: i64,
        mean: f64,
        /// The sum of the squared differences from the mean, ns².
        m2: f64,
    }
}
