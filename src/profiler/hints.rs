//! Why a session may have recorded nothing, or no spans; and names that several call sites share.

use crate::record::names::NameId;
use crate::record::{LayerStatus, Recording, global};
use crate::sys::threads;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing_core::subscriber::NoSubscriber;

/// The most names in a list; the rest is counted.
const SHOWN: usize = 4;
/// The most columns of a name in it.
const LONGEST: usize = 60;

/// The hints in a session's summary.
pub(super) fn hints(recording: &Recording, rank: Option<u32>) -> Vec<String> {
    if !recording.settings.activated {
        let by = recording
            .settings
            .switched_off_by
            .unwrap_or("profiling_activated(false)");
        return vec![format!("nothing was recorded: {by} switches profiling off")];
    }
    silence(recording, rank)
        .into_iter()
        .chain(shared_names(recording))
        .collect()
}

/// Why nothing was recorded, or no spans; None where there are some.
fn silence(recording: &Recording, rank: Option<u32>) -> Option<String> {
    let is_global = global::was(recording.id);
    let layers = if is_global {
        global::layer_status()
    } else {
        &recording.layer_status
    };
    let nothing = match rank {
        Some(rank) => format!("rank {rank} recorded nothing"),
        None => "nothing was recorded".into(),
    };
    let has_seen_spans = layers.was_reached_in(recording.id);
    if recording.calls().values().any(|&calls| calls > 0) || !recording.open_calls().is_empty() {
        let is_deaf = layers.was_created() && !has_seen_spans;
        return is_deaf.then(|| format!("no span was recorded: {}", why_no_span(layers, is_global)));
    }
    let left_out: Vec<NameId> = recording.registry.filtered_out().collect();
    if !left_out.is_empty() {
        let names = a_few(left_out.iter().map(|id| clip(id.name())).collect());
        return Some(format!(
            "{nothing}: include and exclude filter out every region that was entered ({names})"
        ));
    }
    let counts = recording.counts();
    let created = counts.iter().filter(|(_, counts)| counts.spans > 0);
    let created: Vec<String> = created.map(|(id, _)| clip(id.name())).collect();
    if !created.is_empty() {
        return Some(format!(
            "{nothing}: spans were created and never entered ({}); a span is entered by .entered(), .in_scope(...) or, around a future, .instrument(...)",
            a_few(created)
        ));
    }
    Some(format!("{nothing}: {}", why_no_span(layers, is_global)))
}

fn why_no_span(layers: &LayerStatus, is_global: bool) -> String {
    let door = if is_global { "ProfileManager" } else { "Profiler" };
    if !layers.was_created() {
        if !is_global && global::layer_status().was_created() {
            return "no region was entered, and ProfileManager::layer() does not record into this Profiler; \
                    use the Profiler's own layer()"
                .into();
        }
        return format!(
            "no region was entered, and no span could be: {door}'s layer() or subscriber() was not called"
        );
    }
    if !layers.was_installed() {
        return format!(
            "{door}'s layer() or subscriber() was called, but its result was never installed (init(), set_global_default)"
        );
    }
    let is_gone = layers.is_gone();
    format!(
        "no span reached the {}. It may be that\n  - {}",
        if is_gone {
            "subscriber while there was one"
        } else {
            "layer"
        },
        possible_reasons(is_gone).join("\n  - ")
    )
}

/// Why spans may not reach a layer that is or was installed.
fn possible_reasons(is_gone: bool) -> Vec<String> {
    let mut reasons = vec!["none was entered while the session was running".to_owned()];
    if is_gone {
        reasons.push(
            "the subscriber was dropped early: bind the guard that set_default returns to a name".into(),
        );
        reasons.push(
            "another subscriber was installed before it; check the result of set_global_default or try_init"
                .into(),
        );
    }
    if STATIC_MAX_LEVEL < LevelFilter::TRACE {
        reasons.push(format!(
            "its level is compiled out: tracing's features (max_level_..., release_max_level_...) remove levels finer than {}",
            level(STATIC_MAX_LEVEL)
        ));
    }
    let most = LevelFilter::current();
    reasons.push(if !is_gone && most < STATIC_MAX_LEVEL {
        format!(
            "a filter turns it off: nothing finer than {} passes (an EnvFilter without RUST_LOG lets only ERROR pass)",
            level(most)
        )
    } else {
        "a filter turns it off: an EnvFilter, RUST_LOG, or one that was given to with_filter".into()
    });
    if is_gone || !has_global_subscriber() {
        reasons.push(
            "it was entered on another thread: set_default and with_default are for one thread, and do not reach \
             those of a pool; use init() or set_global_default. A span that such a thread met first stays off on all \
             threads, until tracing::callsite::rebuild_interest_cache() is called"
                .into(),
        );
    }
    reasons
}

fn level(filter: LevelFilter) -> String {
    filter.to_string().to_uppercase()
}

/// Whether threads without a subscriber of their own have one.
fn has_global_subscriber() -> bool {
    // Only such a thread can find out.
    let ask = || tracing_core::dispatcher::get_default(|default| !default.is::<NoSubscriber>());
    threads::start(ask).is_ok_and(|thread| thread.join().unwrap_or(false))
}

/// Regions with spans from several call sites.
fn shared_names(recording: &Recording) -> Option<String> {
    let mut names: Vec<(&str, usize)> = recording.registry.shared_names().into_iter().collect();
    // The sort is stable: names with the same number stay in alphabetical order.
    names.sort_by_key(|&(_, sites)| std::cmp::Reverse(sites));
    let names = names
        .iter()
        .map(|(name, sites)| format!("{} {sites} call sites", clip(name)));
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| {
        format!(
            "spans that share a name: {}; RegionNaming::Location tells them apart",
            a_few(names)
        )
    })
}

/// A name on one line, shortened.
fn clip(name: &str) -> String {
    crate::text::clip(&name.replace('\n', "\\n"), LONGEST, true)
}

fn a_few(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
