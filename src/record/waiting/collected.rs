//! Numbers of one span in a list.

use crate::note::NumberNote;
use crate::profile::Number;

/// So many numbers of one span take no allocation.
pub(super) const MOST: usize = if cfg!(scope_profiler_model) { 2 } else { 7 };

/// A few numbers of one span; of two of the same field the last counts.
#[derive(Clone, Debug)]
pub(in crate::record) struct Collected {
    few: [NumberNote; MOST],
    len: usize,
    more: Vec<NumberNote>,
}

impl Default for Collected {
    fn default() -> Self {
        let nothing = NumberNote {
            field: 0,
            number: Number::Int(0),
        };
        Self {
            few: [nothing; MOST],
            len: 0,
            more: Vec::new(),
        }
    }
}

impl Collected {
    pub(in crate::record) fn push(&mut self, note: NumberNote) {
        let known = self.few[..self.len].iter_mut().chain(&mut self.more);
        for other in known {
            if other.field == note.field {
                *other = note;
                return;
            }
        }
        if let Some(free) = self.few.get_mut(self.len) {
            *free = note;
            self.len += 1;
        } else {
            self.more.push(note);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = NumberNote> + '_ {
        let few = self.few[..self.len].iter();
        few.chain(&self.more).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.len + self.more.len()
    }

    pub(super) fn add(&mut self, others: &Self) {
        others.iter().for_each(|note| self.push(note));
    }
}

impl FromIterator<NumberNote> for Collected {
    fn from_iter<I: IntoIterator<Item = NumberNote>>(notes: I) -> Self {
        let mut all = Self::default();
        notes.into_iter().for_each(|note| all.push(note));
        all
    }
}
