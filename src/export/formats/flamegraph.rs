//! A flame graph as SVG, drawn by inferno.

use super::stack_tree::StackTree;
use crate::error::{Error, Result};
use crate::export::{ExportOptions, Exporter, Output, Selected};
use inferno::flamegraph::{self, Options};

pub(super) struct FlameGraph;

impl Exporter for FlameGraph {
    fn name(&self) -> &'static str {
        "flamegraph"
    }

    fn about(&self) -> &'static str {
        "browsers: a flame graph as SVG"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".flamegraph.svg", ".svg"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let lines = StackTree::of(profile)?.lines();
        if lines.is_empty() {
            return Err(Error::not_found(
                "there is no time to show as a flame graph: nothing that was selected has an interval with a length",
            ));
        }
        let mut options = Options::default();
        options.title = profile.source().title();
        options.count_name = "ns".into();
        options.hash = true;
        let drawn = flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut *out);
        drawn.map_err(|error| out.error(error))
    }
}
