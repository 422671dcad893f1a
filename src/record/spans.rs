//! From a span's call site to a region: shared by the layer and the subscriber.

use super::global;
use super::names::NameId;
use super::recording::Recording;
use super::sync::Arc;
use super::thread::{Lane, with_lane};
use crate::config::RegionNaming;
use dashmap::DashMap;
use std::cell::Cell;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tracing_core::field::{Field, Visit};
use tracing_core::{Metadata, span};

/// The session that a layer or subscriber records into.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Whichever the global facade has at the moment.
    Global,
    /// This one.
    Own(Arc<Recording>),
}

impl Target {
    /// The number of the open session; 0 where there is none.
    #[inline(always)]
    pub(crate) fn session(&self) -> u64 {
        match self {
            Target::Global => global::session(),
            Target::Own(recording) if recording.is_closed() => 0,
            Target::Own(recording) => recording.id,
        }
    }

    pub(crate) fn recording(&self) -> Option<Arc<Recording>> {
        match self {
            Target::Global => global::recording(),
            Target::Own(recording) => Some(Arc::clone(recording)),
        }
    }

    /// Runs `f` on this thread's lane.
    #[inline(always)]
    pub(crate) fn with_lane<R>(&self, f: impl FnOnce(&Lane) -> R) -> Option<R> {
        match self.session() {
            0 => None,
            session => with_lane(session, || self.recording(), f),
        }
    }
}

/// A number that tells layers and subscribers from each other on the open stack; 0 is the guard's.
pub(crate) fn new_door() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Call sites as small numbers, which they keep for the life of the process.
static SITES: boxcar::Vec<&'static Metadata<'static>> = boxcar::Vec::new();
static SITE_NUMBERS: LazyLock<DashMap<usize, u64>> = LazyLock::new(DashMap::new);

fn site_number(metadata: &'static Metadata<'static>) -> u64 {
    *SITE_NUMBERS
        .entry(std::ptr::from_ref(metadata) as usize)
        .or_insert_with(|| SITES.push(metadata) as u64)
}

/// The call site of a number.
pub(crate) fn site(number: u64) -> Option<&'static Metadata<'static>> {
    SITES.get(number as usize).copied()
}

/// What a call site means in a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callsite {
    /// The region of its spans.
    pub(crate) region: NameId,
    /// Its number.
    pub(crate) site: u64,
    /// Whether a field of the span may name another.
    pub(crate) by_field: bool,
}

/// What `metadata`'s call site means in the session of `target`.
#[inline(always)]
pub(crate) fn callsite(target: &Target, metadata: &'static Metadata<'static>) -> Callsite {
    const SLOTS: usize = 128;
    type Entry = (*const Metadata<'static>, u64, Callsite);
    const NOTHING: Callsite = Callsite {
        region: NameId::from_number(u32::MAX),
        site: 0,
        by_field: false,
    };
    const EMPTY: Entry = (std::ptr::null(), 0, NOTHING);
    thread_local! {
        static CACHE: [Cell<Entry>; SLOTS] = const { [const { Cell::new(EMPTY) }; SLOTS] };
    }
    let session = target.session();
    let address = std::ptr::from_ref(metadata);
    CACHE.with(|cache| {
        let slot = &cache[(address as usize >> 4) % SLOTS];
        let (known, of_session, callsite) = slot.get();
        if std::ptr::eq(known, address) && of_session == session {
            return callsite;
        }
        let callsite = resolve(target, metadata);
        slot.set((address, session, callsite));
        callsite
    })
}

#[cold]
#[inline(never)]
fn resolve(target: &Target, metadata: &'static Metadata<'static>) -> Callsite {
    let recording = target.recording();
    let naming = recording
        .as_ref()
        .map(|recording| &recording.settings.region_naming);
    let source = metadata.file().zip(metadata.line());
    let name = NameId::of(metadata.name(), source);
    let mut by_field = false;
    let region = match naming {
        None | Some(RegionNaming::Name) => name,
        Some(RegionNaming::Qualified) => {
            let module = metadata.module_path().unwrap_or(metadata.target());
            NameId::of(&format!("{module}::{}", metadata.name()), source)
        }
        Some(RegionNaming::Field(field)) => {
            by_field = metadata.fields().field(field.as_str()).is_some();
            name
        }
    };
    let site = site_number(metadata);
    Callsite {
        region,
        site,
        by_field,
    }
}

/// The region that a span's fields name, where they do.
pub(crate) fn region_by_field(
    target: &Target,
    metadata: &'static Metadata<'static>,
    record: impl FnOnce(&mut dyn Visit),
) -> Option<NameId> {
    let recording = target.recording()?;
    let RegionNaming::Field(field) = &recording.settings.region_naming else {
        return None;
    };
    let mut wanted = Wanted { field, value: None };
    record(&mut wanted);
    Some(NameId::of(&wanted.value?, metadata.file().zip(metadata.line())))
}

/// The same at the span's creation.
pub(crate) fn region_of_new(target: &Target, attributes: &span::Attributes<'_>) -> Option<NameId> {
    region_by_field(target, attributes.metadata(), |visitor| {
        attributes.record(visitor)
    })
}

struct Wanted<'a> {
    field: &'a str,
    value: Option<String>,
}

impl Visit for Wanted<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            self.value = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == self.field {
            self.value = Some(format!("{value:?}"));
        }
    }
}
