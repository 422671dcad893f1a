//! What is known of the run as a whole, as pairs of words.

use crate::profile::{RankRun, RunFacts, Source, Value};
use std::collections::BTreeMap;

/// What it is, and its value.
pub(super) type Fact = (String, String);

/// What the program and the profiler noted of the run, then what is known of its ranks.
pub(super) fn facts(source: &dyn Source) -> Vec<Fact> {
    let metadata = source.metadata().into_iter();
    let mut facts: Vec<Fact> = metadata.map(|(key, value)| (key, text(value))).collect();
    facts.extend(hosts(&source.run()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// The machines, each with the number of its ranks.
fn hosts(run: &RunFacts) -> Option<Fact> {
    let host = |rank: &RankRun| rank.clock.as_ref()?.host.clone();
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    for host in run.ranks.values().filter_map(host) {
        *hosts.entry(host).or_default() += 1;
    }
    let with_ranks = |(host, ranks): (&String, &usize)| match ranks {
        1 => format!("{host} (1 rank)"),
        ranks => format!("{host} ({ranks} ranks)"),
    };
    let hosts: Vec<String> = hosts.iter().map(with_ranks).collect();
    (!hosts.is_empty()).then(|| ("machines".to_owned(), hosts.join(", ")))
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::List(texts) => texts.join(" "),
    }
}
