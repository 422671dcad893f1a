//! Where the lanes and labels of a Gantt chart go.

use super::{GanttChart, GanttRegion, Lane};
use crate::error::{Error, Result};
use crate::render::style::{MARGIN, NAME, TICK};
use crate::render::{Anchor, Paper, Text};
use crate::text::visible;

/// Ranks and threads beside the lanes.
pub(super) const LANE_LABEL: Text = Text {
    size: 22.0,
    anchor: Anchor::End,
    ..TICK
};
/// From one lane label to the next.
const LABEL_PITCH: i32 = 26;
const MAX_NAME: f32 = 640.0;
const MAX_THREAD: f32 = 300.0;
const COLUMN_GAP: i32 = 26;
const LANE: std::ops::RangeInclusive<i32> = 3..=48;
/// The height that lanes fill before they become thinner.
const COMFORTABLE: i32 = 1800;
/// Smallest height of a region and gap between regions, from roomy to tight.
const SPACING: [(i32, i32); 4] = [(36, 14), (30, 8), (24, 5), (18, 2)];
/// A picture of more than the paper is drawn when the chart asks for it, one of more than this is not.
const LIMIT: i32 = 16_000;

pub(super) struct Layout {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    /// From one lane to the next.
    pub(super) pitch: i32,
    pub(super) name: Text,
    pub(super) lane_label: Text,
    pub(super) name_right: i32,
    pub(super) columns: Vec<LabelColumn>,
    pub(super) blocks: Vec<Block>,
}

/// Middle and text.
type Label = (i32, String);

/// A column of labels beside the lanes, written up to `right`.
pub(super) struct LabelColumn {
    pub(super) heading: &'static str,
    pub(super) right: i32,
    pub(super) labels: Vec<Label>,
}

/// One region.
pub(super) struct Block {
    pub(super) name: String,
    pub(super) middle: i32,
    pub(super) first_lane: i32,
    /// Where the line above it is, but for the first.
    pub(super) rule: Option<i32>,
    /// Between ranks, where their threads have lanes.
    pub(super) rank_rules: Vec<i32>,
}

impl Layout {
    /// In a frame from there down.
    pub(super) fn of(chart: &GanttChart, top: i32, paper: &Paper<'_>) -> Result<Self> {
        // Room for what stands above the lanes.
        let top = top + 48;
        let room = paper.height - top - 88 - MARGIN;
        let lanes: usize = chart.regions.iter().map(|region| region.lanes.len()).sum();
        let (pitch, (block, gap)) = spacing(chart, lanes, room);
        let name = Text {
            size: NAME.size.min(block as f32 * 0.86),
            ..NAME
        };

        let mut blocks = Vec::with_capacity(chart.regions.len());
        let mut y = top;
        for (index, region) in chart.regions.iter().enumerate() {
            let lanes = region.lanes.len() as i32 * pitch;
            let height = lanes.max(block);
            blocks.push(Block {
                name: paper.fit(&visible(&region.name), &name, paper.share(MAX_NAME, 0.3)),
                middle: y + gap / 2 + height / 2,
                first_lane: y + gap / 2 + (height - lanes) / 2,
                rule: (index > 0).then_some(y),
                rank_rules: rank_rules(region, pitch, y + gap / 2 + (height - lanes) / 2),
            });
            y = y.saturating_add(height + gap);
            if y > LIMIT {
                return Err(Error::plot(format!(
                    "{lanes} lanes do not fit on a picture; choose fewer regions or ranks, or a smaller max_lanes",
                    lanes = chart
                        .regions
                        .iter()
                        .map(|region| region.lanes.len())
                        .sum::<usize>()
                )));
            }
        }
        let mut layout = Layout {
            left: 0,
            right: paper.width - MARGIN - 16,
            top,
            bottom: y,
            pitch,
            name,
            lane_label: Text {
                size: LANE_LABEL.size.min(block as f32 * 0.78),
                ..LANE_LABEL
            },
            name_right: 0,
            columns: Vec::new(),
            blocks,
        };
        layout.place_columns(chart, paper);
        Ok(layout)
    }

    fn place_columns(&mut self, chart: &GanttChart, paper: &Paper<'_>) {
        let names = self.blocks.iter().map(|block| block.name.as_str());
        self.name_right = MARGIN + paper.widest(names, &self.name);
        let mut right = self.name_right;
        // A serial program knows no ranks; its reader would wonder at a column of zeros.
        let mut lanes = chart.regions.iter().flat_map(|region| &region.lanes);
        let only_rank_zero = lanes.all(|lane| lane.last_rank == 0);
        let (ranks, threads) = self.labels(chart, paper);
        for (heading, labels) in [("rank", ranks), ("thread", threads)] {
            if labels.is_empty() || (heading == "rank" && only_rank_zero) {
                continue;
            }
            let texts = labels.iter().map(|(_, text)| text.as_str()).chain([heading]);
            right += COLUMN_GAP + paper.widest(texts, &LANE_LABEL);
            self.columns.push(LabelColumn {
                heading,
                right,
                labels,
            });
        }
        self.left = right + 20;
    }

    /// Ranks and threads.
    fn labels(&self, chart: &GanttChart, paper: &Paper<'_>) -> (Vec<Label>, Vec<Label>) {
        let (mut ranks, mut threads) = (Vec::new(), Vec::new());
        for (region, block) in chart.regions.iter().zip(&self.blocks) {
            let by_rank: Vec<&[Lane]> = region.lanes.chunk_by(|a, b| a.rank == b.rank).collect();
            let mut y = block.first_lane;
            let mut groups = Vec::new();
            for lanes in &by_rank {
                let height = lanes.len() as i32 * self.pitch;
                groups.push((y + height / 2, &lanes[0]));
                if lanes[0].thread.is_some() {
                    let middle = |i: usize| y + i as i32 * self.pitch + self.pitch / 2;
                    let of_threads = lanes.iter().enumerate().map(|(i, lane)| (middle(i), lane));
                    threads.extend(thinned(&of_threads.collect::<Vec<_>>(), self.pitch, |a, b| {
                        threads_of(a, b, paper)
                    }));
                }
                y += height;
            }
            let pitch = (y - block.first_lane) / groups.len().max(1) as i32;
            ranks.extend(thinned(&groups, pitch, ranks_of));
        }
        (ranks, threads)
    }
}

/// The largest pitch of lanes, and the roomiest spacing, that fit into `room`.
fn spacing(chart: &GanttChart, lanes: usize, room: i32) -> (i32, (i32, i32)) {
    let lanes = i32::try_from(lanes).unwrap_or(i32::MAX).max(1);
    let comfortable = (COMFORTABLE / lanes).clamp(6, *LANE.end());
    for spacing in SPACING {
        for pitch in (*LANE.start()..=comfortable).rev() {
            if total(&chart.regions, pitch, spacing) <= i64::from(room) {
                return (pitch, spacing);
            }
        }
    }
    (*LANE.start(), SPACING[SPACING.len() - 1])
}

fn total(regions: &[GanttRegion], pitch: i32, (block, gap): (i32, i32)) -> i64 {
    let heights = regions.iter().map(|region| {
        let lanes = i64::try_from(region.lanes.len()).unwrap_or(i64::MAX);
        lanes.saturating_mul(pitch.into()).max(block.into()) + i64::from(gap)
    });
    heights.fold(0, i64::saturating_add)
}

fn rank_rules(region: &GanttRegion, pitch: i32, first_lane: i32) -> Vec<i32> {
    let between = region.lanes.windows(2).enumerate().filter(|(_, pair)| {
        let threads = pair[0].thread.is_some() || pair[1].thread.is_some();
        threads && pair[0].rank != pair[1].rank
    });
    between
        .map(|(index, _)| first_lane + (index as i32 + 1) * pitch)
        .collect()
}

/// What the lanes from the first to the last are called by their ranks.
fn ranks_of(first: &Lane, last: &Lane) -> String {
    if first.rank == last.last_rank {
        first.rank.to_string()
    } else {
        format!("{}–{}", first.rank, last.last_rank)
    }
}

/// And by their threads.
fn threads_of(first: &Lane, last: &Lane, paper: &Paper<'_>) -> String {
    let label = if first.thread == last.thread {
        first.thread_label.clone()
    } else {
        let number = |lane: &Lane| lane.thread.unwrap_or(0);
        // One name for all of them is given once.
        let name = |lane: &Lane| {
            lane.thread_label
                .rsplit_once(" #")
                .map(|(name, _)| name.to_owned())
        };
        match (name(first), name(last)) {
            (Some(a), Some(b)) if a == b => format!("{a} #{}–{}", number(first), number(last)),
            _ => format!("#{}–{}", number(first), number(last)),
        }
    };
    paper.fit(&label, &LANE_LABEL, paper.share(MAX_THREAD, 0.15))
}

/// As many of the labels as there is room for: all, every second, fourth and so on, or one that
/// names the first and the last.
fn thinned<T: Copy>(items: &[(i32, T)], pitch: i32, text: impl Fn(T, T) -> String) -> Vec<Label> {
    let step = (0..)
        .map(|power| 1_usize << power)
        .find(|&step| step as i32 * pitch.max(1) >= LABEL_PITCH);
    let step = step.unwrap_or(1);
    match items {
        [(first_y, first), .., (last_y, last)] if step >= items.len() => {
            vec![((first_y + last_y) / 2, text(*first, *last))]
        }
        _ => items
            .iter()
            .step_by(step)
            .map(|&(y, item)| (y, text(item, item)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::thread_label;
    use crate::render::Even;

    fn lane(rank: u32, thread: Option<u32>, name: &str) -> Lane {
        Lane {
            rank,
            last_rank: rank,
            thread,
            thread_label: thread.map_or_else(String::new, |thread| thread_label(thread, Some(name))),
            depth: 0,
            bars: Vec::new(),
        }
    }

    fn labels(count: i32, pitch: i32) -> Vec<String> {
        let lanes: Vec<_> = (0..count).map(|i| lane(i as u32, None, "")).collect();
        let items: Vec<_> = lanes
            .iter()
            .map(|lane| (lane.rank as i32 * pitch, lane))
            .collect();
        thinned(&items, pitch, ranks_of)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn threads_have_name_and_number_and_a_long_name_keeps_its_number() {
        let paper = Paper::new(2_400, 1000, &Even);
        let worker = |thread| lane(0, Some(thread), "tokio-rt-worker");
        assert_eq!(threads_of(&worker(1), &worker(1), &paper), "tokio-rt-worker #1");
        assert_eq!(threads_of(&worker(1), &worker(9), &paper), "tokio-rt-worker #1–9");
        assert_eq!(threads_of(&lane(0, Some(0), "main"), &worker(9), &paper), "#0–9");
        let long = threads_of(
            &lane(0, Some(12), &"x".repeat(200)),
            &lane(0, Some(12), ""),
            &paper,
        );
        assert!(long.ends_with("x #12") && long.contains('…'), "{long}");
        assert!(paper.text_width(&long, &LANE_LABEL) <= MAX_THREAD);
    }

    #[test]
    fn labels_thin_out_with_the_pitch_of_lanes() {
        assert_eq!(labels(3, 48), ["0", "1", "2"]);
        assert_eq!(labels(8, 13), ["0", "2", "4", "6"]);
        assert_eq!(labels(8, 3), ["0–7"]);
        assert_eq!(labels(1, 3), ["0"]);
    }
}
