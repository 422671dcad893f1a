//! Numbers wait until their span is entered.

/// Every interleaving of threads that put numbers and one that takes them.
#[cfg(scope_profiler_model)]
mod model {
    use super::super::*;
    use crate::record::sync::Arc;

    fn put(waiting: &WaitingNumbers, serial: u32, field: u32, n: i64) {
        let number = Number::Int(n);
        let overdue = waiting.put(serial, |numbers| numbers.push(NumberNote { field, number }));
        overdue.each(|serial, _| panic!("{serial} has not waited long"));
    }

    #[test]
    fn nothing_is_taken_twice_and_nothing_gets_lost() {
        loom::model(|| {
            let waiting = Arc::new(WaitingNumbers::new());
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

    /// Gives how many numbers have waited too long.
    fn put(waiting: &WaitingNumbers, serial: u32, notes: &[(u32, i64)]) -> usize {
        let overdue = waiting.put(serial, |numbers| {
            for &(field, n) in notes {
                let number = Number::Int(n);
                numbers.push(NumberNote { field, number });
            }
        });
        let mut number = 0;
        overdue.each(|_, _| number += 1);
        number
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
        let waiting = WaitingNumbers::new();
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
        let waiting = WaitingNumbers::new();
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
    fn what_has_waited_too_long_is_handed_on_and_the_rest_is_taken_at_the_end() {
        let waiting = WaitingNumbers::new();
        let spans = MOST_MOVED + SLOTS + 10;
        let serials = (0..spans as u32).map(|n| 1 + n + n / (BUSY - 1));
        let overdue: usize = serials.map(|serial| put(&waiting, serial, &[(0, 1)])).sum();
        assert!(overdue >= MOST_MOVED, "{overdue}");
        assert_eq!(len(&waiting), spans - overdue);
        let mut rest = 0;
        waiting.take_all(|_, _| rest += 1);
        assert_eq!((rest, len(&waiting)), (spans - overdue, 0));
    }

    #[test]
    fn of_all_that_is_taken_at_the_end_a_spans_newer_numbers_come_last() {
        let waiting = WaitingNumbers::new();
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
