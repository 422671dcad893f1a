//! The flame graph: where the time of all ranks and threads went, by the path of calls.

mod data;
mod picture;

use super::header::Header;
use super::list::{Chart, GrowingChart};
use super::options::ChartOptions;
use super::palette::Color;
use super::subject::{Facts, Subject, no_length};
use crate::analysis::call_tree::{CallNode, CallTree};
use crate::analysis::pass::Observer;
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::profile::Source;
use crate::render::Figure;
use rustc_hash::FxHashMap;

/// The call tree of all ranks and threads, ready to be drawn: each region below its caller, the longest to the left.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FlameGraph {
    /// What the chart is of.
    pub header: Header,
    /// The time in any region, summed over ranks and threads, ns; at least 1.
    pub total_ns: i64,
    /// Each before those that it called.
    pub frames: Vec<FlameFrame>,
}

/// A region below one path of callers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FlameFrame {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name, the same in every chart of the file.
    pub color: Color,
    /// How many callers are above it.
    pub depth: usize,
    /// Where it begins on the axis, ns.
    pub start_ns: i64,
    /// Its inclusive time, ns.
    pub inclusive_ns: i64,
}

impl FlameGraph {
    /// The graph of the chosen regions and ranks of a source, in one pass.
    ///
    /// ```
    /// use scope_profiler::chart::{ChartOptions, FlameGraph};
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let graph = FlameGraph::reduce(&reader, &RegionFilter::new(), &ChartOptions::new())?;
    /// assert_eq!((graph.frames[0].name.as_str(), graph.frames[0].depth), ("main", 0));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When nothing is left to draw, a chosen rank is not there, or the source cannot be read.
    pub fn reduce(source: &dyn Source, filter: &RegionFilter, options: &ChartOptions) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        GrowingFlame::new(&subject, options)?.finish(&subject.facts_with_tree()?)
    }

    fn of(tree: &CallTree, title: String, color: impl Fn(&str) -> Color) -> Result<Self> {
        let mut graph = FlameGraph {
            header: Header::of_tree(tree, title),
            ..FlameGraph::default()
        };
        graph.total_ns = graph.add(tree, tree.roots().collect(), &color).max(1);
        if graph.frames.is_empty() {
            return Err(no_length());
        }
        Ok(graph)
    }

    /// Adds the nodes and what is below them, and gives the time of the nodes.
    fn add(&mut self, tree: &CallTree, roots: Vec<&CallNode>, color: &impl Fn(&str) -> Color) -> i64 {
        let mut end = 0;
        let mut open = vec![(0, 0, longest_first(roots).into_iter())];
        while let Some((depth, start, nodes)) = open.last_mut() {
            let Some(node) = nodes.next() else {
                open.pop();
                continue;
            };
            let frame = FlameFrame {
                name: node.name().to_owned(),
                color: color(node.name()),
                depth: *depth,
                start_ns: *start,
                inclusive_ns: node.inclusive_ns(),
            };
            *start = start.saturating_add(frame.inclusive_ns);
            end = end.max(*start);
            let below = (
                frame.depth + 1,
                frame.start_ns,
                longest_first(tree.children(node).collect()).into_iter(),
            );
            self.frames.push(frame);
            open.push(below);
        }
        end
    }
}

/// Nodes that took time.
fn longest_first(mut nodes: Vec<&CallNode>) -> Vec<&CallNode> {
    nodes.retain(|node| node.inclusive_ns() > 0);
    nodes.sort_by(|a, b| {
        let longer = b.inclusive_ns().cmp(&a.inclusive_ns());
        longer.then_with(|| a.name().cmp(b.name()))
    });
    nodes
}

/// The flame graph in the list of charts.
pub(super) struct Flame;

impl Chart for Flame {
    fn name(&self) -> &'static str {
        "flame"
    }

    fn about(&self) -> &'static str {
        "where the time of all ranks went, by the path of calls"
    }

    fn file_stem(&self) -> &'static str {
        "flame_graph"
    }

    fn needs_tree(&self) -> bool {
        true
    }

    fn observe<'a>(
        &self,
        subject: &Subject<'a>,
        options: &ChartOptions,
    ) -> Result<Box<dyn GrowingChart + 'a>> {
        Ok(Box::new(GrowingFlame::new(subject, options)?))
    }
}

struct GrowingFlame<'a> {
    source: &'a dyn Source,
    title: String,
}

impl<'a> GrowingFlame<'a> {
    fn new(subject: &Subject<'a>, options: &ChartOptions) -> Result<Self> {
        subject.drawn()?;
        let source = subject.source();
        let title = options.title_for(source);
        Ok(GrowingFlame { source, title })
    }

    fn finish(self, facts: &Facts) -> Result<FlameGraph> {
        let names = self.source.names().iter().enumerate();
        let numbers: FxHashMap<&str, usize> = names.map(|(number, name)| (name.as_str(), number)).collect();
        let color = |name: &str| {
            facts
                .palette
                .color(numbers.get(name).copied().unwrap_or(usize::MAX))
        };
        FlameGraph::of(facts.tree()?, self.title, color)
    }
}

impl GrowingChart for GrowingFlame<'_> {
    fn observers(&mut self) -> Vec<&mut dyn Observer> {
        Vec::new()
    }

    fn finish(self: Box<Self>, facts: &Facts) -> Result<Box<dyn Figure>> {
        Ok(Box::new((*self).finish(facts)?))
    }
}
