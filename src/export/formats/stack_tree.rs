//! The time that each stack of regions had for itself, over all selected ranks and threads.
//!
//! Of calls that partly overlap the later one stands on top while both are open, and so has the time. Regions that are
//! not selected are measured and then left out: their time is in no line.

use crate::error::Result;
use crate::export::Selected;
use crate::export::calls::{OnStack, Stacks};
use rustc_hash::FxHashMap;

/// Deeper calls count for the one at this depth.
const MOST_DEEP: usize = 512;
/// When there are so many different stacks, a new one counts for the longest part of it that there is.
const MOST_NODES: usize = 1 << 20;

/// A tree of stacks.
pub(super) struct StackTree<'a> {
    nodes: Vec<Node>,
    below: FxHashMap<(usize, usize), usize>,
    names: &'a [String],
}

struct Node {
    parent: usize,
    /// Index into the names of the source.
    name: usize,
    depth: usize,
    ns: i128,
}

const ROOT: usize = 0;

impl<'a> StackTree<'a> {
    pub(super) fn of(profile: &Selected<'a>) -> Result<Self> {
        let source = profile.source();
        let root = Node {
            parent: ROOT,
            name: usize::MAX,
            depth: 0,
            ns: 0,
        };
        let mut tree = Self {
            nodes: vec![root],
            below: FxHashMap::default(),
            names: source.names(),
        };
        let mut is_selected = vec![false; source.rows().len()];
        profile.rows().iter().for_each(|&row| is_selected[row] = true);
        for (rank, _) in profile.rows_by_rank() {
            let rows = source.rows().iter().enumerate();
            let rows: Vec<usize> = rows
                .filter(|(_, row)| row.rank == rank)
                .map(|(at, _)| at)
                .collect();
            let name = |&row: &usize| is_selected[row].then(|| source.rows()[row].name);
            let mut growing = Growing {
                tree: &mut tree,
                shown: rows.iter().map(name).collect(),
                threads: Vec::new(),
            };
            let mut stacks = Stacks::default();
            profile.each_call(&rows, |call| stacks.call(call, &mut growing))?;
            stacks.end(&mut growing)?;
        }
        Ok(tree)
    }

    fn child(&mut self, parent: usize, name: usize) -> usize {
        let depth = self.nodes[parent].depth + 1;
        if let Some(&node) = self.below.get(&(parent, name)) {
            return node;
        }
        if depth > MOST_DEEP || self.nodes.len() >= MOST_NODES {
            return parent;
        }
        self.nodes.push(Node {
            parent,
            name,
            depth,
            ns: 0,
        });
        self.below.insert((parent, name), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// A line for each stack that had time for itself, in alphabetical order.
    pub(super) fn lines(&self) -> Vec<String> {
        let names: Vec<String> = self.names.iter().map(|name| frame(name)).collect();
        let mut lines: Vec<(String, i128)> = Vec::new();
        for node in self.nodes.iter().skip(1).filter(|node| node.ns > 0) {
            let mut stack = vec![names[node.name].as_str()];
            let mut above = node.parent;
            while above != ROOT {
                stack.push(&names[self.nodes[above].name]);
                above = self.nodes[above].parent;
            }
            stack.reverse();
            lines.push((stack.join(";"), node.ns));
        }
        lines.sort();
        lines
            .into_iter()
            .map(|(stack, ns)| format!("{stack} {ns}"))
            .collect()
    }
}

/// A name that neither ends its frame nor its line.
fn frame(name: &str) -> String {
    let name = crate::text::cell(name, true);
    name.replace(';', ":")
}

/// Adds the calls of one rank.
struct Growing<'t, 'a> {
    tree: &'t mut StackTree<'a>,
    /// The name of each row that is shown.
    shown: Vec<Option<usize>>,
    threads: Vec<Thread>,
}

/// The stack of one thread.
#[derive(Default)]
struct Thread {
    /// Of each call, the node of its region or of the nearest one above that is shown, and whether it is its own.
    open: Vec<(usize, bool)>,
    since: i64,
}

impl Thread {
    /// The time since the last change was that of the call on top.
    fn spend(&mut self, tree: &mut StackTree<'_>, now: i64) {
        if let Some(&(node, true)) = self.open.last() {
            tree.nodes[node].ns += i128::from(now) - i128::from(self.since);
        }
        self.since = now;
    }
}

impl OnStack for Growing<'_, '_> {
    fn push(&mut self, thread: usize, row: usize, at_ns: i64) -> Result<()> {
        if thread == self.threads.len() {
            self.threads.push(Thread::default());
        }
        let thread = &mut self.threads[thread];
        thread.spend(self.tree, at_ns);
        let above = thread.open.last().map_or(ROOT, |&(node, _)| node);
        thread.open.push(match self.shown[row] {
            Some(name) => (self.tree.child(above, name), true),
            None => (above, false),
        });
        Ok(())
    }

    fn pop(&mut self, thread: usize, _: usize, at_ns: i64) -> Result<()> {
        let thread = &mut self.threads[thread];
        thread.spend(self.tree, at_ns);
        thread.open.pop();
        Ok(())
    }
}
