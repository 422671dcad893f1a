//! Folded stacks: one line for each stack of regions with the time in its last region itself, for flame graphs.

use super::stack_tree::StackTree;
use crate::error::Result;
use crate::export::{ExportOptions, Exporter, Output, Selected};

pub(super) struct Folded;

impl Exporter for Folded {
    fn name(&self) -> &'static str {
        "folded"
    }

    fn about(&self) -> &'static str {
        "inferno, flamegraph.pl, speedscope: stacks with their own time in ns"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".folded", ".collapsed"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let lines = StackTree::of(profile)?.lines();
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}
