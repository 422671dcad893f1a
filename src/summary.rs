//! What `finalize` reports.

use crate::analysis::call_tree::CallTree;
use crate::analysis::imbalance::RegionImbalance;
use crate::analysis::notes::{self, Note};
use crate::analysis::selection::RegionFilter;
use crate::comm::Comm;
use crate::error::Result;
use crate::export::ranks_table;
use crate::export::table::{self, TableOptions, note_lines};
use crate::profile::Source;
use crate::ranges::runs;
use crate::shell;
use crate::sys;
use crate::text::printable;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Calls of a region that had not been left when the session ended: they have no interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRegion {
    /// The region.
    pub name: String,
    /// How many calls of it were open.
    pub calls: u64,
}

/// What became of the intervals of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
    pub(crate) open: Vec<OpenRegion>,
}

/// What a session recorded and what became of it. Printing it gives a table of the regions as a
/// tree by nesting.
///
/// ```
/// use scope_profiler::{Profiler, ProfilingConfig};
///
/// let profiler = Profiler::new(ProfilingConfig::new().flush_to_disk(false).verbose(false))?;
/// profiler.profile("solve", || profiler.profile("precondition", || {}));
/// let summary = profiler.finalize()?;
/// assert_eq!((summary.recorded(), summary.kept(), summary.dropped()), (2, 2, 0));
/// assert!(summary.to_string().contains("precondition"));
/// # Ok::<(), scope_profiler::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Summary {
    account: Account,
    tree: Arc<CallTree>,
    title: Option<String>,
    path: Option<PathBuf>,
    /// Of a file whose calls are not nested.
    file_notes: Option<Arc<[Note]>>,
    /// Whether the calls have been nested.
    has_tree: bool,
    regions: Arc<[RegionImbalance]>,
    missing: Vec<u32>,
    /// What to do with a log that is not merged yet.
    advice: Option<String>,
    /// Whether an older file was replaced.
    replaced: bool,
    /// The file that was asked for, where another process has written it meanwhile.
    taken: Option<PathBuf>,
    /// What may be the reason for what is not there.
    hints: Arc<[String]>,
}

impl Summary {
    /// Of a profile, whose table is worked out here. `path` is its file, where it has one.
    pub(crate) fn of(
        source: &dyn Source,
        account: Account,
        title: Option<String>,
        path: Option<&Path>,
    ) -> Result<Self> {
        let tree = CallTree::filtered(source, &RegionFilter::new())?;
        Ok(Self {
            account,
            tree: Arc::new(tree),
            title,
            path: path.map(Into::into),
            has_tree: true,
            ..Self::default()
        })
    }

    /// Of a file that is too large to nest its calls.
    #[cfg(feature = "hdf5")]
    pub(crate) fn without_tree(
        source: &dyn Source,
        account: Account,
        title: Option<String>,
        path: &Path,
    ) -> Self {
        Self {
            account,
            title,
            path: Some(path.into()),
            file_notes: Some(notes::of(source, &RegionFilter::new()).into()),
            ..Self::default()
        }
    }

    /// Adds how the ranks of the run compare, and which are missing.
    pub(crate) fn set_ranks(&mut self, regions: Vec<RegionImbalance>, missing: Vec<u32>) {
        self.regions = regions.into();
        self.missing = missing;
    }

    /// Of a program that did not set up a session.
    pub(crate) fn of_no_session() -> Self {
        Self {
            hints: ["nothing was recorded: no session was set up (ProfileManager::setup or session)".into()]
                .into(),
            ..Self::default()
        }
    }

    pub(crate) fn set_hints(&mut self, hints: Vec<String>) {
        self.hints = hints.into();
    }

    /// Of a run whose logs shall stay as they are.
    pub(crate) fn of_kept_logs(account: Account, directory: &Path, command: &str) -> Self {
        Self {
            account,
            path: Some(directory.into()),
            advice: Some(format!("The logs are kept. To merge them:\n  {command}")),
            ..Self::default()
        }
    }

    /// Of one process among several that do not know of each other: its log waits to be merged.
    pub(crate) fn of_log(account: Account, log: &Path, command: &str, comm: &Comm) -> Self {
        let advice = (comm.rank == 0).then(|| {
            let ranks = match comm.size {
                0 => "Each rank has".to_owned(),
                size => format!("Each of the {size} ranks has"),
            };
            format!("{ranks} written a log. Merge them when all have ended:\n  {command}")
        });
        Self {
            account,
            path: Some(log.into()),
            advice,
            ..Self::default()
        }
    }

    /// Adds whether the file replaced an older one, or has another name than `asked` because of another
    /// process.
    #[cfg(feature = "hdf5")]
    pub(crate) fn set_placed(&mut self, asked: &Path, replaced: bool) {
        self.replaced = replaced;
        self.taken = (self.path.as_deref() != Some(asked)).then(|| asked.into());
    }

    /// Adds what to do next.
    pub(crate) fn set_advice(&mut self, advice: String) {
        self.advice = Some(advice);
    }

    /// Where the file is, if not where it was to be.
    pub(crate) fn note_on_other_name(&self) -> Option<String> {
        let (path, taken) = (self.path.as_ref()?, self.taken.as_ref()?);
        Some(format!(
            "wrote {}: another process has written {} since this one began",
            shell::shown(path).display(),
            shell::shown(taken).display()
        ))
    }

    /// Of a rank whose intervals are in the file that rank 0 has written.
    pub(crate) fn of_rank(account: Account, output: &Path) -> Self {
        Self {
            account,
            path: Some(output.into()),
            ..Self::default()
        }
    }

    /// The file that was written: the HDF5 file, or this rank's log where several ranks wait to be
    /// merged. None when everything stayed in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Intervals recorded: [`kept`](Self::kept) + [`dropped`](Self::dropped).
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.account.kept + self.account.dropped
    }

    /// Intervals that are in the file, or in memory where there is no file.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.account.kept
    }

    /// Intervals that are lost, for want of memory or because the disk took no more.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.account.dropped
    }

    /// The regions that were open when the session ended, by name.
    #[must_use]
    pub fn open_regions(&self) -> &[OpenRegion] {
        &self.account.open
    }

    /// How evenly the ranks of the run share each region, the largest imbalance time first: on rank 0
    /// of a run of several ranks, else empty. With [`MergeMode::Keep`](crate::merge::MergeMode::Keep) the times are
    /// the sums of all durations, exact to about a millionth.
    #[must_use]
    pub fn imbalance(&self) -> &[RegionImbalance] {
        &self.regions
    }

    /// The ranks that had not come to `finalize` in time; see
    /// [`merge_timeout`](crate::ProfilingConfig::merge_timeout). Known on rank 0.
    #[must_use]
    pub fn missing_ranks(&self) -> &[u32] {
        &self.missing
    }

    /// Likely reasons why a session recorded nothing, or no span although there is a layer, and the regions
    /// that several spans of one name share. Empty when there is nothing to say; with several ranks, each
    /// rank reports its own.
    ///
    /// ```
    /// use scope_profiler::{Profiler, ProfilingConfig};
    ///
    /// let config = ProfilingConfig::new().exclude([""]).flush_to_disk(false).verbose(false);
    /// let profiler = Profiler::new(config)?;
    /// profiler.profile("solve", || {});
    /// let summary = profiler.finalize()?;
    /// assert_eq!(
    ///     summary.hints(),
    ///     ["nothing was recorded: include and exclude filter out every region that was entered (solve)"]
    /// );
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The calls by nesting; empty on ranks other than 0, and for several ranks with more than ten
    /// million intervals.
    #[must_use]
    pub fn call_tree(&self) -> &CallTree {
        &self.tree
    }

    /// Prints to standard error, as it suits a terminal or a file; nothing where there is nothing
    /// to say. Standard output is the program's own.
    pub(crate) fn print(&self) {
        sys::say(&self.render(TableOptions::for_stderr()));
    }

    fn render(&self, mut options: TableOptions) -> String {
        let mut out = String::new();
        if let Some(title) = &self.title {
            options = options.title(title);
        }
        if let Some(path) = &self.path {
            options = options.all_hint(format!("scope-profiler-pproc {} --all", shell::quote(path)));
        }
        if self.has_tree {
            out.push_str(&table::render(&self.tree, &options));
        }
        if !self.regions.is_empty() {
            if self.has_tree {
                out.push('\n');
            }
            out.push_str(&ranks_table::render(&self.regions, &options));
        }
        for line in self.hints.iter().flat_map(|hint| hint.lines()) {
            out.push_str(&note_lines(line, &options));
        }
        for note in self.own_notes() {
            out.push_str(&note_lines(note.text(), &options));
        }
        if let Some(line) = self.where_it_is() {
            out.push_str(&format!("{}\n", printable(&line)));
        }
        if let Some(advice) = &self.advice {
            out.push_str(&format!("{advice}\n"));
        }
        out
    }

    fn where_it_is(&self) -> Option<String> {
        if let Some(note) = self.note_on_other_name() {
            return Some(note);
        }
        match &self.path {
            // A log, or the directory of logs: the advice names it.
            Some(_) if self.advice.is_some() && !self.has_tree => None,
            Some(path) if self.replaced => Some(format!(
                "wrote {}, replacing an older file",
                shell::shown(path).display()
            )),
            Some(path) => Some(format!("wrote {}", shell::shown(path).display())),
            None => None,
        }
    }

    /// What the file says, or else what the session knows of itself; where there is a table, it says that.
    fn own_notes(&self) -> Vec<Note> {
        if self.has_tree {
            return Vec::new();
        }
        if let Some(notes) = &self.file_notes {
            return notes.to_vec();
        }
        let open = self.account.open.iter();
        let open = open
            .map(|region| (region.name.clone(), (region.calls, 0)))
            .collect();
        [
            notes::missing(&runs(&self.missing)),
            notes::dropped(self.account.dropped, self.recorded()),
            notes::open(&open),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(TableOptions::default()).trim_end())
    }
}
