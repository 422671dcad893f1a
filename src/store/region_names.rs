//! Names of regions as files can hold them.

use super::codec::clip;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Names of regions as attributes can hold them, each only once: two regions must not become one
/// because a NUL or the end of a very long name is lost.
#[derive(Debug, Default)]
pub(crate) struct RegionNames(Taken);

/// The length to which a name is cut that is too long for an attribute.
const MAX_NAME_BYTES: usize = 32 << 10;

impl RegionNames {
    pub(crate) fn of<'a>(&mut self, name: Option<&'a str>, number: u32) -> Cow<'a, str> {
        let name = match name {
            None => Cow::Owned(format!("region {number}")),
            Some(name) if name.contains('\0') => Cow::Owned(name.replace('\0', "\u{2400}")),
            Some(name) => Cow::Borrowed(name),
        };
        let name = match clip(&name, MAX_NAME_BYTES) {
            cut if cut.len() < name.len() => Cow::Owned(format!("{cut}…")),
            _ => name,
        };
        self.0.take(name, |name, n| format!("{name} ({n})"))
    }
}

/// Names of HDF5 groups for names of regions. HDF5 reads `/`, `.` and the empty name as paths and
/// cannot hold a NUL; the region's true name is then an attribute.
#[cfg(feature = "hdf5")]
#[derive(Debug, Default)]
pub(crate) struct GroupNames(Taken);

#[cfg(feature = "hdf5")]
impl GroupNames {
    pub(crate) fn of<'a>(&mut self, name: &'a str) -> Cow<'a, str> {
        let plain = match name {
            "" | "." | ".." => Cow::Owned(format!("|{name}")),
            _ if name.contains(['/', '\0']) => Cow::Owned(name.replace(['/', '\0'], "|")),
            _ => Cow::Borrowed(name),
        };
        // A region may itself have the name that replaces another's.
        self.0.take(plain, |plain, n| format!("{plain}|{n}"))
    }
}

/// Names that are in use, as hashes: there may be very many long ones. If two names ever have the same hash,
/// one of them gets a number that it would not need.
#[derive(Debug, Default)]
struct Taken(FxHashMap<u128, u32>);

impl Taken {
    /// The name if it is free, else the first of its numbered forms that is.
    fn take<'a>(&mut self, name: Cow<'a, str>, numbered: impl Fn(&str, u32) -> String) -> Cow<'a, str> {
        let key = fingerprint(&name);
        let Some(mut n) = self.0.get(&key).copied() else {
            self.0.insert(key, 1);
            return name;
        };
        loop {
            n += 1;
            let unique = numbered(&name, n);
            let other = fingerprint(&unique);
            if !self.0.contains_key(&other) {
                self.0.insert(other, 1);
                // The next name continues from here.
                self.0.insert(key, n);
                return Cow::Owned(unique);
            }
        }
    }
}

fn fingerprint(name: &str) -> u128 {
    let mut low = DefaultHasher::new();
    name.hash(&mut low);
    let mut high = low.clone();
    high.write_u8(0);
    u128::from(high.finish()) << 64 | u128::from(low.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "hdf5")]
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
        .map(|name| groups.of(name).into_owned());
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

    #[test]
    fn of_names_that_are_cut_each_stays_different() {
        let mut names = RegionNames::default();
        let long = |end: &str| format!("{}{end}", "x".repeat(MAX_NAME_BYTES));
        let given = [long("a"), long("b"), long("c"), "y\0".into(), "y\u{2400}".into()];
        let given: Vec<String> = given
            .iter()
            .map(|name| names.of(Some(name), 0).into_owned())
            .collect();
        assert!(given[0].ends_with("x…") && given[1].ends_with("… (2)") && given[2].ends_with("… (3)"));
        assert_eq!(given[3..], ["y\u{2400}", "y\u{2400} (2)"]);
        assert_eq!(names.of(None, 7), "region 7");
    }
}
