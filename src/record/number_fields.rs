//! Numbers in the fields of spans.

use crate::config::RecordedField;
use crate::note::NumberNote;
use crate::profile::Number;
use std::fmt;
use tracing_core::Metadata;
use tracing_core::field::{Field, Visit};

/// Whether spans of this call site may have numbers of these fields.
pub(super) fn may_have_numbers(fields: &[RecordedField], metadata: &Metadata<'_>) -> bool {
    let has = |name: &str| metadata.fields().field(name).is_some();
    fields.iter().any(|field| has(&field.name))
}

/// Hands on those numbers that are recorded. A value's own code is never called.
pub(super) struct NumberVisitor<F, K> {
    /// The place of a field in the session's list, if it is recorded.
    place: F,
    keep: K,
}

impl<F: Fn(&'static str) -> Option<u32>, K: FnMut(NumberNote)> NumberVisitor<F, K> {
    #[inline]
    pub(super) fn new(place: F, keep: K) -> Self {
        Self { place, keep }
    }

    #[inline]
    fn keep(&mut self, field: &Field, number: impl Into<Number>) {
        if let Some(field) = (self.place)(field.name()) {
            let number = number.into();
            (self.keep)(NumberNote { field, number });
        }
    }
}

impl<F: Fn(&'static str) -> Option<u32>, K: FnMut(NumberNote)> Visit for NumberVisitor<F, K> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value);
    }

    fn record_str(&mut self, _: &Field, _: &str) {}

    fn record_error(&mut self, _: &Field, _: &(dyn std::error::Error + 'static)) {}

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
