//! What recording costs, beside what nothing could go below.
//!
//! ```text
//! cargo bench --bench overhead                        the table
//! cargo bench --bench overhead -- --sustained 100     with that many million intervals to disk
//! ```
//!
//! `scripts/bench` measures other profilers as well and writes the tables into docs/overhead.md.

mod harness;
mod rows;

use harness::{Results, Row, Storage, Table, ns};
use rows::{counters, numbers, off, threads};
use std::time::Instant;

/// Without it no row could record allocations; the other rows allocate nothing, or are held against rows that allocate
/// the same.
#[cfg(feature = "alloc")]
#[global_allocator]
static ALLOCATOR: scope_profiler::ScopeAllocator = scope_profiler::ScopeAllocator::new();

/// The default of `memory_limit`, and what a session may take beside it, bytes.
const MEMORY_LIMIT: f64 = (256 << 20) as f64;
const MEMORY_BESIDE: f64 = (64 << 20) as f64;

fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new("floor", "two bare counter reads", rows::counter_reads),
        Row::new("instants", "two `Instant::now`", rows::instants),
        Row::new("guard", "`profile_region!`", rows::guard).within("floor + 4 ns", |r| r["floor"] + 4.0),
        Row::new("held", "`Region::enter`", rows::held_region).within("floor + 4 ns", |r| r["floor"] + 4.0),
        Row::new("name", "`ProfileManager::profile_region(name)`", rows::by_name)
            .within("floor + 12 ns", |r| r["floor"] + 12.0),
        Row::new("subscriber", "span, `ScopeSubscriber`", rows::subscriber_span)
            .within("floor + 14 ns", |r| r["floor"] + 14.0),
        Row::new(
            "over",
            "span, `ScopeSubscriber` over a logger that does not want it",
            rows::over_span,
        )
        .within("`ScopeSubscriber` + 3 ns", |r| r["subscriber"] + 3.0),
        Row::new(
            "empty layer",
            "span, `Registry` with an empty layer",
            rows::empty_layer_span,
        ),
        Row::new("layer", "span, `ScopeLayer` over `Registry`", rows::layer_span)
            .within("empty layer + floor + 25 ns", layer_bound),
        Row::new(
            "subscriber instrument",
            "`#[instrument(skip_all)]`, `ScopeSubscriber`",
            rows::subscriber_instrument,
        )
        .within("floor + 24 ns", |r| r["floor"] + 24.0),
        Row::new(
            "layer instrument",
            "`#[instrument(skip_all)]`, `ScopeLayer`",
            rows::layer_instrument,
        )
        .within("empty layer + floor + 35 ns", |r| layer_bound(r) + 10.0),
        Row::new(
            "guard number",
            "`profile_region!` with a number",
            numbers::guard_with_one,
        )
        .within("guard + 10 ns", |r| r["guard"] + 10.0),
        Row::new(
            "guard numbers",
            "`profile_region!` with two numbers",
            numbers::guard_with_two,
        )
        .within("guard + 20 ns", |r| r["guard"] + 20.0),
        Row::new(
            "guard number off",
            "`profile_region!` with a number that is not recorded",
            numbers::guard_with_none,
        )
        .within("guard + 1 ns", |r| r["guard"] + 1.0),
        Row::new(
            "subscriber number off",
            "span with a number that is not recorded, `ScopeSubscriber`",
            numbers::subscriber_with_none,
        ),
        Row::new(
            "subscriber number",
            "span with a number, `ScopeSubscriber`",
            numbers::subscriber_with_one,
        )
        .within("not recorded + 10 ns", |r| r["subscriber number off"] + 10.0),
        Row::new(
            "subscriber numbers",
            "span with two numbers, `ScopeSubscriber`",
            numbers::subscriber_with_two,
        )
        .within("not recorded + 20 ns", |r| r["subscriber number off"] + 20.0),
        Row::new(
            "layer number off",
            "span with a number that is not recorded, `ScopeLayer`",
            numbers::layer_with_none,
        ),
        Row::new(
            "layer number",
            "span with a number, `ScopeLayer`",
            numbers::layer_with_one,
        )
        .within("not recorded + 10 ns", |r| r["layer number off"] + 10.0),
        Row::new("counter", "`profile_counter!`", counters::by_macro).within("guard", |r| r["guard"]),
        Row::new(
            "counter name",
            "`ProfileManager::counter(name, value)`",
            counters::by_name,
        )
        .within("by name", |r| r["name"]),
        Row::new("counter off", "no session: `profile_counter!`", counters::off).within("2 ns", |_| 2.0),
        Row::new("guard inactive", "profiling off: guard", off::guard_inactive).within("2 ns", |_| 2.0),
        Row::new("guard excluded", "name excluded: guard", off::guard_excluded).within("2 ns", |_| 2.0),
        Row::new("disabled", "a disabled span", off::span_disabled),
        Row::new(
            "subscriber inactive",
            "profiling off: span, `ScopeSubscriber`",
            off::subscriber_inactive,
        )
        .within("disabled span + 0.5 ns", |r| r["disabled"] + 0.5),
        Row::new(
            "subscriber excluded",
            "name excluded: span, `ScopeSubscriber`",
            off::subscriber_excluded,
        )
        .within("disabled span + 0.5 ns", |r| r["disabled"] + 0.5),
        Row::new(
            "layer inactive",
            "profiling off: span, `ScopeLayer`",
            off::layer_inactive,
        )
        .within("empty layer + 5 ns", |r| r["empty layer"] + 5.0),
        Row::new(
            "layer excluded",
            "name excluded: span, `ScopeLayer`",
            off::layer_excluded,
        )
        .within("empty layer + 5 ns", |r| r["empty layer"] + 5.0),
        Row::new("guard counted", "calls only: guard", rows::guard_counted).within("5 ns", |_| 5.0),
        Row::new(
            "subscriber counted",
            "calls only: span, `ScopeSubscriber`",
            rows::subscriber_counted,
        ),
        Row::new(
            "layer counted",
            "calls only: span, `ScopeLayer`",
            rows::layer_counted,
        ),
        Row::new("guards 10", "guards, 10 deep", rows::guards_10_deep),
        Row::new("guards 1000", "guards, 1000 deep", rows::guards_1000_deep)
            .within("1.1 x 10 deep", |r| 1.1 * r["guards 10"]),
        Row::new(
            "spans 10",
            "spans, `ScopeSubscriber`, 10 deep",
            rows::spans_10_deep,
        ),
        Row::new(
            "spans 1000",
            "spans, `ScopeSubscriber`, 1000 deep",
            rows::spans_1000_deep,
        )
        .within("1.1 x 10 deep", |r| 1.1 * r["spans 10"]),
    ];
    #[cfg(feature = "alloc")]
    rows.extend(measuring());
    if std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() > 1) {
        rows.push(Row::new(
            "two floors",
            "two bare counter reads, 2 threads at once",
            threads::counter_reads,
        ));
        rows.push(
            Row::new(
                "two guards",
                "`profile_region!`, 2 threads at once",
                threads::guards,
            )
            .within("1.1 x one thread", |r| 1.1 * r["guard"]),
        );
    }
    rows
}

/// What is measured of a call beside its time.
#[cfg(feature = "alloc")]
fn measuring() -> [Row; 5] {
    use rows::measures;
    [
        Row::new("cpu time", "`cpu_time(true)`: guard", measures::guard_cpu_time),
        Row::new(
            "allocations",
            "`allocations(true)`: guard",
            measures::guard_allocations,
        ),
        Row::new(
            "allocations inside",
            "`allocations(true)`: guard around an allocation",
            measures::guard_around_allocation,
        ),
        Row::new(
            "allocation",
            "64 bytes from the system, and back",
            measures::allocation,
        ),
        Row::new(
            "counted allocation",
            "64 bytes through `ScopeAllocator`, and back",
            measures::counted_allocation,
        )
        .within("the system's + 5 ns", |r| r["allocation"] + 5.0),
    ]
}

/// What `Registry` costs is not ours.
fn layer_bound(results: &Results) -> f64 {
    results["empty layer"] + results["floor"] + 25.0
}

fn main() {
    let rows = rows();
    if harness::is_child(&rows) || is_child() {
        return;
    }
    let in_earnest = harness::in_earnest();
    let machine = harness::machine();
    let harness::Measured { results, undisturbed } =
        harness::measure(&rows, if in_earnest { 600 } else { 3 });
    let mut table = Table::new(["enter and leave", "ns", "x floor", "bound", "ns", "holds"]);
    for row in &rows {
        let time = results[row.key];
        let [text, bound, holds] = match row.bound(&results) {
            Some(bound) => [bound.text.to_owned(), ns(bound.ns), holds(time <= bound.ns)],
            None => Default::default(),
        };
        table.row([
            row.what.to_owned(),
            ns(time),
            format!("{:.2}", time / results["floor"]),
            text,
            bound,
            holds,
        ]);
    }
    println!("{machine}; {}.\n\n{table}", harness::share(undisturbed));
    let millions = if in_earnest { sustained_millions() } else { 0.2 };
    println!("{}", sustained(millions, results["guard"]));
    eprintln!("Other profilers beside this one: scripts/bench");
}

fn holds(does: bool) -> String {
    if does { "yes" } else { "**no**" }.to_owned()
}

// --- a long run -----------------------------------------------------------------------------------

fn sustained_millions() -> f64 {
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != "--sustained")
        .skip(1);
    arguments.next().map_or(20.0, |millions| {
        millions.parse().expect("--sustained takes a number, in millions")
    })
}

/// What one call takes without a pause, to disk.
struct Sustained {
    runs: Vec<Vec<f64>>,
}

impl Sustained {
    /// Turns, as the machine may be busy with something else in one of them.
    fn measure(what: &str, calls: &str) -> Self {
        let runs = (0..3).map(|_| harness::ask(&["sustained", what, calls]));
        Self { runs: runs.collect() }
    }

    fn least(&self, index: usize) -> f64 {
        self.runs
            .iter()
            .map(|run| run[index])
            .fold(f64::INFINITY, f64::min)
    }

    fn most(&self, index: usize) -> f64 {
        self.runs.iter().map(|run| run[index]).fold(0.0, f64::max)
    }
}

/// Entering and leaving without a pause, to disk, beside what one call takes in a short run: a long one
/// in memory would be no measure, as most of it is the system's price of fresh pages.
fn sustained(millions: f64, guard: f64) -> Table {
    let calls = (millions * 1e6).to_string();
    let [guards, numbers] = ["guards", "numbers"].map(|what| Sustained::measure(what, &calls));
    let mut table = Table::new(["sustained", "ns", "on the CPU", "bound", "measured", "holds"]);
    let ratio = guards.least(0) / guard;
    table.row([
        format!("{millions} M intervals to disk"),
        ns(guards.least(0)),
        ns(guards.least(1)),
        "1.3 x `profile_region!`".into(),
        format!("{ratio:.2} x"),
        holds(ratio <= 1.3),
    ]);
    let rate = 1e3 / numbers.least(0);
    table.row([
        format!("{millions} M spans with a number to disk"),
        ns(numbers.least(0)),
        ns(numbers.least(1)),
        "4 M a second".into(),
        format!("{rate:.1} M"),
        holds(rate >= 4.0),
    ]);
    let mut check = |what: &str, bound: &str, measured: String, does: bool| {
        table.row([
            what.into(),
            String::new(),
            String::new(),
            bound.into(),
            measured,
            holds(does),
        ]);
    };
    let dropped = guards.most(2) + numbers.most(2);
    check("intervals dropped", "none", dropped.to_string(), dropped == 0.0);
    for (what, index) in [("peak memory, recording", 3), ("peak memory, finalizing", 4)] {
        let peak = guards.most(index).max(numbers.most(index));
        let measured = format!("{:.0} MiB", peak / f64::from(1 << 20));
        check(
            what,
            "`memory_limit` + 64 MiB",
            measured,
            peak <= MEMORY_LIMIT + MEMORY_BESIDE,
        );
    }
    table
}

/// Time and CPU time of all calls, ns.
fn time_of(calls: u64, call: impl Fn()) -> (f64, f64) {
    let (started, cpu) = (Instant::now(), harness::thread_cpu_ns());
    for _ in 0..calls {
        call();
    }
    let time = started.elapsed().as_nanos() as f64;
    (time, harness::thread_cpu_ns() - cpu)
}

/// The child of [`sustained`]: time and CPU time of an interval, ns; dropped intervals; peak memory.
fn is_child() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, what, calls] = arguments.as_slice() else {
        return false;
    };
    if mode != "sustained" {
        return false;
    }
    let calls: u64 = calls.parse().expect("a number of calls");
    let has_numbers = what == "numbers";
    let fields = |config| {
        if has_numbers {
            numbers::fields(config)
        } else {
            config
        }
    };
    let directory = rows::session(Storage::Disk, fields);
    harness::pin(0);
    let (time, cpu) = if has_numbers {
        rows::set_subscriber();
        time_of(calls, numbers::span_of_one)
    } else {
        time_of(calls, rows::enter_by_macro)
    };
    let recording = harness::peak_memory();
    let summary = scope_profiler::ProfileManager::finalize().expect("the file can be written");
    assert_eq!(summary.recorded(), calls);
    drop(directory);
    let each = |time: f64| time / calls as f64;
    let dropped = summary.dropped() as f64;
    harness::answer(&[each(time), each(cpu), dropped, recording, harness::peak_memory()]);
    true
}
