//! The end of a session without a file.

use super::account::account;
use crate::clock::Timeline;
use crate::error::Result;
use crate::profile::{Call, OpenSpan, Profile, Sample, Source};
use crate::record::names::NameId;
use crate::record::samples::name_and_unit;
use crate::record::{Recording, cost};
use crate::store::span_notes::SpanNotes;
use crate::summary::Summary;
use std::collections::BTreeMap;

/// The intervals of a session that stayed in memory.
pub(super) fn summary(recording: &Recording, rank: u32) -> Result<Summary> {
    let profile = profile(recording, rank);
    let kept = profile.rows().iter().map(|row| row.intervals).sum();
    let account = account(recording, &recording.open_calls(), kept);
    Summary::of(&profile, account, recording.settings.label.clone(), None)
}

fn profile(recording: &Recording, rank: u32) -> Profile {
    let timeline = Timeline::new(vec![recording.began, recording.settings.clock.anchor()]);
    let mut clock = timeline.converter();
    let mut profile = Profile::builder();
    if let Some((start, end)) = timeline.span_ns() {
        profile = profile.session(rank, start, end);
    }
    if let Some(cost) = cost::of_one_call(&recording.settings) {
        profile = profile.call_cost_ns(cost);
    }
    let mut threads = BTreeMap::new();
    let fields = &recording.settings.fields;
    let lost = recording.for_each_undrained_call(|lane, event, numbers| {
        threads.entry(lane.index).or_insert_with(|| lane.name.clone());
        let named = numbers
            .iter()
            .map(|note| (&*fields[note.field as usize].name, note.number));
        let numbers: Vec<_> = named.collect();
        profile.push(
            Call::new(
                NameId::from_number(event.region).name(),
                clock.ns(event.start)..clock.ns(event.end.max(event.start)),
            )
            .rank(rank)
            .thread(lane.index)
            .span(event.serial)
            .numbers(&numbers),
        );
    });
    profile = profile.lost_numbers(rank, recording.lost_numbers() + lost as u64);
    for field in fields.iter().filter(|field| !field.unit.is_empty()) {
        profile = profile.unit(&field.name, &*field.unit);
    }
    let mut spans = SpanNotes::default();
    recording.for_each_undrained_note(|thread, note| spans.add(thread, note));
    for facts in spans.facts(|tick| clock.ns(tick)) {
        profile = profile.span_facts(rank, facts);
    }
    recording.for_each_undrained_sample(|lane, note| {
        threads.entry(lane.index).or_insert_with(|| lane.name.clone());
        let (name, _) = name_and_unit(NameId::from_number(note.counter).name());
        let sample = Sample::new(clock.ns(note.tick), note.value).thread(lane.index);
        profile.push_sample(rank, name, sample);
    });
    for counter in recording.counters.ids() {
        let (name, unit) = name_and_unit(counter.name());
        if !unit.is_empty() {
            profile = profile.counter_unit(name, unit);
        }
    }
    let mut lost: BTreeMap<&str, u64> = BTreeMap::new();
    for (counter, samples) in recording.lost_samples() {
        *lost.entry(name_and_unit(counter.name()).0).or_default() += samples;
    }
    for (name, samples) in lost {
        profile = profile.dropped_samples(rank, name, samples);
    }
    for (number, name) in threads {
        profile = profile.thread_name(rank, number, name);
    }
    for (id, calls) in recording.calls() {
        profile = profile.calls(rank, id.name(), calls);
    }
    let mut open: BTreeMap<&str, u64> = BTreeMap::new();
    for call in recording.open_calls() {
        *open.entry(call.region.name()).or_default() += 1;
        if call.serial != 0 {
            let entry = OpenSpan::new(call.serial, clock.ns(call.start), call.thread);
            profile = profile.open_span(rank, call.region.name(), entry);
        }
    }
    for (name, calls) in open {
        profile = profile.open(rank, name, calls);
    }
    for (id, counts) in recording.counts() {
        if counts.dropped > 0 {
            profile = profile.dropped(rank, id.name(), counts.dropped);
        }
        if counts.spans > 0 {
            profile = profile.spans(rank, id.name(), counts.spans);
        }
        if counts.throttled > 0 {
            let ns = timeline.length_ns(counts.throttled_ticks);
            profile = profile.throttled(rank, id.name(), counts.throttled, ns);
        }
    }
    profile.build()
}
