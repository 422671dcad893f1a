//! Schema 1: a group for each rank, in it a group for each region, in it a dataset for each column.
//!
//! Opening reads groups, headers of datasets and attributes; never events.

use super::attributes::{self, int, ints, text, texts_of};
use super::column::{Column, check_place};
use super::inspection::Doubts;
use super::linked::RankFiles;
use super::open::Opened;
use super::{Contents, Decoder};
use crate::error::Result;
use crate::profile::{CallSite, Intervals, Metadata, RankClock, Row};
use crate::store::names;
use hdf5::{Group, LinkType, LocationType};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Members of a region's group that are not regions in their turn.
const COLUMNS: [&str; 3] = [names::START_TIMES, names::END_TIMES, names::THREAD_IDS];

/// Attributes of a region's group that mean something to us.
const REGION_ATTRIBUTES: [&str; 12] = [
    names::NAME,
    names::SOURCE_FILE,
    names::SOURCE_LINE,
    names::TAGS,
    names::NUM_CALLS,
    names::NUM_SPANS,
    names::THROTTLED,
    names::THROTTLED_NS,
    names::TOTAL,
    names::DROPPED,
    names::OPEN,
    names::CLAMPED,
];

/// Attributes of a rank's group that mean something to us.
const RANK_ATTRIBUTES: [&str; 4] = [names::SORTED, names::COMPLETE, names::RECORDED, names::HOST];

/// Attributes of a rank's clock that mean something to us; kept with those of the rank.
const CLOCK_ATTRIBUTES: [&str; 6] = [
    names::CLOCK_ID,
    names::CLOCK_BOUND,
    names::CLOCK_ADDED_AT,
    names::CLOCK_ADDED,
    names::CLOCK_MEASURED_AT,
    names::CLOCK_MEASURED_BOUND,
];

/// Threads of one rank beyond which their list is not what it claims to be.
const MAX_THREADS: u64 = 1 << 20;

/// How many `/` in a region's name are followed as groups inside groups.
const MAX_DEPTH: usize = 32;

/// A file of schema 1.
#[derive(Debug)]
pub(super) struct Schema1 {
    from: Arc<Opened>,
    contents: Contents,
    regions: Vec<Region>,
    threads: BTreeMap<u32, BTreeMap<u32, String>>,
    clocks: BTreeMap<u32, RankClock>,
}

#[derive(Debug)]
struct Region {
    from: Arc<Opened>,
    starts: Column,
    ends: Column,
    threads: Option<Column>,
    site: CallSite,
}

impl Schema1 {
    pub(super) fn open(from: Opened) -> Result<Self> {
        Self::scan(from, None).map(|(file, _)| file)
    }

    /// Opens what can be opened of the file; the doubts say what is wrong with the rest.
    pub(super) fn inspect(from: Opened) -> Result<(Self, Doubts)> {
        Self::scan(from, Some(Doubts::default()))
    }

    fn scan(from: Opened, doubts: Option<Doubts>) -> Result<(Self, Doubts)> {
        let from = Arc::new(from);
        let mut scan = Scan::new(from.clone(), doubts);
        scan.file()?;
        let Scan {
            contents,
            regions,
            threads,
            clocks,
            doubts,
            ..
        } = scan;
        let file = Self {
            contents,
            regions,
            threads,
            clocks,
            from,
        };
        Ok((file, doubts.unwrap_or_default()))
    }
}

impl Decoder for Schema1 {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let region = &self.regions[row];
        into.starts = region.starts.read(&region.from, range.clone())?;
        into.ends = region.ends.read(&region.from, range.clone())?;
        match &region.threads {
            Some(threads) => into.threads = threads.read_threads(&region.from, range)?,
            None => {
                into.threads.clear();
                into.threads.resize(into.starts.len(), 0);
            }
        }
        Ok(())
    }

    fn call_site(&self, row: usize) -> CallSite {
        self.regions[row].site.clone()
    }

    fn threads(&self, rank: u32) -> Option<&BTreeMap<u32, String>> {
        self.threads.get(&rank)
    }

    fn path(&self, row: usize) -> &str {
        self.regions[row].starts.group_path()
    }

    fn clock(&self, rank: u32) -> Option<&RankClock> {
        self.clocks.get(&rank)
    }

    fn damaged(&self, message: String) -> crate::Error {
        self.from.damaged(message)
    }
}

/// What has been found so far.
struct Scan {
    /// The file that is looked at.
    from: Arc<Opened>,
    contents: Contents,
    regions: Vec<Region>,
    threads: BTreeMap<u32, BTreeMap<u32, String>>,
    clocks: BTreeMap<u32, RankClock>,
    name_index: HashMap<String, usize>,
    /// The groups so far by their address, printed: hard links can make cycles, and of a small file
    /// a large one.
    seen: HashSet<String>,
    /// Where it is an inspection: what would be a reason to refuse the file.
    doubts: Option<Doubts>,
}

impl Scan {
    fn new(from: Arc<Opened>, doubts: Option<Doubts>) -> Self {
        Self {
            from,
            seen: HashSet::new(),
            doubts,
            contents: Contents::default(),
            regions: Vec::new(),
            threads: BTreeMap::new(),
            clocks: BTreeMap::new(),
            name_index: HashMap::new(),
        }
    }

    /// In an inspection a part that cannot be read is noted, and the rest is looked at all the same.
    fn or_doubt(&mut self, outcome: Result<()>) -> Result<()> {
        match (&mut self.doubts, outcome) {
            (Some(doubts), Err(error)) => {
                doubts.push(error.without_path());
                Ok(())
            }
            (_, outcome) => outcome,
        }
    }

    /// Notes what is odd and no reason to refuse the file.
    fn doubt(&mut self, message: impl FnOnce() -> String) {
        if let Some(doubts) = &mut self.doubts {
            doubts.push(message());
        }
    }

    fn file(&mut self) -> Result<()> {
        let root = self.root()?;
        let links = self.links(&root, "/")?;
        self.contents.metadata = self.metadata(&root, &links)?;
        let mut ranks = BTreeMap::new();
        for (name, link) in &links {
            let Some(rank) = rank_number(name) else { continue };
            if *link != LinkType::External {
                self.check_link(name, *link)?;
            }
            if let Some((other, _)) = ranks.insert(rank, (name, *link)) {
                return Err(self
                    .from
                    .damaged(format!("{other} and {name} are both rank {rank}")));
            }
        }
        if ranks.is_empty() && root.attr(names::SCHEMA).is_err() {
            return Err(self.from.damaged(
                "no rank groups (rank0, rank1, ...): this HDF5 file was not written by scope-profiler, or is not merged",
            ));
        }
        let files = RankFiles::new(&self.contents.metadata);
        for (rank, (name, link)) in ranks {
            let outcome = if link == LinkType::External {
                self.linked_rank(&files, rank)
            } else {
                self.group(&root, name, name)
                    .and_then(|group| self.first_time(&group, name).map(|()| group))
                    .and_then(|group| self.rank(rank, &group, name))
            };
            self.or_doubt(outcome)?;
        }
        Ok(())
    }

    fn root(&self) -> Result<Group> {
        self.from
            .file()
            .and_then(|file| file.as_group())
            .map_err(|error| self.from.hdf5("the root group cannot be opened", error))
    }

    /// A rank that has a file of its own.
    fn linked_rank(&mut self, files: &RankFiles, rank: u32) -> Result<()> {
        let file = Arc::new(files.open(&self.from, rank)?);
        let index = std::mem::replace(&mut self.from, file);
        // Addresses mean nothing in another file.
        let seen = std::mem::take(&mut self.seen);
        let outcome = self.rank_of_file(rank);
        (self.from, self.seen) = (index, seen);
        outcome
    }

    fn rank_of_file(&mut self, rank: u32) -> Result<()> {
        let name = format!("{}{rank}", names::RANK_PREFIX);
        let root = self.root()?;
        let links = self.links(&root, "/")?;
        match links.iter().find(|(link, _)| *link == name) {
            Some((_, link)) => self.check_link(&name, *link)?,
            None => return Err(self.from.damaged(format!("{name} is not in it"))),
        }
        let group = self.group(&root, &name, &name)?;
        self.rank(rank, &group, &name)
    }

    /// Whether a group has not been met before.
    fn is_new(&mut self, group: &Group, path: &str) -> Result<bool> {
        let info = group
            .loc_info()
            .map_err(|error| self.from.hdf5(format!("{path} cannot be opened"), error))?;
        Ok(self.seen.insert(format!("{:?}", info.token)))
    }

    /// Refuses a group that has been read under another name.
    fn first_time(&mut self, group: &Group, path: &str) -> Result<()> {
        if self.is_new(group, path)? {
            return Ok(());
        }
        let message = format!("{path} is a second link to a group that has been read already");
        Err(self.from.damaged(message))
    }

    /// Attributes of the root and of the metadata group of the Python package.
    fn metadata(&self, root: &Group, links: &[(String, LinkType)]) -> Result<Metadata> {
        let cannot = |error| self.from.hdf5("the metadata cannot be read", error);
        let mut metadata = attributes::read(root, |name| name != names::SCHEMA).map_err(cannot)?;
        if links
            .iter()
            .any(|(name, link)| name == names::METADATA && *link == LinkType::Hard)
            && root
                .loc_type_by_name(names::METADATA)
                .is_ok_and(|kind| kind == LocationType::Group)
        {
            let group = self.group(root, names::METADATA, names::METADATA)?;
            metadata.extend(attributes::read(&group, |_| true).map_err(cannot)?);
        }
        Ok(metadata)
    }

    fn rank(&mut self, rank: u32, group: &Group, path: &str) -> Result<()> {
        self.contents.ranks.push(rank);
        let links = self.links(group, path)?;
        let has = |wanted: &str| {
            links
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, link)| *link)
        };
        let cannot = |error| {
            self.from
                .hdf5(format!("the attributes of {path} cannot be read"), error)
        };
        let mut facts = attributes::read(group, |name| RANK_ATTRIBUTES.contains(&name)).map_err(cannot)?;
        if has(names::CLOCK) == Some(LinkType::Hard) {
            let clock = self.group(group, names::CLOCK, &format!("{path}/{}", names::CLOCK))?;
            facts.extend(attributes::read(&clock, |name| CLOCK_ATTRIBUTES.contains(&name)).map_err(cannot)?);
            self.clocks.insert(rank, rank_clock(&facts));
        }
        if int(&facts, names::SORTED) == Some(1) {
            self.contents.sorted_ranks.insert(rank);
        }
        self.contents.rank_facts.insert(rank, facts);
        if let Some(link) = has(names::THREADS) {
            let outcome = self.threads(rank, group, &format!("{path}/{}", names::THREADS), link);
            self.or_doubt(outcome)?;
        }
        if let Some(link) = has(names::REGIONS) {
            let path = format!("{path}/{}", names::REGIONS);
            self.check_link(&path, link)?;
            let regions = self.group(group, names::REGIONS, &path)?;
            let mut found = RegionSearch {
                rank,
                names: BTreeSet::new(),
            };
            self.first_time(&regions, &path)?;
            self.regions_in(&mut found, &regions, &path, "", 0)?;
        }
        Ok(())
    }

    fn threads(&mut self, rank: u32, group: &Group, path: &str, link: LinkType) -> Result<()> {
        self.check_link(path, link)?;
        let threads = self.group(group, names::THREADS, path)?;
        self.threads.insert(rank, self.thread_table(&threads, path)?);
        Ok(())
    }

    fn thread_table(&self, group: &Group, path: &str) -> Result<BTreeMap<u32, String>> {
        for (name, link) in self.links(group, path)? {
            self.check_link(&format!("{path}/{name}"), link)?;
        }
        let index = Column::open(&self.from, group, path, names::THREAD_INDEX)?;
        if index.len() > MAX_THREADS {
            return Err(self.from.damaged(format!("{path} has {} threads", index.len())));
        }
        let numbers = index.read_threads(&self.from, 0..index.len())?;
        let cannot = |error| {
            self.from
                .hdf5(format!("{path}/{} cannot be read", names::THREAD_NAME), error)
        };
        let dataset = group.dataset(names::THREAD_NAME).map_err(cannot)?;
        check_place(&self.from, &format!("{path}/{}", names::THREAD_NAME), &dataset)?;
        let names = attributes::strings(&dataset).map_err(cannot)?.unwrap_or_default();
        if names.len() != numbers.len() {
            let message = format!("{path} has {} threads but {} names", numbers.len(), names.len());
            return Err(self.from.damaged(message));
        }
        Ok(numbers.into_iter().zip(names).collect())
    }

    /// Regions are the groups with a start column. Older writers let `/` in a name make groups in
    /// groups, so a group without columns may hold regions in its turn.
    fn regions_in(
        &mut self,
        search: &mut RegionSearch,
        group: &Group,
        path: &str,
        prefix: &str,
        depth: usize,
    ) -> Result<()> {
        for (link_name, link) in self.links(group, path)? {
            let child_path = format!("{path}/{link_name}");
            self.check_link(&child_path, link)?;
            let info = group
                .loc_info_by_name(&link_name)
                .map_err(|error| self.from.hdf5(format!("{child_path} cannot be opened"), error))?;
            if info.loc_type != LocationType::Group {
                continue;
            }
            let child = self.group(group, &link_name, &child_path)?;
            let is_new = self.is_new(&child, &child_path)?;
            let members = self.links(&child, &child_path)?;
            let has = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
            let name = format!("{prefix}{link_name}");
            let columns = members
                .iter()
                .filter(|(member, _)| COLUMNS.contains(&member.as_str()))
                .count();
            if has(names::START_TIMES) || has(names::END_TIMES) {
                let outcome = if is_new {
                    self.region(search, &child, &child_path, name.clone(), &members)
                } else {
                    let message =
                        format!("{child_path} is a second link to a region that has been read already");
                    Err(self.from.damaged(message))
                };
                self.or_doubt(outcome)?;
            }
            if columns < members.len() && depth < MAX_DEPTH && is_new {
                self.regions_in(search, &child, &child_path, &format!("{name}/"), depth + 1)?;
            }
        }
        Ok(())
    }

    fn region(
        &mut self,
        search: &mut RegionSearch,
        group: &Group,
        path: &str,
        group_name: String,
        members: &[(String, LinkType)],
    ) -> Result<()> {
        let column = |name: &str| -> Result<Option<Column>> {
            match members.iter().find(|(member, _)| member == name) {
                None => Ok(None),
                Some((_, link)) => {
                    self.check_link(&format!("{path}/{name}"), *link)?;
                    Column::open(&self.from, group, path, name).map(Some)
                }
            }
        };
        let required = |name: &str| {
            column(name)?.ok_or_else(|| {
                self.from.damaged(format!(
                    "{path} has no {name}; the run was interrupted while writing, or the file is damaged"
                ))
            })
        };
        let starts = required(names::START_TIMES)?;
        let ends = required(names::END_TIMES)?;
        let threads = column(names::THREAD_IDS)?;
        for (name, other) in [
            (names::END_TIMES, Some(&ends)),
            (names::THREAD_IDS, threads.as_ref()),
        ] {
            if let Some(other) = other.filter(|other| other.len() != starts.len()) {
                return Err(self.from.damaged(format!(
                    "{path} has {} {} but {} {name}; the file is damaged",
                    starts.len(),
                    names::START_TIMES,
                    other.len()
                )));
            }
        }
        let attributes =
            attributes::read(group, |name| REGION_ATTRIBUTES.contains(&name)).map_err(|error| {
                self.from
                    .hdf5(format!("the attributes of {path} cannot be read"), error)
            })?;
        let name = text(&attributes, names::NAME).unwrap_or(group_name);
        if !search.names.insert(name.clone()) {
            return Err(self
                .from
                .damaged(format!("{path} is the second region called {name:?} on its rank")));
        }
        let count = |name: &str| int(&attributes, name).and_then(|n| u64::try_from(n).ok());
        let intervals = starts.len();
        let part = |name: &str| count(name).unwrap_or(0);
        let parts = [intervals, part(names::DROPPED), part(names::THROTTLED)];
        let least = parts.into_iter().fold(0, u64::saturating_add);
        // More than an attribute can hold is written as the most that it can.
        let least = least.min(i64::MAX as u64);
        let stated = int(&attributes, names::NUM_CALLS);
        if stated.map_or(least > intervals, |calls| i128::from(calls) < i128::from(least)) {
            self.doubt(|| {
                let [intervals, dropped, throttled] = parts;
                let stated = stated.map_or("no".into(), |calls| calls.to_string());
                format!(
                    "{path} states {stated} calls, fewer than its {intervals} intervals, {dropped} dropped and {throttled} throttled calls"
                )
            });
        }
        let name = self.name(name);
        self.contents.rows.push(Row {
            rank: search.rank,
            name,
            intervals,
            calls: count(names::NUM_CALLS).unwrap_or(intervals).max(intervals),
            spans: count(names::NUM_SPANS),
            throttled: count(names::THROTTLED).unwrap_or(0),
            throttled_ns: int(&attributes, names::THROTTLED_NS).unwrap_or(0),
            total_ns: int(&attributes, names::TOTAL),
        });
        self.regions.push(Region {
            from: self.from.clone(),
            starts,
            ends,
            threads,
            site: CallSite {
                source_file: text(&attributes, names::SOURCE_FILE),
                source_line: int(&attributes, names::SOURCE_LINE).and_then(|line| u32::try_from(line).ok()),
                tags: texts_of(&attributes, names::TAGS),
                dropped: count(names::DROPPED).unwrap_or(0),
                open: count(names::OPEN).unwrap_or(0),
                clamped: count(names::CLAMPED).unwrap_or(0),
                spans: count(names::NUM_SPANS),
                throttled: count(names::THROTTLED).unwrap_or(0),
                throttled_ns: int(&attributes, names::THROTTLED_NS).unwrap_or(0),
            },
        });
        Ok(())
    }

    fn name(&mut self, name: String) -> usize {
        let names = &mut self.contents.names;
        *self.name_index.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() - 1
        })
    }

    fn links(&self, group: &Group, path: &str) -> Result<Vec<(String, LinkType)>> {
        let mut links = Vec::new();
        group
            .iter_visit_default(|name, info| {
                links.push((name.to_owned(), info.link_type));
                Ok(())
            })
            .map_err(|error| {
                self.from
                    .hdf5(format!("the members of {path} cannot be listed"), error)
            })?;
        // A name is looked up again to open what it links to: then it must not lead elsewhere.
        let mut seen = HashSet::new();
        for (name, _) in &links {
            if name.is_empty() || name == "." || name.contains('/') || !seen.insert(name.as_str()) {
                let message = format!("{path} has a member that cannot be called {name:?}");
                return Err(self.from.damaged(message));
            }
        }
        Ok(links)
    }

    fn group(&self, parent: &Group, name: &str, path: &str) -> Result<Group> {
        parent.group(name).map_err(|error| {
            self.from
                .hdf5(format!("{path} is not a group that can be opened"), error)
        })
    }

    /// A file must not make its reader open other files.
    fn check_link(&self, path: &str, link: LinkType) -> Result<()> {
        match link {
            LinkType::Hard => Ok(()),
            LinkType::Soft => Err(self
                .from
                .damaged(format!("{path} is a soft link, which is not followed"))),
            LinkType::External => Err(self.from.damaged(format!(
                "{path} is a link into another file, which is not followed"
            ))),
        }
    }
}

struct RegionSearch {
    rank: u32,
    names: BTreeSet<String>,
}

/// `rank7`, and also `rank007`, is rank 7.
fn rank_number(group: &str) -> Option<u32> {
    let digits = group.strip_prefix(names::RANK_PREFIX)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

/// A rank's clock as the attributes of the rank and of its clock describe it.
fn rank_clock(facts: &Metadata) -> RankClock {
    let at = ints(facts, names::CLOCK_ADDED_AT);
    let added = ints(facts, names::CLOCK_ADDED);
    RankClock {
        host: text(facts, names::HOST),
        id: text(facts, names::CLOCK_ID),
        bound_ns: int(facts, names::CLOCK_BOUND).and_then(|ns| u64::try_from(ns).ok()),
        added: at.into_iter().zip(added).collect(),
    }
}
