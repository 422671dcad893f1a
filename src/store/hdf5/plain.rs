//! Groups of columns as this crate writes them, read without the library.

use super::column::Column;
use super::group::Group;
use super::header::{Header, MessageKind, RawFile, Value};
use super::opened::Opened;
use crate::profile::{self, Metadata};
use std::sync::Arc;

/// A group that has nothing but columns of integers, each at one place of the file.
#[derive(Debug)]
pub(in crate::store) struct PlainGroup {
    pub(in crate::store) path: String,
    pub(in crate::store) file: Arc<Opened>,
    pub(in crate::store) attributes: Metadata,
    columns: Vec<(&'static str, Column)>,
}

impl PlainGroup {
    /// Takes the column called `name`, if there is one.
    pub(in crate::store) fn take(&mut self, name: &str) -> Option<Column> {
        let at = self.columns.iter().position(|(known, _)| *known == name)?;
        Some(self.columns.swap_remove(at).1)
    }
}

impl Group {
    /// The plain group at an address, called `name` here, with the columns and attributes that are known; none where it
    /// has others, or is anything that the library has to read.
    pub(in crate::store) fn plain(
        &self,
        name: &str,
        address: u64,
        columns: &[&'static str],
        attributes: &[&str],
    ) -> Option<PlainGroup> {
        let file = self.file();
        let raw = file.raw()?;
        let header = raw.header(address)?;
        let are_compact = |kind, numbers| {
            header
                .only(kind)
                .is_none_or(|info| info.is_compact(numbers) == Some(true))
        };
        let is_group = header.all(MessageKind::LinkInfo).count() == 1
            && header.all(MessageKind::Layout).next().is_none();
        if !is_group || !are_compact(MessageKind::LinkInfo, 8) || !are_compact(MessageKind::AttributeInfo, 2)
        {
            return None;
        }
        let path = self.path_of(name);
        let shared: Arc<str> = path.as_str().into();
        let mut plain = PlainGroup {
            file: Arc::clone(file),
            attributes: metadata(raw, &header, attributes)?,
            columns: Vec::new(),
            path,
        };
        for link in header.all(MessageKind::Link) {
            let (name, address) = link.link()?;
            let name = *columns.iter().find(|known| **known == name)?;
            let integers = raw.header(address)?.integers(raw.len())?;
            let column = Column::at(file, &shared, name, integers)?;
            plain.columns.push((name, column));
        }
        Some(plain)
    }
}

/// The attributes with the given names; none where one of them is of a kind that this crate does not write.
fn metadata(raw: &RawFile, header: &Header, wanted: &[&str]) -> Option<Metadata> {
    let mut metadata = Metadata::new();
    for attribute in header.all(MessageKind::Attribute) {
        let (name, value) = attribute.attribute()?;
        if !wanted.contains(&name) {
            continue;
        }
        let value = match value.read()? {
            Value::Int(number) => profile::Value::Int(number),
            Value::Text(text) => profile::Value::Text(raw.text(text)?),
        };
        metadata.insert(name.to_owned(), value);
    }
    Some(metadata)
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
