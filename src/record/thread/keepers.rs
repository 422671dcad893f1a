//! Where the numbers of a span's fields go.

use super::block::Batch;
use super::buffer::ThreadBuffer;
use super::numbers::Numbers;
use super::span_cache::CachedCallsite;
use crate::note::{Bits, SpanNumber};
use crate::record::number_fields::Keeper;
use tracing_core::field::Field;
use tracing_core::span::Attributes;

/// Hands them to a function, each with its field.
pub(super) struct Handing<'a, F> {
    pub(super) numbers: &'a Numbers,
    pub(super) to: F,
}

impl<F: FnMut(u32, Bits)> Keeper for Handing<'_, F> {
    fn keep(&mut self, field: &Field, number: Bits) {
        if let Some(field) = self.numbers.field(field.name()) {
            (self.to)(field, number);
        }
    }
}

/// Appends those of a span that a thread has just created to its block. The span's call site knows the places of its
/// fields.
pub(super) struct Appending<'a> {
    pub(super) buffer: &'a ThreadBuffer,
    pub(super) callsite: &'a CachedCallsite,
    pub(super) serial: u32,
    pub(super) attributes: &'a Attributes<'a>,
    pub(super) to: Batch<'a>,
}

impl Appending<'_> {
    #[inline(always)]
    fn push(&mut self, field: u32, number: Bits) {
        self.to
            .push(number.of_span(self.serial, SpanNumber::FIRST, field));
    }

    #[cold]
    #[inline(never)]
    fn keep_by_name(&mut self, field: &Field, number: Bits) {
        if let Some(field) = self.buffer.field(field.name()) {
            self.push(field, number);
        }
    }
}

impl Keeper for Appending<'_> {
    #[inline(always)]
    fn keep(&mut self, field: &Field, number: Bits) {
        match self.callsite.field(field.index()) {
            Some(field) => self.push(field, number),
            None => self.keep_by_name(field, number),
        }
    }
}
