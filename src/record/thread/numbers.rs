//! Numbers of calls that are open: they wait on the thread until their call is left.

use crate::config::RecordedField;
use crate::event::Event;
use crate::record::recording::Recording;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Numbers that can wait without an allocation.
pub(super) const CAPACITY: usize = 256;
/// Instead of a call's place on the stack: nothing is noted.
pub(super) const NOBODY: usize = usize::MAX;
/// Names whose field is remembered.
const NAMES: usize = 64;

/// What a thread knows of fields, and the numbers of its open calls.
pub(super) struct Numbers {
    fields: Arc<[RecordedField]>,
    names: [Cell<KnownName>; NAMES],
    /// The call whose numbers are in the block already, where they stand as long as nothing else is recorded: its place
    /// on the stack, and how many there are.
    pub(super) noted_of: Cell<usize>,
    pub(super) noted: Cell<usize>,
    /// Those of calls around others, and the place of the innermost such call, plus 1. In order of the calls' places
    /// on the stack.
    waiting: RefCell<Vec<Waiting>>,
    innermost: Cell<usize>,
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
    pub(super) fn of(recording: &Recording) -> Option<Box<Self>> {
        if !recording.keeps_numbers() {
            return None;
        }
        Some(Box::new(Self {
            fields: Arc::clone(&recording.settings.fields),
            names: [const { Cell::new(NOTHING) }; NAMES],
            noted_of: Cell::new(NOBODY),
            noted: Cell::new(0),
            waiting: RefCell::new(Vec::with_capacity(CAPACITY)),
            innermost: Cell::new(0),
        }))
    }

    /// The field of this name, if it is recorded.
    pub(super) fn field(&self, name: &'static str) -> Option<u32> {
        self.known_field(name).unwrap_or_else(|| self.find_field(name))
    }

    /// The same, where the name is remembered.
    #[inline(always)]
    pub(super) fn known_field(&self, name: &'static str) -> Option<Option<u32>> {
        let place = (name.as_ptr() as usize, name.len());
        let known = self.names[(place.0 ^ place.0 >> 6) % NAMES].get();
        (known.place == place).then_some(known.field)
    }

    #[cold]
    #[inline(never)]
    fn find_field(&self, name: &'static str) -> Option<u32> {
        let place = (name.as_ptr() as usize, name.len());
        let field = self.fields.iter().position(|field| field.name == name);
        let field = field.map(|field| field as u32);
        self.names[(place.0 ^ place.0 >> 6) % NAMES].set(KnownName { place, field });
        field
    }

    /// Whether numbers of the call at `index` may be noted in the block: how many are there. None where others are in
    /// the way.
    #[inline(always)]
    pub(super) fn noted_of(&self, index: usize) -> Option<usize> {
        let of = self.noted_of.get();
        if of == index {
            Some(self.noted.get())
        } else if of == NOBODY && self.innermost.get() <= index {
            Some(0)
        } else {
            None
        }
    }

    fn remember_innermost(&self, waiting: &[Waiting]) {
        self.innermost
            .set(waiting.last().map_or(0, |last| last.index + 1));
    }

    /// Keeps a number of the call at `index`; false where there is no room.
    #[inline]
    pub(super) fn set(&self, index: usize, note: Event, grow: impl FnOnce(&mut Vec<Waiting>)) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else {
            return false;
        };
        let number = Waiting { index, note };
        // Those of the innermost call come last.
        let mut at = waiting.len();
        while let Some(other) = at.checked_sub(1).and_then(|last| waiting.get_mut(last)) {
            if other.index < index {
                break;
            }
            if other.index == index && other.note.serial == note.serial {
                // A number of the same field.
                other.note = note;
                return true;
            }
            at -= 1;
        }
        if waiting.len() == waiting.capacity() {
            grow(&mut waiting);
            if waiting.len() == waiting.capacity() {
                return false;
            }
        }
        if waiting.last().is_some_and(|last| last.index > index) {
            // The call is not the innermost one that has numbers.
            let at = waiting.partition_point(|other| other.index <= index);
            waiting.insert(at, number);
        } else {
            waiting.push(number);
        }
        self.remember_innermost(&waiting);
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
        self.remember_innermost(&waiting);
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
            self.remember_innermost(&waiting);
        }
        is_taken
    }

    /// Whether any open call has numbers.
    #[inline]
    pub(super) fn are_waiting(&self) -> bool {
        self.innermost.get() > 0
    }

    /// Calls have moved: `place` gives the new place of each.
    pub(super) fn follow(&self, place: impl Fn(usize) -> usize) {
        if let Ok(mut waiting) = self.waiting.try_borrow_mut() {
            waiting
                .iter_mut()
                .for_each(|number| number.index = place(number.index));
            self.remember_innermost(&waiting);
        }
    }
}
