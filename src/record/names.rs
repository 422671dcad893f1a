//! Region names as small numbers.
//!
//! A name gets its number once in the life of the process and keeps it in all sessions, so that a
//! call site can remember it. Names are never freed: there are as many as the program has regions.
//!
//! A program that makes names of its data may make any number. Their memory is counted here, and beyond a limit
//! calls under new names are recorded as one region.

use super::allocated::Exempt;
use crate::sys::{self, fork};
use dashmap::DashMap;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

/// The number of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct NameId(u32);

/// What is known of a name.
#[derive(Debug)]
struct NameEntry {
    name: &'static str,
    source: OnceLock<Source>,
}

/// A file and a line.
pub(crate) type Source = (&'static str, u32);

static IDS: LazyLock<DashMap<&'static str, NameId>> = LazyLock::new(DashMap::new);
static ENTRIES: boxcar::Vec<NameEntry> = boxcar::Vec::new();

/// The region of calls whose names get no number any more.
const OTHERS: &str = "(other names)";
static OTHERS_ID: OnceLock<NameId> = OnceLock::new();

/// Bytes that all names of the process take, with everything that is kept for each.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
/// The largest `memory_limit` of a session so far. Names that take more, now or when the file is made, are
/// reported.
static LIMIT: AtomicUsize = AtomicUsize::new(LEAST_LIMIT);
const LEAST_LIMIT: usize = 4 << 20;
/// At this multiple of the limit no further names are accepted.
const MOST_LIMITS: usize = 4;

/// About what is kept for a name beside its text: its entries here, in the registry and in the writer.
const NAME_BYTES: usize = 224;
/// About what a name takes while the file is made.
const FILE_BYTES: usize = 3 << 10;

/// Raises the limit for names to that of a session.
pub(crate) fn allow(bytes: usize) {
    LIMIT.fetch_max(bytes, Ordering::Relaxed);
}

/// Counts memory that a thread takes for what it keeps of regions.
pub(super) fn take(bytes: usize) {
    TAKEN.fetch_add(bytes, Ordering::Relaxed);
}

/// Gives back what was [taken](take).
pub(super) fn give_back(bytes: usize) {
    TAKEN.fetch_sub(bytes, Ordering::Relaxed);
}

/// Takes the memory for one more name; false where the name is refused. Warns once of each limit.
fn has_room(name: &str) -> bool {
    static TOLD: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
    let bytes = name.len() + NAME_BYTES;
    let taken = TAKEN.fetch_add(bytes, Ordering::Relaxed) + bytes;
    let limit = LIMIT.load(Ordering::Relaxed);
    let names = ENTRIES.count() + 1;
    let for_file = names * FILE_BYTES;
    if taken + for_file <= limit {
        return true;
    }
    let is_full = taken > limit.saturating_mul(MOST_LIMITS);
    if is_full {
        give_back(bytes);
    }
    if !TOLD[usize::from(is_full)].swap(true, Ordering::Relaxed) {
        let consequence = if is_full {
            format!("from here on calls under new names are recorded as {OTHERS:?}")
        } else {
            "name regions after what the program does, not after its data".to_owned()
        };
        sys::say(&format!(
            "scope-profiler: {names} region names take {} MiB beside the intervals, and making the file will take about \
             {} MiB for them; memory_limit is {} MiB; {consequence}\n",
            taken >> 20,
            for_file >> 20,
            limit >> 20
        ));
    }
    !is_full
}

impl NameId {
    /// Of no region.
    pub(crate) const NONE: Self = Self::from_number(u32::MAX);

    /// The number of `name`, or that of all others where names take too much memory; `source` is kept
    /// where the name has none yet.
    pub(crate) fn of(name: &str, source: Option<Source>) -> Self {
        let _inside = fork::enter();
        match IDS.get(name).map(|id| *id) {
            None if !has_room(name) => *OTHERS_ID.get_or_init(|| Self::of_site(OTHERS, None)),
            _ => Self::of_site(name, source),
        }
    }

    /// Whether this stands for all names without a number.
    pub(crate) fn is_others(self) -> bool {
        OTHERS_ID.get() == Some(&self)
    }

    /// As [`of`](Self::of), for a name in the program's source: there are only so many, so it is never refused.
    pub(crate) fn of_site(name: &str, source: Option<Source>) -> Self {
        let _inside = fork::enter();
        let known = IDS.get(name).map(|id| *id);
        let id = known.unwrap_or_else(|| Self::new(name));
        if let Some(source) = source {
            id.entry().source.get_or_init(|| source);
        }
        id
    }

    fn new(name: &str) -> Self {
        let _exempt = Exempt::begin();
        let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
        *IDS.entry(name).or_insert_with(|| {
            let index = ENTRIES.push(NameEntry {
                name,
                source: OnceLock::new(),
            });
            NameId(u32::try_from(index).expect("fewer than 2^32 region names"))
        })
    }

    /// The number of a name that has one, without giving it one.
    pub(crate) fn existing(name: &str) -> Option<Self> {
        let _inside = fork::enter();
        IDS.get(name).map(|id| *id)
    }

    /// [`NameId::of`] without a lock or a hash of the whole text where this thread has asked for
    /// the same text at the same place before.
    #[inline]
    pub(crate) fn cached(name: &str) -> Self {
        const SLOTS: usize = 64;
        thread_local! {
            static CACHE: [Cell<(&'static str, NameId)>; SLOTS] =
                const { [const { Cell::new(("", NameId(u32::MAX))) }; SLOTS] };
        }
        // The address only picks the slot; the text decides, as another string may have moved in.
        let slot = (name.as_ptr() as usize >> 3 ^ name.len() << 1) % SLOTS;
        CACHE.with(|cache| {
            let (cached, id) = cache[slot].get();
            if cached == name && id.0 != u32::MAX {
                return id;
            }
            let id = Self::of(name, None);
            cache[slot].set((id.name(), id));
            id
        })
    }

    fn entry(self) -> &'static NameEntry {
        &ENTRIES[self.index()]
    }

    /// The first call site that was seen under this name.
    pub(crate) fn source(self) -> Option<Source> {
        self.entry().source.get().copied()
    }

    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The inverse of [`number`](Self::number).
    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_number_wherever_it_is_stored() {
        let id = NameId::of("names::same", None);
        assert_eq!(NameId::of(&String::from("names::same"), None), id);
        assert_eq!(NameId::cached("names::same"), id);
        assert_eq!(NameId::existing("names::same"), Some(id));
        assert_eq!(id.name(), "names::same");
        assert_eq!(NameId::existing("names::never asked for"), None);
    }

    #[test]
    fn the_cache_looks_at_the_text_and_not_only_at_its_address() {
        let mut text = String::from("names::a");
        let a = NameId::cached(&text);
        text.replace_range(7.., "b");
        assert_eq!(NameId::cached(&text).name(), "names::b");
        assert_ne!(NameId::cached(&text), a);
        assert_eq!(NameId::cached("").name(), "");
    }

    #[test]
    fn the_first_known_call_site_stays() {
        let id = NameId::of("names::site", None);
        NameId::of("names::site", Some(("a.rs", 1)));
        NameId::of("names::site", Some(("b.rs", 2)));
        assert_eq!(id.source(), Some(("a.rs", 1)));
    }
}
