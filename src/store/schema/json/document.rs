//! The document as it is written: what is not known here is passed over.

use super::value::{Column, Lossy, Whole};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A whole profile.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) format: Lossy,
    pub(super) format_version: Option<Whole>,
    pub(super) num_ranks: Option<Whole>,
    pub(super) metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) regions: Vec<Entry>,
    /// By rank.
    pub(super) threads: Option<BTreeMap<String, Vec<Lane>>>,
    pub(super) tasks: Option<BTreeMap<String, Vec<Lane>>>,
}

/// A region on a rank.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) name: Lossy,
    pub(super) rank: Whole,
    pub(super) source_file: Option<Lossy>,
    pub(super) source_lineno: Option<Whole>,
    pub(super) source_text: Option<Lossy>,
    pub(super) tags: Option<Vec<Lossy>>,
    pub(super) event_metadata: Option<Vec<Map<String, Value>>>,
    pub(super) start_times_ns: Option<Column>,
    pub(super) end_times_ns: Option<Column>,
    pub(super) thread_ids: Option<Column>,
    pub(super) task_ids: Option<Column>,
    pub(super) call_ids: Option<Column>,
    pub(super) parent_ids: Option<Column>,
    pub(super) gpu_durations_ns: Option<Column>,
    pub(super) await_ns: Option<Column>,
    pub(super) aggregate: Option<Aggregate>,
}

/// The sums of the calls of a region on a rank, where its intervals are not in the document.
#[derive(Debug, Deserialize)]
pub(super) struct Aggregate {
    pub(super) count: Whole,
    pub(super) total: Whole,
    pub(super) minimum: Whole,
    pub(super) maximum: Whole,
    pub(super) exclusive: Whole,
    pub(super) start_minimum: Option<Whole>,
    pub(super) end_maximum: Option<Whole>,
    pub(super) m2: Option<f64>,
}

impl Entry {
    /// Whether it says on which thread or task its calls were.
    pub(super) fn knows_lanes(&self) -> bool {
        self.thread_ids.is_some() || self.task_ids.is_some()
    }
}

/// A thread or a task.
#[derive(Debug, Deserialize)]
pub(super) struct Lane {
    pub(super) index: Whole,
    pub(super) name: Option<Lossy>,
    /// The coroutine of a task.
    pub(super) coro_name: Option<Lossy>,
}

/// What tells whether a document is a profile at all.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) format: Option<Value>,
}
