//! Where the numbers of a span's fields go.

use super::numbers::Numbers;
use super::span_cache::CachedCallsite;
use crate::event::Event;
use crate::note::Bits;
use crate::record::number_fields::Keeper;
use crate::record::waiting::Filling;
use tracing_core::field::Field;

/// Hands them to a function, as they are noted in a block.
pub(super) struct Handing<'a, F> {
    pub(super) numbers: &'a Numbers,
    pub(super) to: F,
}

impl<F: FnMut(Event)> Keeper for Handing<'_, F> {
    fn place(&self, field: &Field) -> Option<u32> {
        self.numbers.field(field.name())
    }

    fn keep(&mut self, field: u32, number: Bits) {
        (self.to)(number.event(field));
    }
}

/// Puts those of a new span where they wait for its entry. Its call site knows the places of its fields.
pub(super) struct Putting<'a, 'b> {
    pub(super) numbers: &'a Numbers,
    pub(super) callsite: &'a CachedCallsite,
    pub(super) to: &'a mut Filling<'b>,
}

impl Keeper for Putting<'_, '_> {
    #[inline(always)]
    fn place(&self, field: &Field) -> Option<u32> {
        match self.callsite.field(field.index()) {
            Some(known) => known,
            None => self.numbers.field(field.name()),
        }
    }

    #[inline(always)]
    fn keep(&mut self, field: u32, number: Bits) {
        self.to.push(number.event(field));
    }
}
