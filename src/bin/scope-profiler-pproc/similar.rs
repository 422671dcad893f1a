//! What may have been meant.

use scope_profiler::ProfilingH5Reader;
use scope_profiler::RegionFilter;
use scope_profiler::profile::Source;

/// Names that are told of at the most.
const SHOWN: usize = 4;

/// Why nothing is left of a profile for these patterns, and what may have been meant.
pub(crate) fn nothing_matches(reader: &ProfilingH5Reader, include: &[String], exclude: &[String]) -> String {
    let option = |name: &str, patterns: &[String]| match patterns {
        [] => String::new(),
        some => format!(" {name} {}", some.join(" ")),
    };
    let (included, excluded) = (option("--include", include), option("--exclude", exclude));
    let mut text = format!("no region is left by{included}{excluded}");
    if include.is_empty() {
        return text + ": all regions are excluded";
    }
    text += "; patterns match from the first character of a name on";
    let inside: Vec<&String> = include
        .iter()
        .filter(|pattern| matches_inside(reader, pattern))
        .collect();
    if let Some(pattern) = inside.first() {
        text += &format!(", '.*{pattern}' would match anywhere in it");
    }
    let meant = similar_names(reader.names(), include);
    if !meant.is_empty() {
        text += &format!("; similar names: {}", listed(&meant));
    } else if !reader.names().is_empty() {
        let first: Vec<&str> = reader.names().iter().map(String::as_str).take(SHOWN).collect();
        let more = match reader.names().len() - first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text += &format!("; the file has {}{more}", listed(&first));
    }
    text
}

fn matches_inside(reader: &ProfilingH5Reader, pattern: &str) -> bool {
    let filter = RegionFilter::new().include([format!("(?s:.*)(?:{pattern})")]);
    filter.is_ok_and(|filter| filter.rows(reader).is_ok())
}

fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

/// The names that are most like one of the patterns, where any are.
fn similar_names<'a>(names: &'a [String], patterns: &[String]) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = names
        .iter()
        .filter_map(|name| {
            let near = patterns
                .iter()
                .filter_map(|pattern| likeness(name, pattern))
                .min()?;
            Some((near, name.as_str()))
        })
        .collect();
    found.sort();
    found.truncate(SHOWN);
    found.into_iter().map(|(_, name)| name).collect()
}

/// How far a name is from a pattern; none where it is not like it.
fn likeness(name: &str, pattern: &str) -> Option<usize> {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    if name.contains(&pattern) {
        return Some(0);
    }
    let length = pattern.chars().count();
    if length > 64 {
        return None;
    }
    // The beginning of a name is what a pattern is for.
    let beginning: String = name.chars().take(length).collect();
    let far = distance(&beginning, &pattern).min(match name.chars().count() {
        0..=64 => distance(&name, &pattern),
        _ => usize::MAX,
    });
    let most = if length < 3 { 0 } else { length.div_ceil(3) };
    (far <= most).then_some(far)
}

/// How many characters have to be added, removed or replaced to make one text of the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = before + usize::from(from != *to);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_what_has_to_be_changed() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("--top", "--output", 5),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn names_that_were_meant_are_found() {
        let names = ["solver: cg", "Main loop", "io.write"].map(String::from);
        let like = |pattern: &str| similar_names(&names, &[pattern.to_owned()]);
        assert_eq!(like("main"), ["Main loop"]);
        assert_eq!(like("sovler"), ["solver: cg"]);
        assert_eq!(like("write"), ["io.write"]);
        assert!(like("nothing like this").is_empty());
    }
}
