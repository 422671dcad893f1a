//! Names in the HDF5 file, and the version of what this crate writes.

use crate::profile::Intervals;

/// The schema that this crate writes.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// Root attribute, text: what wrote the file.
pub(crate) const VERSION: &str = "scope_profiler_version";
/// How [`VERSION`] begins in files of this crate. The Python package writes its number alone.
pub(crate) const OF_THIS_CRATE: &str = "rust ";

/// What files of this version say there.
pub(crate) fn this_version() -> String {
    format!("{OF_THIS_CRATE}{}", env!("CARGO_PKG_VERSION"))
}

/// Root attribute, int64: the schema. Absent means 1.
pub(crate) const SCHEMA: &str = "scope_profiler_schema";
/// Prefix of a rank's group, followed by its decimal number.
pub(crate) const RANK_PREFIX: &str = "rank";
/// Root attribute, int64: intervals in the file.
pub(crate) const WRITTEN_INTERVALS: &str = "written_intervals";
/// Root attribute, int64: intervals that were dropped while recording.
pub(crate) const DROPPED_INTERVALS: &str = "dropped_intervals";
/// Root attribute, int64: calls that were open when recording ended.
pub(crate) const OPEN_CALLS: &str = "open_calls";
/// Root attribute, text: what names the run among others.
pub(crate) const RUN: &str = "run";
/// Root attribute, text: ranks of the run that are not in the file, as in `0-3,7`.
pub(crate) const MISSING_RANKS: &str = "missing_ranks";
/// Root attribute, text: ranks of which only a part is in the file, as in `0-3,7`: their logs have no
/// end mark.
pub(crate) const INCOMPLETE_RANKS: &str = "incomplete_ranks";
/// Root attribute, text: ranks of the run that an export left out, as in `0-3,7`. They are not missing.
pub(crate) const LEFT_OUT_RANKS: &str = "left_out_ranks";
/// Root attribute, text, for people: what of a profile was exported, where that is not all of it.
pub(crate) const PART: &str = "part";
/// Root attribute of an index, text: the beginning of the names of its ranks' files, relative to
/// the directory of the index; see [`rank_file`].
pub(crate) const RANK_FILES: &str = "rank_files";
/// Root attribute of a rank's file, int64: the length of the log that it was made of.
pub(crate) const LOG_BYTES: &str = "log_bytes";
/// Root attribute of a rank's file, int64: 1 where its columns are compressed.
pub(crate) const COMPRESSED: &str = "compressed";
/// Root attribute, float64: what one call of a guard cost, ns.
pub(crate) const CALL_COST: &str = "call_cost_ns";
/// Group of a rank's regions; each member is one region.
pub(crate) const REGIONS: &str = "regions";
/// int64\[n\], ns.
pub(crate) const START_TIMES: &str = "start_times";
/// int64\[n\], ns.
pub(crate) const END_TIMES: &str = "end_times";
/// uint32\[n\]; absent in files of other writers.
pub(crate) const THREAD_IDS: &str = "thread_ids";
/// uint32\[n\]: the serial number of the span of each call, 0 for a guard; absent where all are 0.
pub(crate) const SPAN_IDS: &str = "span_ids";
/// Group of a region: its numeric fields, float64\[n\] or int64\[n\] each.
pub(crate) const FIELDS: &str = "fields";
/// Attribute of a field of int64, int64: what stands for no number; [`NO_NUMBER`] where there is no attribute.
pub(crate) const FIELD_ABSENT: &str = "absent";
/// Attribute of a field, text: what it is measured in, where that is known.
pub(crate) const FIELD_UNIT: &str = "unit";
/// Stands for no number in a field of int64. In one of float64, NaN does.
pub(crate) const NO_NUMBER: i64 = i64::MIN;
/// Group of a rank: what is known of spans beside their entries; columns without any value are absent.
pub(crate) const SPANS: &str = "spans";
/// uint32\[s\]: the serial numbers of the spans, ascending.
pub(crate) const SPAN_INDEX: &str = "ids";
/// int64\[s\]: when each was created, ns; [`NO_TIME`] where that is not known.
pub(crate) const SPAN_CREATED: &str = "created";
/// int64\[s\]: when each was closed, ns; [`NO_TIME`] where that is not known.
pub(crate) const SPAN_CLOSED: &str = "closed";
/// int64\[s\]: the span that was named as its parent, 0 where none was to be, [`NO_PARENT`] where none was named.
pub(crate) const SPAN_PARENTS: &str = "parents";
/// int64\[s\]: when the call began that each was created in, ns; [`NO_TIME`] where that is not known.
pub(crate) const SPAN_CALLERS: &str = "caller_start_times";
/// int64\[s\]: the thread of that call; [`NO_PARENT`] where that is not known.
pub(crate) const SPAN_CALLER_THREADS: &str = "caller_thread_ids";
/// uint32\[f\]: spans that follow from others, ascending; one that follows from several stands there for each.
pub(crate) const SPAN_FOLLOWING: &str = "following_ids";
/// uint32\[f\]: the span that each follows from.
pub(crate) const SPAN_FOLLOWED: &str = "followed_ids";
/// Stands for no time.
pub(crate) const NO_TIME: i64 = i64::MIN;
/// Stands for no number.
pub(crate) const NO_PARENT: i64 = -1;
/// Integers, one for each call, in files of the Python package: a number that no other call of its rank has.
pub(crate) const CALL_IDS: &str = "call_ids";
/// Integers, one for each call: the number of the call that it is inside, or -1.
pub(crate) const PARENT_IDS: &str = "parent_ids";
/// Integers, one for each call: the time that a GPU took, ns, or -1.
pub(crate) const GPU_DURATIONS: &str = "gpu_durations";
/// Integers, one for each call: for how long its task was suspended meanwhile, ns.
pub(crate) const AWAIT_TIMES: &str = "await_ns";
/// Optional columns, and what [`Intervals`] calls them.
pub(crate) const OPTIONAL_COLUMNS: [(&str, &str); 5] = [
    (SPAN_IDS, Intervals::SPAN),
    (CALL_IDS, Intervals::CALL),
    (PARENT_IDS, Intervals::PARENT),
    (GPU_DURATIONS, Intervals::GPU),
    (AWAIT_TIMES, Intervals::AWAIT),
];
/// Attribute of a region: its true name, where the group could not carry it.
pub(crate) const NAME: &str = "name";
/// Attribute of a region: the file of its call site.
pub(crate) const SOURCE_FILE: &str = "source_file";
/// Attribute of a region, int64: the line of its call site.
pub(crate) const SOURCE_LINE: &str = "source_lineno";
/// Attribute of a region, in files of the Python package: its source code.
pub(crate) const SOURCE_TEXT: &str = "source_text";
/// Attribute of a region, a list of texts, in files of the Python package.
pub(crate) const TAGS: &str = "tags";
/// Attribute of a region, uint64: completed calls, where they are more than the intervals
/// (calls were only counted, or intervals were dropped).
pub(crate) const NUM_CALLS: &str = "num_calls";
/// Attribute of a region, uint64: calls whose time was only summed up, as the region was throttled.
pub(crate) const THROTTLED: &str = "throttled_calls";
/// Attribute of a region, int64: the time of those calls, ns; no part of `total_ns`.
pub(crate) const THROTTLED_NS: &str = "throttled_ns";
/// Attribute of a region, int64: intervals whose end was read from a clock that was behind the one of
/// their start; their length is 0.
pub(crate) const CLAMPED: &str = "clamped";
/// Attribute of a region, uint64: spans created, where the region is one of spans.
pub(crate) const NUM_SPANS: &str = "num_spans";
/// Attribute of a region, int64: sum of all durations, ns.
pub(crate) const TOTAL: &str = "total_ns";
/// Attribute of a region, int64: for how long a call of it was open, summed over threads, ns; where it
/// is not [`TOTAL`], as calls of the region are inside each other.
pub(crate) const INCLUSIVE: &str = "inclusive_ns";
/// Attribute of a region, uint64: intervals that were dropped for want of memory or disk.
pub(crate) const DROPPED: &str = "dropped";
/// Attribute of a region, uint64: calls that were still open at the end.
pub(crate) const OPEN: &str = "open";
/// int64\[k\] of a region, ns: when calls of spans began that were still open at the end.
pub(crate) const OPEN_STARTS: &str = "open_start_times";
/// uint32\[k\], beside [`OPEN_STARTS`]: their threads.
pub(crate) const OPEN_THREADS: &str = "open_thread_ids";
/// uint32\[k\], beside [`OPEN_STARTS`]: their spans.
pub(crate) const OPEN_SPANS: &str = "open_span_ids";
/// Group of a rank: its threads, three columns of equal length.
pub(crate) const THREADS: &str = "threads";
/// uint32\[t\] in the threads group: the numbers that `thread_ids` uses.
pub(crate) const THREAD_INDEX: &str = "index";
/// str\[t\] in the threads group.
pub(crate) const THREAD_NAME: &str = "name";
/// int64\[t\] in the threads group: the operating system's number.
pub(crate) const THREAD_NATIVE_ID: &str = "native_id";
/// Attribute of a rank, int64: set to 1 when every region's rows are in order of start.
pub(crate) const SORTED: &str = "sorted_by_start";
/// Attribute of a rank, int64: calls that began and were to leave an interval: those that did,
/// those that were dropped, and those that were open at the end. Absent when the process was
/// killed. In the log it is a fact of the run.
pub(crate) const RECORDED: &str = "recorded_calls";
/// Attribute of a rank, int64: numbers that the program recorded and that no interval has, where there are any. In the
/// log it is a fact of the run.
pub(crate) const LOST_NUMBERS: &str = "lost_numbers";
/// Group of a rank: the program's counters; each member is one counter.
pub(crate) const COUNTERS: &str = "counters";
/// int64\[s\] in a counter, ns, ascending: when its values were given.
pub(crate) const SAMPLE_TIMES: &str = "times";
/// float64\[s\] or int64\[s\] in a counter: its values, one for each of [`SAMPLE_TIMES`].
pub(crate) const SAMPLE_VALUES: &str = "values";
/// Attribute of a counter, uint64: samples that were dropped for want of memory or disk.
pub(crate) const LOST_SAMPLES: &str = "dropped";
/// Attribute of a rank, int64: samples of counters that the program gave: those that are in the file and those that
/// were dropped. Absent when the process was killed, and where there are no counters. In the log it is a fact of the
/// run.
pub(crate) const RECORDED_SAMPLES: &str = "recorded_samples";
/// Attribute of a rank, int64: 1 when recording ended as it should, otherwise 0.
pub(crate) const COMPLETE: &str = "complete";
/// Attributes of a rank, int64: when its session began and ended, ns, on the clock of its rows. Of one
/// that was killed the end is the last moment that its log knows.
pub(crate) const SESSION_START: &str = "session_start_ns";
pub(crate) const SESSION_END: &str = "session_end_ns";
/// Attribute of a rank, text: the signal that ended it.
pub(crate) const ENDED_BY: &str = "ended_by";
/// Root attribute, int64: for how long the machine was suspended during the run, ns.
pub(crate) const SUSPENDED: &str = "suspended_ns";
/// Attribute of a rank, int64: set to 1 when regions have [`INCLUSIVE`] wherever it is not [`TOTAL`].
pub(crate) const STATES_INCLUSIVE: &str = "states_inclusive";
/// Group of a rank: how its clock and rank 0's differ, as attributes.
pub(crate) const CLOCK: &str = "clock";
/// Text in the clock group: ranks with the same one read the same clock.
pub(crate) const CLOCK_ID: &str = "clock_id";
/// int64 in the clock group, ns: by how much the rank's times may differ from rank 0's clock.
/// Absent where nothing was measured: the times are as the rank's own clock gave them.
pub(crate) const CLOCK_BOUND: &str = "bound_ns";
/// int64\[k\] in the clock group, ns on the rank's own clock: where [`CLOCK_ADDED`] was added.
pub(crate) const CLOCK_ADDED_AT: &str = "added_at_ns";
/// int64\[k\] in the clock group: what was added to the times, ns; linear in between, constant
/// outside.
pub(crate) const CLOCK_ADDED: &str = "added_ns";
/// int64\[m\] in the clock group, ns on the rank's own clock: when it was compared.
pub(crate) const CLOCK_MEASURED_AT: &str = "measured_at_ns";
/// int64\[m\] in the clock group: what was found to be added then, ns.
pub(crate) const CLOCK_MEASURED: &str = "measured_ns";
/// int64\[m\] in the clock group: by how much that may be wrong, ns.
pub(crate) const CLOCK_MEASURED_BOUND: &str = "measured_bound_ns";
/// int64\[m\] in the clock group: clocks between the rank's and rank 0's, its own included.
pub(crate) const CLOCK_HOPS: &str = "measured_hops";
/// Group of a rank: summaries of its calls, see `summary`.
pub(crate) const SUMMARY: &str = "summary";
/// Attribute of the summary, int64: how it is laid out.
pub(crate) const SUMMARY_VERSION: &str = "version";
/// Attributes of the summary, int64, ns: the first start and the last end of any call.
pub(crate) const SUMMARY_FIRST: &str = "first_start_ns";
pub(crate) const SUMMARY_LAST: &str = "last_end_ns";
/// Attribute of the summary, int64, ns: for how long any thread was in any region.
pub(crate) const SUMMARY_BUSY: &str = "busy_ns";
/// Attribute of the summary, int64: threads with calls.
pub(crate) const SUMMARY_THREADS: &str = "threads";
/// Table in the summary: a row for each region, in the order of the names of their groups.
pub(crate) const SUMMARY_REGIONS: &str = "regions";
/// Table in the summary: a row for each path of regions.
pub(crate) const SUMMARY_PATHS: &str = "paths";
/// uint32\[t\] in the summary: the threads of the paths, one path after the other.
pub(crate) const SUMMARY_PATH_THREADS: &str = "path_threads";
/// Table in the summary: the buckets of the regions' distributions, one region after the other.
pub(crate) const SUMMARY_BUCKETS: &str = "buckets";
/// Group of a rank: what its calls add up to, block by block.
pub(crate) const BLOCKS: &str = "blocks";
/// Attribute of the blocks, int64: how they are laid out.
pub(crate) const BLOCKS_VERSION: &str = "version";
/// Attribute of the blocks, int64: how many regions the rank has.
pub(crate) const BLOCKS_REGIONS: &str = "num_regions";
/// Table in the blocks: the calls of a region, and those of each of its threads, one row for each.
pub(crate) const BLOCKS_LANES: &str = "lanes";
/// Table in the blocks: those of the lanes, one lane after the other.
pub(crate) const BLOCKS_BLOCKS: &str = "blocks";
/// Attribute of the blocks, int64: how the bars beside them are laid out.
pub(crate) const BARS_VERSION: &str = "bars_version";
/// Table in the blocks: the regions that have bars.
pub(crate) const BARS_REGIONS: &str = "bar_regions";
/// Dataset of bytes in the blocks: the bars of these regions, one region after the other.
pub(crate) const BARS_BYTES: &str = "bars";
/// Attribute of a rank, text: the machine that it ran on.
pub(crate) const HOST: &str = "host";
/// Root attribute, text, in files of the Python package only: how the rest is laid out.
pub(crate) const LAYOUT: &str = "storage_layout";
/// Group of metadata at the root, in files of the Python package only.
pub(crate) const METADATA: &str = "metadata";

/// The file of a rank that an index refers to.
pub(crate) fn rank_file(prefix: &str, rank: u32) -> String {
    format!("{prefix}{rank:05}.h5")
}

/// Names in the columnar layout of the Python package, schemas 2 and 3.
pub(crate) mod columnar {
    /// The schema with [`START_DELTAS`].
    pub(crate) const SCHEMA_VERSION: i64 = 3;
    /// The layout where the attribute is absent, too: one slice of the event columns for each region and rank.
    pub(crate) const COLUMNAR: &str = "columnar";
    /// Sums for each region and rank, and no events.
    pub(crate) const AGGREGATE: &str = "aggregate";
    /// Group of [`NAMES`].
    pub(crate) const REGION_TABLE: &str = "region_table";
    /// str\[k\]: the name of each region.
    pub(crate) const NAMES: &str = "names";
    /// Group of columns with an entry for each row: a region on a rank.
    pub(crate) const INDEX: &str = "rank_region_index";
    /// Integers, an entry for each row: a place in [`NAMES`].
    pub(crate) const REGION_IDS: &str = "region_ids";
    /// Integers, an entry for each row, thread or task.
    pub(crate) const RANKS: &str = "ranks";
    /// Integers, an entry for each row: its first event.
    pub(crate) const EVENT_OFFSETS: &str = "event_offsets";
    /// Integers, an entry for each row: its number of events.
    pub(crate) const EVENT_COUNTS: &str = "event_counts";
    /// Integers, an entry for each row; -1 where it is not known.
    pub(crate) const SOURCE_LINES: &str = "source_lines";
    /// Texts, an entry for each row; empty where it is not known.
    pub(crate) const SOURCE_FILES: &str = "source_files";
    /// Texts, an entry for each row: source code.
    pub(crate) const SOURCE_TEXTS: &str = "source_texts";
    /// Texts, an entry for each row: a JSON array.
    pub(crate) const TAGS: &str = "tags";
    /// Integers, an entry for each row of the aggregate layout: the number of calls.
    pub(crate) const AGGREGATE_COUNTS: &str = "aggregate_counts";
    /// int64\[r\], ns: the sum of the durations.
    pub(crate) const AGGREGATE_TOTALS: &str = "aggregate_totals";
    /// int64\[r\], ns: the shortest duration.
    pub(crate) const AGGREGATE_MINIMUMS: &str = "aggregate_minimums";
    /// int64\[r\], ns: the longest duration.
    pub(crate) const AGGREGATE_MAXIMUMS: &str = "aggregate_maximums";
    /// int64\[r\], ns: the time without that of regions inside.
    pub(crate) const AGGREGATE_EXCLUSIVES: &str = "aggregate_exclusives";
    /// Texts, an entry for each row: a JSON array of objects, the metadata of each call.
    pub(crate) const EVENT_METADATA: &str = "event_metadata";
    /// int64\[r\], an entry for each row: bit n says whether its events may have a number of the field that is number
    /// n, by name, of the group [`FIELDS`](super::FIELDS) in [`EVENTS`]. Without it any may.
    pub(crate) const FIELD_MASKS: &str = "field_masks";
    /// int64\[r\], an entry for each row: the time without that of regions inside, ns; -1 where it is not known.
    pub(crate) const EXCLUSIVE_TOTALS: &str = "exclusive_totals";
    /// Records, an entry for each row: statistics of its events.
    pub(crate) const SUMMARY_STATISTICS: &str = "summary_statistics";
    /// Group of columns with an entry for each event.
    pub(crate) const EVENTS: &str = "events";
    /// int64\[e\]: the start of the first event of a row, ns, and from each start to the next.
    pub(crate) const START_DELTAS: &str = "start_deltas";
    /// int64\[e\], ns.
    pub(crate) const DURATIONS: &str = "durations";
    /// int64\[e\]: the task of each event, -1 for none.
    pub(crate) const TASK_IDS: &str = "task_ids";
    /// Group of columns with an entry for each thread.
    pub(crate) const THREAD_TABLE: &str = "thread_table";
    /// Group of columns with an entry for each task.
    pub(crate) const TASK_TABLE: &str = "task_table";
    /// Integers in both tables: the numbers that the event columns use.
    pub(crate) const LANE_INDEX: &str = "index";
    /// Texts in both tables.
    pub(crate) const LANE_NAME: &str = "name";
    /// Texts in the table of tasks: the coroutine that each runs.
    pub(crate) const TASK_CODE: &str = "coro_name";
    /// Metadata, int64: the number of ranks.
    pub(crate) const MPI_SIZE: &str = "mpi_size";
}
