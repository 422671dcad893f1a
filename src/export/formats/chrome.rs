//! Chrome's trace event format: <https://ui.perfetto.dev>, chrome://tracing and many others.
//!
//! One complete event ("X") for each call, in order of start: process = rank, thread = thread. A viewer wants the calls
//! of a thread to nest, so one that partly overlaps others goes to another thread of the trace. A span that was polled
//! several times is an asynchronous event as well ("b" and "e"), from its creation to its end. Values of counters are
//! counter events ("C").

use crate::analysis::lifetimes::Life;
use crate::error::Result;
use crate::export::calls::{Item, Tracks, overlapping};
use crate::export::json_text::{push_decimal, push_fmt, push_int, quoted};
use crate::export::selected::ThreadLabels;
use crate::export::{ExportOptions, Exporter, Output, Selected};
use crate::profile::{Field, Number};
use std::collections::BTreeSet;

pub(super) struct Chrome;

/// Events are handed on in pieces of about this many bytes.
const PIECE: usize = 1 << 16;

impl Exporter for Chrome {
    fn name(&self) -> &'static str {
        "chrome"
    }

    fn about(&self) -> &'static str {
        "Perfetto and chrome://tracing: trace events in JSON"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".trace.json", ".chrome.json", ".trace"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let title = quoted(&profile.source().title());
        writeln!(
            out,
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"title\":{title}}},\"traceEvents\":["
        )?;
        let mut ranks = profile.rows_and_counters_by_rank().into_iter().peekable();
        while let Some((rank, (rows, counters))) = ranks.next() {
            Rank::new(profile, rank, &rows)?.write(&rows, &counters, out)?;
            if ranks.peek().is_some() {
                out.write_all(b",\n")?;
            }
        }
        out.write_all(b"\n]}\n")
    }
}

/// Adds the numbers of a call, where it has any.
fn push_args(text: &mut Vec<u8>, keys: &[String], numbers: &[(usize, Number)]) {
    let mut before = ",\"args\":{";
    for &(field, number) in numbers {
        push_fmt(text, format_args!("{before}{}:", keys[field]));
        match number {
            Number::Int(n) => push_int(text, n),
            Number::Float(x) if x.is_finite() => push_fmt(text, format_args!("{x:?}")),
            // JSON has no such numbers.
            Number::Float(x) => push_fmt(text, format_args!("\"{x}\"")),
        }
        before = ",";
    }
    if !numbers.is_empty() {
        text.push(b'}');
    }
}

/// The events of one rank, as text.
struct Rank<'a> {
    profile: &'a Selected<'a>,
    rank: u32,
    labels: ThreadLabels,
    /// Of each row, the end of its events.
    ends: Vec<String>,
    /// Of each track, the beginning of its events.
    starts: Vec<String>,
    named: BTreeSet<u32>,
    /// The numeric fields of its calls, and their names in quotes.
    fields: Vec<&'a Field>,
    keys: Vec<String>,
    text: Vec<u8>,
}

impl<'a> Rank<'a> {
    fn new(profile: &'a Selected<'a>, rank: u32, rows: &[usize]) -> Result<Self> {
        let mut text = Vec::with_capacity(2 * PIECE);
        push_fmt(
            &mut text,
            format_args!(
                "{{\"ph\":\"M\",\"pid\":{rank},\"name\":\"process_name\",\"args\":{{\"name\":\"rank {rank}\"}}}},\n\
                 {{\"ph\":\"M\",\"pid\":{rank},\"name\":\"process_sort_index\",\"args\":{{\"sort_index\":{rank}}}}}"
            ),
        );
        let fields = profile.fields_of(rows);
        let name = |&row: &usize| format!(",\"name\":{}}}", quoted(profile.name(row)));
        Ok(Self {
            profile,
            rank,
            labels: profile.thread_labels(rank)?,
            ends: rows.iter().map(name).collect(),
            starts: Vec::new(),
            named: BTreeSet::new(),
            keys: fields.iter().map(|field| quoted(field.name())).collect(),
            fields,
            text,
        })
    }

    fn write(mut self, rows: &[usize], counters: &[usize], out: &mut Output<'_>) -> Result<()> {
        let origin = self.profile.origin_ns(self.rank);
        let mut tracks = Tracks::default();
        let fields = std::mem::take(&mut self.fields);
        self.profile.each_call_and_life(rows, &fields, |item| {
            let (call, numbers) = match item {
                Item::Call(call, numbers) => (call, numbers),
                Item::Life(row, life) => {
                    self.add_life(row, life, origin);
                    return Ok(());
                }
            };
            let place = tracks.call(call, |_, _| Ok(()))?;
            if place.is_new {
                self.add_track(call.thread, place.lane);
            }
            let text = &mut self.text;
            text.extend_from_slice(self.starts[place.track].as_bytes());
            push_decimal::<3>(text, call.start.saturating_sub(origin));
            text.extend_from_slice(b",\"dur\":");
            push_decimal::<3>(text, call.duration());
            push_args(text, &self.keys, numbers);
            text.extend_from_slice(self.ends[call.row].as_bytes());
            if text.len() >= PIECE {
                out.write_all(text)?;
                text.clear();
            }
            Ok(())
        })?;
        for &counter in counters {
            self.add_counter(counter, origin, out)?;
        }
        out.write_all(&self.text)
    }

    /// The values of a counter. A viewer shows each until the next; it has no word for no value.
    fn add_counter(&mut self, row: usize, origin: i64, out: &mut Output<'_>) -> Result<()> {
        let counter = self.profile.counter(row);
        let begin = format!(
            ",\n{{\"ph\":\"C\",\"pid\":{},\"name\":{},\"ts\":",
            self.rank,
            quoted(counter.name())
        );
        let series = format!(",\"args\":{{{}:", quoted(counter.unit().unwrap_or("value")));
        let text = &mut self.text;
        self.profile.each_samples(row, |samples| {
            for sample in samples.iter().filter(|sample| sample.value.as_f64().is_finite()) {
                text.extend_from_slice(begin.as_bytes());
                push_decimal::<3>(text, sample.time_ns.saturating_sub(origin));
                text.extend_from_slice(series.as_bytes());
                match sample.value {
                    Number::Int(n) => push_int(text, n),
                    Number::Float(x) => push_fmt(text, format_args!("{x:?}")),
                }
                text.extend_from_slice(b"}}");
                if text.len() >= PIECE {
                    out.write_all(text)?;
                    text.clear();
                }
            }
            Ok(())
        })
    }

    fn add_life(&mut self, row: usize, life: &Life, origin: i64) {
        let text = &mut self.text;
        for (phase, at) in [("b", life.start_ns), ("e", life.end_ns)] {
            // The number is one of its rank alone.
            push_fmt(
                text,
                format_args!(
                    ",\n{{\"ph\":\"{phase}\",\"cat\":\"span\",\"id2\":{{\"local\":\"0x{:x}\"}},\"pid\":{},\"tid\":{},\"ts\":",
                    life.span, self.rank, life.first_thread
                ),
            );
            push_decimal::<3>(text, at.saturating_sub(origin));
            if phase == "b" {
                push_fmt(
                    text,
                    format_args!(",\"args\":{{\"polls\":{},\"busy_us\":", life.polls),
                );
                push_decimal::<3>(text, life.busy_ns);
                text.extend_from_slice(b",\"idle_us\":");
                push_decimal::<3>(text, life.idle_ns());
                push_fmt(
                    text,
                    format_args!(",\"threads\":{},\"open\":{}}}", life.threads, life.is_open),
                );
            }
            text.extend_from_slice(self.ends[row].as_bytes());
        }
    }

    fn add_track(&mut self, thread: u32, lane: usize) {
        let (rank, label) = (self.rank, self.labels.of(thread));
        let (tid, label) = match lane {
            0 if self.named.insert(thread) => (thread, label),
            // A number that no thread has: those of threads are small.
            _ => {
                let mut free = (0..=u32::MAX).rev().filter(|number| !self.named.contains(number));
                let tid = free.next().unwrap_or(thread);
                self.named.insert(tid);
                (tid, overlapping(&label, lane))
            }
        };
        let label = quoted(&label);
        push_fmt(
            &mut self.text,
            format_args!(
                ",\n{{\"ph\":\"M\",\"pid\":{rank},\"tid\":{tid},\"name\":\"thread_name\",\"args\":{{\"name\":{label}}}}},\n\
                 {{\"ph\":\"M\",\"pid\":{rank},\"tid\":{tid},\"name\":\"thread_sort_index\",\"args\":{{\"sort_index\":{thread}}}}}"
            ),
        );
        let mut start = Vec::new();
        start.extend_from_slice(b",\n{\"ph\":\"X\",\"pid\":");
        push_int(&mut start, rank);
        start.extend_from_slice(b",\"tid\":");
        push_int(&mut start, tid);
        start.extend_from_slice(b",\"ts\":");
        self.starts.push(String::from_utf8_lossy(&start).into_owned());
    }
}
