//! The settings that a session uses: the environment applied, every value checked.

use super::fields::{self, RecordedField};
use super::file_name::{FileName, Process};
use super::{BLOCK_EVENTS, MergeMode, Naming, Overflow, ProfilingConfig};
use crate::clock::Clock;
use crate::comm::World;
use crate::error::{Error, Result};
use crate::event::EVENT_BYTES;
use crate::output;
use crate::pattern::Patterns;
use crate::shell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

impl ProfilingConfig {
    /// Applies the environment, checks every value, and gives the settings for a session.
    pub(crate) fn resolve(self, environment: impl Fn(&str) -> Option<String>) -> Result<Settings> {
        let get = |key: &str| environment(key).filter(|value| !value.is_empty());
        let flag = |key: &str, otherwise: bool| match get(key) {
            Some(value) => parse_flag(key, &value),
            None => Ok(otherwise),
        };
        const ACTIVATED: &str = "SCOPE_PROFILER_ACTIVATED";
        let activated = flag(ACTIVATED, self.activated)?;
        let verbose = flag("SCOPE_PROFILER_VERBOSE", self.verbose)?;
        let crash_handler = flag("SCOPE_PROFILER_CRASH_HANDLER", self.crash_handler)?;
        let file_path = get("SCOPE_PROFILER_FILE").map_or(self.file_path, PathBuf::from);
        let file_name = FileName::of(&file_path)?;
        let label = get("SCOPE_PROFILER_LABEL").or(self.label);

        let keep_logs = flag("SCOPE_PROFILER_KEEP_LOGS", self.keep_logs)?;
        let cpu_time = flag("SCOPE_PROFILER_CPU_TIME", self.cpu_time)?;
        let allocations = flag("SCOPE_PROFILER_ALLOCATIONS", self.allocations)?;
        let compress = flag("SCOPE_PROFILER_COMPRESS", self.compress)?;
        let merge = get("SCOPE_PROFILER_MERGE").map_or(Ok(self.merge), |value| parse_merge(&value))?;
        let merge_timeout = get("SCOPE_PROFILER_MERGE_TIMEOUT")
            .map_or(Ok(self.merge_timeout), |value| parse_timeout(&value))?;
        if merge_timeout.is_zero() {
            return Err(Error::config(
                "merge_timeout is 0; give the other ranks at least a second",
            ));
        }

        let clock = match (&self.clock, get("SCOPE_PROFILER_CLOCK").as_deref()) {
            (Some(manual), _) => Clock::Manual(manual.clone()),
            (None, None | Some("auto")) => Clock::system(),
            (None, Some("monotonic")) => Clock::Monotonic,
            (None, Some(other)) => {
                return Err(Error::config(format!(
                    "SCOPE_PROFILER_CLOCK is {other:?}; set it to auto or monotonic"
                )));
            }
        };

        let mut patterns = Patterns::default();
        patterns.include(&self.include)?;
        patterns.exclude(&self.exclude)?;
        if self.buffer_limit == 0 {
            return Err(Error::config(
                "buffer_limit is 0; it has to hold at least 1 interval",
            ));
        }
        if self.flush_interval.is_zero() {
            return Err(Error::config(
                "flush_interval is 0; give it at least a millisecond",
            ));
        }
        const FIELDS: &str = "SCOPE_PROFILER_FIELDS";
        let fields = get(FIELDS).map_or(self.fields, |value| fields::split(&value));
        let mut fields = fields::parse(&fields)?;
        if cpu_time {
            fields::add(&mut fields, &[fields::CPU_NS]);
        }
        if allocations {
            fields::add(&mut fields, &fields::ALLOCATED);
        }
        // An interval is in one block with its numbers.
        let block_events = self.buffer_limit.min(BLOCK_EVENTS).max(fields.len() + 1);
        if self.memory_limit < 2 * block_events * EVENT_BYTES {
            return Err(Error::config(format!(
                "memory_limit is {} bytes; with this buffer_limit it has to be at least {}",
                self.memory_limit,
                2 * block_events * EVENT_BYTES
            )));
        }
        let naming = Arc::new(Naming::of(&self.region_naming)?);
        if matches!(self.throttle, Some((calls, mean)) if calls == 0 || mean.is_zero()) {
            return Err(Error::config(
                "throttle needs a number of calls and a mean above 0; leave it out to keep every interval",
            ));
        }
        // Who sends the file there does not want one.
        let has_file = self.flush_to_disk && !file_name.fixed().is_some_and(output::is_null_device);
        let writes = activated && has_file;
        if let (true, Some(path)) = (writes, file_name.fixed()) {
            output::name_of_a_file(path)?;
        }
        Ok(Settings {
            activated,
            switched_off_by: (self.activated && !activated).then_some(ACTIVATED),
            time_trace: self.time_trace,
            file_path: file_name.fixed().filter(|_| has_file).map(Into::into),
            file_name: has_file.then_some(file_name),
            has_own_file: false,
            label,
            verbose,
            block_events,
            buffer_limit: self.buffer_limit,
            flush_interval: self.flush_interval,
            memory_limit: self.memory_limit,
            overflow: self.overflow,
            patterns,
            naming,
            fields: fields.into(),
            record_arguments: self.record_arguments,
            throttle: self.throttle,
            cpu_time,
            allocations,
            crash_handler: crash_handler && writes,
            merge,
            merge_timeout,
            keep_logs,
            compress,
            communicator: self.communicator,
            clock,
        })
    }
}

/// A configuration that has been checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) activated: bool,
    /// The variable that switched profiling off, although the program has it on.
    pub(crate) switched_off_by: Option<&'static str>,
    pub(crate) time_trace: bool,
    /// None where everything stays in memory, or the name is not settled yet.
    pub(crate) file_path: Option<PathBuf>,
    /// The name as it was given. None where no file is written.
    pub(crate) file_name: Option<FileName>,
    /// Whether the file is for this process alone, even if there are other ranks.
    pub(crate) has_own_file: bool,
    pub(crate) label: Option<String>,
    pub(crate) verbose: bool,
    /// The capacity of one block of a thread, in events.
    pub(crate) block_events: usize,
    pub(crate) buffer_limit: usize,
    pub(crate) flush_interval: Duration,
    pub(crate) memory_limit: usize,
    pub(crate) overflow: Overflow,
    pub(crate) patterns: Patterns,
    pub(crate) naming: Arc<Naming>,
    /// The numbers of calls that are recorded.
    pub(crate) fields: Arc<[RecordedField]>,
    pub(crate) record_arguments: bool,
    pub(crate) throttle: Option<(u64, Duration)>,
    pub(crate) cpu_time: bool,
    pub(crate) allocations: bool,
    /// True only where there is a file to save to.
    pub(crate) crash_handler: bool,
    pub(crate) merge: MergeMode,
    pub(crate) merge_timeout: Duration,
    pub(crate) keep_logs: bool,
    pub(crate) compress: bool,
    pub(crate) communicator: Option<Arc<World>>,
    pub(crate) clock: Clock,
}

impl Settings {
    /// Fills in the name of the file, now that the rank of this process is known.
    ///
    /// # Errors
    ///
    /// When no file can have this name.
    pub(crate) fn settle_file(&mut self, process: &Process) -> Result<()> {
        if let (true, Some(name)) = (self.activated, &self.file_name) {
            let path = name.path(process);
            output::name_of_a_file(&path)?;
            self.has_own_file = name.is_own(process);
            self.file_path = Some(shell::anchored(path));
        }
        Ok(())
    }
}

fn parse_flag(key: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(Error::config(format!("{key} is {value:?}; set it to 1 or 0"))),
    }
}

fn parse_merge(value: &str) -> Result<MergeMode> {
    match value.to_ascii_lowercase().as_str() {
        "auto" => Ok(MergeMode::Auto),
        "copy" => Ok(MergeMode::Copy),
        "link" => Ok(MergeMode::Link),
        "keep" => Ok(MergeMode::Keep),
        _ => Err(Error::config(format!(
            "SCOPE_PROFILER_MERGE is {value:?}; set it to auto, copy, link or keep"
        ))),
    }
}

fn parse_timeout(value: &str) -> Result<Duration> {
    let seconds = value.trim().parse::<f64>().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| {
            Error::config(format!(
                "SCOPE_PROFILER_MERGE_TIMEOUT is {value:?}; set it to a number of seconds"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RegionNaming;
    use std::path::Path;

    fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |key| {
            pairs
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, value)| value.to_string())
        }
    }

    #[test]
    fn the_environment_wins_over_the_program() {
        let config = ProfilingConfig::new().file_path("a.h5").label("mine");
        let settings = config
            .resolve(with(&[
                ("SCOPE_PROFILER_ACTIVATED", "off"),
                ("SCOPE_PROFILER_FILE", "b.h5"),
                ("SCOPE_PROFILER_LABEL", "theirs"),
                ("SCOPE_PROFILER_VERBOSE", "0"),
                ("SCOPE_PROFILER_MERGE", "Link"),
                ("SCOPE_PROFILER_MERGE_TIMEOUT", "2.5"),
                ("SCOPE_PROFILER_KEEP_LOGS", "1"),
                ("SCOPE_PROFILER_COMPRESS", "yes"),
                ("SCOPE_PROFILER_CPU_TIME", "1"),
                ("SCOPE_PROFILER_ALLOCATIONS", "on"),
            ]))
            .unwrap();
        assert!(!settings.activated);
        assert!(!settings.verbose);
        assert_eq!(settings.file_path.unwrap(), Path::new("b.h5"));
        assert_eq!(settings.label.unwrap(), "theirs");
        assert_eq!(settings.merge, MergeMode::Link);
        assert_eq!(settings.merge_timeout, Duration::from_millis(2_500));
        assert!(settings.keep_logs && settings.compress);
        assert!(settings.cpu_time && settings.allocations);
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let settings = ProfilingConfig::new()
            .resolve(with(&[("SCOPE_PROFILER_ACTIVATED", "")]))
            .unwrap();
        assert!(settings.activated);
    }

    #[test]
    fn unusable_values_are_refused_with_the_name_of_the_setting() {
        let cases: [(ProfilingConfig, &str); 7] = [
            (
                ProfilingConfig::new().merge_timeout(Duration::ZERO),
                "merge_timeout",
            ),
            (ProfilingConfig::new().buffer_limit(0), "buffer_limit"),
            (
                ProfilingConfig::new().flush_interval(Duration::ZERO),
                "flush_interval",
            ),
            (ProfilingConfig::new().memory_limit(1), "memory_limit"),
            (ProfilingConfig::new().include(["("]), "\"(\""),
            (ProfilingConfig::new().file_path("."), "directory"),
            (
                ProfilingConfig::new().region_naming(RegionNaming::Field(String::new())),
                "region_naming",
            ),
        ];
        for (config, expected) in cases {
            let error = config.resolve(|_| None).unwrap_err();
            assert!(error.is_config());
            assert!(error.to_string().contains(expected), "{error}");
        }
        for (key, value) in [
            ("SCOPE_PROFILER_VERBOSE", "loud"),
            ("SCOPE_PROFILER_CLOCK", "sundial"),
            ("SCOPE_PROFILER_MERGE", "blend"),
            ("SCOPE_PROFILER_MERGE_TIMEOUT", "-1"),
            ("SCOPE_PROFILER_KEEP_LOGS", "perhaps"),
            ("SCOPE_PROFILER_COMPRESS", "9"),
            ("SCOPE_PROFILER_CPU_TIME", "all"),
            ("SCOPE_PROFILER_ALLOCATIONS", "2"),
        ] {
            let environment = |asked: &str| (asked == key).then(|| value.to_owned());
            let error = ProfilingConfig::new().resolve(environment).unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn the_counter_can_be_passed_over() {
        let settings = ProfilingConfig::new()
            .resolve(with(&[("SCOPE_PROFILER_CLOCK", "monotonic")]))
            .unwrap();
        assert_eq!(settings.clock.name(), "clock_monotonic");
    }
}
