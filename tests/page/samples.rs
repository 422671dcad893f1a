//! Charts to look at and to try the page on: small known ones, and runs made by a generator.

use scope_profiler::chart::gantt::{Bar, GanttChart, GanttRegion, Lane};
use scope_profiler::chart::{Color, Header};
use scope_profiler::page::{PageData, RegionStats, ThreadName};
use scope_profiler::profile::{Call, Profile, ProfileBuilder, thread_label};
use std::collections::{BTreeMap, BTreeSet};

/// Okabe and Ito's colours, then lighter and darker ones.
const COLORS: [Color; 8] = [
    Color(0, 114, 178),
    Color(230, 159, 0),
    Color(0, 158, 115),
    Color(204, 121, 167),
    Color(86, 180, 233),
    Color(213, 94, 0),
    Color(240, 228, 66),
    Color(0, 0, 0),
];

/// Intervals by region, in order of first appearance.
#[derive(Default)]
pub(crate) struct Run {
    names: Vec<String>,
    intervals: Vec<Interval>,
}

#[derive(Clone, Copy)]
struct Interval {
    region: usize,
    rank: u32,
    thread: u32,
    start: i64,
    end: i64,
}

impl Run {
    /// Adds a call, in ns.
    pub(crate) fn call(&mut self, name: &str, rank: u32, thread: u32, start: i64, end: i64) -> &mut Self {
        let region = self
            .names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                self.names.push(name.into());
                self.names.len() - 1
            });
        self.intervals.push(Interval {
            region,
            rank,
            thread,
            start,
            end,
        });
        self
    }

    /// The calls as a profile.
    pub(crate) fn profile(&self) -> ProfileBuilder {
        let mut profile = Profile::builder();
        for one in &self.intervals {
            let call = Call::new(&self.names[one.region], one.start..one.end);
            profile.push(call.rank(one.rank).thread(one.thread));
        }
        profile
    }

    /// The chart with every call a bar of its own, and its table.
    pub(crate) fn finish(mut self, title: &str) -> (GanttChart, PageData) {
        self.intervals.sort_by_key(|one| (one.start, -one.end));
        let threads: BTreeSet<_> = self.intervals.iter().map(|one| (one.rank, one.thread)).collect();
        let ranks: BTreeSet<_> = self.intervals.iter().map(|one| one.rank).collect();
        let span = self.intervals.iter().map(|one| one.end).max().unwrap_or(0);
        let own = self.own_times();
        let mut regions = Vec::new();
        let mut stats = Vec::new();
        for (id, name) in self.names.iter().enumerate() {
            let calls: Vec<_> = self
                .intervals
                .iter()
                .zip(&own)
                .filter(|(one, _)| one.region == id)
                .collect();
            let mut lanes: BTreeMap<(u32, u32, u32), Vec<Bar>> = BTreeMap::new();
            for (one, (_, depth)) in &calls {
                let bar = Bar::new(one.start, one.end);
                lanes.entry((one.rank, one.thread, *depth)).or_default().push(bar);
            }
            let mut region = GanttRegion::new(name.as_str(), COLORS[id % COLORS.len()]);
            for ((rank, thread, depth), bars) in lanes {
                let mut lane = Lane::new(rank);
                (lane.thread, lane.depth, lane.bars) = (Some(thread), depth, bars);
                region.lanes.push(lane);
            }
            regions.push(region);

            let durations: Vec<i64> = calls.iter().map(|(one, _)| one.end - one.start).collect();
            let total: i64 = durations.iter().sum();
            let mean = total as f64 / durations.len() as f64;
            let variance =
                durations.iter().map(|&d| (d as f64 - mean).powi(2)).sum::<f64>() / durations.len() as f64;
            let mut of_region = RegionStats::new(name.as_str());
            of_region.calls = durations.len() as u64;
            of_region.total_ns = total;
            of_region.mean_ns = mean;
            of_region.min_ns = durations.iter().copied().min().unwrap_or(0);
            of_region.max_ns = durations.iter().copied().max().unwrap_or(0);
            of_region.std_ns = variance.sqrt();
            of_region.exclusive_ns = Some(calls.iter().map(|(_, (own, _))| own).sum());
            stats.push(of_region);
        }
        let mut header = Header::default();
        header.title = title.into();
        header.ranks = ranks.len();
        header.threads = threads.len();
        header.intervals = self.intervals.len() as u64;
        header.wall_ns = span;
        let named = |&(rank, thread): &(u32, u32)| {
            let name: String = if thread == 0 {
                "main".into()
            } else {
                format!("rayon-{}", thread - 1)
            };
            ThreadName::new(rank, thread, thread_label(thread, Some(&name)))
        };
        let mut data = PageData::default();
        data.regions = stats;
        data.threads = threads.iter().map(named).collect();
        let mut chart = GanttChart::default();
        chart.header = header;
        chart.span_ns = span.max(1);
        chart.regions = regions;
        (chart, data)
    }

    /// Each interval's duration without its children's, and its depth, per thread.
    fn own_times(&self) -> Vec<(i64, u32)> {
        let mut own: Vec<(i64, u32)> = self
            .intervals
            .iter()
            .map(|one| (one.end - one.start, 0))
            .collect();
        let mut open: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (i, one) in self.intervals.iter().enumerate() {
            let stack = open.entry((one.rank, one.thread)).or_default();
            while stack
                .last()
                .is_some_and(|&top| self.intervals[top].end <= one.start)
            {
                stack.pop();
            }
            if let Some(&parent) = stack.last() {
                own[parent].0 -= one.end - one.start;
            }
            own[i].1 = stack.len() as u32;
            stack.push(i);
        }
        own
    }
}

/// Two ranks whose every bar is known: all numbers in ms.
///
/// ```text
/// setup  [0, 10]               both ranks
/// solve  [10, 90]  [10, 70]    rank 0, rank 1
/// inner  [20, 30] [40, 50]     both ranks, inside solve
/// write  [90, 100]             rank 0
/// ```
pub(crate) fn known() -> (GanttChart, PageData) {
    const MS: i64 = 1_000_000;
    let mut run = Run::default();
    for rank in 0..2 {
        run.call("setup", rank, 0, 0, 10 * MS);
        run.call(
            "solve",
            rank,
            0,
            10 * MS,
            if rank == 0 { 90 * MS } else { 70 * MS },
        );
        run.call("inner", rank, 0, 20 * MS, 30 * MS)
            .call("inner", rank, 0, 40 * MS, 50 * MS);
    }
    run.call("write", 0, 0, 90 * MS, 100 * MS);
    run.finish("known run")
}

/// A small deterministic source of chance (xorshift).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed | 1)
    }

    /// A number from `low` up to, but not including, `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (self.0 % (high - low).max(1) as u64) as i64
    }
}

/// A time-stepping solver: nested regions, imbalance between ranks, rare checkpoints, and a rayon
/// region that runs on every thread.
pub(crate) fn solver(ranks: u32, threads: u32, steps: i64) -> (GanttChart, PageData) {
    solver_run(ranks, threads, steps).finish("heat equation, 512 x 512")
}

/// The calls of that.
pub(crate) fn solver_run(ranks: u32, threads: u32, steps: i64) -> Run {
    let mut run = Run::default();
    for rank in 0..ranks {
        let mut chance = Chance::new(0x9e37_79b9_7f4a_7c15 ^ u64::from(rank + 1));
        let mut now = 4_000_000 + chance.between(0, 900_000);
        run.call("setup", rank, 0, chance.between(0, 200_000), now);
        for step in 0..steps {
            let begin = now;
            now += chance.between(20_000, 60_000);
            let assembly = now;
            now += chance.between(400_000, 700_000) + i64::from(rank) * 60_000;
            run.call("assemble", rank, 0, assembly, now);
            for thread in 0..threads {
                let late = chance.between(5_000, 60_000);
                run.call(
                    "stencil kernel",
                    rank,
                    thread,
                    assembly + late,
                    now - chance.between(5_000, 90_000),
                );
            }
            now += chance.between(5_000, 20_000);
            let solve = now;
            for _ in 0..chance.between(6, 14) {
                let product = now;
                now += chance.between(30_000, 80_000);
                run.call("cg: matrix-vector product", rank, 0, product, now);
                let reduction = now;
                now += chance.between(4_000, 30_000);
                run.call("cg: allreduce", rank, 0, reduction, now);
                now += chance.between(1_000, 4_000);
            }
            run.call("solve", rank, 0, solve, now);
            if step % 8 == 7 {
                let write = now;
                now += chance.between(500_000, 1_500_000);
                run.call("io::write_checkpoint", rank, 0, write, now);
            }
            run.call("time_step", rank, 0, begin, now);
            now += chance.between(2_000, 9_000);
        }
    }
    run
}

/// `regions` regions on each of `ranks` ranks, `calls` calls each, one after the other.
pub(crate) fn grid(
    ranks: u32,
    regions: usize,
    calls: i64,
    name: impl Fn(usize) -> String,
) -> (GanttChart, PageData) {
    let mut run = Run::default();
    let names: Vec<String> = (0..regions).map(name).collect();
    for rank in 0..ranks {
        let mut chance = Chance::new(7 + u64::from(rank) * 7919);
        let mut now = 0;
        for _ in 0..calls {
            for (id, name) in names.iter().enumerate() {
                let length = chance.between(500, 4_000) * (1 + id as i64 % 5) * (1 + i64::from(rank % 4) / 3);
                run.call(name, rank, 0, now, now + length);
                now += length + chance.between(100, 3_000);
            }
        }
    }
    run.finish("grid")
}

/// Joins neighbouring bars until a lane has at most `columns`, as the reduction of a large file does.
pub(crate) fn merge(chart: &mut GanttChart, columns: i64) {
    for lane in chart.regions.iter_mut().flat_map(|region| &mut region.lanes) {
        let mut merged: Vec<Bar> = Vec::new();
        for bar in &lane.bars {
            let column = |time: i64| time * columns / chart.span_ns;
            match merged.last_mut() {
                Some(last) if column(last.start_ns) == column(bar.start_ns) => {
                    let ran =
                        last.busy * (last.end_ns - last.start_ns) as f32 + (bar.end_ns - bar.start_ns) as f32;
                    last.end_ns = bar.end_ns;
                    last.calls += bar.calls;
                    last.busy = (ran / (last.end_ns - last.start_ns).max(1) as f32).min(1.0);
                }
                _ => merged.push(*bar),
            }
        }
        chart.header.merged += merged
            .iter()
            .filter(|bar| bar.calls > 1)
            .map(|bar| u64::from(bar.calls))
            .sum::<u64>();
        lane.bars = merged;
    }
}

/// Names that try to leave the text they stand in.
pub(crate) fn hostile_names() -> Vec<String> {
    [
        "</script><script>window.hacked = 1</script>",
        "<img src=x onerror='window.hacked = 1'>",
        "quotes \" ' ` and \\ backslash",
        "line\nbreak\ttab",
        "emoji 🦀 and é",
        "",
        "{{data}} {{script}}",
        "separator \u{2028} override \u{202e}txet",
        "<!-- comment",
        "GET /users?id=1&name=<b>",
    ]
    .iter()
    .map(|name| (*name).to_owned())
    .chain(["long ".repeat(60)])
    .collect()
}
