//! The global facade: one session for the whole program.

use crate::config::ProfilingConfig;
use crate::error::Result;
use crate::profile::Number;
use crate::profiler::Profiler;
use crate::record::names::NameId;
use crate::record::samples;
use crate::record::{Mutex, Region, RegionGuard, ScopeLayer, ScopeSubscriber, global, lock};
use crate::summary::Summary;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The session as a whole. What guards and spans record into is in `record::global`, since `record` knows
/// no `Profiler`; `start` sets both.
static GLOBAL: Mutex<Option<Arc<Profiler>>> = Mutex::new(None);

fn current() -> Option<Arc<Profiler>> {
    lock(&GLOBAL).clone()
}

/// The global facade: one session for the whole program.
///
/// Before the first [`setup`](Self::setup), and after [`finalize`](Self::finalize), entering a
/// region does nothing.
///
/// ```
/// use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
///
/// # let directory = tempfile::tempdir()?;
/// # let file = directory.path().join("run.h5");
/// ProfileManager::setup(ProfilingConfig::new().file_path(&file))?;
/// for _ in 0..3 {
///     let _step = profile_region!("time_step");
///     ProfileManager::profile("solve", || { /* work */ });
/// }
/// let summary = ProfileManager::finalize()?;
/// println!("{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProfileManager;

impl ProfileManager {
    /// Starts the global session. A session that is running is finalized first; the new one has no
    /// regions.
    ///
    /// # Errors
    ///
    /// As [`Profiler::new`]; and when the running session cannot be finalized. In both cases no
    /// session is running afterwards.
    pub fn setup(config: ProfilingConfig) -> Result<()> {
        Self::start(config).map(drop)
    }

    /// Starts the global session and gives a guard that finalizes it when dropped.
    ///
    /// # Errors
    ///
    /// As [`setup`](Self::setup).
    pub fn session(config: ProfilingConfig) -> Result<Session> {
        Self::start(config).map(|profiler| Session { profiler })
    }

    fn start(config: ProfilingConfig) -> Result<Arc<Profiler>> {
        // Taken out first: finalizing takes its time, and regions may be asked for meanwhile.
        let previous = lock(&GLOBAL).take();
        if let Some(previous) = previous {
            if previous.recording.is_forked() {
                previous.leave_in_child();
                // Of what it holds, some is the parent's.
                std::mem::forget(previous);
            } else {
                previous.finalize()?;
            }
        }
        let profiler = Arc::new(Profiler::new(config)?);
        global::set(Arc::clone(&profiler.recording));
        *lock(&GLOBAL) = Some(Arc::clone(&profiler));
        Ok(profiler)
    }

    /// Enters a region; it is left when the guard is dropped. Where the name is a literal,
    /// [`profile_region!`](crate::profile_region) is cheaper.
    #[inline]
    pub fn profile_region(name: &str) -> RegionGuard {
        RegionGuard::enter_global(|| NameId::cached(name))
    }

    /// Runs `f` inside a region.
    #[inline]
    pub fn profile<R>(name: &str, f: impl FnOnce() -> R) -> R {
        let _guard = Self::profile_region(name);
        f()
    }

    /// Records the value of a counter now: of something that belongs to no region, such as a number of particles, the
    /// length of a queue, or free memory. The profile has all values with their times, as a line over the run.
    ///
    /// A unit may follow the name, as in `"energy:J"`. Any number can be given that is
    /// [`Into<Number>`](crate::profile::Number). NaN leaves a gap in the line. Without a session this does nothing.
    /// Where the name is a literal, [`profile_counter!`](crate::profile_counter) is cheaper.
    ///
    /// ```
    /// use scope_profiler::{ProfileManager, ProfilingConfig, ProfilingH5Reader, profile::Source};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("run.h5");
    /// ProfileManager::setup(ProfilingConfig::new().file_path(&file).verbose(false))?;
    /// for step in 0..10_u64 {
    ///     ProfileManager::counter("particles", 1000 - 3 * step);
    /// }
    /// ProfileManager::finalize()?;
    /// let profile = ProfilingH5Reader::open(&file)?;
    /// assert_eq!(profile.counters()[0].name(), "particles");
    /// assert_eq!(profile.counter_rows()[0].samples, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn counter(name: &str, value: impl Into<Number>) {
        samples::sample_global(|| NameId::cached(name), || value.into());
    }

    /// What has been recorded for a region, also after the session was finalized. `None` without a session,
    /// and for a name that no guard and no span has entered in it.
    ///
    /// ```
    /// use scope_profiler::{ProfileManager, ProfilingConfig};
    ///
    /// let config = ProfilingConfig::new().flush_to_disk(false).verbose(false);
    /// let _session = ProfileManager::session(config)?;
    /// ProfileManager::profile("solve", || {});
    /// let solve = ProfileManager::get_region("solve").expect("it was entered");
    /// assert_eq!(solve.num_calls(), 1);
    /// assert!(ProfileManager::get_region("never entered").is_none());
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn get_region(name: &str) -> Option<Region> {
        current()?.get_region(name)
    }

    /// All regions that have been entered in this session, by name.
    #[must_use]
    pub fn get_all_regions() -> BTreeMap<String, Region> {
        current()
            .map(|profiler| profiler.get_all_regions())
            .unwrap_or_default()
    }

    /// A layer that records spans into whichever global session is running.
    #[must_use]
    pub fn layer() -> ScopeLayer {
        ScopeLayer::global()
    }

    /// A whole subscriber that records spans into whichever global session is running, for programs
    /// that only profile.
    #[must_use]
    pub fn subscriber() -> ScopeSubscriber {
        ScopeSubscriber::global()
    }

    /// Writes everything recorded up to now to the log. Does nothing without a session.
    ///
    /// # Errors
    ///
    /// As [`Profiler::flush`].
    pub fn flush() -> Result<()> {
        current().map_or(Ok(()), |profiler| profiler.flush())
    }

    /// What [`finalize`](Self::finalize) gave, or would have given, had no rank been missing.
    #[must_use]
    pub fn summary() -> Option<Summary> {
        current()?.summary()
    }

    /// Ends the global session, as [`Profiler::finalize`] does. Without a session the summary is
    /// empty, and [says so](Summary::hints).
    ///
    /// # Errors
    ///
    /// As [`Profiler::finalize`].
    pub fn finalize() -> Result<Summary> {
        current().map_or_else(|| Ok(Summary::of_no_session()), |profiler| profiler.finalize())
    }
}

/// Finalizes the global session when dropped; see [`ProfileManager::session`].
///
/// ```
/// use scope_profiler::{ProfileManager, ProfilingConfig};
///
/// let config = ProfilingConfig::new().flush_to_disk(false).verbose(false);
/// let session = ProfileManager::session(config)?;
/// ProfileManager::profile("work", || {});
/// let summary = session.finalize()?;
/// assert_eq!(summary.recorded(), 1);
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the session ends as soon as it is dropped; bind it: `let _session = ...`"]
pub struct Session {
    profiler: Arc<Profiler>,
}

impl Session {
    /// Ends the session and gives its summary, or the error that dropping could only print.
    ///
    /// # Errors
    ///
    /// As [`Profiler::finalize`].
    pub fn finalize(self) -> Result<Summary> {
        self.profiler.finalize()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.profiler.finalize_unless_done();
    }
}

/// Enters a region of the global session; the name is looked up once for each call site. Gives a
/// [`RegionGuard`].
///
/// The name has to be a constant.
///
/// ```
/// use scope_profiler::profile_region;
///
/// fn assemble() {
///     let _guard = profile_region!("assemble");
/// }
/// ```
///
/// Numbers of the call may follow, each with the name of a [field](crate::ProfilingConfig::fields), as with
/// [`RegionGuard::record`](crate::RegionGuard::record). They are worked out only where the session records numbers, and
/// after the region was entered.
///
/// ```
/// use scope_profiler::profile_region;
///
/// fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
///     let n = x.len();
///     let _guard = profile_region!("axpy", bytes = 24 * n, flops = 2 * n);
///     y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
/// }
/// # axpy(2.0, &[1.0], &mut [3.0]);
/// ```
#[macro_export]
macro_rules! profile_region {
    ($name:expr $(,)?) => {{
        static SITE: $crate::RegionSite = $crate::RegionSite::new($name, ::core::file!(), ::core::line!());
        SITE.enter()
    }};
    ($name:expr, $($field:ident = $number:expr),+ $(,)?) => {{
        let guard = $crate::profile_region!($name);
        if guard.takes_numbers() {
            $(guard.record(::core::stringify!($field), $number);)+
        }
        guard
    }};
}

/// Records the value of a counter in the global session, as
/// [`ProfileManager::counter`](crate::ProfileManager::counter) does; the name is looked up once for each call site. The
/// value is not worked out without a session.
///
/// The name has to be a constant.
///
/// ```
/// use scope_profiler::profile_counter;
///
/// fn step(particles: &[f64], energy: f64) {
///     profile_counter!("particles", particles.len());
///     profile_counter!("energy:J", energy);
/// }
/// # step(&[0.0], 1.0);
/// ```
#[macro_export]
macro_rules! profile_counter {
    ($name:expr, $value:expr $(,)?) => {{
        static SITE: $crate::CounterSite = $crate::CounterSite::new($name);
        if SITE.is_recorded() {
            SITE.sample($value);
        }
    }};
}
