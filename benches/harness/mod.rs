//! Measures many things in one run. Each has a process of its own, so that none disturbs another;
//! all of them stand ready at once and take turns, a batch each, so that whatever else the machine
//! does hits them alike. The median of a row's batches is its result, of those during which the
//! processor was not shared with anybody (`pace`).
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each bench uses its share"
)]

mod cpu;
mod pace;
mod row;
mod table;

pub use cpu::{bare_counter, peak_memory, pin, thread_cpu_ns};
pub use row::{Row, Running, Storage, repeat};
pub use table::{Table, machine, ns};

use pace::Batch;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a batch takes.
const BATCH_NS: f64 = 1_500_000.0;

/// What a child says to its parent; profilers print reports of their own to standard output.
const MARK: &str = "@bench ";

/// Nanoseconds per call of each row, by its key.
pub type Results = BTreeMap<&'static str, f64>;

/// What a run gave.
pub struct Measured {
    pub results: Results,
    /// The share of the batches that count.
    pub undisturbed: f64,
}

/// Does what the first argument asks of a child process; false in the parent.
pub fn is_child(rows: &[Row]) -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["row", key] => serve(find(rows, key)),
        ["calls", key, calls] => {
            let calls = calls.parse().expect("a number of calls");
            (find(rows, key).start(Storage::Memory).batch)(calls);
            // Only the calls are to be counted, not what would be done with them.
            std::process::exit(0);
        }
        _ => return false,
    }
    true
}

fn find<'a>(rows: &'a [Row], key: &str) -> &'a Row {
    let row = rows.iter().find(|row| row.key == key);
    row.unwrap_or_else(|| panic!("no row {key}"))
}

/// A child: runs a batch for each line of its input, and checks at the end what was recorded.
fn serve(row: &Row) {
    // Threads that the row starts are not pinned.
    let mut running = row.start(Storage::Disk);
    pin(0);
    let mut calls = 0;
    let mut batch = |n: usize| {
        calls += n as u64;
        (running.batch)(n)
    };
    batch(1000);
    let once = (0..5).map(|_| batch(1000)).fold(f64::INFINITY, f64::min);
    // Whole thousands: some rows nest that deep.
    let thousands = (BATCH_NS / once / 1000.0).round().clamp(1.0, 60.0);
    let n = thousands as usize * 1000;
    println!("{MARK}ready");
    for line in std::io::stdin().lines() {
        line.expect("the parent goes on");
        // The caches are another row's until now.
        batch(1000);
        let before = pace::yardstick();
        let time = batch(n);
        println!("{MARK}{time} {}", before.max(pace::yardstick()));
    }
    match (running.finish)(calls) {
        Ok(()) => println!("{MARK}ok"),
        Err(wrong) => println!("{MARK}{wrong}"),
    }
}

struct Server {
    key: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    batches: Vec<Batch>,
}

impl Server {
    fn start(row: &Row) -> Self {
        let mut child = myself(&["row", row.key])
            .stdin(Stdio::piped())
            .spawn()
            .expect("can start itself");
        Self {
            key: row.key,
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("is piped")),
            child,
            batches: Vec::new(),
        }
    }

    fn answer(&mut self) -> String {
        read_answer(&mut self.output).unwrap_or_else(|| panic!("{}: ended early", self.key))
    }

    fn batch(&mut self) {
        let input = self.input.as_mut().expect("open until the end");
        input.write_all(b"\n").expect("the child listens");
        let answer = self.answer();
        let batch = answer.split_once(' ').and_then(|(time, pace)| {
            Some(Batch {
                time: time.parse().ok()?,
                pace: pace.parse().ok()?,
            })
        });
        self.batches
            .push(batch.unwrap_or_else(|| panic!("{}: {answer}", self.key)));
    }

    fn finish(mut self) -> (&'static str, Vec<Batch>) {
        let answer = self.answer();
        assert_eq!(answer, "ok", "{}", self.key);
        self.child.wait().expect("is a child");
        (self.key, self.batches)
    }
}

fn myself(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("has a path"));
    command.args(arguments).stdout(Stdio::piped());
    // A session that the user has switched off in the environment would measure nothing.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SCOPE_PROFILER_") && name != "SCOPE_PROFILER_CLOCK" {
            command.env_remove(name);
        }
    }
    command
}

fn read_answer(output: &mut impl BufRead) -> Option<String> {
    let mut lines = output.lines().map(|line| line.expect("is text"));
    lines.find_map(|line| line.strip_prefix(MARK).map(str::to_owned))
}

/// Runs this program again with `arguments`; the numbers that the child gives to [`answer`].
pub fn ask(arguments: &[&str]) -> Vec<f64> {
    let mut child = myself(arguments).spawn().expect("can start itself");
    let mut output = BufReader::new(child.stdout.take().expect("is piped"));
    let answer = read_answer(&mut output).unwrap_or_else(|| panic!("{arguments:?}: ended early"));
    child.wait().expect("is a child");
    let numbers = answer.split(' ').map(str::parse).collect::<Result<_, _>>();
    numbers.unwrap_or_else(|_| panic!("{arguments:?}: {answer}"))
}

/// The other side of [`ask`].
pub fn answer(numbers: &[f64]) {
    let words: Vec<String> = numbers.iter().map(f64::to_string).collect();
    println!("{MARK}{}", words.join(" "));
}

/// Measures all rows. Panics when one of them did not record what it was told to.
pub fn measure(rows: &[Row], rounds: usize) -> Measured {
    let mut servers: Vec<Server> = rows.iter().map(Server::start).collect();
    for server in &mut servers {
        assert_eq!(server.answer(), "ready", "{}", server.key);
    }
    let count = servers.len();
    for round in 0..rounds {
        for turn in 0..count {
            servers[(round + turn) % count].batch();
        }
    }
    for server in &mut servers {
        drop(server.input.take());
    }
    let rows: Vec<(&str, Vec<Batch>)> = servers.into_iter().map(Server::finish).collect();
    let best = pace::best(rows.iter().flat_map(|(_, batches)| batches).copied());
    let (all, mut counted) = (rounds * count, 0);
    let results = rows.into_iter().map(|(key, batches)| {
        let batches = pace::undisturbed(batches, best);
        counted += batches.len();
        (key, median(batches.into_iter().map(|batch| batch.time).collect()))
    });
    let results = results.collect();
    Measured {
        results,
        undisturbed: counted as f64 / all as f64,
    }
}

/// How to say which batches count.
pub fn share(undisturbed: f64) -> String {
    format!(
        "of the batches, the {:.0} % before and after which the processor was at its full pace",
        100.0 * undisturbed
    )
}

/// Whether `cargo bench` started this; `cargo test --benches` only wants to see that it runs.
pub fn in_earnest() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
