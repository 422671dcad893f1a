//! Reading and merging on a thread of its own, ahead of the observers.

use super::reading::{Plan, Sink};
use super::{Link, RankCall};
use crate::error::{Error, Result};
use crate::profile::{Intervals, Source};
use std::mem;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Pieces that wait for the observers.
const WAITING: usize = 8;
/// What takes no longer than starting a thread.
const FEW: u64 = if cfg!(test) { 0 } else { 1 << 17 };

/// Whether a second thread helps to read so many intervals.
pub(super) fn is_worth_it(intervals: u64) -> bool {
    intervals > FEW && thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

/// What is read, on its way.
enum Piece {
    BeginRank(u32, Vec<usize>),
    Chunk(usize, Intervals),
    Calls(u32, Vec<RankCall>, Option<Vec<Link>>),
    EndRank(u32),
    EndRow(usize),
}

/// As [`Plan::read`].
pub(super) fn run<S: Sink>(source: &(dyn Source + Sync), plan: &Plan, sink: &mut S) -> Result<()> {
    let (pieces, ahead) = sync_channel(WAITING);
    let (used_chunks, chunks) = channel();
    let (used_calls, calls) = channel();
    let mut sending = Sending {
        pieces,
        chunks,
        calls,
    };
    let taking = Taking {
        ahead,
        used_chunks,
        used_calls,
    };
    let read = thread::scope(|scope| {
        let reading = move || plan.read(source, &mut sending);
        let Ok(reader) = thread::Builder::new().spawn_scoped(scope, reading) else {
            return None;
        };
        let taken = taking.all(sink);
        let read = reader
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // What an observer says ended the reading.
        Some(taken.and(read))
    });
    read.unwrap_or_else(|| plan.read(source, sink))
}

/// The end of the reading thread.
struct Sending {
    pieces: SyncSender<Piece>,
    /// Those that were used.
    chunks: Receiver<Intervals>,
    calls: Receiver<Vec<RankCall>>,
}

impl Sending {
    fn send(&self, piece: Piece) -> Result<()> {
        let sent = self.pieces.send(piece);
        sent.map_err(|_| Error::config("nobody takes what is read"))
    }

    fn used_chunk(&self) -> Intervals {
        self.chunks.try_recv().unwrap_or_default()
    }
}

impl Sink for Sending {
    const BATCH: usize = 1 << 12;

    fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
        self.send(Piece::BeginRank(rank, rows.to_vec()))
    }

    fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
        let mut copy = self.used_chunk();
        copy.become_like(chunk);
        self.send(Piece::Chunk(row, copy))
    }

    fn whole_chunk(&mut self, row: usize, chunk: &mut Intervals) -> Result<()> {
        let chunk = mem::replace(chunk, self.used_chunk());
        self.send(Piece::Chunk(row, chunk))
    }

    fn calls(&mut self, rank: u32, calls: &[RankCall], links: Option<&[Link]>) -> Result<()> {
        let mut all = calls.to_vec();
        self.whole_calls(rank, &mut all, links)
    }

    fn whole_calls(&mut self, rank: u32, calls: &mut Vec<RankCall>, links: Option<&[Link]>) -> Result<()> {
        let used = self.calls.try_recv();
        let calls = mem::replace(calls, used.unwrap_or_default());
        self.send(Piece::Calls(rank, calls, links.map(<[Link]>::to_vec)))
    }

    fn end_rank(&mut self, rank: u32) -> Result<()> {
        self.send(Piece::EndRank(rank))
    }

    fn end_row(&mut self, row: usize) -> Result<()> {
        self.send(Piece::EndRow(row))
    }
}

/// The end of the thread that has the observers.
struct Taking {
    ahead: Receiver<Piece>,
    used_chunks: Sender<Intervals>,
    used_calls: Sender<Vec<RankCall>>,
}

impl Taking {
    /// Hands everything on, until all is read or `sink` fails.
    fn all<S: Sink>(self, sink: &mut S) -> Result<()> {
        for piece in &self.ahead {
            match piece {
                Piece::BeginRank(rank, rows) => sink.begin_rank(rank, &rows)?,
                Piece::Chunk(row, chunk) => {
                    sink.chunk(row, &chunk)?;
                    // At the end nobody uses it again.
                    let _ = self.used_chunks.send(chunk);
                }
                Piece::Calls(rank, calls, links) => {
                    for (at, batch) in (0..).step_by(S::BATCH).zip(calls.chunks(S::BATCH)) {
                        let links = links.as_ref().map(|links| &links[at..at + batch.len()]);
                        sink.calls(rank, batch, links)?;
                    }
                    let _ = self.used_calls.send(calls);
                }
                Piece::EndRank(rank) => sink.end_rank(rank)?,
                Piece::EndRow(row) => sink.end_row(row)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::pass::{self, Observer, RankCall};
    use crate::error::{Error, Result};
    use crate::profile::{Call, Intervals, Profile, Row, Source};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::ops::Range;

    /// A profile that threads may share, of which one row cannot be read.
    struct Shared {
        profile: Profile,
        unreadable: Option<usize>,
        is_shared: bool,
    }

    impl Source for Shared {
        fn names(&self) -> &[String] {
            self.profile.names()
        }

        fn rows(&self) -> &[Row] {
            self.profile.rows()
        }

        fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
            if self.unreadable == Some(row) {
                return Err(Error::config("this row cannot be read"));
            }
            self.profile.read(row, range, into)
        }

        fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
            self.profile.thread_names(rank)
        }

        fn shared(&self) -> Option<&(dyn Source + Sync)> {
            self.is_shared.then_some(self)
        }
    }

    /// What came, and in which order rows and ranks began and ended.
    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        rows: BTreeMap<usize, Intervals>,
        calls: Vec<RankCall>,
        ends: Vec<String>,
        /// It fails at the end of this rank.
        fails: Option<u32>,
    }

    impl Observer for Seen {
        fn takes_row(&self, row: usize) -> bool {
            row % 3 != 1
        }

        fn chunk(&mut self, row: usize, chunk: &Intervals) -> Result<()> {
            let of_row = self.rows.entry(row).or_default();
            chunk
                .iter()
                .for_each(|call| of_row.push(call.start_ns, call.end_ns, call.thread));
            Ok(())
        }

        fn end_row(&mut self, row: usize) -> Result<()> {
            self.ends.push(format!("row {row}"));
            Ok(())
        }

        fn takes_rank(&self, rank: u32) -> bool {
            rank != 1
        }

        fn begin_rank(&mut self, rank: u32, rows: &[usize]) -> Result<()> {
            self.ends.push(format!("rank {rank} with {rows:?}"));
            Ok(())
        }

        fn calls(&mut self, calls: &[RankCall]) -> Result<()> {
            self.calls.extend_from_slice(calls);
            Ok(())
        }

        fn end_rank(&mut self, rank: u32) -> Result<()> {
            self.ends.push(format!("end of rank {rank}"));
            match self.fails {
                Some(fails) if fails == rank => Err(Error::config("enough")),
                _ => Ok(()),
            }
        }
    }

    fn seen(source: &Shared, fails: Option<u32>) -> (Seen, Option<String>) {
        let mut seen = Seen {
            fails,
            ..Seen::default()
        };
        let outcome = pass::run(source, &mut [&mut seen]);
        (seen, outcome.err().map(|error| error.to_string()))
    }

    proptest! {
        #[test]
        fn observers_get_the_same_from_another_thread(
            calls in prop::collection::vec((0_usize..4, 0_u32..4, 0_i64..90_000, 0_i64..900, 0_u32..3), 1..3_000),
            unreadable in prop::option::weighted(0.2, 0_usize..9),
            fails in prop::option::weighted(0.2, 0_u32..4),
        ) {
            let mut builder = Profile::builder();
            for (region, rank, start, length, thread) in calls {
                let name = ["a", "b", "c", "d"][region];
                builder.push(Call::new(name, start..start + length).rank(rank).thread(thread));
            }
            let profile = builder.build();
            let mut source = Shared { profile, unreadable, is_shared: false };
            let alone = seen(&source, fails);
            source.is_shared = true;
            let ahead = seen(&source, fails);
            prop_assert_eq!(&ahead.1, &alone.1);
            if alone.1.is_none() {
                prop_assert_eq!(ahead.0, alone.0);
            }
        }
    }

    #[test]
    fn a_panic_while_reading_is_passed_on() {
        struct Panics(Profile);
        impl Source for Panics {
            fn names(&self) -> &[String] {
                self.0.names()
            }

            fn rows(&self) -> &[Row] {
                self.0.rows()
            }

            fn read(&self, _: usize, _: Range<u64>, _: &mut Intervals) -> Result<()> {
                panic!("no")
            }

            fn thread_names(&self, rank: u32) -> Result<BTreeMap<u32, String>> {
                self.0.thread_names(rank)
            }

            fn shared(&self) -> Option<&(dyn Source + Sync)> {
                Some(self)
            }
        }
        let profile = Profile::builder().interval(Call::new("a", 0..1)).build();
        let source = Panics(profile);
        let outcome = std::panic::catch_unwind(|| pass::run(&source, &mut [&mut Seen::default()]));
        assert!(outcome.is_err());
    }
}
