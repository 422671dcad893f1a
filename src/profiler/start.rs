//! The beginning of a session's log.

use super::ranks::Ranks;
use crate::comm;
use crate::config::{FileName, Process, Settings};
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use crate::record::writer::Writer;
use crate::record::{Recording, allocated};
use crate::store::{metadata, run_directory};
use crate::sys;
use std::sync::Arc;
use std::time::Instant;

/// Takes out of the settings what this program or this system cannot measure; says what is missing.
pub(super) fn leave_out_unmeasurable(settings: &mut Settings) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if settings.allocations && !allocated::is_counting() {
        settings.allocations = false;
        missing.push(if cfg!(feature = "alloc") {
            "allocations are not recorded: the program's allocator does not count them; add `#[global_allocator] static \
             ALLOCATOR: scope_profiler::ScopeAllocator = scope_profiler::ScopeAllocator::new();` to the program"
        } else {
            "allocations are not recorded: the program's allocator does not count them; build scope-profiler with its \
             feature `alloc`, and make a `scope_profiler::ScopeAllocator` the program's `#[global_allocator]`"
        });
    }
    if settings.cpu_time && settings.clock.thread_cpu_ns().is_none() {
        settings.cpu_time = false;
        missing.push("processor times are not recorded: this system has no clock for the time of a thread");
    }
    missing
}

/// What the placeholders in the file's name stand for in this process. Collective where connected ranks have to
/// agree on it.
pub(super) fn process(settings: &Settings, ranks: &Ranks) -> Process {
    let mut process = Process {
        id: std::process::id(),
        rank: ranks.comm.rank,
        is_one_of_several: ranks.comm.is_one_of_several(),
        is_agreed: ranks.world.is_some(),
        host: sys::host_name(),
        time: run_directory::time_in_a_name(),
        job: comm::batch_job(|key| std::env::var(key).ok()),
    };
    let name = settings.file_name.as_ref();
    if let (Some(world), Some(true)) = (&ranks.world, name.map(FileName::is_to_be_agreed_on)) {
        let words = format!("{} {}", process.time, process.host).into_bytes();
        let until = Instant::now() + settings.merge_timeout;
        let words = comm::broadcast(world, words, until).and_then(|words| String::from_utf8(words).ok());
        // A rank that receives nothing has its log elsewhere. Rank 0 gets its path at the end.
        if let Some((time, host)) = words.as_deref().and_then(|words| words.split_once(' ')) {
            (process.time, process.host) = (time.into(), host.into());
        }
    }
    process
}

/// Creates the log and starts the writer; none for a session that writes no file.
pub(super) fn writer(recording: &Arc<Recording>, ranks: &Ranks) -> Result<Option<Arc<Writer>>> {
    let Settings {
        activated: true,
        file_path: Some(output),
        ..
    } = &recording.settings
    else {
        return Ok(None);
    };
    let comm = &ranks.comm;
    let (log, run) = run_directory::create_log(output, comm)?;
    let path = log.path().to_path_buf();
    let mut facts: Metadata = metadata::at_start(&recording.settings, comm.rank, comm.size);
    facts.insert("run".into(), Value::Text(run));
    match comm.size {
        // In the file of one rank alone no other is missing; nor is one where the number of ranks is unknown.
        _ if recording.settings.has_own_file => drop(facts.remove("size")),
        0 if comm.rank > 0 => drop(facts.remove("size")),
        0 => drop(facts.insert("size".into(), Value::Int(1))),
        _ => {}
    }
    if ranks.provisional {
        // The first rank in a log counts: until MPI gives it, only the log's name has one.
        facts.remove("rank");
        facts.remove("run");
        if comm.size <= 1 {
            facts.remove("size");
        }
    }
    let writer = Writer::start(recording, log, &facts)
        .map_err(|error| Error::io(&path, "cannot start writing the rank log", error))?;
    if let Some(measured) = ranks.clock {
        writer.append(|log| log.clock(measured));
    }
    Ok(Some(writer))
}
