//! The calls of a row as the bars of a chart of all of its time: what a source may have stored beside the intervals.

/// Calls of a row that follow one another, without a gap that a chart would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowBar {
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    /// Time within the bar in which any of them was open, ns.
    pub(crate) busy_ns: u64,
    pub(crate) calls: u64,
}

/// All calls of a row as bars, in order: those shorter than a column of 2^`level` ns, counted from the clock's zero,
/// share one with others of their column, and calls that overlap are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowBars {
    pub(crate) level: u32,
    pub(crate) bars: Vec<RowBar>,
}

impl RowBars {
    /// What is wrong with them as bars of a row of so many intervals, if anything is.
    #[cfg(any(feature = "hdf5", test))]
    pub(crate) fn fault(&self, intervals: u64) -> Option<&'static str> {
        let (mut end, mut calls) = (i64::MIN, 0_u64);
        for bar in &self.bars {
            let length = bar.end_ns.wrapping_sub(bar.start_ns) as u64;
            if bar.start_ns < end || bar.end_ns < bar.start_ns {
                return Some("bars out of order");
            }
            if bar.calls == 0 || bar.busy_ns > length {
                return Some("a bar of no calls, or of more time than it has");
            }
            (end, calls) = (bar.end_ns, calls.saturating_add(bar.calls));
        }
        (calls != intervals || self.level >= i64::BITS).then_some("bars of other calls than the row has")
    }
}
