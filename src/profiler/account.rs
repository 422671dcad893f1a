//! What became of the intervals of a session.

use crate::record::{OpenCall, Recording};
use crate::summary::{Account, OpenRegion};
use std::collections::BTreeMap;

pub(super) fn account(recording: &Recording, open: &[OpenCall], kept: u64) -> Account {
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    for call in open {
        *calls.entry(call.region.name()).or_default() += 1;
    }
    Account {
        kept,
        dropped: recording.counts().values().map(|counts| counts.dropped).sum(),
        open: open_regions(calls),
    }
}

pub(super) fn open_regions(calls: BTreeMap<&str, u64>) -> Vec<OpenRegion> {
    let region = |(name, calls): (&str, u64)| OpenRegion {
        name: name.to_owned(),
        calls,
    };
    calls.into_iter().map(region).collect()
}
