//! Logs that earlier versions of this crate have written: with numbers of calls, with counters, and with what is known
//! of spans beside their calls. Later versions read them with the same values.

use crate::common::golden;
use scope_profiler::check::check;
use scope_profiler::merge::{find_logs, merge};
use scope_profiler::profile::{Intervals, Number, Samples, Source, SpanParent};
use scope_profiler::{LogSource, ManualClock, Profiler, ProfilingConfig, ProfilingH5Reader};
use std::fmt::Write;
use std::fs;
use tracing::field::Empty;
use tracing::{dispatcher, info_span};

/// A log, and the session that wrote it.
type Golden = (&'static str, fn(&Profiler, &ManualClock));

const LOGS: [Golden; 4] = [
    ("log_with_numbers.log", record_numbers),
    ("log_with_waiting_numbers.log", record_waiting_numbers),
    ("log_with_counters.log", record_counters),
    ("log_with_spans.log", record_spans),
];

fn record_numbers(profiler: &Profiler, clock: &ManualClock) {
    for n in 0..4_i64 {
        let outer = profiler.profile_region("outer");
        clock.advance(10);
        let inner = profiler.profile_region("inner");
        if n % 2 == 0 {
            inner.record("bytes", 24 * n);
        }
        inner.record("residual", 0.5 / f64::from(n as i32 + 1));
        clock.advance(5);
        drop(inner);
        outer.record("bytes", n - 1);
        clock.advance(1);
    }
    dispatcher::with_default(&profiler.subscriber().into(), || {
        let span = info_span!("span", bytes = i64::MAX, residual = f64::INFINITY);
        span.in_scope(|| clock.advance(3));
        span.in_scope(|| {
            clock.advance(4);
            span.record("bytes", -7);
        });
    });
}

fn record_waiting_numbers(profiler: &Profiler, clock: &ManualClock) {
    dispatcher::with_default(&profiler.subscriber().into(), || {
        for n in 0..3_i64 {
            let span = info_span!("span", bytes = n, residual = Empty);
            span.in_scope(|| clock.advance(3));
            span.record("residual", 0.25);
            if n > 0 {
                // The log says that this one waits.
                profiler.flush().unwrap();
            }
            if n > 1 {
                span.in_scope(|| clock.advance(4));
                span.record("bytes", -7);
            }
            clock.advance(10);
        }
        drop(info_span!("never entered", bytes = 1));
    });
}

fn record_counters(profiler: &Profiler, clock: &ManualClock) {
    for n in 0..4_i64 {
        let _step = profiler.profile_region("step");
        clock.advance(10);
        profiler.counter("particles", 100 - n);
        profiler.counter("energy:J", if n == 2 { f64::NAN } else { n as f64 / 4.0 });
        clock.advance(10);
    }
    let elsewhere = || {
        clock.advance(1);
        profiler.counter("particles", i64::MIN + 1);
        profiler.counter("a/b bytes", true);
    };
    std::thread::scope(|scope| scope.spawn(elsewhere).join().unwrap());
}

fn record_spans(profiler: &Profiler, clock: &ManualClock) {
    dispatcher::with_default(&profiler.subscriber().into(), || {
        for _ in 0..2 {
            let waiting = info_span!("waiting");
            clock.advance(5_000);
            waiting.in_scope(|| clock.advance(3));
            waiting.in_scope(|| clock.advance(4));
            clock.advance(2_000);
        }
        let outer = info_span!("outer").entered();
        let child = info_span!(parent: &outer, "child");
        let root = info_span!(parent: None, "root");
        let caller = info_span!("caller");
        clock.advance(2_000);
        root.follows_from(&child);
        caller.follows_from(&root);
        caller.follows_from(&child);
        let enter = |span: tracing::Span| span.in_scope(|| clock.advance(1));
        drop(outer);
        [child, root, caller].into_iter().for_each(enter);
    });
}

/// All that is in a profile of these kinds, in order of the lines.
fn contents(source: &dyn Source) -> String {
    let mut text = String::new();
    let shown = |number: Option<Number>| match number {
        None => "-".to_owned(),
        Some(Number::Int(n)) => n.to_string(),
        Some(other) => format!("{:?}", other.as_f64()),
    };
    for (index, row) in source.rows().iter().enumerate() {
        let fields = source.fields_of(index).iter();
        let fields: Vec<_> = fields.map(|&field| &source.fields()[field]).collect();
        let columns = fields.iter().map(|field| field.column());
        let mut intervals = columns.fold(Intervals::new(), Intervals::with_column);
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        for (at, call) in intervals.iter().enumerate() {
            let name = &source.names()[row.name];
            write!(text, "{name} {} {}", call.start_ns, call.end_ns).unwrap();
            for field in &fields {
                let number = intervals.column(field.column()).unwrap().get(at);
                write!(text, " {}={}", field.name(), shown(number)).unwrap();
            }
            text.push('\n');
        }
    }
    for (index, row) in source.counter_rows().iter().enumerate() {
        let counter = &source.counters()[row.counter];
        let mut samples = Samples::new();
        source.read_counter(index, 0..row.samples, &mut samples).unwrap();
        write!(text, "{} [{}]", counter.name(), counter.unit().unwrap_or("")).unwrap();
        let values = samples
            .times()
            .iter()
            .zip(samples.values().iter())
            .zip(samples.threads());
        for ((time, value), thread) in values {
            write!(text, " {time}:{}:{thread}", shown(value)).unwrap();
        }
        text.push('\n');
    }
    text.push_str(&facts(source));
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// What is known of spans, which are called by their name and the start of their first call: their serial numbers are
/// others in each process.
fn facts(source: &dyn Source) -> String {
    let mut calls = Vec::new();
    for (index, row) in source.rows().iter().enumerate() {
        let mut intervals = Intervals::with_column(Intervals::new(), Intervals::SPAN);
        source.read(index, 0..row.intervals, &mut intervals).unwrap();
        let spans = intervals.column(Intervals::SPAN);
        for (at, call) in intervals.iter().enumerate() {
            if let Some(Number::Int(span)) = spans.and_then(|spans| spans.get(at)) {
                let name = format!("{}@{}", source.names()[row.name], call.start_ns);
                calls.push((call.start_ns, u32::try_from(span).unwrap(), name));
            }
        }
    }
    calls.sort();
    let name = |span: u32| {
        let first = calls.iter().find(|(_, of, _)| *of == span);
        first.map_or("never entered", |(_, _, name)| name)
    };
    let mut text = String::new();
    for facts in source.span_facts(0).unwrap() {
        write!(text, "{}:", name(facts.span)).unwrap();
        let when = [("created", facts.created_ns), ("closed", facts.closed_ns)];
        for (what, ns) in when {
            if let Some(ns) = ns {
                write!(text, " {what} {ns}").unwrap();
            }
        }
        match facts.parent {
            None => {}
            Some(SpanParent::Nothing) => text.push_str(" below nothing"),
            Some(SpanParent::Span(span)) => write!(text, " below {}", name(span)).unwrap(),
            Some(SpanParent::Call { start_ns, .. }) => write!(text, " called at {start_ns}").unwrap(),
            Some(other) => panic!("{other:?}"),
        }
        for span in facts.follows {
            write!(text, " after {}", name(span)).unwrap();
        }
        text.push('\n');
    }
    text
}

fn assert_contents(log: &str, expected: &str) {
    let log = golden(log);
    let source = LogSource::open(&log).unwrap();
    assert!(source.is_complete());
    assert_eq!(contents(&source), expected);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    merge(&[&log], &file).unwrap();
    assert_eq!(contents(&ProfilingH5Reader::open(&file).unwrap()), expected);
    for path in [&log, &file] {
        let report = check(path).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn a_log_with_numbers_of_calls_keeps_its_values() {
    assert_contents(
        "log_with_numbers.log",
        "\
inner 1010 1015 bytes=0 residual=0.5
inner 1026 1031 bytes=- residual=0.25
inner 1042 1047 bytes=48 residual=0.16666666666666666
inner 1058 1063 bytes=- residual=0.125
outer 1000 1016 bytes=-1
outer 1016 1032 bytes=0
outer 1032 1048 bytes=1
outer 1048 1064 bytes=2
span 1064 1067 bytes=9223372036854775807 residual=inf
span 1067 1071 bytes=-7 residual=-",
    );
}

/// Earlier versions wrote numbers without the moment at which they were recorded.
#[test]
fn a_log_with_numbers_that_came_late_keeps_its_values() {
    assert_contents(
        "log_with_late_numbers.log",
        "\
never entered: created 1024 closed 3024
never entered: created 3024 closed 5024
span 1000 1003 bytes=0 residual=-
span 1003 1006 bytes=0 residual=0.25
span 1006 1009 bytes=1 residual=-
span 1009 1012 bytes=-1 residual=0.25
span 1012 1015 bytes=2 residual=-
span 1015 1018 bytes=-2 residual=0.25
span 1018 1021 bytes=3 residual=-
span 1021 1024 bytes=-3 residual=0.25
span@1000: closed 1024
span@1006: closed 1024
span@1012: closed 3024
span@1018: closed 5024",
    );
}

#[test]
fn a_log_with_numbers_that_wait_keeps_its_values() {
    assert_contents(
        "log_with_waiting_numbers.log",
        "\
never entered: created 1043 closed 1043
span 1000 1003 bytes=0 residual=0.25
span 1013 1016 bytes=1 residual=0.25
span 1026 1029 bytes=2 residual=-
span 1029 1033 bytes=-7 residual=0.25
span@1000: closed 1013
span@1013: closed 1026
span@1026: closed 1043",
    );
}

#[test]
fn a_log_with_counters_keeps_its_values() {
    assert_contents(
        "log_with_counters.log",
        "\
a/b bytes [] 1081:1:1
energy [J] 1010:0.0:0 1030:0.25:0 1050:-:0 1070:0.75:0
particles [] 1010:100:0 1030:99:0 1050:98:0 1070:97:0 1081:-9223372036854775807:1
step 1000 1020
step 1020 1040
step 1040 1060
step 1060 1080",
    );
}

#[test]
fn a_log_with_what_is_known_of_spans_keeps_it() {
    assert_contents(
        "log_with_spans.log",
        "\
caller 17016 17017
caller@17016: created 15014 called at 15014 after child@17014 after root@17015
child 17014 17015
child@17014: created 15014 called at 15014
outer 15014 17014
root 17015 17016
root@17015: created 15014 below nothing after child@17014
waiting 13007 13010
waiting 13010 13014
waiting 6000 6003
waiting 6003 6007
waiting@13007: created 8007 closed 15014
waiting@6000: created 1000 closed 8007",
    );
}

/// What is written now is read with the same values as what was written then.
#[test]
fn the_same_sessions_still_have_the_same_contents() {
    for (log, record) in LOGS {
        let directory = tempfile::tempdir().unwrap();
        let now = recorded(directory.path(), record);
        let [now, then] = [now, golden(log)].map(|log| contents(&LogSource::open(log).unwrap()));
        assert_eq!(now, then, "{log}");
    }
}

fn recorded(directory: &std::path::Path, record: fn(&Profiler, &ManualClock)) -> std::path::PathBuf {
    let clock = ManualClock::new(1_000);
    let config = ProfilingConfig::new()
        .file_path(directory.join("run.h5"))
        .fields(["bytes", "residual"])
        .manual_clock(&clock)
        .keep_logs(true)
        .verbose(false);
    let profiler = Profiler::new(config).unwrap();
    record(&profiler, &clock);
    profiler.finalize().unwrap();
    find_logs(&[directory.join("run.h5.d")]).unwrap().remove(0)
}

#[test]
#[ignore = "writes the logs that the tests above read; only to be done where the format changes"]
fn write_golden_logs() {
    for (log, record) in LOGS {
        let directory = tempfile::tempdir().unwrap();
        let bytes = fs::read(recorded(directory.path(), record)).unwrap();
        fs::write(golden(log), without_facts(&bytes)).unwrap();
    }
}

/// The log without what it says of the machine and the program.
fn without_facts(log: &[u8]) -> Vec<u8> {
    const RUN: u32 = 1;
    let (header, mut rest) = log.split_at(16);
    let mut kept = header.to_vec();
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (block, others) = rest.split_at(12 + number(4) as usize);
        let says = |key: &str| block.windows(key.len()).any(|window| window == key.as_bytes());
        if number(0) != RUN || ["rank", "size", "recorded_"].into_iter().any(says) {
            kept.extend(block);
        }
        rest = others;
    }
    kept
}
