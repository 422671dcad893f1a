//! What a span's call site means: shared by the layer and the subscriber.

use super::allocated::Exempt;
use super::names::NameId;
use super::naming;
use super::number_fields::may_have_numbers;
use super::recording::Recording;
use super::span_id;
use tracing_core::Metadata;

/// What a call site means in a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callsite {
    /// The region of its spans.
    pub(super) region: NameId,
    /// Whether a field of the span may name another.
    pub(super) by_field: bool,
    /// Whether its spans may have numbers that are recorded.
    pub(super) has_numbers: bool,
    /// The id of its spans in a subscriber, without a serial number; see [`span_id`].
    pub(super) id: u64,
}

impl Callsite {
    /// What `metadata`'s call site means in `recording`.
    pub(super) fn of(recording: Option<&Recording>, metadata: &'static Metadata<'static>) -> Self {
        let _exempt = Exempt::begin();
        let (region, by_field) = match recording.map(|recording| &*recording.settings.naming) {
            None => (
                NameId::of_site(metadata.name(), metadata.file().zip(metadata.line())),
                false,
            ),
            Some(naming) => (
                naming::region(naming, metadata, &[]),
                naming::is_by_field(naming, metadata),
            ),
        };
        let has_numbers = recording.is_some_and(|recording| {
            let settings = &recording.settings;
            settings.time_trace && may_have_numbers(&settings.fields, metadata)
        });
        Self {
            region,
            by_field,
            has_numbers,
            id: span_id::of_kind(metadata, region, has_numbers),
        }
    }
}
