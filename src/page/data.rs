//! What the interactive page shows beside the Gantt chart.

use super::json::Served;
use super::values::PageField;
use super::views::Views;
use crate::analysis::notes::Note;
use crate::analysis::pass;
use crate::analysis::selection::RegionFilter;
use crate::chart::details::{Details, GrowingDetails};
use crate::chart::palette::Color;
use crate::chart::{Facts, GrowingFacts, Subject};
use crate::error::Result;
use crate::page::tasks::{GrowingTasks, Tasks};
use crate::profile::{Source, Statistics, thread_label};
use std::collections::{BTreeMap, HashMap};

/// The numbers behind the page's table, and the names of threads.
///
/// ```
/// use scope_profiler::page::{PageData, RegionStats};
///
/// let mut solve = RegionStats::new("solve");
/// (solve.calls, solve.total_ns) = (1, 1_200);
/// let mut data = PageData::default();
/// data.regions.push(solve);
/// assert!(data.threads.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PageData {
    /// One row of the table per region, in any order; matched to the chart by name. A region that
    /// is only in the chart has a row without numbers, one that is only here a row without lanes.
    pub regions: Vec<RegionStats>,
    /// The threads that have recorded something. May be empty: then the page shows thread numbers.
    pub threads: Vec<ThreadName>,
    /// How many threads recorded something, by rank; a rank that is not here has those of [`threads`](Self::threads).
    pub thread_counts: BTreeMap<u32, usize>,
    /// What has to be known beside the numbers; where there is nothing, the page has the
    /// [notes of the chart](crate::chart::Header::run_notes).
    pub notes: Vec<PageNote>,
    /// The time of the run that the ranks spent outside any region, added up, ns; `None` where it is not known.
    pub outside_ns: Option<i64>,
    /// That time as a share of the run of those ranks.
    pub outside_share: Option<f64>,
    /// Only calls shorter than this share a bar, ns; 0 where it is not known.
    pub grain_ns: u64,
    /// Of a page that a server shows.
    pub(super) served: Option<Served>,
    /// What the views beside the timeline show.
    pub(super) views: Views,
    /// The fields whose numbers the bars have.
    pub(super) fields: Vec<PageField>,
    /// The field that bars are coloured by when the page opens; none for the region.
    pub(super) color_by: Option<String>,
}

impl PageData {
    /// The numbers of the chosen regions and ranks, measured with all others.
    ///
    /// # Errors
    ///
    /// When a chosen rank is not there, no region is left, or intervals cannot be read.
    pub fn of(source: &dyn Source, filter: &RegionFilter) -> Result<Self> {
        let subject = Subject::new(source, filter)?;
        let mut details = GrowingDetails::new(&subject)?;
        let mut facts = GrowingFacts::new(&subject, true)?;
        let mut observers = facts.observers();
        let mut tasks = GrowingTasks::new(&subject)?;
        observers.push(&mut details);
        observers.push(&mut tasks);
        pass::run(source, &mut observers)?;
        let facts = facts.finish();
        let details = details.finish(&facts)?;
        Self::new(source, filter, &facts, details, tasks.finish())
    }

    /// As [`of`](Self::of), of a pass that is over and had the call tree.
    pub(super) fn new(
        source: &dyn Source,
        filter: &RegionFilter,
        facts: &Facts,
        details: Details,
        tasks: Tasks,
    ) -> Result<Self> {
        let (tree, palette) = (facts.tree()?, facts.palette());
        let mut regions: BTreeMap<&str, (u64, Statistics, i64, i64)> = BTreeMap::new();
        let mut around: Vec<&str> = Vec::new();
        for (depth, node) in tree.walk() {
            around.truncate(depth);
            let is_outermost = !around.contains(&node.name());
            around.push(node.name());
            let (calls, statistics, inclusive, exclusive) = regions.entry(node.name()).or_default();
            *calls = calls.saturating_add(node.calls());
            statistics.merge(node.statistics());
            // The time of a call inside another one of its region is among that of the outer.
            if is_outermost {
                *inclusive = inclusive.saturating_add(node.inclusive_ns());
            }
            *exclusive = exclusive.saturating_add(node.exclusive_ns());
        }
        let places = source.names().iter().enumerate();
        let places: HashMap<&str, usize> = places.map(|(place, name)| (name.as_str(), place)).collect();
        let views = Views::new(source, filter, facts, details, tasks)?;
        let regions = regions
            .into_iter()
            .map(|(name, (calls, statistics, inclusive, exclusive))| RegionStats {
                name: name.to_owned(),
                color: places.get(name).map(|&place| palette.color(place)),
                calls,
                total_ns: inclusive,
                mean_ns: statistics.mean_ns(),
                min_ns: statistics.min_ns().unwrap_or(0),
                max_ns: statistics.max_ns().unwrap_or(0),
                std_ns: statistics.std_ns(),
                exclusive_ns: Some(exclusive),
                percentiles_ns: views.percentiles(name),
            });
        let mut threads = Vec::new();
        for rank in filter.chosen_ranks(source) {
            let names = source.thread_names(rank)?;
            threads.extend(
                names
                    .into_iter()
                    .map(|(thread, name)| ThreadName::new(rank, thread, thread_label(thread, Some(&name)))),
            );
        }
        Ok(Self {
            regions: regions.collect(),
            views,
            threads,
            thread_counts: tree
                .rank_times()
                .map(|(rank, times)| (rank, times.threads))
                .collect(),
            notes: tree.notes().iter().map(PageNote::from).collect(),
            outside_ns: Some(tree.outside_ns()),
            outside_share: tree.outside_share(),
            grain_ns: 0,
            served: None,
            fields: Vec::new(),
            color_by: None,
        })
    }
}

/// One sentence that the reader of the page has to know, or is glad to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageNote {
    /// The sentence.
    pub text: String,
    /// Whether something is missing, lost or not to be relied on.
    pub is_warning: bool,
}

impl PageNote {
    /// A sentence that warns of nothing.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        PageNote {
            text: text.into(),
            is_warning: false,
        }
    }
}

impl From<&Note> for PageNote {
    fn from(note: &Note) -> Self {
        PageNote {
            text: note.text().to_owned(),
            is_warning: note.is_warning(),
        }
    }
}

/// The statistics of one region over the ranks drawn.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RegionStats {
    /// The region's name, whole.
    pub name: String,
    /// The colour of the region's name; `None` for grey.
    pub color: Option<Color>,
    /// The number of calls.
    pub calls: u64,
    /// The inclusive time, ns: of calls inside others of the region only the outermost count.
    pub total_ns: i64,
    /// The mean duration, ns.
    pub mean_ns: f64,
    /// The shortest duration, ns.
    pub min_ns: i64,
    /// The longest duration, ns.
    pub max_ns: i64,
    /// The standard deviation of the durations (of the population), ns.
    pub std_ns: f64,
    /// The inclusive time without the time in nested regions, ns; `None` where it is not known. Of two calls of a
    /// thread that overlap without nesting, the time while both are open is the later one's.
    pub exclusive_ns: Option<i64>,
    /// The 50th, 95th and 99th percentile of the durations, ns; `None` where they are not known.
    pub percentiles_ns: Option<[f64; 3]>,
}

impl RegionStats {
    /// A region of which nothing is known yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        RegionStats {
            name: name.into(),
            ..Self::default()
        }
    }
}

/// What to call one thread of one rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadName {
    /// The rank.
    pub rank: u32,
    /// The thread's number within the rank.
    pub thread: u32,
    /// The thread's [label](crate::profile::thread_label): its name and number.
    pub label: String,
}

impl ThreadName {
    /// The label of a thread.
    #[must_use]
    pub fn new(rank: u32, thread: u32, label: impl Into<String>) -> Self {
        ThreadName {
            rank,
            thread,
            label: label.into(),
        }
    }
}
