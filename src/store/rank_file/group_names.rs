//! What regions are called in HDF5.

use super::super::codec::clip;
use std::collections::{HashMap, HashSet};

/// Names of regions as an attribute can hold them, each of them once: two regions must not become one
/// because a NUL or the end of a very long name is lost.
#[derive(Debug, Default)]
pub(in crate::store) struct RegionNames(HashSet<String>);

/// What is left of a name that is too long for an attribute.
const MAX_NAME_BYTES: usize = 32 << 10;

impl RegionNames {
    pub(in crate::store) fn of(&mut self, name: Option<&str>, number: u32) -> String {
        let name = name.map_or_else(
            || format!("region {number}"),
            |name| name.replace('\0', "\u{2400}"),
        );
        let name = match clip(&name, MAX_NAME_BYTES) {
            cut if cut.len() < name.len() => format!("{cut}…"),
            _ => name,
        };
        let mut unique = name.clone();
        let mut n = 1;
        while !self.0.insert(unique.clone()) {
            n += 1;
            unique = format!("{name} ({n})");
        }
        unique
    }
}

/// Names of HDF5 groups for names of regions. HDF5 reads `/`, `.` and the empty name as paths and
/// cannot hold a NUL; the region's true name is then an attribute.
#[derive(Debug, Default)]
pub(super) struct GroupNames(HashMap<String, u32>);

impl GroupNames {
    pub(super) fn of(&mut self, name: &str) -> String {
        let plain = match name {
            "" | "." | ".." => format!("|{name}"),
            _ => name.replace(['/', '\0'], "|"),
        };
        let mut unique = plain.clone();
        // A region may itself be called what another's replacement is.
        while self.0.contains_key(&unique) {
            let n = self.0.entry(plain.clone()).or_insert(1);
            *n += 1;
            unique = format!("{plain}|{n}");
        }
        self.0.insert(unique.clone(), 1);
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_are_legal_and_different_for_different_regions() {
        let mut groups = GroupNames::default();
        let given = [
            "solve",
            "a/b",
            "a|b",
            "a\0b",
            "",
            ".",
            "..",
            "|",
            "GET /users",
            "a|b|2",
        ]
        .map(|name| groups.of(name));
        let mut different = given.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), given.len(), "{given:?}");
        assert_eq!(given[0], "solve");
        assert_eq!(given[1], "a|b");
        assert!(
            given
                .iter()
                .all(|name| !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..")
        );
    }
}
