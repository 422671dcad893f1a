//! The beginning of a session's log.

use super::ranks::Ranks;
use crate::comm::{self, Comm};
use crate::config::{Process, Settings};
use crate::error::{Error, Result};
use crate::profile::{Metadata, Value};
use crate::record::Recording;
use crate::record::writer::Writer;
use crate::store::{metadata, run_directory};
use crate::sys;
use std::sync::Arc;

/// What the name of the file may tell of this process.
pub(super) fn process(comm: &Comm) -> Process {
    Process {
        id: std::process::id(),
        rank: comm.rank,
        is_one_of_several: comm.is_one_of_several(),
        host: sys::host_name(),
        time: run_directory::time_in_a_name(),
        job: comm::batch_job(|key| std::env::var(key).ok()),
    }
}

/// Begins the log and starts the writer; none for a session that writes no file.
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
        // The file of one among many lacks nobody; and of many whose number nobody knows, none is missing.
        _ if recording.settings.has_own_file => drop(facts.remove("size")),
        0 if comm.rank > 0 => drop(facts.remove("size")),
        0 => drop(facts.insert("size".into(), Value::Int(1))),
        _ => {}
    }
    if ranks.provisional {
        // The first word of a log on its rank counts: until MPI says it, only the name does.
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
