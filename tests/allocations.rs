//! What intervals allocate, under an allocator that counts over another one.

#[path = "common/calm.rs"]
mod calm;
#[path = "common/interpreter.rs"]
mod interpreter;
#[path = "common/read.rs"]
mod read;
#[path = "common/run.rs"]
mod run;
#[allow(dead_code, reason = "the tests of recording use more of it")]
#[path = "recording/subscribers.rs"]
mod subscribers;

use run::Run;
use scope_profiler::profile::Number;
use scope_profiler::{ProfilingH5Reader, ScopeAllocator};
use std::alloc::{GlobalAlloc, Layout, System, alloc_zeroed, dealloc, realloc};
use std::cell::Cell;
use std::hint::black_box;
use subscribers::with_each_subscriber_of;
use tracing::{Dispatch, info_span};

/// Another allocator, which keeps an account of its own.
struct Inner;

thread_local! {
    static CALLS: Cell<[u64; 4]> = const { Cell::new([0; 4]) };
}

fn account(which: usize) {
    let mut calls = CALLS.get();
    calls[which] += 1;
    CALLS.set(calls);
}

// SAFETY: everything is left to the system's allocator; the account is a cell without a destructor.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Inner {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        account(0);
        // SAFETY: by the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        account(1);
        // SAFETY: by the caller's contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        account(2);
        // SAFETY: by the caller's contract.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        account(3);
        // SAFETY: by the caller's contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: ScopeAllocator<Inner> = ScopeAllocator::over(Inner);

fn measured() -> Run {
    Run::with(|config| config.allocations(true))
}

/// Allocates so many bytes at once, and frees them.
fn allocate(bytes: usize) {
    drop(black_box(Vec::<u8>::with_capacity(bytes)));
}

/// Bytes and number of what an interval allocates, and the same without the intervals inside it.
type Allocated = [i64; 4];

const NOTHING: Allocated = [0; 4];

const FIELDS: [&str; 4] = ["alloc_bytes", "allocs", "self_alloc_bytes", "self_allocs"];

/// What each interval of a region allocates: it has all four numbers, or none, as nothing was allocated.
fn allocated(reader: &ProfilingH5Reader, region: &str) -> Vec<Allocated> {
    let region = &reader.get_region(region).unwrap()[0];
    let columns = FIELDS.map(|field| region.field(field));
    let of_call = |call| match columns.map(|numbers| numbers.and_then(|numbers| numbers.get(call))) {
        [None, None, None, None] => NOTHING,
        numbers => numbers.map(|number| match number {
            Some(Number::Int(n)) => n,
            other => panic!("{other:?} is no whole number"),
        }),
    };
    (0..region.num_calls() as usize).map(of_call).collect()
}

fn only(bytes: i64, count: i64) -> Allocated {
    [bytes, count, bytes, count]
}

#[test]
fn an_interval_has_what_is_allocated_in_it_with_and_without_the_intervals_inside() {
    let run = measured();
    allocate(1_000_000);
    run.region("outer", 1, || {
        allocate(100);
        run.region("inner", 1, || {
            allocate(20);
            allocate(20);
        });
        run.region("inner", 1, || ());
        allocate(3);
    });
    run.region("inner", 1, || allocate(7));
    let reader = run.read();
    assert_eq!(allocated(&reader, "outer"), [[143, 4, 103, 2]]);
    assert_eq!(allocated(&reader, "inner"), [only(40, 2), NOTHING, only(7, 1)]);
}

#[test]
fn what_grows_counts_once_more_with_what_is_added_and_what_shrinks_does_not() {
    let run = measured();
    #[allow(unsafe_code)]
    run.region("resize", 1, || {
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: the sizes are above 0, and each time those that the memory has.
        unsafe {
            let memory = black_box(alloc_zeroed(layout(64)));
            let memory = black_box(realloc(memory, layout(64), 100));
            let memory = black_box(realloc(memory, layout(100), 100));
            let memory = black_box(realloc(memory, layout(100), 40));
            let memory = black_box(realloc(memory, layout(40), 41));
            dealloc(memory, layout(41));
        }
    });
    assert_eq!(allocated(&run.read(), "resize"), [only(64 + 36 + 1, 3)]);
}

#[test]
fn everything_goes_to_the_allocator_below() {
    let before = CALLS.get();
    let mut list = black_box(vec![0u8; 10]);
    list.reserve_exact(100);
    drop(black_box(list));
    allocate(5);
    let after = CALLS.get();
    assert_eq!(
        [0, 1, 2, 3].map(|which| after[which] - before[which]),
        [1, 1, 1, 2]
    );
}

#[test]
fn each_allocation_counts_in_one_region_where_guards_are_dropped_in_another_order() {
    let run = measured();
    let a = run.profiler.profile_region("a");
    allocate(1);
    run.clock.advance(1);
    let b = run.profiler.profile_region("b");
    allocate(20);
    run.clock.advance(1);
    let c = run.profiler.profile_region("c");
    allocate(300);
    drop(a);
    allocate(4_000);
    drop(b);
    allocate(50_000);
    drop(c);
    let reader = run.read();
    assert_eq!(allocated(&reader, "a"), [[321, 3, 1, 1]]);
    assert_eq!(allocated(&reader, "b"), [[4_320, 3, 20, 1]]);
    assert_eq!(allocated(&reader, "c"), [[54_300, 3, 54_300, 3]]);
}

#[test]
fn recursion_counts_for_every_open_call_and_once_by_itself() {
    const DEPTH: usize = 200;
    fn descend(run: &Run, depth: usize) {
        let _guard = run.profiler.profile_region("deep");
        allocate(depth);
        run.clock.advance(1);
        if depth > 1 {
            // Left among those above it: the stack has a gap when it grows.
            let gap = (depth % 7 == 0).then(|| run.profiler.profile_region("gap"));
            let _inside = gap.as_ref().map(|_| run.profiler.profile_region("inside"));
            drop(gap);
            descend(run, depth - 1);
        }
    }
    let run = measured();
    descend(&run, DEPTH);
    let mut values = allocated(&run.read(), "deep");
    values.sort_unstable();
    let sum = |depth: i64| depth * (depth + 1) / 2;
    let expected: Vec<Allocated> = (1..=DEPTH as i64)
        .map(|depth| [sum(depth), depth, depth, 1])
        .collect();
    assert_eq!(values, expected);
}

#[test]
fn what_the_profiler_allocates_does_not_count() {
    let names: Vec<String> = (0..500).map(|n| format!("allocations::name {n}")).collect();
    let run = measured();
    run.region("outer", 1, || {
        // Regions that are new, and more intervals than a block takes.
        names
            .iter()
            .for_each(|name| drop(run.profiler.profile_region(name)));
        for _ in 0..20_000 {
            drop(run.profiler.profile_region("inner"));
        }
        run.profiler.flush().unwrap();
        let _deep: [_; 70] = std::array::from_fn(|_| run.profiler.profile_region("deep"));
    });
    let reader = run.read();
    assert_eq!(allocated(&reader, "outer"), [NOTHING]);
    assert_eq!(allocated(&reader, "deep"), vec![NOTHING; 70]);
}

#[test]
fn the_first_span_of_a_thread_allocates_nothing_by_itself() {
    let run = measured();
    tracing::dispatcher::with_default(&Dispatch::new(run.profiler.subscriber()), || {
        run.region("outer", 1, || {
            for _ in 0..100 {
                info_span!("span", step = 1).in_scope(|| ());
            }
        });
    });
    assert_eq!(allocated(&run.read(), "outer"), [NOTHING]);
}

#[test]
fn every_entry_of_a_span_has_its_own() {
    with_each_subscriber_of(measured, |run| {
        let span = info_span!("poll");
        for bytes in [5, 0, 40] {
            run.clock.advance(1);
            span.in_scope(|| {
                if bytes > 0 {
                    allocate(bytes);
                }
            });
            allocate(10_000);
        }
        assert_eq!(allocated(&run.read(), "poll"), [only(5, 1), NOTHING, only(40, 1)]);
    });
}

#[test]
fn each_thread_counts_for_itself() {
    with_each_subscriber_of(measured, |run| {
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        let (span, start) = (info_span!("shared"), info_span!("start"));
        // Now the registry has room for three.
        info_span!("warm").in_scope(|| info_span!("up").in_scope(|| start.in_scope(|| ())));
        span.in_scope(|| {
            allocate(8);
            let thread = || {
                tracing::dispatcher::with_default(&dispatch, || {
                    allocate(1_000);
                    span.in_scope(|| allocate(16));
                    // Left on a thread that has not entered it.
                    dispatch.exit(&span.id().unwrap());
                    allocate(1_000);
                });
            };
            // What starting a thread takes is this thread's.
            start.in_scope(|| std::thread::scope(|scope| scope.spawn(thread).join().unwrap()));
        });
        let mut values = allocated(&run.read(), "shared");
        values.sort_unstable();
        assert_eq!(values[0], only(16, 1));
        assert_eq!(values[1][2..], [8, 1]);
    });
}

#[test]
fn sessions_count_each_for_themselves() {
    let (run, other) = (measured(), measured());
    run.region("outer", 1, || {
        allocate(10);
        other.region("other", 1, || allocate(200));
        allocate(3_000);
    });
    assert_eq!(allocated(&run.read(), "outer"), [only(3_210, 3)]);
    assert_eq!(allocated(&other.read(), "other"), [only(200, 1)]);
}

#[test]
fn without_the_setting_intervals_have_no_allocations() {
    let run = Run::new();
    run.region("outer", 1, || allocate(10));
    let reader = run.read();
    assert!(reader.get_region("outer").unwrap()[0].fields().next().is_none());
}

#[test]
fn destructors_of_thread_locals_allocate_and_count() {
    struct Late(Option<scope_profiler::Region>);
    impl Drop for Late {
        fn drop(&mut self) {
            let _guard = self.0.as_ref().map(|region| region.enter());
            allocate(64);
        }
    }
    thread_local! {
        static LATE: std::cell::RefCell<Late> = const { std::cell::RefCell::new(Late(None)) };
    }
    let run = measured();
    run.region("late", 1, || ());
    let region = run.profiler.get_region("late").unwrap();
    std::thread::spawn(|| LATE.with(|late| late.borrow_mut().0 = Some(region)))
        .join()
        .unwrap();
    // The thread had no buffer and gets none any more, or it has one: nothing is wrong in either case.
    let values = allocated(&run.read(), "late");
    assert_eq!(values[0], NOTHING);
    assert!(
        values[1..].iter().all(|&value| value == only(64, 1)),
        "{values:?}"
    );
}

#[test]
fn h5py_reads_the_same_and_the_file_is_consistent() {
    let run = measured();
    run.region("outer", 1, || {
        allocate(100);
        run.region("inner", 1, || allocate(20));
    });
    run.region("outer", 1, || ());
    let expected = allocated(&run.read(), "outer");
    assert_eq!(expected, [[120, 2, 100, 1], NOTHING]);
    let report = scope_profiler::check::check(run.file()).unwrap();
    assert!(report.findings().is_empty(), "{report}");

    let Some(python) = interpreter::interpreter("0.7.5") else {
        return;
    };
    let script = "import h5py, json, sys\n\
        fields = h5py.File(sys.argv[1])['rank0/regions/outer/fields']\n\
        whole = lambda column: [None if n == column.attrs['absent'] else int(n) for n in column[:]]\n\
        units = {name: column.attrs.get('unit') for name, column in fields.items()}\n\
        print(json.dumps([{name: whole(column) for name, column in fields.items()}, units]))";
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .arg(run.file())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (at, field) in FIELDS.into_iter().enumerate() {
        assert_eq!(
            read[0][field],
            serde_json::json!([expected[0][at], null]),
            "{field}"
        );
        let unit = if field.ends_with("bytes") { Some("B") } else { None };
        assert_eq!(read[1][field].as_str(), unit, "{field}");
    }
}
