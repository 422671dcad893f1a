//! Every number behind the table as JSON, for programs; `docs/cli.md` describes it key by key.
//!
//! ```json
//! {
//!   "schema_version": 2,
//!   "file": "profiling_data.h5",
//!   "num_ranks": 2,
//!   "ranks": [0, 1],
//!   "filter": null,
//!   "clocks": {"agreement": "within", "bound_ns": 1800},
//!   "run": {"wall_ns": 52000, "basis": "run", "outside_ns": 900, "...": 0},
//!   "metadata": {"label": "heat"},
//!   "notes": [{"kind": "dropped", "text": "3 of 4 intervals were dropped: ...", "numbers": {"dropped": 3, "of": 4}}],
//!   "regions": {
//!     "solver": {
//!       "ranks": {"0": {"num_calls": 3, "inclusive_ns": 33, "exclusive_ns": 20, "...": 0}},
//!       "pooled": {"num_calls": 6, "...": 0}
//!     }
//!   },
//!   "counters": {"queue": {"unit": "jobs", "ranks": {"0": {"samples": 9, "min": 0, "max": 4, "...": 0}}, "pooled": {}}},
//!   "tree": [{"id": 0, "parent": null, "depth": 0, "region": "solver", "share": 0.6, "...": 0}],
//!   "imbalance": [{"region": "solver", "max_ns": 40, "...": 0}]
//! }
//! ```
//!
//! Regions are in order of their first start (those without calls first), ranks in numeric order, nodes of
//! the tree each before those below it. All times are nanoseconds: integers where they are sums or extremes,
//! floating-point numbers for means, standard deviations (of the population) and percentiles (linear
//! interpolation). Without calls, statistics are 0 and `first_start_ns` and `last_end_ns` are null.

mod counters;
mod extras;
mod lifetimes;
mod numbers;
mod regions;
mod run;
mod tree;

use crate::analysis::call_tree::{CallTree, GrowingTree};
use crate::analysis::notes::Note;
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::error::Result;
use crate::output;
use crate::profile::Source;
use crate::store::reader::ProfilingH5Reader;
use regions::Samples;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The version of the document: it goes up when a key changes its meaning or is gone, not when one is added.
pub const SCHEMA_VERSION: u32 = 2;

/// Writes [`region_statistics`] to a file, which appears when it is complete.
///
/// # Errors
///
/// As [`region_statistics`], and when the file cannot be written.
pub fn write_region_statistics(
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    path: impl AsRef<Path>,
) -> Result<()> {
    let text = region_statistics(reader, filter)?;
    output::write(path.as_ref(), "statistics", text.as_bytes())
}

/// The statistics of the chosen regions, for each rank and for all chosen ranks together, their call tree, and
/// all else that the table says, as JSON text.
///
/// # Errors
///
/// When a chosen rank is not there, no region is left, or the file cannot be read.
pub fn region_statistics(reader: &ProfilingH5Reader, filter: &RegionFilter) -> Result<String> {
    let mut tree = GrowingTree::new(reader, filter)?;
    let mut statistics = RegionStatistics::new(reader, filter)?;
    pass::run(reader, &mut [&mut tree, statistics.observer()])?;
    statistics.finish(reader, &tree.finish())
}

/// [`region_statistics`] as a part of a [pass] that has other outputs, too.
pub struct RegionStatistics<'a> {
    filter: &'a RegionFilter,
    samples: Samples<'a>,
}

impl<'a> RegionStatistics<'a> {
    /// Of the chosen regions and ranks.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, or no region is left.
    pub fn new(source: &'a dyn Source, filter: &'a RegionFilter) -> Result<Self> {
        Ok(Self {
            filter,
            samples: Samples::new(source, filter)?,
        })
    }

    /// What has to be part of the pass, beside a [`GrowingTree`] of the same choice.
    pub fn observer(&mut self) -> &mut dyn Observer {
        &mut self.samples
    }

    /// The JSON text, when the pass over what `reader` reads is over.
    ///
    /// # Errors
    ///
    /// When the file cannot be read: the durations of very many intervals are read again.
    pub fn finish(self, reader: &ProfilingH5Reader, tree: &CallTree) -> Result<String> {
        let filter = self.filter;
        let document = json!({
            "schema_version": SCHEMA_VERSION,
            "file": reader.path().file_name().map(|name| name.to_string_lossy()),
            "num_ranks": reader.num_ranks(),
            "ranks": reader.ranks(),
            "filter": run::filter(reader, filter, tree),
            "clocks": run::clocks(reader),
            "run": run::run(reader, tree),
            "call_cost_ns": reader.call_cost_ns(),
            "metadata": run::metadata(reader.metadata()),
            "notes": tree.notes().iter().map(note).collect::<Vec<_>>(),
            "regions": self.samples.finish(tree)?,
            "counters": counters::of(reader, filter)?,
            "tree": tree::nodes(tree),
            "imbalance": tree::imbalance(reader, filter, tree)?,
        });
        Ok(format!("{document:#}\n"))
    }
}

fn note(note: &Note) -> Value {
    let numbers: Map<String, Value> = note
        .numbers()
        .map(|(name, n)| (name.to_owned(), json!(n)))
        .collect();
    json!({
        "kind": note.kind().key(),
        "text": note.text(),
        "warning": note.is_warning(),
        "numbers": numbers,
    })
}
