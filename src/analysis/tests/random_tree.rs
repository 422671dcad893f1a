//! Random trees of calls, and what the call tree must say of them, worked out from the trees
//! themselves by recursion.

use proptest::prelude::*;
use std::collections::BTreeSet;

/// A call: time before it, its children, time after the last of them.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    region: usize,
    gap: i64,
    children: Vec<Tree>,
    tail: i64,
}

/// The calls of one thread, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Thread(Vec<Tree>);

/// Up to three threads over four regions, so that recursion of all kinds happens. Gaps and tails
/// are at least 1: what equal and touching times mean has tests of its own.
pub(super) fn threads() -> impl Strategy<Value = Vec<Thread>> {
    let leaf = (0_usize..4, 1_i64..5, 1_i64..5).prop_map(|(region, gap, tail)| Tree {
        region,
        gap,
        children: Vec::new(),
        tail,
    });
    let tree = leaf.prop_recursive(6, 40, 4, |inner| {
        (0_usize..4, 1_i64..5, prop::collection::vec(inner, 0..4), 1_i64..5).prop_map(
            |(region, gap, children, tail)| Tree {
                region,
                gap,
                children,
                tail,
            },
        )
    });
    prop::collection::vec(prop::collection::vec(tree, 0..6).prop_map(Thread), 1..4)
}

impl Tree {
    fn length(&self) -> i64 {
        self.children
            .iter()
            .map(|child| child.gap + child.length())
            .sum::<i64>()
            + self.tail
    }

    fn own(&self) -> i64 {
        self.length() - self.children.iter().map(Self::length).sum::<i64>()
    }
}

impl Thread {
    /// Calls with their region, start and end.
    pub(super) fn each(&self, each: &mut impl FnMut(usize, i64, i64)) {
        fn visit(trees: &[Tree], mut clock: i64, each: &mut impl FnMut(usize, i64, i64)) {
            for tree in trees {
                clock += tree.gap;
                let end = clock + tree.length();
                each(tree.region, clock, end);
                visit(&tree.children, clock, each);
                clock = end;
            }
        }
        visit(&self.0, 0, each);
    }

    /// Calls with their region and own time.
    pub(super) fn each_own(&self, each: &mut impl FnMut(usize, i64)) {
        fn visit(trees: &[Tree], each: &mut impl FnMut(usize, i64)) {
            for tree in trees {
                each(tree.region, tree.own());
                visit(&tree.children, each);
            }
        }
        visit(&self.0, each);
    }
}

#[derive(Default)]
struct Node {
    region: usize,
    first: i64,
    calls: u64,
    total: i64,
    own: i64,
    /// Of calls that are not inside another one of the node.
    inclusive: i64,
    recursion: usize,
    children: Vec<Node>,
}

/// The lines that the call tree must give.
pub(super) fn drawn(threads: &[Thread]) -> Vec<String> {
    let mut top = Node {
        region: usize::MAX,
        ..Node::default()
    };
    for Thread(trees) in threads {
        add(&mut top, &[], &[], trees, 0);
    }
    let mut lines = Vec::new();
    // Equal regions share a first occurrence only by chance of threads; file order is region order.
    draw(&mut top.children, 0, &mut lines);
    lines
}

/// Adds calls below the node that `path` leads to from the top; `open` are the regions of all calls around
/// them.
fn add(top: &mut Node, path: &[usize], open: &[usize], trees: &[Tree], mut clock: i64) {
    for tree in trees {
        clock += tree.gap;
        let calls_itself = path.last() == Some(&tree.region);
        let mut inside = path.to_vec();
        if !calls_itself {
            inside.push(tree.region);
        }
        let node = inside
            .iter()
            .fold(&mut *top, |node, &region| child(node, region, clock));
        let around = open.iter().filter(|&&region| region == tree.region).count();
        node.first = node.first.min(clock);
        node.calls += 1;
        node.total += tree.length();
        node.own += tree.own();
        node.recursion = node.recursion.max(around + 1);
        if !calls_itself {
            node.inclusive += tree.length();
        }
        let open = [open, &[tree.region]].concat();
        add(top, &inside, &open, &tree.children, clock);
        clock += tree.length();
    }
}

fn child(node: &mut Node, region: usize, first: i64) -> &mut Node {
    let at = node
        .children
        .iter()
        .position(|child| child.region == region)
        .unwrap_or_else(|| {
            node.children.push(Node {
                region,
                first,
                ..Node::default()
            });
            node.children.len() - 1
        });
    &mut node.children[at]
}

fn draw(nodes: &mut [Node], depth: usize, lines: &mut Vec<String>) {
    let regions: BTreeSet<usize> = nodes.iter().map(|node| node.region).collect();
    assert_eq!(regions.len(), nodes.len());
    nodes.sort_by_key(|node| (node.first, node.region));
    for node in nodes {
        let indent = "  ".repeat(depth);
        let Node {
            region,
            calls,
            total,
            own,
            inclusive,
            recursion,
            ..
        } = node;
        lines.push(format!(
            "{indent}r{region} {calls} {total} {inclusive} {own} {recursion}"
        ));
        draw(&mut node.children, depth + 1, lines);
    }
}
