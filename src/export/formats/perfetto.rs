//! Perfetto's own format: <https://ui.perfetto.dev> and its trace_processor.
//!
//! A track for each thread of each rank below one for the rank; where calls of a thread partly overlap, further tracks,
//! since slices have to nest. A span that was polled several times has a track of its own, with one slice from its
//! creation to its end; the viewer shows those of one region together. So has each counter, with its values. Each
//! track of calls is a packet sequence of its own, with its names interned and its times counted from the packet
//! before. Packets are compressed in blocks. Field numbers are those of `protos/perfetto/trace/perfetto_trace.proto`.

use crate::analysis::lifetimes::Life;
use crate::error::Result;
use crate::export::calls::{Item, Tracks, overlapping};
use crate::export::packing::Blocks;
use crate::export::protobuf::{Message, push_varint};
use crate::export::selected::ThreadLabels;
use crate::export::{ExportOptions, Exporter, Output, Selected};
use crate::profile::Number;
use rustc_hash::FxHashSet;

mod counters;

pub(super) struct Perfetto;

/// A block of packets before it is compressed.
const BLOCK: usize = 1 << 18;
/// The clock of the trace, and one of our own, which counts from packet to packet.
const BOOTTIME: u64 = 6;
const FROM_PACKET_TO_PACKET: u64 = 64;

/// Fields of a packet.
mod packet {
    pub(super) const CLOCK_SNAPSHOT: u32 = 6;
    pub(super) const TIMESTAMP: u32 = 8;
    pub(super) const SEQUENCE: u32 = 10;
    pub(super) const TRACK_EVENT: u32 = 11;
    pub(super) const INTERNED_DATA: u32 = 12;
    pub(super) const SEQUENCE_FLAGS: u32 = 13;
    pub(super) const COMPRESSED_PACKETS: u32 = 50;
    pub(super) const CLOCK: u32 = 58;
    pub(super) const DEFAULTS: u32 = 59;
    pub(super) const TRACK_DESCRIPTOR: u32 = 60;
}

impl Exporter for Perfetto {
    fn name(&self) -> &'static str {
        "perfetto"
    }

    fn about(&self) -> &'static str {
        "Perfetto and its trace_processor: compact, for long runs"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".perfetto-trace", ".pftrace", ".perfetto"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let mut trace = Trace {
            block: Vec::with_capacity(2 * BLOCK),
            blocks: Blocks::start(),
            out,
            tracks: 0,
            began: None,
        };
        for (rank, (rows, counters)) in profile.rows_and_counters_by_rank() {
            Rank::new(&mut trace, profile, rank, &rows)?.write(&rows, &counters)?;
        }
        trace.finish()
    }
}

/// Packets on their way into the output.
struct Trace<'o, 'w> {
    block: Vec<u8>,
    blocks: Blocks,
    out: &'o mut Output<'w>,
    /// So many tracks there are. The first is number 1.
    tracks: u64,
    /// The start of the run on the clock of the trace.
    began: Option<u64>,
}

impl Trace<'_, '_> {
    fn add_track(&mut self) -> u64 {
        self.tracks += 1;
        self.tracks
    }

    fn add(&mut self, packet: &Message) -> Result<()> {
        self.block.push(PACKET);
        push_varint(&mut self.block, packet.encoded().len() as u64);
        self.block.extend_from_slice(packet.encoded());
        self.added()
    }

    #[inline]
    fn added(&mut self) -> Result<()> {
        if self.block.len() < BLOCK {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(2 * BLOCK));
        self.blocks.add(block, self.out, write_block)
    }

    fn finish(mut self) -> Result<()> {
        if !self.block.is_empty() {
            self.blocks.add(self.block, self.out, write_block)?;
        }
        self.blocks.finish(self.out, write_block)
    }
}

/// Field 1 of the trace, a message.
const PACKET: u8 = 1 << 3 | 2;

fn write_block(compressed: &[u8], out: &mut Output<'_>) -> Result<()> {
    let packet = Message::default().bytes(packet::COMPRESSED_PACKETS, compressed);
    out.write_all(Message::default().message(1, packet).encoded())
}

/// The packets of one rank.
struct Rank<'t, 'o, 'w, 'a> {
    trace: &'t mut Trace<'o, 'w>,
    profile: &'a Selected<'a>,
    rank: u32,
    track: u64,
    labels: ThreadLabels,
    names: Vec<&'a str>,
    sequences: Vec<Sequence>,
    /// The track above those of spans.
    spans: Option<u64>,
}

/// The packets of one track.
struct Sequence {
    number: u64,
    /// What stands in each packet besides its time and its event.
    fields: Vec<u8>,
    last_ns: i64,
    /// Names that have been said already, as indices into the rows of the rank.
    interned: FxHashSet<usize>,
}

impl<'t, 'o, 'w, 'a> Rank<'t, 'o, 'w, 'a> {
    fn new(
        trace: &'t mut Trace<'o, 'w>,
        profile: &'a Selected<'a>,
        rank: u32,
        rows: &[usize],
    ) -> Result<Self> {
        let track = trace.add_track();
        // Explicit: in the order of the ranks below it.
        let descriptor = Message::default()
            .number(1, track)
            .text(2, &format!("rank {rank}"))
            .number(11, 3)
            .number(12, u64::from(rank));
        trace.add(&Message::default().message(packet::TRACK_DESCRIPTOR, descriptor))?;
        if trace.began.is_none() {
            trace.began = Some(u64::try_from(profile.origin_ns(rank)).unwrap_or(0).max(1));
        }
        Ok(Self {
            trace,
            profile,
            rank,
            track,
            labels: profile.thread_labels(rank)?,
            names: rows.iter().map(|&row| profile.name(row)).collect(),
            sequences: Vec::new(),
            spans: None,
        })
    }

    fn write(mut self, rows: &[usize], counters: &[usize]) -> Result<()> {
        let mut tracks = Tracks::default();
        let fields = self.profile.fields_of(rows);
        self.profile.each_call_and_life(rows, &fields, |item| {
            let (call, numbers) = match item {
                Item::Call(call, numbers) => (call, numbers),
                Item::Life(row, life) => return self.life(row, life),
            };
            let place = tracks.call(call, |track, at| self.end_slice(track, at))?;
            if place.is_new {
                self.add_sequence(call.thread, place.lane)?;
            }
            let numbers = numbers
                .iter()
                .map(|&(field, number)| (fields[field].name(), number));
            self.begin_slice(place.track, call.row, call.start, numbers)
        })?;
        tracks.end(|track, at| self.end_slice(track, at))?;
        counters.iter().try_for_each(|&row| self.counter(row))
    }

    /// Adds the track of a span, and its slice there.
    fn life(&mut self, row: usize, life: &Life) -> Result<()> {
        let above = match self.spans {
            Some(track) => track,
            None => {
                let track = self.trace.add_track();
                let descriptor = Message::default()
                    .number(1, track)
                    .text(2, "spans")
                    .number(5, self.track)
                    .number(12, i32::MAX as u64);
                self.trace
                    .add(&Message::default().message(packet::TRACK_DESCRIPTOR, descriptor))?;
                *self.spans.insert(track)
            }
        };
        let track = self.trace.add_track();
        let descriptor = Message::default()
            .number(1, track)
            .text(2, self.names[row])
            .number(5, above);
        self.trace
            .add(&Message::default().message(packet::TRACK_DESCRIPTOR, descriptor))?;
        let number = |name, value: i64| {
            let value = u64::try_from(value).unwrap_or(0);
            Message::default().text(10, name).number(3, value)
        };
        let polls = i64::try_from(life.polls).unwrap_or(i64::MAX);
        let begin = Message::default()
            .number(9, 1)
            .number(11, track)
            .text(23, self.names[row])
            .message(4, number("polls", polls))
            .message(4, number("busy_ns", life.busy_ns))
            .message(4, number("idle_ns", life.idle_ns()))
            .message(4, number("threads", life.threads.into()))
            .message(4, number("open", life.is_open.into()));
        let end = Message::default().number(9, 2).number(11, track);
        let origin = self.profile.origin_ns(self.rank);
        let began = self.trace.began.unwrap_or(1);
        for (event, at) in [(begin, life.start_ns), (end, life.end_ns)] {
            let since = u64::try_from(at.saturating_sub(origin)).unwrap_or(0);
            let packet = Message::default()
                .number(packet::TIMESTAMP, began.saturating_add(since))
                .number(packet::CLOCK, BOOTTIME)
                .number(packet::SEQUENCE, self.track)
                .message(packet::TRACK_EVENT, event);
            self.trace.add(&packet)?;
        }
        Ok(())
    }

    fn add_sequence(&mut self, thread: u32, lane: usize) -> Result<()> {
        let track = self.trace.add_track();
        let mut name = self.labels.of(thread);
        if lane > 0 {
            name = overlapping(&name, lane);
        }
        let descriptor = Message::default()
            .number(1, track)
            .text(2, &name)
            .number(5, self.track)
            .number(12, u64::from(thread) << 8 | lane.min(255) as u64);
        let clock = |id, at| Message::default().number(1, id).number(2, at);
        let clocks = Message::default()
            .message(1, clock(BOOTTIME, self.trace.began.unwrap_or(1)))
            .message(1, clock(FROM_PACKET_TO_PACKET, 0).number(3, 1));
        let of_events = Message::default().number(11, track);
        let defaults = Message::default()
            .message(11, of_events)
            .number(58, FROM_PACKET_TO_PACKET);
        // 1: what was said before on this sequence does not count.
        let first = Message::default()
            .message(packet::CLOCK_SNAPSHOT, clocks)
            .number(packet::SEQUENCE, track)
            .number(packet::SEQUENCE_FLAGS, 1)
            .message(packet::DEFAULTS, defaults);
        self.trace.add(&first)?;
        // In a packet of its own, since one holds either of both.
        self.trace
            .add(&Message::default().message(packet::TRACK_DESCRIPTOR, descriptor))?;
        // 2: what was said before is needed.
        let fields = Message::default()
            .number(packet::SEQUENCE, track)
            .number(packet::SEQUENCE_FLAGS, 2);
        self.sequences.push(Sequence {
            number: track,
            fields: fields.encoded().to_vec(),
            last_ns: self.profile.origin_ns(self.rank),
            interned: FxHashSet::default(),
        });
        Ok(())
    }

    #[inline]
    fn begin_slice<'n>(
        &mut self,
        track: usize,
        row: usize,
        at: i64,
        numbers: impl ExactSizeIterator<Item = (&'n str, Number)>,
    ) -> Result<()> {
        let sequence = &mut self.sequences[track];
        let since = sequence.step(at);
        let iid = row as u64 + 1;
        let has_numbers = numbers.len() > 0;
        let event = numbers.fold(
            Message::default().number(9, 1).number(10, iid),
            |event, (name, number)| {
                let annotation = Message::default().text(10, name);
                event.message(
                    4,
                    match number {
                        Number::Int(n) => annotation.number(4, n as u64),
                        number => annotation.double(5, number.as_f64()),
                    },
                )
            },
        );
        if sequence.interned.insert(row) {
            let number = sequence.number;
            let name = Message::default().number(1, iid).text(2, self.names[row]);
            let packet = Message::default()
                .number(packet::TIMESTAMP, since)
                .number(packet::SEQUENCE, number)
                .number(packet::SEQUENCE_FLAGS, 2)
                .message(packet::INTERNED_DATA, Message::default().message(2, name))
                .message(packet::TRACK_EVENT, event);
            return self.trace.add(&packet);
        }
        if has_numbers {
            let packet = Message::default()
                .number(packet::TIMESTAMP, since)
                .number(packet::SEQUENCE, sequence.number)
                .number(packet::SEQUENCE_FLAGS, 2)
                .message(packet::TRACK_EVENT, event);
            return self.trace.add(&packet);
        }
        self.event(track, since, event.encoded())
    }

    #[inline]
    fn end_slice(&mut self, track: usize, at: i64) -> Result<()> {
        let since = self.sequences[track].step(at);
        self.event(track, since, &[9 << 3, 2])
    }

    /// Adds a packet without allocating: these are two for each interval.
    #[inline]
    fn event(&mut self, track: usize, since: u64, event: &[u8]) -> Result<()> {
        let fields = &self.sequences[track].fields;
        let block = &mut self.trace.block;
        block.push(PACKET);
        let at = block.len();
        // Its length, always below 128.
        block.push(0);
        block.push((packet::TIMESTAMP << 3) as u8);
        push_varint(block, since);
        block.extend_from_slice(fields);
        block.push((packet::TRACK_EVENT << 3 | 2) as u8);
        block.push(event.len() as u8);
        block.extend_from_slice(event);
        block[at] = (block.len() - at - 1) as u8;
        self.trace.added()
    }
}

impl Sequence {
    /// The time since the last packet, ns.
    #[inline]
    fn step(&mut self, at: i64) -> u64 {
        let since = at.saturating_sub(self.last_ns).max(0);
        self.last_ns = at;
        since as u64
    }
}
