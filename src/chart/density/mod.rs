//! Density: how busy each rank is over the run, also where there are thousands.

mod data;
mod picture;

use super::gantt::density::Density;
use super::gantt::{Bar, Lane};
use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::moments::Moments;
use super::options::ChartOptions;
use super::subject::{Facts, Subject, not_timed};
use super::totals::Totals;
use crate::analysis::lane::{LaneReducer, level_for};
use crate::analysis::pass::{Observer, RankCall};
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;
use std::collections::{BTreeMap, BTreeSet};

/// More lanes than these are too thin: neighbouring ranks share one.
const MOST_LANES: usize = 600;
/// The time axis is kept in at least so many columns, and less than twice as many.
const COLUMNS: u64 = 1024;
/// Regions that are open for such a share of the time of their ranks say nothing of when these are busy. More than
/// all of it takes several threads, which may be idle together.
const ALL_THE_TIME: std::ops::RangeInclusive<f64> = 0.9..=1.01;
/// Lanes that are busy for more of their time than this, from first to last, look like one solid block.
const SOLID: f64 = 0.97;

const ADVICE: &str = "ranks are always in some region; -i REGION shows when they are in that one";

/// The share of time in which ranks are in any region, ready to be drawn.
struct RankDensity {
    header: Header,
    /// The length of the time axis, ns; at least 1.
    span_ns: i64,
    /// Lanes of one or more ranks, in order.
    lanes: Vec<Lane>,
}

/// The chart in the list of charts.
pub(super) struct BusyShare;

impl Chart for BusyShare {
    fn name(&self) -> &'static str {
        "density"
    }

    fn about(&self) -> &'static str {
        "how busy each rank was over the run, also of thousands"
    }

    fn file_stem(&self) -> &'static str {
        "density_plot"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        let mut drawn = subject.drawn()?;
        let source = subject.source();
        let timed = subject.rows().iter().map(|&row| &source.rows()[row]);
        let ranks: BTreeSet<u32> = timed
            .filter(|row| row.intervals > 0)
            .map(|row| row.rank)
            .collect();
        if ranks.is_empty() {
            return Err(not_timed(source));
        }
        let moments = Moments::new(subject)?;
        let frames = frames(subject, &moments)?;
        (0..drawn.len()).for_each(|row| drawn[row] &= !frames.contains(&source.rows()[row].name));
        let axis = moments.axis();
        let span = axis.map_or(0, |(first, last)| last.wrapping_sub(first) as u64);
        let ranks_per_lane = ranks.len().div_ceil(options.max_lanes.min(MOST_LANES));
        let lanes = ranks.len().div_ceil(ranks_per_lane);
        Ok(Box::new(GrowingDensity {
            source,
            title: options.title_for(source),
            moments,
            drawn,
            frames,
            ranks: ranks.into_iter().collect(),
            ranks_per_lane,
            level: level_for(span, COLUMNS),
            lanes: (0..lanes).map(|_| Density::new(COLUMNS)).collect(),
            rows: Vec::new(),
            shift: 0,
            lane: LaneReducer::new(COLUMNS, 0),
        }))
    }
}

/// The regions that are open nearly all the time, as `main`, and would hide all others; none where no other is left.
fn frames(subject: &Subject<'_>, moments: &Moments) -> Result<BTreeSet<usize>> {
    let source = subject.source();
    let rows = || subject.rows().iter().map(|&row| (row, &source.rows()[row]));
    let mut regions: BTreeMap<usize, (i128, BTreeSet<u32>)> = BTreeMap::new();
    for (_, row) in rows() {
        regions.entry(row.name).or_default().1.insert(row.rank);
    }
    if regions.len() < 2 {
        return Ok(BTreeSet::new());
    }
    let stated = Totals::stated(source);
    let (totals, wall) = match moments.known() {
        Some(wall) if stated.are_known() => (stated, wall),
        _ => {
            let look = subject.first_look()?;
            (look.totals.clone(), &look.wall)
        }
    };
    for (index, row) in rows() {
        let stated = source.row_facts(index).inclusive_ns.map(i128::from);
        let time = stated.or(totals.of_row(index)).unwrap_or(0);
        regions.entry(row.name).or_default().0 += time;
    }
    let is_frame = |(total, ranks): &(i128, BTreeSet<u32>)| {
        let ran: f64 = ranks.iter().map(|&rank| wall.rank_ns(rank) as f64).sum();
        ALL_THE_TIME.contains(&(*total as f64 / ran.max(1.0)))
    };
    let all = regions.len();
    let frames: BTreeSet<usize> = regions
        .into_iter()
        .filter(|(_, region)| is_frame(region))
        .map(|(name, _)| name)
        .collect();
    Ok(if frames.len() < all {
        frames
    } else {
        BTreeSet::new()
    })
}

/// Whether there is hardly a gap between the beginning and the end of any lane.
fn is_solid(lanes: &[Lane]) -> bool {
    let mut busy = 0.0;
    let mut length = 0.0;
    for bars in lanes.iter().map(|lane| &lane.bars) {
        let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
            continue;
        };
        length += (last.end_ns - first.start_ns) as f64;
        busy += bars
            .iter()
            .map(|bar| (bar.end_ns - bar.start_ns) as f64 * f64::from(bar.busy))
            .sum::<f64>();
    }
    busy > length * SOLID
}

struct GrowingDensity<'a> {
    source: &'a dyn Source,
    title: String,
    moments: Moments,
    /// Of each row of the source, whether it counts.
    drawn: Vec<bool>,
    /// The regions that do not, as indices into [`Source::names`].
    frames: BTreeSet<usize>,
    ranks: Vec<u32>,
    ranks_per_lane: usize,
    level: u32,
    lanes: Vec<Density>,
    /// The rank that is being read: its rows, what to take from its times, and for how long it was busy when.
    rows: Vec<usize>,
    shift: i64,
    lane: LaneReducer,
}

impl Observer for GrowingDensity<'_> {
    fn takes_rank(&self, rank: u32) -> bool {
        self.ranks.binary_search(&rank).is_ok()
    }

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.shift = self.moments.shift(rank);
        self.lane = LaneReducer::new(COLUMNS, self.level);
        Ok(())
    }

    fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
        for call in calls.iter().filter(|call| self.drawn[self.rows[call.row]]) {
            let [start, end] = [call.start, call.end].map(|ns| ns.saturating_sub(self.shift));
            self.lane.push(start, end);
        }
        Ok(())
    }

    fn end_rank(&mut self, rank: u32) -> Result<()> {
        let lane = std::mem::replace(&mut self.lane, LaneReducer::new(COLUMNS, 0));
        let place = self.ranks.partition_point(|&other| other < rank);
        self.lanes[place / self.ranks_per_lane].add(lane);
        Ok(())
    }
}

impl GrowingChart for GrowingDensity<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        vec![self]
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        let tree = facts.tree()?;
        let wall = tree.wall();
        let (origin, end) = wall.span().unwrap_or((0, wall.ns()));
        let lanes = self.ranks.chunks(self.ranks_per_lane).zip(self.lanes);
        let lanes = lanes.map(|(ranks, density)| Lane {
            last_rank: ranks[ranks.len() - 1],
            bars: density.finish(0, origin, end, ranks.len()),
            ..Lane::new(ranks[0])
        });
        let lanes: Vec<Lane> = lanes.collect();
        let rows = self.source.rows().iter().zip(&self.drawn);
        let counted: BTreeSet<usize> = rows
            .filter(|(_, counts)| **counts)
            .map(|(row, _)| row.name)
            .collect();
        let advice = (counted.len() > 1 && is_solid(&lanes)).then(|| ADVICE.to_owned());
        let names = self.source.names();
        Ok(Box::new(RankDensity {
            lanes,
            span_ns: end.saturating_sub(origin).max(1),
            header: Header {
                ranks_per_lane: self.ranks_per_lane,
                not_counted: self.frames.iter().map(|&name| names[name].clone()).collect(),
                advice,
                ..Header::of_tree(tree, self.title)
            },
        }))
    }
}

impl RankDensity {
    /// The share of each of `cells` equal parts of the time axis in which the ranks of a lane are busy.
    fn shares(&self, lane: &Lane, cells: usize) -> Vec<f64> {
        let mut busy = vec![0.0; cells];
        let at = |ns: i64| ns as f64 / self.span_ns as f64 * cells as f64;
        for Bar {
            start_ns,
            end_ns,
            busy: share,
            ..
        } in &lane.bars
        {
            let (from, to) = (at(*start_ns).max(0.0), at(*end_ns).min(cells as f64));
            let mut cell = from as usize;
            while cell < cells && (cell as f64) < to {
                let within = to.min(cell as f64 + 1.0) - from.max(cell as f64);
                busy[cell] += within * f64::from(*share);
                cell += 1;
            }
        }
        busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_time_axis_add_up_to_the_busy_time() {
        let bar = |start_ns, end_ns, busy| Bar {
            busy,
            ..Bar::new(start_ns, end_ns)
        };
        let mut lane = Lane::new(0);
        lane.bars = vec![bar(0, 250, 1.0), bar(300, 350, 0.5), bar(500, 1_000, 0.25)];
        let chart = RankDensity {
            header: Header::default(),
            span_ns: 1_000,
            lanes: Vec::new(),
        };
        let shares = chart.shares(&lane, 4);
        let exact = [1.0, 0.1, 0.25, 0.25];
        assert!(
            shares
                .iter()
                .zip(exact)
                .all(|(share, exact)| (share - exact).abs() < 1e-9),
            "{shares:?}"
        );
        for cells in [1, 3, 7, 1_000, 4_000] {
            let busy: f64 = chart.shares(&lane, cells).iter().sum();
            assert!((busy / cells as f64 - 0.4).abs() < 1e-9, "{cells}: {busy}");
        }
    }
}
