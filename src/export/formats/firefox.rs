//! The processed profile format of the Firefox Profiler, <https://profiler.firefox.com>, version 55.
//!
//! Each interval is a marker of its thread. There are no samples. The marker table of a thread has a list for each
//! column, so the lists that depend on the intervals are collected on the side.

use crate::error::Result;
use crate::export::json_text::{push_decimal, push_int, quoted};
use crate::export::spool::Spool;
use crate::export::{ExportOptions, Exporter, Output, Selected};
use std::collections::BTreeMap;

pub(super) struct Firefox;

const PIECE: usize = 1 << 13;

/// A process type without special meaning, no samples and no stacks.
const META: &str = r##""interval":1,"startTime":0,"processType":0,"version":24,"preprocessedProfileVersion":55,"stackwalk":0,"debug":false,"symbolicated":true,"usesOnlyOneStackType":true,"sourceCodeIsNotOnSearchfox":true,"sampleUnits":{"time":"ms","eventDelay":"ms","threadCPUDelta":"µs"},"categories":[{"name":"Other","color":"grey","subcategories":["Other"]},{"name":"Regions","color":"blue","subcategories":["Other"]}],"markerSchema":[{"name":"Region","display":["marker-chart","marker-table","timeline-overview"],"chartLabel":"{marker.name}","tooltipLabel":"{marker.name}","fields":[]}],"extensions":{"length":0,"baseURL":[],"id":[],"name":[]}"##;
const NO_SAMPLES: &str = r##""samples":{"length":0,"stack":[],"time":[],"weight":null,"weightType":"samples"},"stackTable":{"length":0,"prefix":[],"frame":[]},"frameTable":{"length":0,"address":[],"inlineDepth":[],"category":[],"subcategory":[],"func":[],"nativeSymbol":[],"innerWindowID":[],"line":[],"column":[]},"funcTable":{"length":0,"name":[],"isJS":[],"relevantForJS":[],"resource":[],"fileName":[],"lineNumber":[],"columnNumber":[]},"resourceTable":{"length":0,"lib":[],"name":[],"host":[],"type":[]},"nativeSymbols":{"length":0,"address":[],"functionSize":[],"libIndex":[],"name":[]}"##;

impl Exporter for Firefox {
    fn name(&self) -> &'static str {
        "firefox"
    }

    fn about(&self) -> &'static str {
        "Firefox Profiler: markers for each rank and thread"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".firefox.json"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let title = quoted(&profile.source().title());
        writeln!(
            out,
            "{{\"meta\":{{\"product\":{title},{META}}},\"libs\":[],\"pages\":[],\"counters\":[],\
             \"profilerOverhead\":[],\"threads\":["
        )?;
        let mut is_first = true;
        for (rank, rows) in profile.rows_by_rank() {
            let labels = profile.thread_labels(rank)?;
            for (number, thread) in threads(profile, rank, &rows, out)? {
                if !std::mem::take(&mut is_first) {
                    out.write_all(b",\n")?;
                }
                let names = rows.iter().map(|&row| quoted(profile.name(row)));
                let names: Vec<String> = names.collect();
                write!(
                    out,
                    "{{\"name\":{},\"processName\":\"rank {rank}\",\"pid\":\"{rank}\",\"tid\":\"{rank}.{number}\",\
                     \"isMainThread\":{},\"processType\":\"default\",\"processStartupTime\":0,\
                     \"processShutdownTime\":null,\"registerTime\":0,\"unregisterTime\":null,\"pausedRanges\":[],\
                     \"showMarkersInTimeline\":true,\"stringArray\":[{}],{NO_SAMPLES},\"markers\":",
                    quoted(&labels.of(number)),
                    number == 0,
                    names.join(",")
                )?;
                thread.write(out)?;
                out.write_all(b"}")?;
            }
        }
        out.write_all(b"\n]}\n")
    }
}

/// The markers of each thread of a rank.
fn threads(
    profile: &Selected<'_>,
    rank: u32,
    rows: &[usize],
    out: &Output<'_>,
) -> Result<BTreeMap<u32, Markers>> {
    let origin = profile.origin_ns(rank);
    let mut threads: BTreeMap<u32, Markers> = BTreeMap::new();
    profile.each_call(rows, |call| {
        let markers = threads.entry(call.thread).or_default();
        let comma = markers.count > 0;
        markers.count += 1;
        markers.names.add(comma, out, |text| push_int(text, call.row))?;
        // Milliseconds.
        markers.starts.add(comma, out, |text| {
            push_decimal::<6>(text, call.start.saturating_sub(origin))
        })?;
        markers.ends.add(comma, out, |text| {
            push_decimal::<6>(text, call.end.saturating_sub(origin))
        })
    })?;
    Ok(threads)
}

#[derive(Default)]
struct Markers {
    count: u64,
    names: Column,
    starts: Column,
    ends: Column,
}

impl Markers {
    fn write(self, out: &mut Output<'_>) -> Result<()> {
        let count = self.count;
        write!(out, "{{\"length\":{count},\"category\":[")?;
        repeat(b"1", count, out)?;
        out.write_all(b"],\"data\":[")?;
        repeat(b"{\"type\":\"Region\"}", count, out)?;
        // An interval, with a start and an end.
        out.write_all(b"],\"phase\":[")?;
        repeat(b"1", count, out)?;
        out.write_all(b"],\"name\":[")?;
        self.names.write(out)?;
        out.write_all(b"],\"startTime\":[")?;
        self.starts.write(out)?;
        out.write_all(b"],\"endTime\":[")?;
        self.ends.write(out)?;
        out.write_all(b"]}")
    }
}

/// The same value again and again.
fn repeat(value: &[u8], count: u64, out: &mut Output<'_>) -> Result<()> {
    let mut piece = Vec::new();
    for at in 0..count {
        if at > 0 {
            piece.push(b',');
        }
        piece.extend_from_slice(value);
        if piece.len() >= PIECE {
            out.write_all(&piece)?;
            piece.clear();
        }
    }
    out.write_all(&piece)
}

/// The values of one column, as text.
struct Column {
    spool: Spool,
    text: Vec<u8>,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            spool: Spool::new(),
            text: Vec::new(),
        }
    }
}

impl Column {
    #[inline]
    fn add(&mut self, comma: bool, out: &Output<'_>, value: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        if comma {
            self.text.push(b',');
        }
        value(&mut self.text);
        if self.text.len() >= PIECE {
            self.spool.add(&self.text, out)?;
            self.text.clear();
        }
        Ok(())
    }

    fn write(self, out: &mut Output<'_>) -> Result<()> {
        self.spool.write_to(out)?;
        out.write_all(&self.text)
    }
}
