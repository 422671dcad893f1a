//! A call site of the macro in one session after the other. One test, as there is one global session.

#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};

fn enter_three_times() {
    for _ in 0..3 {
        let _region = profile_region!("site", bytes = 1);
    }
}

fn on_two_threads() {
    enter_three_times();
    std::thread::spawn(enter_three_times).join().unwrap();
}

#[test]
fn a_call_site_does_on_every_thread_what_each_session_wants() {
    let config = || ProfilingConfig::new().flush_to_disk(false).verbose(false);
    for _ in 0..2 {
        // The settings, and how many calls and intervals of the region they leave.
        let sessions = [
            (config(), 6, 6),
            (config().exclude(["site"]), 0, 0),
            (config().time_trace(false), 6, 0),
            (config().profiling_activated(false), 0, 0),
            (config().fields(["bytes"]), 6, 6),
            (config().throttle(2, std::time::Duration::from_secs(1)), 6, 4),
        ];
        for (config, calls, intervals) in sessions {
            ProfileManager::setup(config).unwrap();
            on_two_threads();
            let region = ProfileManager::get_region("site");
            let seen = region.map_or((0, 0), |region| (region.num_calls(), region.durations_ns().len()));
            assert_eq!(seen, (calls, intervals));
            ProfileManager::finalize().unwrap();
        }
        // Without a session it does nothing.
        on_two_threads();
        assert!(ProfileManager::finalize().is_ok());
    }
}
