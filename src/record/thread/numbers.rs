//! Numbers of calls that are open: they wait on the thread until their call is left.

use crate::config::RecordedField;
use crate::event::Event;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Numbers that can wait without an allocation.
pub(super) const CAPACITY: usize = 256;
/// Names whose field is remembered.
const NAMES: usize = 64;

/// What a thread knows of fields, and the numbers of its open calls.
pub(super) struct Numbers {
    fields: Arc<[RecordedField]>,
    names: [Cell<KnownName>; NAMES],
    /// In order of the calls' places on the stack.
    waiting: RefCell<Vec<Waiting>>,
}

/// A number of an open call.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    /// The call's place on the stack.
    index: usize,
    /// The note, as it is in a block.
    pub(super) note: Event,
}

/// A name and its field, if it is recorded.
#[derive(Clone, Copy)]
struct KnownName {
    /// Where the name is in memory, and its length.
    place: (usize, usize),
    field: Option<u32>,
}

const NOTHING: KnownName = KnownName {
    place: (0, 0),
    field: None,
};

impl Numbers {
    /// None where no field is recorded.
    pub(super) fn of(fields: &Arc<[RecordedField]>, time_trace: bool) -> Option<Box<Self>> {
        let numbers = || Self {
            fields: Arc::clone(fields),
            names: [const { Cell::new(NOTHING) }; NAMES],
            waiting: RefCell::new(Vec::with_capacity(CAPACITY)),
        };
        (time_trace && !fields.is_empty()).then(|| Box::new(numbers()))
    }

    /// The field of this name, if it is recorded.
    #[inline]
    pub(super) fn field(&self, name: &'static str) -> Option<u32> {
        let place = (name.as_ptr() as usize, name.len());
        let known = &self.names[(place.0 ^ place.0 >> 6) % NAMES];
        if known.get().place != place {
            let field = self.fields.iter().position(|field| field.name == name);
            known.set(KnownName {
                place,
                field: field.map(|field| field as u32),
            });
        }
        known.get().field
    }

    /// Keeps a number of the call at `index`; false where there is no room.
    #[inline]
    pub(super) fn set(&self, index: usize, note: Event, grow: impl FnOnce(&mut Vec<Waiting>)) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return false;
        };
        let is_first = waiting.last().is_none_or(|last| last.index < index);
        if !is_first && replace(&mut waiting, index, note) {
            return true;
        }
        if waiting.len() == waiting.capacity() {
            grow(&mut waiting);
            if waiting.len() == waiting.capacity() {
                return false;
            }
        }
        let number = Waiting { index, note };
        match waiting.last() {
            // The call is not the innermost one that has numbers.
            Some(last) if last.index > index => {
                let at = waiting.partition_point(|other| other.index <= index);
                waiting.insert(at, number);
            }
            _ => waiting.push(number),
        }
        true
    }

    /// Takes the numbers of the call at `index`, which `with` sees as they are in a block.
    pub(super) fn take<R>(
        &self,
        index: usize,
        with: impl FnOnce(&mut dyn ExactSizeIterator<Item = Event>) -> R,
    ) -> R {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return with(&mut std::iter::empty());
        };
        let from = waiting.partition_point(|other| other.index < index);
        let to = waiting.partition_point(|other| other.index <= index);
        let result = with(&mut waiting[from..to].iter().map(|waiting| waiting.note));
        waiting.drain(from..to);
        result
    }

    /// The same for the innermost call, whose numbers come last; they stay where `push` gives false.
    #[inline]
    pub(super) fn take_last(&self, index: usize, push: impl FnOnce(&[Waiting]) -> bool) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return false;
        };
        let mut from = waiting.len();
        while from > 0 && waiting[from - 1].index == index {
            from -= 1;
        }
        let is_taken = push(&waiting[from..]);
        if is_taken {
            waiting.truncate(from);
        }
        is_taken
    }

    /// Whether any open call has numbers.
    #[inline]
    pub(super) fn are_waiting(&self) -> bool {
        self.waiting.try_borrow().is_ok_and(|waiting| !waiting.is_empty())
    }

    /// Calls have moved: `place` gives the new place of each.
    pub(super) fn follow(&self, place: impl Fn(usize) -> usize) {
        if let Ok(mut waiting) = self.waiting.try_borrow_mut() {
            waiting
                .iter_mut()
                .for_each(|number| number.index = place(number.index));
        }
    }
}

/// Replaces a number of the same call and field; false where there is none.
fn replace(waiting: &mut [Waiting], index: usize, note: Event) -> bool {
    let of_call = waiting.iter_mut().rev().take_while(|other| other.index >= index);
    for other in of_call {
        if other.index == index && other.note.serial == note.serial {
            other.note = note;
            return true;
        }
    }
    false
}
