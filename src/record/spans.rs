//! From a span's call site to a region: shared by the layer and the subscriber.

use super::names::NameId;
use super::open_stack::Door;
use super::recording::Recording;
use crate::config::RegionNaming;
use dashmap::DashMap;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tracing_core::Metadata;
use tracing_core::field::{Field, Visit};

/// A door that tells the spans of one layer or subscriber from those of others on the open stack.
pub(super) fn new_door() -> Door {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    Door::new(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Call sites as small numbers, which they keep for the life of the process.
static SITES: boxcar::Vec<&'static Metadata<'static>> = boxcar::Vec::new();
static SITE_NUMBERS: LazyLock<DashMap<usize, u64>> = LazyLock::new(DashMap::new);

fn site_number(metadata: &'static Metadata<'static>) -> u64 {
    let _inside = crate::sys::fork::enter();
    *SITE_NUMBERS
        .entry(std::ptr::from_ref(metadata) as usize)
        .or_insert_with(|| SITES.push(metadata) as u64)
}

/// A span as one number: its region's number plus 1, its site's number, and, lowest, a serial
/// number that tells spans of a site apart.
pub(super) mod id {
    use super::{Metadata, NameId, SITES};

    const SERIAL_BITS: u32 = 24;
    const SITE_BITS: u32 = 20;
    const REGION_SHIFT: u32 = SITE_BITS + SERIAL_BITS;
    /// A million regions: what comes after them is not recorded.
    const REGIONS: u64 = (1 << 20) - 1;
    const NO_SITE: u64 = (1 << SITE_BITS) - 1;

    /// The spans of a site, without a serial number.
    pub(in super::super) fn of(site: u64, region: NameId) -> u64 {
        with_region(site.min(NO_SITE) << SERIAL_BITS, region)
    }

    /// The same with another region.
    pub(in super::super) fn with_region(id: u64, region: NameId) -> u64 {
        let region = match u64::from(region.number()) {
            number if number < REGIONS => number + 1,
            _ => 0,
        };
        (id % (1 << REGION_SHIFT)) | (region << REGION_SHIFT)
    }

    #[inline(always)]
    pub(in super::super) fn with_serial(id: u64, serial: u64) -> u64 {
        id | (serial % (1 << SERIAL_BITS))
    }

    /// The region; where that is none, a number that no region has.
    #[inline(always)]
    pub(in super::super) fn region(id: u64) -> NameId {
        NameId::from_number(((id >> REGION_SHIFT) as u32).wrapping_sub(1))
    }

    pub(in super::super) fn is_recorded(id: u64) -> bool {
        id >> REGION_SHIFT > 0
    }

    /// The call site.
    pub(in super::super) fn metadata(id: u64) -> Option<&'static Metadata<'static>> {
        let site = id >> SERIAL_BITS & NO_SITE;
        SITES.get(site as usize).copied().filter(|_| site < NO_SITE)
    }
}

/// What a call site means in a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callsite {
    /// The region of its spans.
    pub(super) region: NameId,
    /// Whether a field of the span may name another.
    pub(super) by_field: bool,
    /// Its spans as numbers, without a serial number; see [`id`].
    pub(super) id: u64,
}

impl Callsite {
    /// What `metadata`'s call site means in `recording`.
    pub(super) fn of(recording: Option<&Recording>, metadata: &'static Metadata<'static>) -> Self {
        let source = metadata.file().zip(metadata.line());
        let name = NameId::of(metadata.name(), source);
        let mut by_field = false;
        let region = match recording.map(|recording| &recording.settings.region_naming) {
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
        Self {
            region,
            by_field,
            id: id::of(site_number(metadata), region),
        }
    }
}

/// The region that a span's fields name, where they do. Calls the application's code, which may do
/// anything: nobody may be looking at a lane meanwhile.
pub(super) fn region_by_field(
    recording: &Recording,
    metadata: &'static Metadata<'static>,
    record: impl FnOnce(&mut dyn Visit),
) -> Option<NameId> {
    let RegionNaming::Field(field) = &recording.settings.region_naming else {
        return None;
    };
    let mut wanted = Wanted { field, value: None };
    record(&mut wanted);
    Some(NameId::of(&wanted.value?, metadata.file().zip(metadata.line())))
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
