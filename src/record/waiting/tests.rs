//! Numbers wait until their span is entered.

/// Every interleaving of threads that put numbers and one that takes them.
#[cfg(scope_profiler_model)]
mod model {
    use super::super::*;
    use crate::profile::Number;
    use crate::record::sync::Arc;

    fn note(field: u32, n: i64) -> NumberNote {
        let number = Number::Int(n);
        NumberNote { field, number }
    }

    fn has_not_waited_long(serial: u32, _: NumberNote) {
        panic!("{serial} has not waited long");
    }

    fn put(waiting: &WaitingNumbers, serial: u32, field: u32, n: i64) {
        let numbers = std::iter::once(note(field, n)).collect();
        waiting.put(serial, &numbers).each(has_not_waited_long);
    }

    fn put_newest(waiting: &WaitingNumbers, claim: &Claim, serial: u32, n: i64) {
        let record = |filling: &mut Filling<'_>| filling.push(note(0, n).event());
        waiting.put_newest(claim, serial, record, has_not_waited_long);
    }

    fn taken(waiting: &WaitingNumbers, serial: u32) -> Vec<i64> {
        let mut all = Vec::new();
        waiting.take(serial, |note| all.push(value(&note)));
        all
    }

    /// A thread that takes the span's numbers.
    fn entering(waiting: &Arc<WaitingNumbers>, serial: u32) -> loom::thread::JoinHandle<Vec<i64>> {
        let waiting = Arc::clone(waiting);
        loom::thread::spawn(move || taken(&waiting, serial))
    }

    #[test]
    fn who_is_handed_a_new_span_gets_its_numbers_while_its_thread_creates_others() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::default());
            let claim = Claim::default();
            put_newest(&waiting, &claim, 1, 10);
            let entering = entering(&waiting, 1);
            // Shares a slot with the first one, too.
            put_newest(&waiting, &claim, 3, 30);
            assert_eq!(entering.join().unwrap(), [10]);
            put_newest(&waiting, &claim, 5, 50);
            assert_eq!(taken(&waiting, 3), [30]);
            assert_eq!(taken(&waiting, 5), [50]);
            waiting.take_all(|serial, note| panic!("{serial} has still {note:?}"));
        });
    }

    #[test]
    fn of_two_threads_that_enter_a_new_span_one_gets_its_numbers() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::default());
            let claim = Claim::default();
            put_newest(&waiting, &claim, 1, 10);
            let other = entering(&waiting, 1);
            let here = waiting.take_newest(1, |few| Some(few.events().len()));
            let there = other.join().unwrap();
            assert_eq!(here.map_or(0, |len| len) + there.len(), 1);
            put_newest(&waiting, &claim, 2, 20);
            assert_eq!(taken(&waiting, 2), [20]);
        });
    }

    #[test]
    fn who_looks_on_sees_the_numbers_of_one_span() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::default());
            let creating = {
                let waiting = Arc::clone(&waiting);
                loom::thread::spawn(move || {
                    let claim = Claim::default();
                    put_newest(&waiting, &claim, 1, 10);
                    assert_eq!(taken(&waiting, 1), [10]);
                    put_newest(&waiting, &claim, 2, 20);
                })
            };
            waiting.peek_all(|serial, note| assert_eq!(value(&note), i64::from(serial) * 10));
            creating.join().unwrap();
            let mut seen = Vec::new();
            waiting.peek_all(|serial, _| seen.push(serial));
            assert_eq!(seen, [2]);
        });
    }

    #[test]
    fn nothing_is_taken_twice_and_nothing_gets_lost() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::default());
            // Two spans that share a slot, and one of them from two threads.
            put(&waiting, 1, 0, 10);
            let other = {
                let waiting = Arc::clone(&waiting);
                loom::thread::spawn(move || {
                    put(&waiting, 3, 0, 30);
                    put(&waiting, 1, 1, 11);
                })
            };
            let mut taken: Vec<NumberNote> = Vec::new();
            let mut take = |serial: u32| {
                waiting.take(serial, |note| {
                    assert_eq!(note.field as i64 + serial as i64 * 10, value(&note));
                    taken.push(note);
                });
            };
            take(1);
            other.join().unwrap();
            take(1);
            take(3);
            taken.sort_by_key(value);
            assert_eq!(taken.iter().map(value).collect::<Vec<_>>(), [10, 11, 30]);
            waiting.take_all(|serial, note| panic!("{serial} has still {note:?}"));
        });
    }

    fn value(note: &NumberNote) -> i64 {
        match note.number {
            Number::Int(n) => n,
            _ => panic!("{note:?}"),
        }
    }
}

#[cfg(not(scope_profiler_model))]
mod of_one_thread {
    use super::super::*;
    use crate::profile::Number;

    /// Gives how many numbers have waited too long.
    fn put(waiting: &WaitingNumbers, serial: u32, notes: &[(u32, i64)]) -> usize {
        let mut number = 0;
        let numbers = notes.iter().map(note).collect();
        waiting.put(serial, &numbers).each(|_, _| number += 1);
        number
    }

    fn note(&(field, n): &(u32, i64)) -> NumberNote {
        let number = Number::Int(n);
        NumberNote { field, number }
    }

    /// The same for a span that the thread of this claim has just created; none has waited too long.
    fn put_newest(waiting: &WaitingNumbers, claim: &Claim, serial: u32, notes: &[(u32, i64)]) {
        let record =
            |filling: &mut Filling<'_>| notes.iter().for_each(|number| filling.push(note(number).event()));
        waiting.put_newest(claim, serial, record, |serial, _| {
            panic!("{serial} has not waited long")
        });
    }

    /// How many numbers wait.
    fn len(waiting: &WaitingNumbers) -> usize {
        let mut len = 0;
        waiting.peek_all(|_, _| len += 1);
        len
    }

    fn taken(waiting: &WaitingNumbers, serial: u32) -> Vec<(u32, Number)> {
        let mut all = Vec::new();
        let is_any = waiting.take(serial, |note| all.push((note.field, note.number)));
        assert_eq!(is_any, !all.is_empty());
        all
    }

    #[test]
    fn of_two_numbers_of_a_field_the_last_counts_wherever_they_wait() {
        let waiting = WaitingNumbers::default();
        let sharing = 1 + SLOTS as u32;
        put(&waiting, 1, &[(0, 10), (1, 11), (0, 12)]);
        put(&waiting, 1, &[(2, 13)]);
        // Another span needs the slot, and then the first one again.
        put(&waiting, sharing, &[(0, 20)]);
        put(&waiting, 1, &[(1, 14)]);
        assert_eq!(len(&waiting), 5);
        let int = Number::Int;
        assert_eq!(taken(&waiting, 1), [(0, int(12)), (1, int(14)), (2, int(13))]);
        assert_eq!(taken(&waiting, 1), []);
        assert_eq!(taken(&waiting, sharing), [(0, int(20))]);
        assert_eq!(len(&waiting), 0);
    }

    #[test]
    fn a_span_may_have_more_numbers_than_fit_into_its_slot() {
        let waiting = WaitingNumbers::default();
        let many: Vec<(u32, i64)> = (0..30).map(|n| (n, n.into())).collect();
        put(&waiting, 7, &many[..5]);
        put(&waiting, 7, &many[5..]);
        put(&waiting, 9, &many);
        for serial in [7, 9] {
            let fields: Vec<u32> = taken(&waiting, serial).iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, (0..30).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_numbers_of_new_spans_are_found_however_many_come_after_them() {
        let waiting = WaitingNumbers::default();
        let claim = Claim::default();
        let serials = || (1..BATCH).chain(BATCH + 1..BATCH + 10);
        for serial in serials() {
            put_newest(&waiting, &claim, serial, &[(0, serial.into()), (1, 1), (1, 2)]);
        }
        assert_eq!(len(&waiting), 2 * serials().count());
        let int = Number::Int;
        for serial in serials().rev() {
            assert_eq!(taken(&waiting, serial), [(0, int(serial.into())), (1, int(2))]);
            assert_eq!(taken(&waiting, serial), []);
        }
        assert_eq!(len(&waiting), 0);
        waiting.take_all(|serial, note| panic!("{serial} has still {note:?}"));
    }

    #[test]
    fn numbers_that_are_recorded_of_a_new_span_are_newer_than_those_of_its_creation() {
        let waiting = WaitingNumbers::default();
        put_newest(&waiting, &Claim::default(), 1, &[(0, 10), (1, 11)]);
        put(&waiting, 1, &[(0, 12)]);
        put(&waiting, 2, &[]);
        assert_eq!(taken(&waiting, 1), [(0, Number::Int(12)), (1, Number::Int(11))]);
        assert_eq!(taken(&waiting, 2), []);
    }

    #[test]
    fn a_new_span_may_have_more_numbers_than_fit_into_its_place() {
        let waiting = WaitingNumbers::default();
        let claim = Claim::default();
        let many: Vec<(u32, i64)> = (0..30).map(|n| (n, n.into())).collect();
        put_newest(&waiting, &claim, 1, &many);
        put_newest(&waiting, &claim, 2, &many[..7]);
        assert_eq!(taken(&waiting, 1).len(), 30);
        assert_eq!(taken(&waiting, 2).len(), 7);
    }

    /// As an allocator does that creates spans, where memory is needed for those numbers that do not fit.
    #[test]
    fn a_span_that_is_created_while_many_numbers_are_put_down_has_its_own() {
        let waiting = WaitingNumbers::default();
        let claim = Claim::default();
        let many: Vec<(u32, i64)> = (0..30).map(|n| (n, n.into())).collect();
        let record = |filling: &mut Filling<'_>| {
            for (at, number) in many.iter().enumerate() {
                if at == 20 {
                    put_newest(&waiting, &claim, 2, &[(0, 20)]);
                }
                filling.push(note(number).event());
            }
        };
        waiting.put_newest(&claim, 1, record, |_, _| ());
        assert_eq!(taken(&waiting, 2), [(0, Number::Int(20))]);
        assert_eq!(taken(&waiting, 1).len(), 30);
    }

    #[test]
    fn two_batches_that_share_a_place_do_not_take_each_others_numbers() {
        let waiting = WaitingNumbers::default();
        let [one, other] = [1, 1 + BATCH * PLACES as u32];
        let claims = [Claim::default(), Claim::default()];
        put_newest(&waiting, &claims[0], one, &[(0, 10)]);
        put_newest(&waiting, &claims[1], other, &[(0, 20)]);
        put_newest(&waiting, &claims[1], other + 1, &[(0, 21)]);
        assert_eq!(len(&waiting), 3);
        // A thread that ends leaves its numbers there.
        waiting.give_back(&claims[0]);
        put_newest(&waiting, &claims[1], other + 2, &[(0, 22)]);
        let of = |serial| taken(&waiting, serial).pop();
        let int = |n| Some((0, Number::Int(n)));
        assert_eq!([of(one), of(other)], [int(10), int(20)]);
        assert_eq!([of(other + 1), of(other + 2)], [int(21), int(22)]);
        waiting.give_back(&claims[1]);
        waiting.give_back(&claims[1]);
        assert_eq!(len(&waiting), 0);
    }

    #[test]
    fn what_has_waited_too_long_is_handed_on_and_the_rest_is_taken_at_the_end() {
        let waiting = WaitingNumbers::default();
        let spans = MOST_MOVED + SLOTS + 10;
        let serials = (0..spans as u32).map(|n| 1 + n + n / (BATCH - 1));
        let overdue: usize = serials.map(|serial| put(&waiting, serial, &[(0, 1)])).sum();
        assert!(overdue >= MOST_MOVED, "{overdue}");
        assert_eq!(len(&waiting), spans - overdue);
        let mut rest = 0;
        waiting.take_all(|_, _| rest += 1);
        assert_eq!((rest, len(&waiting)), (spans - overdue, 0));
    }

    #[test]
    fn of_all_that_is_taken_at_the_end_a_spans_newer_numbers_come_last() {
        let waiting = WaitingNumbers::default();
        put(&waiting, 1, &[(0, 10)]);
        put(&waiting, 1 + SLOTS as u32, &[(0, 20)]);
        put(&waiting, 1, &[(0, 11)]);
        let mut of_one = Vec::new();
        waiting.take_all(|serial, note| {
            if serial == 1 {
                of_one.push(note.number);
            }
        });
        assert_eq!(of_one, [10, 11].map(Number::Int));
    }
}
