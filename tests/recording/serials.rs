//! The serial numbers of spans, in the log and in the file made of it: all intervals of a span say that they are its.

use crate::common::SUBSCRIBERS;
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Intervals, Numbers, Source};
use scope_profiler::{
    LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader, RegionNaming, profile_region,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;
use tracing::{Span, dispatcher, info_span};

/// The serial numbers of each region's intervals, in the order of the log.
type Serials = BTreeMap<String, Vec<u32>>;

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Reads a log as `docs/format.md` describes it.
fn serials(log: &Path) -> Serials {
    let bytes = std::fs::read(log).unwrap();
    assert_eq!((&bytes[..8], word(&bytes, 8)), (&b"SCOPELOG"[..], 2));
    let (mut names, mut serials) = (BTreeMap::new(), Serials::new());
    let mut at = 16;
    while at < bytes.len() {
        let (kind, length) = (word(&bytes, at), word(&bytes, at + 4) as usize);
        let payload = &bytes[at + 12..at + 12 + length];
        if kind == 2 {
            let name = &payload[8..8 + word(payload, 4) as usize];
            names.insert(word(payload, 0), String::from_utf8(name.to_vec()).unwrap());
        } else if kind == 4 {
            for event in payload[4..].chunks_exact(24) {
                let of_region = serials.entry(names[&word(event, 0)].clone()).or_default();
                of_region.push(word(event, 4));
            }
        }
        at += 12 + length;
    }
    serials
}

/// All intervals of a source: region, start, end, thread, and serial number of the span.
fn rows(source: &dyn Source) -> Vec<(String, i64, i64, u32, u32)> {
    let mut rows = Vec::new();
    for (index, row) in source.rows().iter().enumerate() {
        let mut intervals = Intervals::new().with_column(Intervals::SPAN);
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        let serials = intervals
            .column(Intervals::SPAN)
            .and_then(Numbers::whole)
            .unwrap();
        for (call, &serial) in intervals.iter().zip(serials) {
            let region = source.names()[row.name].clone();
            rows.push((
                region,
                call.start_ns,
                call.end_ns,
                call.thread,
                serial.try_into().unwrap(),
            ));
        }
    }
    rows.sort();
    rows
}

/// Runs `program` with each subscriber, on the fast path and on the slow path, and passes what the log says then to
/// `check`. The file says the same.
fn with_each_subscriber(
    configure: impl Fn(ProfilingConfig) -> ProfilingConfig,
    program: impl Fn(&Profiler),
    check: impl Fn(&Serials),
) {
    let of_each_clock = |subscriber| [(subscriber, false), (subscriber, true)];
    for (subscriber, has_manual_clock) in SUBSCRIBERS.into_iter().flat_map(of_each_clock) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run.h5");
        let mut config = configure(
            ProfilingConfig::new()
                .file_path(&file)
                .verbose(false)
                .keep_logs(true),
        );
        if has_manual_clock {
            config = config.manual_clock(&ManualClock::new(1_000));
        }
        let profiler = Profiler::new(config).unwrap();
        dispatcher::with_default(&subscriber(&profiler), || program(&profiler));
        profiler.finalize().unwrap();
        let logs = find_logs(&[directory.path().join("run.h5.d")]).unwrap();
        let in_the_log = serials(&logs[0]);
        check(&in_the_log);
        let read = rows(&ProfilingH5Reader::open(&file).unwrap());
        assert_eq!(rows(&LogSource::open(&logs[0]).unwrap()), read);
        let mut serials_read = BTreeMap::new();
        for (region, start, end, thread, span) in read {
            assert!(start <= end && thread < 100);
            serials_read.entry(region).or_insert_with(Vec::new).push(span);
        }
        let sorted = |mut serials: Serials| {
            serials
                .values_mut()
                .for_each(|of_region| of_region.sort_unstable());
            serials
        };
        assert_eq!(sorted(serials_read), sorted(in_the_log));
        let report = scope_profiler::check::check(&file).unwrap();
        assert!(report.is_ok() && report.notes().is_empty(), "{report}");
    }
}

fn on_another_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    let dispatch = dispatcher::get_default(Clone::clone);
    thread::scope(|scope| {
        let thread = scope.spawn(|| dispatcher::with_default(&dispatch, f));
        thread.join().unwrap()
    })
}

fn all_different(serials: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
    let mut seen = BTreeSet::from([0]);
    for serial in serials {
        assert!(seen.insert(serial), "{serial} twice, or 0");
    }
    seen
}

#[test]
fn every_poll_of_a_span_has_its_number_on_whatever_thread() {
    let poll = |span: &Span| span.in_scope(|| ());
    let program = |_: &Profiler| {
        let (one, other) = (info_span!("one"), info_span!("other"));
        for _ in 0..3 {
            poll(&one);
            poll(&other);
            on_another_thread(|| poll(&one));
            on_another_thread(|| one.in_scope(|| poll(&other)));
        }
    };
    with_each_subscriber(
        |config| config,
        program,
        |serials| {
            let (one, other) = (&serials["one"], &serials["other"]);
            assert_eq!((one.len(), other.len()), (9, 6));
            assert!(one.iter().all(|serial| *serial == one[0]), "{one:?}");
            assert!(other.iter().all(|serial| *serial == other[0]), "{other:?}");
            all_different([one[0], other[0]]);
        },
    );
}

#[test]
fn a_guard_has_none() {
    let program = |profiler: &Profiler| {
        for _ in 0..3 {
            let _guard = profiler.profile_region("guard");
            info_span!("span").in_scope(|| drop(profiler.profile_region("guard")));
        }
        drop(profile_region!("of no session"));
    };
    with_each_subscriber(
        |config| config,
        program,
        |serials| {
            assert_eq!(serials["guard"], [0; 6]);
            all_different(serials["span"].iter().copied());
        },
    );
}

#[test]
fn spans_that_follow_each_other_have_different_numbers() {
    const SPANS: usize = 3_000;
    let create = || (0..SPANS).for_each(|_| info_span!("short").in_scope(|| ()));
    let program = |_: &Profiler| {
        create();
        on_another_thread(create);
        on_another_thread(create);
    };
    with_each_subscriber(
        |config| config,
        program,
        |serials| {
            assert_eq!(serials["short"].len(), 3 * SPANS);
            all_different(serials["short"].iter().copied());
        },
    );
}

#[test]
fn spans_that_are_alive_at_once_keep_their_numbers() {
    const SPANS: usize = 5_000;
    let poll = |spans: &[Span]| spans.iter().for_each(|span| span.in_scope(|| ()));
    let program = |_: &Profiler| {
        let create = || (0..SPANS).map(|_| info_span!("long")).collect::<Vec<_>>();
        let mut spans = create();
        poll(&spans);
        drop(spans.split_off(SPANS / 2));
        // These take the places of those that are gone, and come from a thread that ends.
        spans.extend(create().into_iter().take(SPANS / 4));
        spans.extend(on_another_thread(create));
        poll(&spans);
        on_another_thread(|| poll(&spans));
    };
    with_each_subscriber(
        |config| config,
        program,
        |serials| {
            let mut polls: BTreeMap<u32, usize> = BTreeMap::new();
            for serial in &serials["long"] {
                *polls.entry(*serial).or_default() += 1;
            }
            let with = |n: usize| polls.values().filter(|polls| **polls == n).count();
            assert_eq!(
                (with(1), with(2), with(3)),
                (SPANS / 2, SPANS / 4 + SPANS, SPANS / 2)
            );
            assert!(!polls.contains_key(&0));
        },
    );
}

#[test]
fn spans_that_a_field_names_have_numbers_too() {
    let program = |_: &Profiler| {
        let spans: Vec<Span> = (0..3).map(|_| info_span!("span", id = "named")).collect();
        for _ in 0..2 {
            spans.iter().for_each(|span| span.in_scope(|| ()));
            on_another_thread(|| spans.iter().for_each(|span| span.in_scope(|| ())));
        }
        info_span!("plain").in_scope(|| ());
    };
    with_each_subscriber(
        |config| config.region_naming(RegionNaming::field("id")),
        program,
        |serials| {
            let named = &serials["named"];
            assert_eq!(named.len(), 12);
            let each: BTreeSet<u32> = named.iter().copied().collect();
            assert_eq!(
                all_different(each.into_iter().chain([serials["plain"][0]])).len(),
                5
            );
        },
    );
}

#[test]
fn a_span_that_two_threads_enter_at_once_has_one_number() {
    let program = |_: &Profiler| {
        for _ in 0..20 {
            let span = info_span!("shared");
            let start = std::sync::Barrier::new(2);
            let dispatch = dispatcher::get_default(Clone::clone);
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        dispatcher::with_default(&dispatch, || {
                            start.wait();
                            span.in_scope(|| ());
                        });
                    });
                }
            });
        }
    };
    with_each_subscriber(
        |config| config,
        program,
        |serials| {
            let each: BTreeSet<u32> = serials["shared"].iter().copied().collect();
            assert_eq!((serials["shared"].len(), all_different(each).len()), (40, 21));
        },
    );
}
