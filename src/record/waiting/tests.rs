//! Numbers wait until their span is entered.

/// Every interleaving of threads that put numbers and one that takes them.
#[cfg(scope_profiler_model)]
mod model {
    use super::super::*;
    use crate::record::sync::Arc;

    fn put(waiting: &WaitingNumbers, serial: u32, field: u32, n: i64) {
        let number = Number::Int(n);
        waiting.put(serial, |numbers| numbers.push(NumberNote { field, number }));
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
            assert_eq!(waiting.lost(), 0);
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

    fn put(waiting: &WaitingNumbers, serial: u32, notes: &[(u32, i64)]) {
        waiting.put(serial, |numbers| {
            for &(field, n) in notes {
                let number = Number::Int(n);
                numbers.push(NumberNote { field, number });
            }
        });
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
        assert_eq!(waiting.lost(), 5);
        let int = Number::Int;
        assert_eq!(taken(&waiting, 1), [(0, int(12)), (1, int(14)), (2, int(13))]);
        assert_eq!(taken(&waiting, 1), []);
        assert_eq!(taken(&waiting, sharing), [(0, int(20))]);
        assert_eq!(waiting.lost(), 0);
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
    fn what_is_given_up_is_counted() {
        let waiting = WaitingNumbers::new();
        let spans = (MOST_MOVED + SLOTS + 10) as u32;
        for serial in (0..spans).map(|n| 1 + n + n / (BUSY - 1)) {
            put(&waiting, serial, &[(0, 1)]);
        }
        assert_eq!(waiting.lost(), u64::from(spans));
    }
}
