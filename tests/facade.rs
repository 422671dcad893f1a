//! The global facade. One test, as there is one global session: it tells the life of a program.
#![cfg(feature = "hdf5")]

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{ManualClock, ProfileManager, ProfilingConfig, ProfilingH5Reader, profile_region};
use tracing::info_span;

fn enter_by_every_way(clock: &ManualClock) {
    let _macro = profile_region!("macro");
    clock.advance(1);
    ProfileManager::profile("closure", || clock.advance(1));
    let _guard = ProfileManager::profile_region("guard");
    info_span!("span").in_scope(|| clock.advance(1));
}

#[test]
fn the_life_of_a_program() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(0);
    let config = |name: &str| {
        ProfilingConfig::new()
            .file_path(directory.path().join(name))
            .verbose(false)
            .manual_clock(&clock)
    };
    tracing::subscriber::set_global_default(ProfileManager::subscriber()).unwrap();

    // Before setup every call is a no-op.
    enter_by_every_way(&clock);
    assert!(ProfileManager::get_region("macro").is_none());
    assert!(ProfileManager::get_all_regions().is_empty());
    ProfileManager::flush().unwrap();
    assert_eq!(ProfileManager::finalize().unwrap().recorded(), 0);

    // A session records spans and guards alike.
    ProfileManager::setup(config("first.h5")).unwrap();
    for _ in 0..3 {
        enter_by_every_way(&clock);
    }
    let names: Vec<String> = ProfileManager::get_all_regions().into_keys().collect();
    assert_eq!(names, ["closure", "guard", "macro", "span"]);
    assert_eq!(ProfileManager::get_region("span").unwrap().num_calls(), 3);

    // Setup again: the running session is finalized, the new one has no regions.
    let across = profile_region!("across sessions");
    ProfileManager::setup(config("second.h5")).unwrap();
    assert!(ProfileManager::get_all_regions().is_empty());
    drop(across);
    enter_by_every_way(&clock);
    assert_eq!(ProfileManager::get_region("macro").unwrap().num_calls(), 1);
    let summary = ProfileManager::finalize().unwrap();
    assert_eq!((summary.recorded(), summary.open_regions().len()), (4, 0));

    let calls = |file: &str, region: &str| {
        let reader = ProfilingH5Reader::open(directory.path().join(file)).unwrap();
        reader
            .get_region(region)
            .map_or(0, |region| region[0].num_calls())
    };
    assert_eq!(calls("first.h5", "macro"), 3);
    assert_eq!(calls("second.h5", "macro"), 1);
    assert_eq!(calls("second.h5", "span"), 1);
    assert_eq!(calls("second.h5", "across sessions"), 0);

    // After finalize nothing is recorded, and what was can still be asked for.
    enter_by_every_way(&clock);
    assert_eq!(ProfileManager::get_region("macro").unwrap().num_calls(), 1);

    // A session as a guard; the source of a region is the first place that names it.
    {
        let _session = ProfileManager::session(config("third.h5")).unwrap();
        enter_by_every_way(&clock);
    }
    let reader = ProfilingH5Reader::open(directory.path().join("third.h5")).unwrap();
    let region = reader.get_region("macro").unwrap();
    assert!(region[0].source_file().unwrap().ends_with("facade.rs"));
}
