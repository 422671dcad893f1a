//! For how long any thread was in any region, when the time of each comes from its end.

/// Stretches that are kept before those that are settled are added up.
const MOST_KEPT: usize = if cfg!(test) { 4 } else { 1 << 16 };

/// The union of the busy times of several threads, which come thread by thread in descending order.
#[derive(Debug)]
pub(super) struct Busy {
    threads: Vec<Lane>,
    kept: usize,
    /// As many may be kept before it is tried to settle some.
    room: usize,
    settled: i128,
}

#[derive(Debug)]
struct Lane {
    /// What comes ends here or earlier.
    until: i64,
    /// Stretches that are not settled, in descending order.
    stretches: Vec<(i64, i64)>,
}

impl Busy {
    /// For threads that are busy until these times.
    pub(super) fn new(ends: impl Iterator<Item = i64>) -> Self {
        let lane = |until| Lane {
            until,
            stretches: Vec::new(),
        };
        Self {
            threads: ends.map(lane).collect(),
            kept: 0,
            room: MOST_KEPT,
            settled: 0,
        }
    }

    /// Takes the next stretch of a thread, which ends before the last one started.
    #[inline]
    pub(super) fn add(&mut self, thread: usize, start: i64, end: i64) {
        if self.threads.len() == 1 {
            self.settled += i128::from(end) - i128::from(start);
            return;
        }
        let lane = &mut self.threads[thread];
        lane.until = start;
        match lane.stretches.last_mut() {
            Some(last) if last.0 == end => last.0 = start,
            _ => {
                lane.stretches.push((start, end));
                self.kept += 1;
                if self.kept > self.room {
                    self.settle();
                }
            }
        }
    }

    /// All of a thread has come.
    pub(super) fn no_more_of(&mut self, thread: usize) {
        self.threads[thread].until = i64::MIN;
    }

    /// Adds up what lies after all that can come.
    fn settle(&mut self) {
        let until = self
            .threads
            .iter()
            .map(|lane| lane.until)
            .max()
            .unwrap_or(i64::MIN);
        self.settle_until(until);
        // Where a thread lags far behind the others, trying again at once would be in vain.
        self.room = MOST_KEPT.max(2 * self.kept);
    }

    fn settle_until(&mut self, until: i64) {
        let mut after: Vec<(i64, i64)> = Vec::new();
        for lane in &mut self.threads {
            let settled = lane.stretches.partition_point(|stretch| stretch.1 > until);
            after.extend(
                lane.stretches[..settled]
                    .iter()
                    .map(|&(start, end)| (start.max(until), end)),
            );
            let is_cut = settled > 0 && lane.stretches[settled - 1].0 < until;
            if is_cut {
                lane.stretches[settled - 1].1 = until;
            }
            lane.stretches.drain(..settled - usize::from(is_cut));
        }
        self.kept = self.threads.iter().map(|lane| lane.stretches.len()).sum();
        after.sort_unstable();
        let mut covered = i64::MIN;
        for (start, end) in after {
            if end > covered {
                self.settled += i128::from(end) - i128::from(start.max(covered));
                covered = end;
            }
        }
    }

    /// The time, ns, when all has come.
    pub(super) fn finish(mut self) -> i128 {
        self.settle_until(i64::MIN);
        self.settled
    }
}
