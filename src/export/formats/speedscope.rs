//! The file format of speedscope, <https://www.speedscope.app>: a list of events for each thread of each rank.
//!
//! Its stacks have to nest. Where calls partly overlap, the one that ends first takes those above it off the stack for
//! a moment, so that each region is on the stack for as long as it was open.

use crate::error::Result;
use crate::export::calls::{OnStack, Stacks};
use crate::export::json_text::{push_int, quoted};
use crate::export::spool::Spool;
use crate::export::{ExportOptions, Exporter, Output, Selected};
use std::collections::BTreeMap;

pub(super) struct Speedscope;

const PIECE: usize = 1 << 13;

impl Exporter for Speedscope {
    fn name(&self) -> &'static str {
        "speedscope"
    }

    fn about(&self) -> &'static str {
        "speedscope: a timeline of stacks for each rank and thread"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".speedscope.json", ".speedscope"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let title = quoted(&profile.source().title());
        write!(
            out,
            "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"name\":{title},\
             \"exporter\":\"scope-profiler {}\",\"shared\":{{\"frames\":[",
            env!("CARGO_PKG_VERSION")
        )?;
        let frames = Frames::of(profile);
        frames.write(out)?;
        writeln!(out, "]}},\"profiles\":[")?;
        let mut is_first = true;
        for (rank, rows) in profile.rows_by_rank() {
            let mut events = Events {
                out,
                origin: profile.origin_ns(rank),
                frames: rows.iter().map(|row| frames.of_row[row]).collect(),
                threads: Vec::new(),
            };
            let mut stacks = Stacks::default();
            profile.each_call(&rows, |call| stacks.call(call, &mut events))?;
            let numbers = stacks.end(&mut events)?;
            let threads = events.threads;
            let labels = profile.thread_labels(rank)?;
            // By number, whatever the order in which they began.
            let in_order: BTreeMap<u32, Thread> = numbers.into_iter().zip(threads).collect();
            for (number, thread) in in_order {
                if !std::mem::take(&mut is_first) {
                    out.write_all(b",\n")?;
                }
                let name = quoted(&format!("rank {rank}, {}", labels.of(number)));
                thread.write(&name, out)?;
            }
        }
        out.write_all(b"\n]}\n")
    }
}

/// The names of regions, each once.
struct Frames<'a> {
    names: Vec<&'a str>,
    of_row: BTreeMap<usize, usize>,
}

impl<'a> Frames<'a> {
    fn of(profile: &Selected<'a>) -> Self {
        let mut frames = Self {
            names: Vec::new(),
            of_row: BTreeMap::new(),
        };
        let mut numbers = BTreeMap::new();
        for &row in profile.rows() {
            let number = *numbers
                .entry(profile.source().rows()[row].name)
                .or_insert_with(|| {
                    frames.names.push(profile.name(row));
                    frames.names.len() - 1
                });
            frames.of_row.insert(row, number);
        }
        frames
    }

    fn write(&self, out: &mut Output<'_>) -> Result<()> {
        for (at, name) in self.names.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(out, "{comma}{{\"name\":{}}}", quoted(name))?;
        }
        Ok(())
    }
}

/// The events of the threads of one rank.
struct Events<'a, 'o> {
    out: &'a mut Output<'o>,
    origin: i64,
    /// The frame of each row.
    frames: Vec<usize>,
    threads: Vec<Thread>,
}

struct Thread {
    spool: Spool,
    text: Vec<u8>,
    end: i64,
    is_empty: bool,
}

impl OnStack for Events<'_, '_> {
    fn push(&mut self, thread: usize, row: usize, at_ns: i64) -> Result<()> {
        if thread == self.threads.len() {
            self.threads.push(Thread::new());
        }
        self.event(b'O', thread, row, at_ns)
    }

    fn pop(&mut self, thread: usize, row: usize, at_ns: i64) -> Result<()> {
        self.event(b'C', thread, row, at_ns)
    }
}

impl Events<'_, '_> {
    fn event(&mut self, kind: u8, thread: usize, row: usize, at_ns: i64) -> Result<()> {
        let at = at_ns.saturating_sub(self.origin);
        let thread = &mut self.threads[thread];
        thread.add(kind, self.frames[row], at);
        if thread.text.len() >= PIECE {
            thread.spool.add(&thread.text, self.out)?;
            thread.text.clear();
        }
        Ok(())
    }
}

impl Thread {
    fn new() -> Self {
        Self {
            spool: Spool::new(),
            text: Vec::new(),
            end: 0,
            is_empty: true,
        }
    }

    fn add(&mut self, kind: u8, frame: usize, at: i64) {
        let text = &mut self.text;
        if !std::mem::take(&mut self.is_empty) {
            text.extend_from_slice(b",\n");
        }
        text.extend_from_slice(b"{\"type\":\"");
        text.push(kind);
        text.extend_from_slice(b"\",\"frame\":");
        push_int(text, frame);
        text.extend_from_slice(b",\"at\":");
        push_int(text, at);
        text.push(b'}');
        self.end = self.end.max(at);
    }

    fn write(self, name: &str, out: &mut Output<'_>) -> Result<()> {
        writeln!(
            out,
            "{{\"type\":\"evented\",\"name\":{name},\"unit\":\"nanoseconds\",\"startValue\":0,\"endValue\":{},\"events\":[",
            self.end
        )?;
        self.spool.write_to(out)?;
        out.write_all(&self.text)?;
        out.write_all(b"]}")
    }
}
