//! The names of a tree with the lines that connect them.
//!
//! No two levels ever look alike. Where a tree is too deep for the width, the lines move together, down to
//! one column for each level; beyond, each name has the number of its level in front.

use super::super::column::SHORTEST_LABEL;
use crate::analysis::call_tree::{CallNode, CallTree};
use crate::text::{cell, clip, width};
use crate::units;

/// Names longer than this are shortened in the middle even where there is room.
const LONGEST_NAME: usize = 72;
/// Deep below, names keep this much room before the lines move together.
const SHORTEST_NAME: usize = 12;
/// Columns that lines may take where there is room without end.
const MOST_GUIDES: usize = 60;
/// Deep trees may take this much from the numbers.
const MOST_NEEDED: usize = 44;

/// What stands before the numbers of a row.
pub(super) struct Label {
    depth: usize,
    /// At each level whether another node comes later there: for those above and for this one.
    later: Vec<bool>,
    name: String,
    /// What is said of recursion, in words and as short as can be.
    recursion: Option<(String, String)>,
}

/// A label that is cut to its width: the lines, then the rest.
pub(super) struct Cut {
    pub(super) guide: String,
    pub(super) name: String,
}

/// The labels of all rows, and how they are drawn.
pub(super) struct Labels {
    labels: Vec<Label>,
    unicode: bool,
    deepest: usize,
}

/// How levels are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// By lines, so many columns for each level.
    Lines(usize),
    /// By numbers.
    Numbers,
}

impl Labels {
    /// For nodes with their depth, in the order of the tree.
    pub(super) fn new(tree: &CallTree, nodes: &[(usize, usize)], unicode: bool) -> Self {
        // A node is its parent's last child when no later one of the same depth comes before a
        // shallower one; seen from the end, that is the state of this list.
        let mut later_at: Vec<bool> = Vec::new();
        let mut labels: Vec<Label> = Vec::with_capacity(nodes.len());
        for &(depth, index) in nodes.iter().rev() {
            let node = tree.node(index);
            later_at.resize(depth + 1, false);
            labels.push(Label {
                depth,
                later: later_at.clone(),
                name: cell(node.name(), unicode),
                recursion: recursion(node, unicode),
            });
            later_at[depth] = true;
        }
        labels.reverse();
        Self {
            labels,
            unicode,
            deepest: nodes.iter().map(|&(depth, _)| depth).max().unwrap_or(0),
        }
    }

    /// The width that all would take.
    pub(super) fn natural(&self) -> usize {
        let style = self.widest();
        let widths = self.labels.iter().map(|label| {
            let recursion = label.recursion.as_ref().map_or(0, |(long, _)| width(long));
            self.guide_width(style, label.depth) + width(&label.name).min(LONGEST_NAME) + recursion
        });
        widths.max().unwrap_or(0).max(self.header(style).len())
    }

    /// The width below which numbers are left out rather than names cut.
    pub(super) fn shortest(&self) -> usize {
        self.needed(Style::Lines(1)).clamp(SHORTEST_LABEL, MOST_NEEDED)
    }

    /// How to tell the levels apart in so many columns.
    pub(super) fn style(&self, columns: usize) -> Style {
        let fits =
            |&step: &usize| step * self.deepest <= MOST_GUIDES && self.needed(Style::Lines(step)) <= columns;
        let step = [3, 2, 1].into_iter().find(fits);
        step.map_or(Style::Numbers, Style::Lines)
    }

    pub(super) fn header(&self, style: Style) -> &'static str {
        match style {
            Style::Lines(_) => "region",
            Style::Numbers => "level: region",
        }
    }

    /// A label in so many columns.
    pub(super) fn cut(&self, index: usize, style: Style, columns: usize) -> Cut {
        let label = &self.labels[index];
        let guide = self.guide(label, style);
        let guide = clip(&guide, columns, self.unicode);
        let room = columns - width(&guide).min(columns);
        let (long, short) = label.recursion.clone().unwrap_or_default();
        let mark = if width(&label.name) + width(&long) <= room {
            long
        } else {
            short
        };
        let mark = if width(&mark) + SHORTEST_NAME.min(width(&label.name)) <= room {
            mark
        } else {
            String::new()
        };
        let name = clip(&label.name, room - width(&mark), self.unicode);
        Cut {
            name: if width(&label.name) > LONGEST_NAME {
                clip(&name, LONGEST_NAME.min(room - width(&mark)), self.unicode) + &mark
            } else {
                name + &mark
            },
            guide,
        }
    }

    /// The widest style that is drawn where there is room.
    fn widest(&self) -> Style {
        self.style(usize::MAX)
    }

    fn needed(&self, style: Style) -> usize {
        let needed = self.labels.iter().map(|label| {
            let short = label.recursion.as_ref().map_or(0, |(_, short)| width(short));
            self.guide_width(style, label.depth) + width(&label.name).min(SHORTEST_NAME) + short
        });
        needed.max().unwrap_or(0)
    }

    fn guide_width(&self, style: Style, depth: usize) -> usize {
        match style {
            Style::Lines(step) => step * depth,
            Style::Numbers => self.deepest.to_string().len() + 2,
        }
    }

    fn guide(&self, label: &Label, style: Style) -> String {
        let step = match style {
            Style::Lines(step) => step,
            Style::Numbers => {
                let digits = self.deepest.to_string().len();
                return format!("{:>digits$}: ", label.depth);
            }
        };
        let [branch, last, through] = match (self.unicode, step) {
            (true, 3) => ["├─ ", "└─ ", "│  "],
            (true, 2) => ["├ ", "└ ", "│ "],
            (true, _) => ["├", "└", "│"],
            (false, 3) => ["|- ", "`- ", "|  "],
            (false, 2) => ["|-", "`-", "| "],
            (false, _) => ["|", "`", "|"],
        };
        let mut guide = String::new();
        for level in 1..label.depth {
            guide += if label.later[level] {
                through
            } else {
                &"   "[..step]
            };
        }
        if label.depth > 0 {
            guide += if label.later[label.depth] { branch } else { last };
        }
        guide
    }
}

fn recursion(node: &CallNode, unicode: bool) -> Option<(String, String)> {
    let depth = units::count(node.recursion_depth().into());
    let times = if unicode { '×' } else { 'x' };
    node.is_recursive().then(|| {
        (
            format!(" (recursive, {depth} deep)"),
            format!(" ({times}{depth})"),
        )
    })
}
