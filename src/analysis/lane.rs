//! Reduces the intervals of one lane to bars while they stream past.
//!
//! Time is cut into columns of 2^level ns, counted from the clock's zero, so that columns never
//! have to be realigned: when the lane grows too long for its number of columns, two neighbours
//! become one. Reducing at a coarse level and coarsening a fine reduction give the same bars.

/// Parts of the columns of a lane that can be made coarser by themselves.
#[cfg(feature = "plot")]
pub(crate) const PARTS: usize = 16;

/// One interval, the union of several that overlap, or the hull of several that share a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawBar {
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// Time within the bar in which the region ran, ns.
    pub(crate) busy: u64,
    pub(crate) calls: u32,
}

impl RawBar {
    pub(crate) fn length(&self) -> u64 {
        self.end.wrapping_sub(self.start) as u64
    }

    pub(crate) fn column(&self, level: u32) -> i64 {
        self.start >> level
    }

    /// Columns of 2^level ns are of so many [`PARTS`], each spread evenly over time: to which the bar belongs.
    #[cfg(feature = "plot")]
    pub(crate) fn part(&self, level: u32) -> usize {
        // The last digits of its number in reverse.
        ((self.column(level) as u64).reverse_bits() >> (u64::BITS - PARTS.ilog2())) as usize
    }

    fn is_narrow(&self, level: u32) -> bool {
        self.length() >> level == 0
    }

    /// Joins `next`, which begins after this bar, if both are too short to stand alone.
    #[inline]
    pub(crate) fn absorbs(&mut self, next: &RawBar, level: u32) -> bool {
        let together =
            self.column(level) == next.column(level) && self.is_narrow(level) && next.is_narrow(level);
        if together {
            self.end = next.end;
            self.busy += next.busy;
            self.calls = self.calls.saturating_add(next.calls);
        }
        together
    }
}

/// Nanoseconds from `origin` to `time`; the few that do not fit are cut off at the largest.
pub(crate) fn offset(origin: i64, time: i64) -> i64 {
    time.saturating_sub(origin)
}

/// The finest level at which `span` ns take less than twice `columns` columns.
pub(crate) fn level_for(span: u64, columns: u64) -> u32 {
    let limit = 2 * columns.max(2);
    (0..u64::BITS - 1)
        .find(|level| span >> level < limit)
        .unwrap_or(u64::BITS - 1)
}

/// The bars of a lane so far: at most two for each column, whatever the number of intervals.
#[derive(Clone, Debug)]
pub(crate) struct LaneReducer {
    columns: u64,
    level: u32,
    first: i64,
    bars: Vec<RawBar>,
    /// The union of overlapping intervals that may still grow.
    open: Option<RawBar>,
}

impl LaneReducer {
    /// `level` is where to begin: 0, or more when the time axis is already known to be longer.
    pub(crate) fn new(columns: u64, level: u32) -> Self {
        LaneReducer {
            columns: columns.max(2),
            level,
            first: 0,
            bars: Vec::new(),
            open: None,
        }
    }

    /// Adds the next interval in order of start. One that begins before the end of those before
    /// it, be it recursion or another thread, extends them.
    #[inline]
    pub(crate) fn push(&mut self, start: i64, end: i64) {
        let end = end.max(start);
        match &mut self.open {
            Some(open) if start < open.end => {
                open.end = open.end.max(end);
                open.calls = open.calls.saturating_add(1);
            }
            Some(_) => {
                self.close();
                self.open_at(start, end);
            }
            None => {
                self.first = start;
                self.open_at(start, end);
            }
        }
    }

    /// Adds the next intervals, as [`push`](Self::push) one after the other: what is looked at for each of them does
    /// not leave the registers.
    pub(crate) fn push_each(&mut self, mut intervals: impl Iterator<Item = (i64, i64)>) {
        if self.open.is_none() {
            if let Some((start, end)) = intervals.next() {
                self.push(start, end);
            }
        }
        let Some(mut open) = self.open.take() else { return };
        let mut last = self.bars.pop();
        let (mut level, mut longest) = (self.level, self.longest_span());
        for (start, end) in intervals {
            let end = end.max(start);
            if start < open.end {
                open.end = open.end.max(end);
                open.calls = open.calls.saturating_add(1);
                continue;
            }
            open.busy = open.length();
            if open.end.wrapping_sub(self.first) as u64 > longest {
                self.bars.extend(last);
                self.add(open);
                last = self.bars.pop();
                (level, longest) = (self.level, self.longest_span());
            } else if !last.as_mut().is_some_and(|last| last.absorbs(&open, level)) {
                self.bars.extend(last.replace(open));
            }
            open = RawBar {
                start,
                end,
                busy: 0,
                calls: 1,
            };
        }
        self.bars.extend(last);
        self.open = Some(open);
    }

    /// Adds the next intervals, of which each starts when all before it have ended, and none ends before it starts.
    pub(crate) fn push_apart(&mut self, starts: &[i64], ends: &[i64]) {
        let mut at = 0;
        while at < starts.len() {
            self.push(starts[at], ends[at]);
            at += 1;
            at += self.join(&starts[at..], &ends[at..]);
        }
    }

    /// Joins the open interval and those of the next to the last bar that share its column; the first that does not,
    /// or the last of all, is open then. Gives how many of the next were taken.
    fn join(&mut self, starts: &[i64], ends: &[i64]) -> usize {
        let until = self.first.saturating_add_unsigned(self.longest_span());
        let (Some(open), Some(last)) = (&mut self.open, self.bars.last_mut()) else {
            return 0;
        };
        let (level, column) = (self.level, last.column(self.level));
        let (mut start, mut end) = (open.start, open.end);
        let mut taken = 0;
        for (&next_start, &next_end) in starts.iter().zip(ends) {
            let length = end.wrapping_sub(start) as u64;
            // What ends before another call of its column starts is narrow itself.
            if start >> level != column || length >> level != 0 || end > until {
                break;
            }
            (last.end, last.busy) = (end, last.busy + length);
            (start, end) = (next_start, next_end);
            taken += 1;
        }
        last.calls = last.calls.saturating_add(taken);
        (open.start, open.end) = (start, end);
        taken as usize
    }

    /// How long the lane can be before it has too many columns, ns.
    fn longest_span(&self) -> u64 {
        let columns = u128::from(2 * self.columns) << self.level;
        u64::try_from(columns - 1).unwrap_or(u64::MAX)
    }

    #[inline]
    fn open_at(&mut self, start: i64, end: i64) {
        self.open = Some(RawBar {
            start,
            end,
            busy: 0,
            calls: 1,
        });
    }

    /// Ends the interval that may still grow.
    #[inline]
    pub(crate) fn close(&mut self) {
        let Some(mut bar) = self.open.take() else {
            return;
        };
        bar.busy = bar.length();
        self.add(bar);
    }

    /// Adds calls that nothing before or after them overlaps with, and that share a column: their hull.
    pub(crate) fn push_hull(&mut self, hull: RawBar) {
        self.close();
        if self.bars.is_empty() {
            self.first = hull.start;
        }
        self.add(hull);
    }

    /// Adds calls that are inside of those before them.
    pub(crate) fn push_inside(&mut self, calls: u64) {
        if let Some(open) = &mut self.open {
            let calls = u32::try_from(calls).unwrap_or(u32::MAX);
            open.calls = open.calls.saturating_add(calls);
        }
    }

    #[inline]
    fn add(&mut self, bar: RawBar) {
        let span = bar.end.wrapping_sub(self.first) as u64;
        if span >> self.level >= 2 * self.columns {
            self.coarsen_to(level_for(span, self.columns));
        }
        let level = self.level;
        let absorbed = self.bars.last_mut().is_some_and(|last| last.absorbs(&bar, level));
        if !absorbed {
            self.bars.push(bar);
        }
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.bars.is_empty() && self.open.is_none()
    }

    /// Its columns are 2^level ns.
    #[cfg(feature = "plot")]
    pub(crate) fn level(&self) -> u32 {
        self.level
    }

    /// Adds, for each bar but the first, one to the lowest level at which it joins the one before it: that has to begin
    /// in the same column, so it is not too long itself.
    #[cfg(feature = "plot")]
    pub(crate) fn count_joins(&self, at_level: &mut [usize; 65]) {
        for pair in self.bars.windows(2) {
            let apart = (pair[0].start ^ pair[1].start) as u64 | pair[1].length();
            at_level[(u64::BITS - apart.leading_zeros()) as usize] += 1;
        }
    }

    /// Adds, for each bar that joins the one before it in columns of 2^level ns, one to the part of these columns
    /// that it is in.
    #[cfg(feature = "plot")]
    pub(crate) fn count_joins_at(&self, level: u32, of_parts: &mut [usize; PARTS]) {
        for pair in self.bars.windows(2) {
            let apart = (pair[0].start ^ pair[1].start) as u64 | pair[1].length();
            if apart >> level == 0 {
                of_parts[pair[1].part(level)] += 1;
            }
        }
    }

    /// Makes columns of 2^level ns in the first so many parts of them, where they are half as long by now. Those that
    /// are still to come are as long as before.
    #[cfg(feature = "plot")]
    pub(crate) fn coarsen_parts(&mut self, level: u32, parts: usize) {
        self.bars
            .dedup_by(|next, last| next.part(level) < parts && last.absorbs(next, level));
    }

    /// The number of bars so far.
    #[cfg(feature = "plot")]
    pub(crate) fn bars(&self) -> usize {
        self.bars.len() + usize::from(self.open.is_some())
    }

    /// The bars; the last as far as it has come, where it is not [closed](Self::close).
    #[cfg(feature = "plot")]
    pub(crate) fn so_far(&self) -> impl Iterator<Item = RawBar> + '_ {
        let open = self.open.map(|open| RawBar {
            busy: open.length(),
            ..open
        });
        self.bars.iter().copied().chain(open)
    }

    /// Makes columns of at least 2^level ns.
    pub(crate) fn coarsen_to(&mut self, level: u32) {
        if level <= self.level {
            return;
        }
        self.level = level;
        self.bars.dedup_by(|next, last| last.absorbs(next, level));
        if self.bars.len() < self.bars.capacity() / 2 {
            self.bars.shrink_to(self.bars.len() / 4 * 5);
        }
    }

    /// Gives back memory for bars that are not to come.
    #[cfg(feature = "plot")]
    pub(crate) fn shrink(&mut self) {
        self.bars.shrink_to_fit();
    }

    /// The bars at `level` or, where the lane is coarser, its own.
    pub(crate) fn finish(mut self, level: u32) -> (u32, Vec<RawBar>) {
        self.close();
        self.coarsen_to(level);
        self.bars.shrink_to_fit();
        (self.level, self.bars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reduce(columns: u64, level: u32, intervals: &[(i64, i64)]) -> Vec<(i64, i64, u64, u32)> {
        let mut lane = LaneReducer::new(columns, 0);
        for &(start, end) in intervals {
            lane.push(start, end);
        }
        let bars = lane.finish(level).1;
        bars.iter()
            .map(|bar| (bar.start, bar.end, bar.busy, bar.calls))
            .collect()
    }

    proptest! {
        #[test]
        fn intervals_that_are_apart_are_added_as_one_after_the_other(
            pieces in prop::collection::vec((0_i64..60, 0_i64..60, 0_u32..9), 0..300),
            columns in 2_u64..40,
            chunk in 1_usize..70,
        ) {
            let mut clock = -500;
            let intervals: Vec<(i64, i64)> = pieces
                .into_iter()
                .map(|(gap, length, long)| {
                    let start = clock + gap;
                    clock = start + if long == 0 { length * 50 } else { length };
                    (start, clock)
                })
                .collect();
            let (mut together, mut alone) = (LaneReducer::new(columns, 0), LaneReducer::new(columns, 0));
            intervals.iter().for_each(|&(start, end)| alone.push(start, end));
            for piece in intervals.chunks(chunk) {
                let (starts, ends): (Vec<i64>, Vec<i64>) = piece.iter().copied().unzip();
                together.push_apart(&starts, &ends);
            }
            prop_assert_eq!(together.finish(0), alone.finish(0));
        }
    }

    #[test]
    fn intervals_of_a_column_or_more_stay_apart_even_when_they_touch() {
        assert_eq!(reduce(10, 0, &[(0, 5), (5, 9)]), [(0, 5, 5, 1), (5, 9, 4, 1)]);
    }

    #[test]
    fn short_intervals_of_one_column_become_one_bar_with_their_exact_time() {
        assert_eq!(
            reduce(10, 4, &[(0, 2), (5, 6), (20, 22)]),
            [(0, 6, 3, 2), (20, 22, 2, 1)]
        );
    }

    #[test]
    fn recursion_is_counted_but_its_time_is_not_doubled() {
        assert_eq!(
            reduce(100, 0, &[(0, 100), (10, 50), (20, 30)]),
            [(0, 100, 100, 3)]
        );
    }

    #[test]
    fn an_end_before_its_start_has_no_length() {
        assert_eq!(reduce(100, 0, &[(7, 3)]), [(7, 7, 0, 1)]);
    }

    #[test]
    fn the_whole_range_of_the_clock_fits() {
        let bars = reduce(8, 0, &[(i64::MIN, i64::MIN + 1), (i64::MAX - 1, i64::MAX)]);
        assert_eq!(bars.len(), 2);
        assert_eq!(
            reduce(8, 0, &[(i64::MIN, i64::MAX)]),
            [(i64::MIN, i64::MAX, u64::MAX, 1)]
        );
    }

    proptest! {
        #[test]
        fn reducing_coarsely_equals_coarsening_a_fine_reduction(
            gaps in prop::collection::vec((0i64..300, 0i64..200), 1..200),
            level in 0u32..8,
        ) {
            let mut time = -500;
            let intervals: Vec<(i64, i64)> = gaps.iter().map(|&(gap, length)| {
                time += gap;
                (time, time + length)
            }).collect();
            let mut coarse = LaneReducer::new(1 << 30, level);
            intervals.iter().for_each(|&(start, end)| coarse.push(start, end));
            let fine = reduce(1 << 30, level, &intervals);
            // However many come at once.
            for columns in [2, 20, 1 << 30] {
                let (mut together, mut single) = (LaneReducer::new(columns, 0), LaneReducer::new(columns, 0));
                for piece in intervals.chunks(7) {
                    together.push_each(piece.iter().copied());
                }
                intervals.iter().for_each(|&(start, end)| single.push(start, end));
                prop_assert_eq!(together.finish(level), single.finish(level));
            }
            let coarse: Vec<_> = coarse.finish(level).1.iter()
                .map(|bar| (bar.start, bar.end, bar.busy, bar.calls)).collect();
            prop_assert_eq!(fine, coarse);
        }

        #[cfg(feature = "plot")]
        #[test]
        fn joins_say_how_many_bars_each_coarser_level_leaves(
            gaps in prop::collection::vec((0i64..300, 0i64..200), 1..200),
            level in 0u32..8,
        ) {
            let mut time = -500;
            let mut lane = LaneReducer::new(1 << 62, level);
            for (gap, length) in gaps {
                time += gap;
                lane.push(time, time + length);
                time += length;
            }
            lane.close();
            let mut joins = [0; 65];
            lane.count_joins(&mut joins);
            for coarser in level..20 {
                let left = lane.bars() - joins[..=coarser as usize].iter().sum::<usize>();
                prop_assert_eq!(left, lane.clone().finish(coarser).1.len());
            }
        }

        #[test]
        fn the_number_of_bars_is_bounded_by_the_columns(
            lengths in prop::collection::vec((0i64..9, 0i64..9), 1..3000),
            columns in 1u64..40,
        ) {
            let mut time = 0;
            let mut lane = LaneReducer::new(columns, 0);
            for (gap, length) in lengths {
                time += gap;
                lane.push(time, time + length);
                time += length;
            }
            prop_assert!(lane.finish(0).1.len() as u64 <= 4 * columns + 4);
        }
    }
}
