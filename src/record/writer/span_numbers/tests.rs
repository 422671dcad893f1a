use super::*;
use crate::config::ProfilingConfig;
use crate::note::NumberNote;
use crate::profile::Number;
use crate::record::ScopeSubscriber;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};
use std::thread::Scope;
use tracing::span::Id;
use tracing::{Dispatch, Span, dispatcher, info_span};

/// A session whose threads are drained one by one.
struct Session {
    recording: Arc<Recording>,
    dispatch: Dispatch,
    waiting: Waiting,
}

impl Session {
    fn new() -> Self {
        let config = ProfilingConfig::new().flush_to_disk(false).fields(["n"]);
        let recording = Recording::new(config.resolve(|_| None).unwrap());
        Self {
            dispatch: Dispatch::new(ScopeSubscriber::of(&recording)),
            waiting: Waiting::default(),
            recording,
        }
    }

    fn span(&self, n: i64) -> Span {
        dispatcher::with_default(&self.dispatch, || info_span!("span", n))
    }

    /// Enters and leaves a span on a thread of its own.
    fn enter_elsewhere(&self, span: &Span) {
        let enter = || dispatcher::with_default(&self.dispatch, || span.in_scope(|| ()));
        std::thread::scope(|scope| scope.spawn(enter).join().unwrap());
    }

    /// The numbers of each interval of these threads, as the writer writes them.
    fn written(&mut self, threads: &[u32]) -> Vec<Vec<Number>> {
        let intervals = self.write(threads).into_iter();
        intervals.map(|(_, numbers)| numbers).collect()
    }

    /// The same with the start of each.
    fn write(&mut self, threads: &[u32]) -> Vec<(u64, Vec<Number>)> {
        let views = self.recording.threads.all();
        let views = views.into_iter().filter(|view| threads.contains(&view.index));
        let drained = Drained {
            threads: views.map(|view| (Arc::clone(&view), view.drain().0)).collect(),
            ..Drained::default()
        };
        let known = self.waiting.look_at(&self.recording, &drained);
        let mut placed = Placed::new(&known);
        let (mut intervals, mut numbers) = (Vec::new(), Vec::new());
        for (thread, pieces) in &drained.threads {
            for piece in pieces {
                piece.block.read(piece.from, piece.to, |events| {
                    for event in placed.events(thread.index, events) {
                        numbers.extend(event.number_note().map(|note| note.number));
                        if event.is_interval() {
                            intervals.push((event.start, std::mem::take(&mut numbers)));
                        }
                    }
                });
            }
        }
        self.waiting.keep(placed.left());
        intervals
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.recording.close();
    }
}

#[test]
fn a_number_that_is_recorded_while_the_writer_takes_the_interval_is_found_and_counts_once() {
    let mut session = Session::new();
    let span = session.span(1);
    session.enter_elsewhere(&span);
    // The number is on thread 0, which the writer came to before it was there.
    assert_eq!(session.written(&[1]), [[Number::Int(1)]]);
    session.enter_elsewhere(&span);
    assert_eq!(session.written(&[0, 1, 2]), [[]]);
    assert!(session.waiting.numbers.is_empty());
}

#[test]
fn a_number_waits_for_the_first_interval_where_a_later_one_is_taken_before() {
    let mut session = Session::new();
    let span = session.span(1);
    session.enter_elsewhere(&span);
    session.enter_elsewhere(&span);
    assert_eq!(session.written(&[0, 2]), [[]]);
    assert_eq!(session.written(&[1]), [[Number::Int(1)]]);
}

#[test]
fn a_number_waits_for_the_call_that_is_open_while_the_span_is_entered_elsewhere() {
    let mut session = Session::new();
    let span = session.span(1);
    let dispatch = session.dispatch.clone();
    dispatcher::with_default(&dispatch, || {
        let entered = span.enter();
        session.enter_elsewhere(&span);
        assert_eq!(session.written(&[0, 1]), [[]]);
        drop(entered);
        assert_eq!(session.written(&[0, 1]), [[Number::Int(1)]]);
    });
}

#[test]
fn a_span_that_is_entered_inside_itself_has_its_number_with_the_outer_call() {
    let mut session = Session::new();
    let dispatch = session.dispatch.clone();
    dispatcher::with_default(&dispatch, || {
        let [span, other] = [1, 2].map(|n| session.span(n));
        span.in_scope(|| other.in_scope(|| span.in_scope(|| ())));
    });
    let expected = [vec![], vec![Number::Int(2)], vec![Number::Int(1)]];
    assert_eq!(session.written(&[0]), expected);
}

/// What a thread does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Create,
    Enter(usize),
    /// Leaves a call that is open on the thread.
    Leave(usize),
    Record(usize),
    /// The writer takes what some threads have.
    Write,
}

fn step() -> impl Strategy<Value = (u32, Step)> {
    let step = prop_oneof![
        2 => Just(Step::Create),
        4 => any::<usize>().prop_map(Step::Enter),
        4 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Record),
        1 => Just(Step::Write),
    ];
    (0..THREADS, step)
}

const THREADS: u32 = 3;

/// Threads that do one thing after the other, each when it is asked to.
struct Threads(Vec<mpsc::Sender<Box<dyn FnOnce() + Send>>>);

impl Threads {
    fn new<'scope>(scope: &'scope Scope<'scope, '_>, dispatch: &'scope Dispatch) -> Self {
        let threads = (0..THREADS).map(|_| {
            let (ask, asked) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
            scope.spawn(move || dispatcher::with_default(dispatch, || asked.iter().for_each(|f| f())));
            ask
        });
        Self(threads.collect())
    }

    fn ask<R: Send + 'static>(&self, thread: u32, f: impl FnOnce() -> R + Send + 'static) -> R {
        let (answer, answered) = mpsc::channel();
        let f = move || answer.send(f()).unwrap();
        self.0[thread as usize].send(Box::new(f)).unwrap();
        answered.recv().unwrap()
    }
}

/// A span, as it should be recorded.
#[derive(Debug)]
struct Expected {
    span: Span,
    /// Its calls in the order in which they begin: the thread, when, and whether it is open.
    calls: Vec<(u32, usize, bool)>,
    /// Numbers from outside a call, and when each came.
    numbers: Vec<(usize, i64)>,
}

impl Expected {
    fn is_open_on(&self, thread: u32) -> bool {
        self.calls.iter().any(|&(on, _, is_open)| is_open && on == thread)
    }

    fn leave(&mut self, thread: u32) -> Option<Id> {
        let calls = self.calls.iter_mut().rev();
        let mut open = calls.filter(|(on, _, is_open)| *is_open && *on == thread);
        open.next()?.2 = false;
        self.span.id()
    }

    /// When each call began, and its number.
    fn of_calls(&self) -> impl Iterator<Item = (usize, Option<i64>)> + '_ {
        let first = |at: usize| {
            self.calls
                .iter()
                .map(|&(_, began, _)| began)
                .find(|&began| began > at)
        };
        self.calls.iter().map(move |&(_, began, _)| {
            let numbers = self.numbers.iter();
            let mut of_call = numbers.filter(|&&(at, _)| first(at) == Some(began));
            (began, of_call.next_back().map(|&(_, n)| n))
        })
    }

    /// The number that no call has.
    fn left(&self) -> Option<i64> {
        let last = self.calls.last().map_or(0, |&(_, began, _)| began);
        let (at, n) = *self.numbers.last()?;
        (at > last).then_some(n)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn every_number_is_of_the_first_call_that_begins_after_it_whenever_the_writer_comes_to_each_thread(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut session = Session::new();
        let dispatch = session.dispatch.clone();
        let (mut spans, mut written) = (Vec::<Expected>::new(), Vec::new());
        std::thread::scope(|scope| {
            let threads = Threads::new(scope, &dispatch);
            // Their numbers are those of the session.
            (0..THREADS).for_each(|thread| threads.ask(thread, || drop(info_span!("first").entered())));
            session.write(&[0, 1, 2]);
            let leave = |span: &mut Expected, thread| {
                let Some(id) = span.leave(thread) else { return };
                threads.ask(thread, move || dispatcher::get_default(|dispatch| dispatch.exit(&id)));
            };
            for (now, &(thread, step)) in (1..).zip(&steps) {
                let place = |at: usize| at.checked_rem(spans.len());
                match step {
                    Step::Create => {
                        let n = now as i64;
                        let span = threads.ask(thread, move || info_span!("span", n));
                        spans.push(Expected { span, calls: Vec::new(), numbers: vec![(now, n)] });
                    }
                    Step::Enter(at) => {
                        let Some(span) = place(at).map(|at| &mut spans[at]) else { continue };
                        span.calls.push((thread, now, true));
                        let id = span.span.id().unwrap();
                        threads.ask(thread, move || dispatcher::get_default(|dispatch| dispatch.enter(&id)));
                    }
                    Step::Leave(at) => {
                        if let Some(span) = place(at).map(|at| &mut spans[at]) {
                            leave(span, thread);
                        }
                    }
                    Step::Record(at) => {
                        let Some(span) = place(at).map(|at| &mut spans[at]) else { continue };
                        if !span.is_open_on(thread) {
                            span.numbers.push((now, now as i64));
                            let recorded = span.span.clone();
                            threads.ask(thread, move || _ = recorded.record("n", now as i64));
                        }
                    }
                    Step::Write => written.extend(session.write(&[thread, (thread + 1) % THREADS])),
                }
            }
            for span in &mut spans {
                (0..THREADS).for_each(|thread| (0..steps.len()).for_each(|_| leave(span, thread)));
            }
        });
        written.extend(session.write(&[0, 1, 2]));
        written.sort_by_key(|(start, _)| *start);
        let mut expected: Vec<_> = spans.iter().flat_map(Expected::of_calls).collect();
        expected.sort_unstable();
        let expected: Vec<Vec<Number>> = expected
            .into_iter()
            .map(|(_, n)| n.map(Number::Int).into_iter().collect())
            .collect();
        let written: Vec<Vec<Number>> = written.into_iter().map(|(_, numbers)| numbers).collect();
        prop_assert_eq!(written, expected);
        let mut left = BTreeMap::new();
        for number in &session.waiting.numbers {
            // Those before the last one do not matter any more.
            let last = left.entry(number.serial).or_insert(*number);
            *last = if number.from >= last.from { *number } else { *last };
        }
        let left: BTreeSet<i64> = left.values().map(|last| last.note.number.as_f64() as i64).collect();
        prop_assert_eq!(left, spans.iter().filter_map(Expected::left).collect());
    }
}

#[test]
fn parts_end_after_an_interval() {
    let interval = Event {
        region: 0,
        serial: 0,
        start: 0,
        end: 1,
    };
    let field = 0;
    let note = NumberNote {
        field,
        number: Number::Int(0),
    }
    .event();
    let mut events = vec![interval; MAX_EVENTS - 1];
    events.extend([note, interval, note]);
    let parts: Vec<usize> = in_parts(&events).map(<[Event]>::len).collect();
    assert_eq!(parts, [MAX_EVENTS - 1, 3]);
    assert_eq!(in_parts(&[note]).count(), 1);
    assert_eq!(in_parts(&[]).count(), 0);
}
