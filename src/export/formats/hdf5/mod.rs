//! HDF5 of schema 1, as a run writes it: a part of a profile, a smaller copy, or a profile of another format.

mod columns;
mod counters;

use crate::error::{Error, Result};
use crate::export::{ExportOption, ExportOptions, Exporter, Output, Selected};
use crate::profile::{Metadata, Origin, RankClock, Row, RowFacts, RunFacts, Value};
use crate::ranges::{contains, merged, runs, texts, without};
use crate::store::blocks::RankBlocks;
use crate::store::hdf5::{NewFile, NewGroup, Values};
use crate::store::names;
use crate::store::open_spans;
use crate::store::region_names::{GroupNames, RegionNames};
use crate::store::span_table;
use columns::Columns;
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) struct Hdf5;

impl Exporter for Hdf5 {
    fn name(&self) -> &'static str {
        "hdf5"
    }

    fn about(&self) -> &'static str {
        "archives, and everything that reads a profile: HDF5 as a run writes it"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".h5", ".hdf5"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Compress]
    }

    fn write(&self, profile: &Selected<'_>, options: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let run = profile.source().run();
        if run.sums_only {
            return Err(Error::not_found(
                "there are no intervals to write: the profile has the sums of calls alone; the format json keeps these",
            ));
        }
        let output = out.path().to_owned();
        out.as_file(|path| {
            let file = NewFile::create(path, &output, options.has(ExportOption::Compress))?;
            let mut rows = profile.rows_by_rank();
            let mut totals = Totals::default();
            for &rank in profile.ranks() {
                let rank = Rank {
                    profile,
                    run: &run,
                    rank,
                    rows: rows.remove(&rank).unwrap_or_default(),
                };
                rank.write(&file, &mut totals)?;
            }
            let root = root(profile, &run, totals);
            root.iter()
                .try_for_each(|(key, value)| file.attribute(key, value))?;
            file.close()
        })
    }
}

/// Sums over all ranks.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    intervals: u64,
    dropped: u64,
    open: u64,
}

/// Facts of the profile that say how its own file is made, or that are worked out anew.
const NOT_KEPT: [&str; 12] = [
    names::SCHEMA,
    names::WRITTEN_INTERVALS,
    names::DROPPED_INTERVALS,
    names::OPEN_CALLS,
    names::MISSING_RANKS,
    names::INCOMPLETE_RANKS,
    names::LEFT_OUT_RANKS,
    names::PART,
    names::RANK_FILES,
    names::LOG_BYTES,
    names::COMPRESSED,
    names::LAYOUT,
];

/// The attributes of the root.
fn root(profile: &Selected<'_>, run: &RunFacts, totals: Totals) -> Metadata {
    let mut facts = profile.source().metadata();
    let part = match (facts.get(names::PART), profile.part()) {
        (Some(Value::Text(before)), Some(part)) => Some(format!("{part}, of {before}")),
        (Some(Value::Text(before)), None) => Some(before.clone()),
        (_, part) => part,
    };
    let size = ["size", names::columnar::MPI_SIZE].map(|key| match facts.get(key) {
        Some(Value::Int(size)) => u32::try_from(*size).unwrap_or(0),
        _ => 0,
    });
    facts.retain(|key, _| !NOT_KEPT.contains(&key.as_str()));
    facts.insert(names::SCHEMA.into(), Value::Int(names::SCHEMA_VERSION));
    facts.insert(names::VERSION.into(), Value::Text(names::this_version()));
    for (key, n) in [
        (names::WRITTEN_INTERVALS, totals.intervals),
        (names::DROPPED_INTERVALS, totals.dropped),
        (names::OPEN_CALLS, totals.open),
    ] {
        facts.insert(key.into(), int(n));
    }
    let here = profile.ranks();
    let after = profile.source().ranks().last().map_or(0, |last| last + 1);
    let known = runs(here)
        .into_iter()
        .chain(run.missing.iter().cloned())
        .collect();
    let all = size[0]
        .max(size[1])
        .max(after)
        .checked_sub(1)
        .map(|last| 0..=last);
    let left_out = without(all.into_iter().collect(), &merged(known));
    let incomplete: Vec<u32> = (here.iter().copied())
        .filter(|&rank| contains(&run.incomplete, rank))
        .collect();
    let incomplete = runs(&incomplete);
    for (key, ranks) in [
        (names::MISSING_RANKS, &run.missing),
        (names::INCOMPLETE_RANKS, &incomplete),
        (names::LEFT_OUT_RANKS, &left_out),
    ] {
        if !ranks.is_empty() {
            facts.insert(key.into(), Value::Text(texts(ranks).join(",")));
        }
    }
    if let Some(part) = part {
        facts.insert(names::PART.into(), Value::Text(part));
    }
    facts
}

fn int(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A rank to write.
struct Rank<'a> {
    profile: &'a Selected<'a>,
    run: &'a RunFacts,
    rank: u32,
    /// The selected ones.
    rows: Vec<usize>,
}

impl Rank<'_> {
    fn write(&self, file: &NewFile, totals: &mut Totals) -> Result<()> {
        let group = file.create_group(&format!("{}{}", names::RANK_PREFIX, self.rank))?;
        let regions = group.create_ordered_group(names::REGIONS)?;
        let mut group_names = GroupNames::default();
        let mut region_names = RegionNames::default();
        let mut threads = self.profile.source().thread_names(self.rank)?;
        let (mut is_sorted, mut of_rank) = (true, Totals::default());
        let mut blocks = RankBlocks::default();
        for &row in &self.rows {
            let name = region_names.of(Some(self.profile.name(row)), 0);
            let group_name = group_names.of(&name);
            let region = regions.create_region(&group_name)?;
            let columns = Columns::write(self.profile, row, &region)?;
            is_sorted &= columns.is_sorted();
            for thread in columns.threads() {
                threads.entry(thread).or_default();
            }
            let true_name = matches!(group_name, Cow::Owned(_)).then_some(&*name);
            let facts = self.of_region(row, true_name, &columns, &mut of_rank);
            facts
                .iter()
                .try_for_each(|(key, value)| region.attribute(key, value))?;
            // As with counts: those of a window are not known.
            if self.profile.window_of(self.rank).is_none() {
                open_spans::write(&region, &self.profile.source().open_spans(row))?;
            }
            blocks.add(&group_name, columns.into_blocks());
        }
        if is_sorted {
            blocks.write(&group)?;
        }
        let facts = self.facts(is_sorted);
        facts
            .iter()
            .try_for_each(|(key, value)| group.attribute(key, value))?;
        let samples = counters::write(self.profile, self.rank, &group, &mut threads)?;
        if samples > 0 {
            group.attribute(names::RECORDED_SAMPLES, &int(samples))?;
        }
        write_threads(&group, &threads)?;
        if let Some(clock) = self
            .run
            .ranks
            .get(&self.rank)
            .and_then(|rank| rank.clock.as_ref())
        {
            write_clock(&group, clock)?;
        }
        if self.profile.window_of(self.rank).is_none() {
            span_table::write(&group, &self.profile.source().span_facts(self.rank)?)?;
        }
        totals.intervals += of_rank.intervals;
        totals.dropped = totals.dropped.saturating_add(of_rank.dropped);
        totals.open = totals.open.saturating_add(of_rank.open);
        Ok(())
    }

    /// The attributes of the rank.
    fn facts(&self, is_sorted: bool) -> Vec<(&'static str, Value)> {
        let mut facts = vec![(names::STATES_INCLUSIVE, Value::Int(1))];
        if is_sorted {
            facts.push((names::SORTED, Value::Int(1)));
        }
        let Some(run) = self.run.ranks.get(&self.rank) else {
            return facts;
        };
        if let Some((start, end)) = run.span_ns {
            let complete = !contains(&self.run.incomplete, self.rank);
            facts.push((names::COMPLETE, Value::Int(complete.into())));
            let window = self.profile.window_of(self.rank);
            let (from, until) = window.map_or((start, end), |window| {
                (start.max(window.from_ns()), end.min(window.until_ns()))
            });
            if from <= until {
                facts.push((names::SESSION_START, Value::Int(from)));
                facts.push((names::SESSION_END, Value::Int(until)));
            }
        }
        if let Some(signal) = &run.ended_by {
            facts.push((names::ENDED_BY, Value::Text(signal.clone())));
        }
        let of_source = self.profile.source().rows().iter();
        let is_whole = of_source.filter(|row| row.rank == self.rank).count() == self.rows.len();
        if let (Some(recorded), true, None) =
            (run.recorded_calls, is_whole, self.profile.window_of(self.rank))
        {
            facts.push((names::RECORDED, int(recorded)));
        }
        facts
    }

    /// The attributes of a region; its counts are added to those of the rank.
    fn of_region(
        &self,
        row: usize,
        true_name: Option<&str>,
        columns: &Columns<'_>,
        of_rank: &mut Totals,
    ) -> Vec<(&'static str, Value)> {
        let source = self.profile.source();
        let (total, inclusive) = columns.sums();
        let mut facts = vec![(names::TOTAL, Value::Int(total))];
        if inclusive != total {
            facts.push((names::INCLUSIVE, Value::Int(inclusive)));
        }
        if let Some(name) = true_name {
            facts.push((names::NAME, Value::Text(name.into())));
        }
        add_origin(&mut facts, source.origin(row));
        of_rank.intervals += columns.rows();
        // Of what left no interval it is not known when it was.
        if self.profile.window_of(self.rank).is_none() {
            let of_row = source.row_facts(row);
            of_rank.dropped = of_rank.dropped.saturating_add(of_row.dropped);
            of_rank.open = of_rank.open.saturating_add(of_row.open);
            add_counts(&mut facts, &source.rows()[row], &of_row);
        }
        facts
    }
}

fn add_origin(facts: &mut Vec<(&'static str, Value)>, origin: Origin) {
    let text = [
        (names::SOURCE_FILE, origin.source_file),
        (names::SOURCE_TEXT, origin.source_text),
    ];
    let text = text.into_iter();
    facts.extend(text.filter_map(|(key, text)| Some((key, Value::Text(text?)))));
    facts.extend(
        origin
            .source_line
            .map(|line| (names::SOURCE_LINE, Value::Int(line.into()))),
    );
    if !origin.tags.is_empty() {
        facts.push((names::TAGS, Value::List(origin.tags)));
    }
}

fn add_counts(facts: &mut Vec<(&'static str, Value)>, row: &Row, of_row: &RowFacts) {
    if row.calls > row.intervals {
        facts.push((names::NUM_CALLS, int(row.calls)));
    }
    for (key, n) in [
        (names::DROPPED, of_row.dropped),
        (names::NUM_SPANS, row.spans.unwrap_or(0)),
        (names::THROTTLED, row.throttled),
        (names::THROTTLED_NS, row.throttled_ns.unsigned_abs()),
        (names::OPEN, of_row.open),
        (names::CLAMPED, of_row.clamped),
    ] {
        if n > 0 {
            facts.push((key, int(n)));
        }
    }
}

/// Nothing where there is only one that has no name.
fn write_threads(group: &NewGroup, threads: &BTreeMap<u32, String>) -> Result<()> {
    if threads
        .iter()
        .all(|(&thread, name)| thread == 0 && name.is_empty())
    {
        return Ok(());
    }
    let group = group.create_group(names::THREADS)?;
    let index: Vec<u32> = threads.keys().copied().collect();
    group.column(names::THREAD_INDEX, Values::Uint32(&index))?;
    // What the operating system called them is not part of a profile.
    group.column(names::THREAD_NATIVE_ID, Values::Int64(&vec![-1; index.len()]))?;
    group.texts(names::THREAD_NAME, threads.values().map(String::as_str))
}

fn write_clock(rank: &NewGroup, clock: &RankClock) -> Result<()> {
    if let Some(host) = &clock.host {
        rank.attribute(names::HOST, &Value::Text(host.clone()))?;
    }
    let group = rank.create_group(names::CLOCK)?;
    if let Some(id) = &clock.id {
        group.attribute(names::CLOCK_ID, &Value::Text(id.clone()))?;
    }
    if let Some(bound) = clock.bound_ns {
        group.attribute(names::CLOCK_BOUND, &int(bound))?;
    }
    if !clock.added.is_empty() {
        let (at, added): (Vec<i64>, Vec<i64>) = clock.added.iter().copied().unzip();
        group.list(names::CLOCK_ADDED_AT, &at)?;
        group.list(names::CLOCK_ADDED, &added)?;
    }
    Ok(())
}
