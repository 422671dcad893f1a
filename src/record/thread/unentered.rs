//! The span that a thread has created last, as long as nobody is known to have entered it.
//!
//! Most spans are entered at once, and their creation needs no note. Whether one was is known when the thread goes
//! on; in between this keeps what would be noted, where the writer finds it if the thread does not go on.

use crate::note::{Noted, SpanNote};
use crate::record::sync::{AtomicU32, AtomicU64, Ordering};

/// What is known of a span that has been created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct CreatedSpan {
    pub(in crate::record) serial: u32,
    /// When it was created.
    pub(in crate::record) tick: u64,
    /// When the innermost call of the thread began.
    pub(in crate::record) caller: Option<u64>,
}

impl CreatedSpan {
    /// The notes that say so.
    pub(in crate::record) fn notes(self) -> impl Iterator<Item = SpanNote> + Clone {
        let caller = self.caller.map(Noted::Caller);
        let serial = self.serial;
        std::iter::once(Noted::Created(self.tick))
            .chain(caller)
            .map(move |what| SpanNote { serial, what })
    }
}

/// No call has begun then.
const NO_CALLER: u64 = u64::MAX;

/// Written by the thread, read by any.
#[derive(Debug, Default)]
pub(in crate::record) struct Unentered {
    /// 0 while there is none.
    serial: AtomicU32,
    tick: AtomicU64,
    caller: AtomicU64,
}

impl Unentered {
    /// Whether it is this span, for the thread itself.
    #[inline(always)]
    pub(in crate::record) fn is(&self, serial: u32) -> bool {
        self.serial.load(Ordering::Relaxed) == serial
    }

    /// Only the thread itself may call this.
    pub(in crate::record) fn set(&self, span: CreatedSpan) {
        self.serial.store(0, Ordering::Release);
        self.tick.store(span.tick, Ordering::Release);
        self.caller
            .store(span.caller.unwrap_or(NO_CALLER), Ordering::Release);
        self.serial.store(span.serial, Ordering::Release);
    }

    /// Only the thread itself may call this, or whoever knows that it does not go on.
    pub(in crate::record) fn take(&self) -> Option<CreatedSpan> {
        let span = self.get();
        self.serial.store(0, Ordering::Release);
        span
    }

    /// The span, if there is one: for a running thread that at some moment during this function.
    pub(in crate::record) fn get(&self) -> Option<CreatedSpan> {
        let serial = self.serial.load(Ordering::Acquire);
        let tick = self.tick.load(Ordering::Acquire);
        let caller = self.caller.load(Ordering::Acquire);
        let is_whole = serial != 0 && self.serial.load(Ordering::Acquire) == serial;
        is_whole.then(|| CreatedSpan {
            serial,
            tick,
            caller: (caller != NO_CALLER).then_some(caller),
        })
    }
}

/// Every interleaving of a thread that goes on and a reader that looks at it.
#[cfg(all(test, scope_profiler_model))]
mod model {
    use super::*;
    use crate::record::sync::Arc;

    #[test]
    fn a_reader_never_sees_parts_of_two_spans() {
        let span = |serial: u32| CreatedSpan {
            serial,
            tick: serial.into(),
            caller: Some(serial.into()),
        };
        loom::model(move || {
            let unentered = Arc::new(Unentered::default());
            let owner = {
                let unentered = Arc::clone(&unentered);
                loom::thread::spawn(move || {
                    unentered.set(span(1));
                    assert_eq!(unentered.take(), Some(span(1)));
                    unentered.set(span(2));
                })
            };
            if let Some(seen) = unentered.get() {
                assert_eq!(seen, span(seen.serial));
            }
            owner.join().unwrap();
            assert_eq!(unentered.get(), Some(span(2)));
        });
    }
}
