//! Many threads that come and go, many regions, spans that cross threads, sessions one after the other.

use super::{Contents, directory};
use scope_profiler::{Profiler, ProfilingConfig};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tracing::{Dispatch, dispatcher, info_span};

const THREADS: usize = 64;
const REGIONS: usize = 1_000;
const CALLS: usize = 5;

#[test]
fn sixty_four_threads_a_thousand_regions_and_three_sessions_account_for_every_call() {
    let directory = directory();
    for session in 0..3 {
        let file = directory.path().join(format!("{session}.h5"));
        let config = ProfilingConfig::new()
            .file_path(&file)
            .buffer_limit(128)
            .flush_interval(Duration::from_millis(2))
            .verbose(false);
        let profiler = Profiler::new(config).unwrap();
        let spans = Dispatch::new(profiler.subscriber());
        let names: Vec<String> = (0..REGIONS).map(|region| format!("region {region}")).collect();

        // Each thread hands its span on to the next, which enters it and lets it go.
        let mut take: Option<mpsc::Receiver<tracing::Span>> = None;
        let mut handles = Vec::new();
        for worker in 0..THREADS {
            let (to, next) = match worker + 1 < THREADS {
                true => Some(mpsc::channel()).unzip(),
                false => (None, None),
            };
            let from = std::mem::replace(&mut take, next);
            let (profiler, names, spans) = (&profiler, &names, &spans);
            handles.push(move || {
                dispatcher::with_default(spans, || {
                    for name in names.iter().skip(worker % 4).step_by(4) {
                        for _ in 0..CALLS {
                            drop(profiler.profile_region(name));
                        }
                    }
                    let own = info_span!("crossing");
                    own.in_scope(|| ());
                    if let Some(to) = to {
                        to.send(own).unwrap();
                    }
                    if let Some(from) = from {
                        from.recv().unwrap().in_scope(|| ());
                    }
                });
            });
        }
        thread::scope(|scope| {
            for work in handles {
                scope.spawn(work);
            }
            // Looking on and flushing meanwhile must change nothing.
            for _ in 0..20 {
                profiler.flush().unwrap();
                for region in profiler.get_all_regions().values().take(10) {
                    assert!(region.num_calls() <= (THREADS * CALLS * 2) as u64);
                }
            }
        });
        let summary = profiler.finalize().unwrap();

        let contents = Contents::unordered(&file);
        let each = (THREADS / 4 * CALLS) as u64;
        for name in &names {
            assert_eq!(contents.intervals(name), each, "{name}");
        }
        let crossing = &contents.regions["crossing"][0];
        assert_eq!(crossing.num_calls(), 2 * THREADS as u64 - 1);
        assert_eq!(crossing.num_spans(), Some(THREADS as u64));
        let all = REGIONS as u64 * each + crossing.num_calls();
        assert_eq!((summary.recorded(), summary.kept()), (all, all));
        assert!(summary.open_regions().is_empty());
    }
}
