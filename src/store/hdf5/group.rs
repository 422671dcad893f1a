//! Groups: their links, attributes, columns and texts.

use super::attributes;
use super::column::{Column, MAX_COMPRESSION, check_place};
use super::links::{self, Link, Member};
use super::native;
use super::number_column::NumberColumn;
use super::opened::Opened;
use super::table::{self, Record};
use crate::error::{Error, Result};
use crate::profile::Metadata;
use hdf5::plist::group_create::LinkCreationOrder;
use hdf5::types::TypeDescriptor;
use hdf5::{IndexType, IterationOrder, LinkType, LocationType};
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes of strings in one dataset beyond which they are no names and tags.
const MOST_TEXT: u64 = 1 << 30;

/// A group, with its file and its path for messages.
#[derive(Clone, Debug)]
pub(in crate::store) struct Group {
    from: Arc<Opened>,
    group: hdf5::Group,
    path: Arc<str>,
}

/// The members of a group, in order of their names.
#[derive(Debug)]
pub(in crate::store) struct Members(Vec<(String, Link)>);

impl Members {
    /// The link called `name`, if there is one.
    pub(in crate::store) fn get(&self, name: &str) -> Option<Link> {
        let at = self.0.binary_search_by(|(member, _)| member.as_str().cmp(name));
        at.ok().map(|at| self.0[at].1)
    }

    pub(in crate::store) fn iter(&self) -> impl Iterator<Item = (&str, Link)> {
        self.0.iter().map(|(name, link)| (name.as_str(), *link))
    }

    pub(in crate::store) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::store) fn into_vec(self) -> Vec<(String, Link)> {
        self.0
    }
}

impl Group {
    /// The root of a file.
    pub(in crate::store) fn root(from: &Arc<Opened>) -> Result<Self> {
        let group = from
            .file()
            .and_then(|file| file.as_group())
            .map_err(|error| from.hdf5("the root group cannot be opened", error))?;
        Ok(Self {
            from: from.clone(),
            group,
            path: "/".into(),
        })
    }

    /// Where in the file the group is.
    pub(in crate::store) fn path(&self) -> &str {
        &self.path
    }

    /// Where in the file a member of the group is.
    pub(in crate::store) fn path_of(&self, member: &str) -> String {
        if &*self.path == "/" {
            member.into()
        } else {
            format!("{}/{member}", self.path)
        }
    }

    /// An error about the file.
    #[cold]
    pub(in crate::store) fn damaged(&self, message: impl Into<String>) -> Error {
        self.from.damaged(message)
    }

    /// How many members the group has.
    pub(in crate::store) fn num_members(&self) -> u64 {
        self.group.len()
    }

    /// The number of values in the dataset at `path`, from this group on.
    pub(in crate::store) fn num_values(&self, path: &str) -> Result<u64> {
        native::num_values(&self.group, path).map_err(|error| {
            self.from
                .hdf5(format!("{} cannot be opened", self.path_of(path)), error)
        })
    }

    /// The members of the group.
    pub(in crate::store) fn members(&self) -> Result<Members> {
        let mut members = self.links(IndexType::Name, IterationOrder::Native)?;
        // A large group in the format of HDF5 1.8 lists them in no particular order.
        members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Members(members))
    }

    /// The members of the group in the order of their creation, where that is known, which is their order in the
    /// file.
    pub(in crate::store) fn members_as_made(&self) -> Result<Option<Vec<Member>>> {
        let order = self.group.gcpl().map(|creation| creation.link_creation_order());
        if !matches!(order, Ok(LinkCreationOrder::Indexed)) {
            return Ok(None);
        }
        let members = links::as_made(&self.group).map_err(|error| self.unlisted(error))?;
        match &members {
            Some(members) => self.check_names(members.iter().map(|member| member.name.as_str()))?,
            None => return Err(self.damaged(format!("{} has a member that is no link of HDF5", self.path))),
        }
        Ok(members)
    }

    fn unlisted(&self, error: hdf5::Error) -> Error {
        let message = format!("the members of {} cannot be listed", self.path);
        self.from.hdf5(message, error)
    }

    fn links(&self, index: IndexType, order: IterationOrder) -> Result<Vec<(String, Link)>> {
        let mut links = Vec::new();
        self.group
            .iter_visit(index, order, |name, info| {
                let link = match info.link_type {
                    LinkType::Hard => Link::Hard,
                    LinkType::Soft => Link::Soft,
                    LinkType::External => Link::External,
                };
                links.push((name.to_owned(), link));
                Ok(())
            })
            .map_err(|error| self.unlisted(error))?;
        self.check_names(links.iter().map(|(name, _)| name.as_str()))?;
        Ok(links)
    }

    /// A name is looked up again to open its target, which must not lead to another file.
    fn check_names<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<()> {
        let mut seen = HashSet::new();
        for name in names {
            if name.is_empty() || name == "." || name.contains('/') || !seen.insert(name) {
                let path = &self.path;
                return Err(self.damaged(format!("{path} has a member that cannot be called {name:?}")));
            }
        }
        Ok(())
    }

    /// Refuses links to other files: a file must not make its reader open others.
    pub(in crate::store) fn check_link(&self, member: &str, link: Link) -> Result<()> {
        let path = || self.path_of(member);
        match link {
            Link::Hard => Ok(()),
            Link::Soft => Err(self.damaged(format!("{} is a soft link, which is not followed", path()))),
            Link::External => Err(self.damaged(format!(
                "{} is a link into another file, which is not followed",
                path()
            ))),
        }
    }

    /// The member `name`, which is a group.
    pub(in crate::store) fn group(&self, name: &str) -> Result<Self> {
        let path = self.path_of(name);
        let group = self.group.group(name).map_err(|error| {
            self.from
                .hdf5(format!("{path} is not a group that can be opened"), error)
        })?;
        Ok(Self {
            from: self.from.clone(),
            group,
            path: path.into(),
        })
    }

    /// Whether the member `name` is a group.
    pub(in crate::store) fn is_group(&self, name: &str) -> Result<bool> {
        self.address_of_group(name).map(|address| address.is_some())
    }

    /// The address of the group `name`, which identifies it, whichever link leads to it; none where it is no group.
    pub(in crate::store) fn address_of_group(&self, name: &str) -> Result<Option<u64>> {
        let info = self.group.loc_info_by_name(name).map_err(|error| {
            self.from
                .hdf5(format!("{} cannot be opened", self.path_of(name)), error)
        })?;
        Ok((info.loc_type == LocationType::Group).then(|| links::address(info.token)))
    }

    /// The address of the group, which identifies it among all groups of the file.
    pub(in crate::store) fn address(&self) -> Result<u64> {
        let info = self
            .group
            .loc_info()
            .map_err(|error| self.from.hdf5(format!("{} cannot be opened", self.path), error))?;
        Ok(links::address(info.token))
    }

    /// The attributes with the given names.
    pub(in crate::store) fn attributes(&self, wanted: impl Fn(&str) -> bool) -> Result<Metadata> {
        attributes::read(&self.group, wanted).map_err(|error| {
            let message = if &*self.path == "/" {
                "the metadata cannot be read".into()
            } else {
                format!("the attributes of {} cannot be read", self.path)
            };
            self.from.hdf5(message, error)
        })
    }

    /// The attribute called `name`, which must be one integer; none where there is no such attribute.
    pub(in crate::store) fn whole_number(&self, name: &str) -> Result<Option<i64>> {
        let cannot = |error| {
            self.from
                .hdf5(format!("the attribute {name} cannot be read"), error)
        };
        let Some(attribute) = attributes::find(&self.group, name).map_err(cannot)? else {
            return Ok(None);
        };
        let descriptor = attribute
            .dtype()
            .and_then(|dtype| dtype.to_descriptor())
            .map_err(cannot)?;
        let values: Option<usize> = attribute
            .get_shape()
            .map_err(cannot)?
            .into_iter()
            .try_fold(1, usize::checked_mul);
        if attributes::integer(&descriptor).is_none() || values != Some(1) {
            return Err(self.damaged(format!(
                "the attribute {name} must be an integer; it is of type {descriptor} with {} value(s)",
                values.map_or("too many".into(), |values| values.to_string())
            )));
        }
        let numbers = attributes::numbers::<i64>(&attribute).map_err(cannot)?;
        Ok(numbers.first().copied())
    }

    /// The column of integers called `name`; values are read later.
    pub(in crate::store) fn column(&self, name: &'static str) -> Result<Column> {
        self.column_beside(name, 0)
    }

    fn column_beside(&self, name: &'static str, beside: u64) -> Result<Column> {
        Column::open(&self.from, &self.group, &self.path, name, beside)
    }

    /// The column called `name`, if there is one among `members`.
    pub(in crate::store) fn find_column(
        &self,
        members: &Members,
        name: &'static str,
    ) -> Result<Option<Column>> {
        self.find_column_beside(members, name, 0)
    }

    /// As [`find_column`](Self::find_column), of a column `beside` others, of so many values, that were checked
    /// already.
    pub(in crate::store) fn find_column_beside(
        &self,
        members: &Members,
        name: &'static str,
        beside: u64,
    ) -> Result<Option<Column>> {
        let Some(link) = members.get(name) else {
            return Ok(None);
        };
        self.check_link(name, link)?;
        self.column_beside(name, beside).map(Some)
    }

    /// As [`find_column_beside`](Self::find_column_beside); what is no column of integers is none.
    pub(in crate::store) fn find_integers(
        &self,
        members: &Members,
        name: &'static str,
        beside: u64,
    ) -> Result<Option<Column>> {
        let is_dataset = members.get(name) == Some(Link::Hard) && !self.is_group(name)?;
        if is_dataset && Column::is_of_integers(&self.group, name) {
            self.column_beside(name, beside).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The column of numbers of any kind called `name`.
    pub(in crate::store) fn numbers(&self, name: &str) -> Result<NumberColumn> {
        NumberColumn::open(&self.from, &self.group, &self.path, name)
    }

    /// The bytes in the dataset called `name`, if there is one among `members`; none where it is something else.
    pub(in crate::store) fn find_bytes(
        &self,
        members: &Members,
        name: &'static str,
    ) -> Result<Option<Vec<u8>>> {
        let column = self.find_integers(members, name, 0)?;
        column.map_or(Ok(None), |column| column.bytes())
    }

    /// The group called `name`, if there is one among `members`.
    pub(in crate::store) fn find_group(&self, members: &Members, name: &str) -> Result<Option<Self>> {
        let Some(link) = members.get(name) else {
            return Ok(None);
        };
        self.check_link(name, link)?;
        if self.is_group(name)? {
            self.group(name).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The rows of the table called `name`, if there is one among `members`; none where it is something else.
    pub(in crate::store) fn find_table<R: Record>(
        &self,
        members: &Members,
        name: &str,
    ) -> Result<Option<Vec<R>>> {
        if members.get(name) != Some(Link::Hard) || self.is_group(name)? {
            return Ok(None);
        }
        let path = self.path_of(name);
        let dataset = self
            .group
            .dataset(name)
            .map_err(|error| self.from.hdf5(format!("{path} cannot be opened"), error))?;
        table::read(&self.from, &path, &dataset)
    }

    /// The file that the group is in.
    pub(in crate::store) fn file(&self) -> &Arc<Opened> {
        &self.from
    }

    /// The texts in the dataset called `name`, if there is one among `members`.
    pub(in crate::store) fn find_texts(&self, members: &Members, name: &str) -> Result<Option<Vec<String>>> {
        let Some(link) = members.get(name) else {
            return Ok(None);
        };
        self.check_link(name, link)?;
        self.texts(name).map(Some)
    }

    /// The texts in the dataset called `name`; none where it holds something else.
    pub(in crate::store) fn texts(&self, name: &str) -> Result<Vec<String>> {
        let path = self.path_of(name);
        let cannot = |error| self.from.hdf5(format!("{path} cannot be read"), error);
        let dataset = self.group.dataset(name).map_err(cannot)?;
        check_place(&self.from, &path, &dataset)?;
        let descriptor = dataset.dtype().and_then(|dtype| dtype.to_descriptor());
        let texts = match descriptor.map_err(cannot)? {
            // The binding reads them into strings of a few lengths, which may be much longer.
            TypeDescriptor::FixedUnicode(width) | TypeDescriptor::FixedAscii(width) => {
                let most = self.from.len().saturating_mul(MAX_COMPRESSION).min(MOST_TEXT);
                native::fixed_texts(&dataset, width, most).map(Some)
            }
            _ => attributes::strings(&dataset),
        };
        let texts = texts.map_err(cannot)?;
        Ok(texts.unwrap_or_default())
    }
}
