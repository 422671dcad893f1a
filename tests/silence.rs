//! A session that has nothing says why. Each case is a program of its own, as what tracing remembers of
//! call sites and subscribers is global.
#![cfg(feature = "hdf5")]

#[path = "common/again.rs"]
mod again;
#[path = "common/calm.rs"]
mod calm;

use scope_profiler::{ProfileManager, Profiler, ProfilingConfig, ScopeLayer, profile_region};
use std::path::Path;
use std::process::{Command, Stdio};
use tracing::{info_span, warn_span};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::{EnvFilter, Registry, prelude::*, registry, reload};

const FILE: &str = "SILENCE_TEST_FILE";

fn config() -> ProfilingConfig {
    ProfilingConfig::new().file_path(std::env::var_os(FILE).unwrap())
}

fn start(config: ProfilingConfig) {
    ProfileManager::setup(config).unwrap();
}

fn work() {
    info_span!("solve").in_scope(|| ());
}

fn end() {
    let hints = ProfileManager::finalize().unwrap().hints().join("\n");
    println!("HINTS {hints}\nEND");
}

/// The programs, by name.
fn run(case: &str) {
    match case {
        "no layer" => {
            start(config());
            work();
        }
        "never installed" => {
            start(config());
            let subscriber = registry().with(ProfileManager::layer());
            work();
            drop(subscriber);
        }
        "guard dropped at once" => {
            start(config());
            let _ = tracing::subscriber::set_default(registry().with(ProfileManager::layer()));
            work();
        }
        "another subscriber was first" => {
            start(config());
            registry().init();
            let _ = registry().with(ProfileManager::layer()).try_init();
            work();
        }
        "other threads" => {
            start(config());
            let _guard = tracing::subscriber::set_default(registry().with(ProfileManager::layer()));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
            pool.install(work);
            return end();
        }
        "other threads, and over" => {
            start(config());
            tracing::subscriber::with_default(registry().with(ProfileManager::layer()), || {
                std::thread::spawn(work).join().unwrap();
            });
        }
        "first met without a subscriber" => {
            start(config());
            let _guard = tracing::subscriber::set_default(ProfileManager::subscriber());
            std::thread::spawn(work).join().unwrap();
            work();
            return end();
        }
        "global, and no span" => {
            start(config());
            registry().with(ProfileManager::layer()).init();
        }
        "level of the registry" => {
            start(config());
            registry()
                .with(ProfileManager::layer())
                .with(EnvFilter::new("warn"))
                .init();
            work();
        }
        "EnvFilter without RUST_LOG" => {
            start(config());
            registry()
                .with(ProfileManager::layer().with_filter(EnvFilter::from_default_env()))
                .init();
            work();
        }
        "filter of the layer" => {
            start(config());
            registry()
                .with(ProfileManager::layer().with_filter(filter_fn(|metadata| metadata.name() == "other")))
                .init();
            work();
        }
        "excluded, layer" => {
            start(config().exclude(["so"]));
            registry().with(ProfileManager::layer()).init();
            work();
        }
        "excluded, subscriber" => {
            start(config().include(["other"]));
            tracing::subscriber::set_global_default(ProfileManager::subscriber()).unwrap();
            work();
        }
        "excluded, guard" => {
            start(config().exclude([""]));
            drop(profile_region!("assemble"));
            drop(ProfileManager::profile_region("a\nb"));
        }
        "never entered" => {
            start(config());
            registry().with(ProfileManager::layer()).init();
            let _span = info_span!("forgotten");
        }
        "never entered, subscriber" => {
            start(config());
            tracing::subscriber::set_global_default(ProfileManager::subscriber()).unwrap();
            let _span = info_span!("forgotten");
        }
        "off in the program" => {
            start(config().profiling_activated(false));
            work();
        }
        "off by the environment" => {
            start(config());
            work();
        }
        "no session" => work(),
        "guards, and a deaf layer" => {
            start(config());
            registry()
                .with(ProfileManager::layer().with_filter(LevelFilter::ERROR))
                .init();
            drop(profile_region!("assemble"));
            work();
        }
        "guards only" => {
            start(config());
            drop(profile_region!("assemble"));
        }
        "spans and guards" => {
            start(config());
            registry().with(ProfileManager::layer()).init();
            drop(profile_region!("assemble"));
            work();
        }
        "only counted" => {
            start(config().time_trace(false));
            registry().with(ProfileManager::layer()).init();
            work();
        }
        "still open" => {
            start(config());
            std::mem::forget(profile_region!("main"));
        }
        "a layer that came later" => {
            start(config());
            let (layer, handle) = reload::Layer::<_, Registry>::new(None::<ScopeLayer>);
            registry().with(layer).init();
            work();
            handle.reload(Some(ProfileManager::layer())).unwrap();
            work();
        }
        "a layer that came later, and no span" => {
            start(config());
            let (layer, handle) = reload::Layer::<_, Registry>::new(None::<ScopeLayer>);
            registry().with(layer).init();
            warn_span!("early").in_scope(|| ());
            handle.reload(Some(ProfileManager::layer())).unwrap();
        }
        "the second session is empty" => {
            start(config());
            registry().with(ProfileManager::layer()).init();
            work();
            start(config());
        }
        "the manager's layer for a profiler" => {
            registry().with(ProfileManager::layer()).init();
            let profiler = Profiler::new(config()).unwrap();
            work();
            println!("HINTS {}\nEND", profiler.finalize().unwrap().hints().join("\n"));
            return;
        }
        other => panic!("no case {other}"),
    }
    end();
}

again::programs!(run);

struct Said {
    hints: String,
    printed: String,
}

fn said(case: &str) -> Said {
    said_with(case, &[])
}

fn said_with(case: &str, environment: &[(&str, &str)]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    let output = program(case, &directory.path().join("run.h5"))
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{case}: {printed}{out}");
    let (_, hints) = out.split_once("HINTS ").unwrap();
    Said {
        hints: hints.split_once("\nEND").unwrap().0.to_owned(),
        printed,
    }
}

fn program(case: &str, file: &Path) -> Command {
    let mut command = again(case);
    command.stdin(Stdio::null()).env(FILE, file);
    for name in [
        "RUST_LOG",
        "SCOPE_PROFILER_ACTIVATED",
        "SCOPE_PROFILER_FILE",
        "SCOPE_PROFILER_VERBOSE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Each of the words is in the hints and in what is printed.
fn expect(case: &str, words: &[&str]) {
    let said = said(case);
    for word in words {
        assert!(said.hints.contains(word), "{case}: no {word:?} in {}", said.hints);
        assert!(
            said.printed.contains(word),
            "{case}: no {word:?} in {}",
            said.printed
        );
    }
}

#[test]
fn no_layer_was_made_or_none_installed() {
    expect(
        "no layer",
        &["nothing was recorded: no region was entered", "was not called"],
    );
    expect("never installed", &["nothing was recorded: ", "never installed"]);
    expect(
        "the manager's layer for a profiler",
        &["use the Profiler's own layer()"],
    );
}

#[test]
fn the_subscriber_was_gone() {
    for case in ["guard dropped at once", "another subscriber was first"] {
        expect(
            case,
            &[
                "no span reached the subscriber while there was one",
                "dropped early: bind the guard that set_default returns",
                "another subscriber was installed before",
            ],
        );
    }
}

#[test]
fn the_spans_were_those_of_threads_without_the_subscriber() {
    for case in ["other threads", "first met without a subscriber"] {
        expect(
            case,
            &[
                "no span reached the layer",
                "another thread: set_default",
                "rebuild_interest_cache",
            ],
        );
    }
    expect("other threads, and over", &["another thread: set_default"]);
    let said = said("global, and no span");
    assert!(said.hints.contains("none was entered while"), "{}", said.hints);
    assert!(!said.hints.contains("set_default"), "{}", said.hints);
}

#[test]
fn a_filter_turned_them_off() {
    expect("level of the registry", &["nothing finer than WARN passes"]);
    expect("EnvFilter without RUST_LOG", &["nothing finer than ERROR passes"]);
    expect("filter of the layer", &["a filter turns it off", "with_filter"]);
}

#[test]
fn the_session_leaves_them_out() {
    for case in ["excluded, layer", "excluded, subscriber"] {
        expect(
            case,
            &["include and exclude filter out every region that was entered (solve)"],
        );
    }
    expect("excluded, guard", &["(assemble, a\\nb)"]);
}

#[test]
fn spans_were_never_entered() {
    for case in ["never entered", "never entered, subscriber"] {
        expect(case, &["created and never entered (forgotten)"]);
    }
}

#[test]
fn profiling_is_off() {
    let by_program = said("off in the program");
    assert!(
        by_program.hints.contains("profiling_activated(false)"),
        "{}",
        by_program.hints
    );
    assert!(!by_program.printed.contains("profiling off"), "that is no news");
    let by_variable = said_with("off by the environment", &[("SCOPE_PROFILER_ACTIVATED", "no")]);
    for text in [by_variable.hints, by_variable.printed] {
        assert!(
            text.contains("SCOPE_PROFILER_ACTIVATED switches profiling off"),
            "{text}"
        );
    }
    let quiet = [("SCOPE_PROFILER_ACTIVATED", "0"), ("SCOPE_PROFILER_VERBOSE", "0")];
    let quiet = said_with("off by the environment", &quiet).printed;
    assert!(!quiet.contains("profiling off"), "{quiet}");
}

#[test]
fn no_session_was_set_up() {
    let hints = said("no session").hints;
    assert!(hints.contains("no session was set up"), "{hints}");
}

#[test]
fn a_layer_that_saw_no_span_is_told_of_beside_guards() {
    expect(
        "guards, and a deaf layer",
        &["no span was recorded: ", "nothing finer than ERROR"],
    );
    expect(
        "a layer that came later, and no span",
        &["no span reached the layer"],
    );
    expect(
        "the second session is empty",
        &["nothing was recorded: no span reached"],
    );
}

#[test]
fn who_has_something_is_told_nothing() {
    for case in [
        "guards only",
        "spans and guards",
        "only counted",
        "still open",
        "a layer that came later",
    ] {
        assert_eq!(said(case).hints, "", "{case}");
    }
}
