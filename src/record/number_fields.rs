//! Numbers in the fields of spans.

use crate::config::{MOST_IN_ALL, RecordedField};
use crate::note::{Bits, MAX_FIELDS};
use crate::profile::Number;
use std::fmt;
use tracing_core::Metadata;
use tracing_core::field::{Field, Visit};

const _: () = assert!(MOST_IN_ALL <= MAX_FIELDS as usize);

/// Whether spans of this call site may have numbers of these fields.
pub(super) fn may_have_numbers(fields: &[RecordedField], metadata: &Metadata<'_>) -> bool {
    let has = |name: &str| metadata.fields().field(name).is_some();
    fields.iter().any(|field| has(&field.name))
}

/// Who gets those numbers of a span's fields that are recorded.
pub(super) trait Keeper {
    /// Keeps a number, if that of its field is recorded.
    fn keep(&mut self, field: &Field, number: Bits);
}

/// Hands on numbers. A value's own code is never called.
pub(super) struct NumberVisitor<K>(pub(super) K);

impl<K: Keeper> NumberVisitor<K> {
    #[inline(always)]
    fn keep(&mut self, field: &Field, number: impl Into<Number>) {
        self.0.keep(field, Bits::of(number.into()));
    }

    /// Out of line, so that usual numbers save no registers for the call that this takes.
    #[cold]
    #[inline(never)]
    fn keep_large(&mut self, field: &Field, number: impl Into<Number>) {
        self.keep(field, number);
    }
}

impl<K: Keeper> Visit for NumberVisitor<K> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.keep(field, value),
            Err(_) => self.keep_large(field, value),
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep_large(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep_large(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value);
    }

    fn record_str(&mut self, _: &Field, _: &str) {}

    fn record_error(&mut self, _: &Field, _: &(dyn std::error::Error + 'static)) {}

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
