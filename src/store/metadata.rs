//! Facts about the run and its machine, for the log; they become the file's root attributes.

use super::names;
use crate::config::Settings;
use crate::profile::{Metadata, Value};
use jiff::Timestamp;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// The facts known when a session begins.
pub(crate) fn at_start(settings: &Settings, rank: u32, size: u32) -> Metadata {
    let mut facts = Metadata::from([
        (names::VERSION.into(), Value::Text(names::this_version())),
        ("host".into(), Value::Text(crate::sys::host_name())),
        (
            "command".into(),
            Value::Text(command_line(std::env::args_os(), settings.record_arguments)),
        ),
        ("process_id".into(), Value::Int(std::process::id().into())),
        ("start_time".into(), Value::Text(now())),
        ("clock".into(), Value::Text(settings.clock.name().into())),
        ("rank".into(), Value::Int(rank.into())),
        ("size".into(), Value::Int(size.into())),
    ]);
    if let Some(identity) = settings.clock.identity() {
        let id = format!("{:016x}", FxBuildHasher.hash_one(identity));
        facts.insert(names::CLOCK_ID.into(), Value::Text(id));
    }
    if let Ok(cores) = std::thread::available_parallelism() {
        facts.insert("cpu_cores".into(), Value::Int(cores.get() as i64));
    }
    if let Some(model) = cpu_model() {
        facts.insert("cpu_model".into(), Value::Text(model));
    }
    if let Some(label) = &settings.label {
        facts.insert("label".into(), Value::Text(label.clone()));
    }
    facts
}

/// The facts known when it ends.
pub(crate) fn at_end(call_cost_ns: Option<f64>) -> Metadata {
    let mut facts = Metadata::from([("end_time".into(), Value::Text(now()))]);
    if let Some(cost) = call_cost_ns {
        facts.insert(names::CALL_COST.into(), Value::Float(cost));
    }
    facts
}

fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// The program's name without its directory, and its arguments: in full, or only the names of the
/// options, because values may be private.
fn command_line(arguments: impl IntoIterator<Item = std::ffi::OsString>, whole: bool) -> String {
    let mut arguments = arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned());
    let program = arguments.next().unwrap_or_default();
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut words = vec![program.to_owned()];
    for argument in arguments {
        if whole {
            words.push(argument);
            continue;
        }
        let is_option = argument.starts_with('-') && argument.parse::<f64>().is_err();
        match argument.split_once('=') {
            Some((name, _)) if is_option => words.push(format!("{name}=…")),
            _ if argument.starts_with("--") => words.push(argument),
            // A short option may carry its value: -ofile.
            _ if is_option => words.push(argument.chars().take(2).collect()),
            _ => words.push("…".into()),
        }
    }
    words.join(" ")
}

fn cpu_model() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str, whole: bool) -> String {
        command_line(line.split(' ').map(Into::into), whole)
    }

    #[test]
    fn values_of_arguments_are_left_out_unless_asked_for() {
        let line = "/home/me/bin/solver --steps 100 --token=abc -ofile -n -5 in.dat";
        assert_eq!(command(line, false), "solver --steps … --token=… -o -n … …");
        assert_eq!(
            command(line, true),
            "solver --steps 100 --token=abc -ofile -n -5 in.dat"
        );
    }
}
