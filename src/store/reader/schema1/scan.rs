//! Looks through the groups of a file: ranks, their threads and clocks, links.

use super::Region;
use super::regions::RegionSearch;
use crate::error::Result;
use crate::profile::{Metadata, RankClock};
use crate::store::names;
use crate::store::reader::Contents;
use crate::store::reader::attributes::{self, int, ints, text};
use crate::store::reader::column::{Column, check_place};
use crate::store::reader::doubts::Doubts;
use crate::store::reader::linked::RankFiles;
use crate::store::reader::open::Opened;
use hdf5::{Group, LinkType, LocationType};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Attributes of a rank's group that mean something to us.
const RANK_ATTRIBUTES: [&str; 8] = [
    names::SORTED,
    names::COMPLETE,
    names::RECORDED,
    names::HOST,
    names::ENDED_BY,
    names::SESSION_START,
    names::SESSION_END,
    names::STATES_INCLUSIVE,
];

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

/// What has been found so far.
pub(super) struct Scan {
    /// The file that is looked at.
    pub(super) from: Arc<Opened>,
    pub(super) contents: Contents,
    pub(super) regions: Vec<Region>,
    pub(super) threads: BTreeMap<u32, BTreeMap<u32, String>>,
    pub(super) clocks: BTreeMap<u32, RankClock>,
    pub(super) name_index: HashMap<String, usize>,
    /// The groups so far by their address, printed: hard links can make cycles, and of a small file
    /// a large one.
    seen: HashSet<String>,
    /// Where it is an inspection: what would be a reason to refuse the file.
    pub(super) doubts: Option<Doubts>,
}

impl Scan {
    pub(super) fn new(from: Arc<Opened>, doubts: Option<Doubts>) -> Self {
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
    pub(super) fn or_doubt(&mut self, outcome: Result<()>) -> Result<()> {
        match (&mut self.doubts, outcome) {
            (Some(doubts), Err(error)) => {
                doubts.push(error.without_path());
                Ok(())
            }
            (_, outcome) => outcome,
        }
    }

    /// Notes what is odd and no reason to refuse the file.
    pub(super) fn doubt(&mut self, message: impl FnOnce() -> String) {
        if let Some(doubts) = &mut self.doubts {
            doubts.push(message());
        }
    }

    pub(super) fn file(&mut self) -> Result<()> {
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
    pub(super) fn is_new(&mut self, group: &Group, path: &str) -> Result<bool> {
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

    pub(super) fn links(&self, group: &Group, path: &str) -> Result<Vec<(String, LinkType)>> {
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

    pub(super) fn group(&self, parent: &Group, name: &str, path: &str) -> Result<Group> {
        parent.group(name).map_err(|error| {
            self.from
                .hdf5(format!("{path} is not a group that can be opened"), error)
        })
    }

    /// A file must not make its reader open other files.
    pub(super) fn check_link(&self, path: &str, link: LinkType) -> Result<()> {
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
