//! A call site of the macro: it remembers what the session does with its calls.

use super::global;
use super::names::NameId;
use super::region::{self, RegionGuard};
use super::thread::current::with_current;
use super::thread::entered::Entered;
use super::thread::region_table::Action;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A place in the source that enters one region; what [`profile_region!`](crate::profile_region)
/// puts there.
#[doc(hidden)]
#[derive(Debug)]
pub struct RegionSite {
    name: &'static str,
    file: &'static str,
    line: u32,
    /// The name's number; [`UNRESOLVED`] before the first call.
    id: AtomicU32,
    /// The session that the site was entered in last, in the upper half, and in the lower what it does with the calls
    /// and the name's number: one word, which is read and compared at once.
    known: AtomicU64,
}

const UNRESOLVED: u32 = u32::MAX;

/// What is known of the calls, above the name's number: nothing for those that are recorded on the fast path, as most
/// are.
const SKIPPED: u64 = 1 << 30;
const MOST: u32 = SKIPPED as u32 - 1;
const COUNTED: u64 = 2 << 30;
/// From here on a site is not known.
const UNKNOWN: u64 = 3 << 30;

impl RegionSite {
    #[must_use]
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            name,
            file,
            line,
            id: AtomicU32::new(UNRESOLVED),
            known: AtomicU64::new(u64::MAX),
        }
    }

    #[inline(always)]
    pub fn enter(&'static self) -> RegionGuard {
        let session = global::session();
        if session == 0 {
            return RegionGuard::of_nothing();
        }
        // Large where it is not this session that is known.
        let known = self.known.load(Ordering::Relaxed) ^ (session << 32);
        let id = NameId::from_number(known as u32 & MOST);
        let entered = if known < SKIPPED {
            with_current(session, |buffer| buffer.enter_recorded(id)).flatten()
        } else if known < COUNTED {
            Some(Entered::NOTHING)
        } else if known < UNKNOWN {
            with_current(session, |buffer| buffer.enter_counted(id)).flatten()
        } else {
            None
        };
        RegionGuard::of(session, entered.unwrap_or_else(|| self.enter_slow(session)))
    }

    #[cold]
    #[inline(never)]
    fn enter_slow(&'static self, session: u64) -> Entered {
        let id = match self.id.load(Ordering::Relaxed) {
            UNRESOLVED => self.resolve(),
            known => NameId::from_number(known),
        };
        let entered = region::enter_slow(session, id, global::recording);
        let action = with_current(session, |buffer| buffer.action_of(id)).flatten();
        let what = match action {
            Some(Action::RecordFast) => 0,
            Some(Action::Skip) => SKIPPED,
            Some(Action::Count) => COUNTED,
            Some(Action::Record) | None => UNKNOWN,
        };
        if what < UNKNOWN && u64::from(id.number()) < SKIPPED {
            let known = session << 32 | what | u64::from(id.number());
            self.known.store(known, Ordering::Relaxed);
        }
        entered
    }

    fn resolve(&self) -> NameId {
        let id = NameId::of_site(self.name, Some((self.file, self.line)));
        self.id.store(id.number(), Ordering::Relaxed);
        id
    }
}
