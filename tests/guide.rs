//! The readme and the guide agree with each other; their code is run by `src/doc_pages.rs` and
//! `tests/downstream`.

#[path = "common/blocks.rs"]
mod blocks;
#[path = "common/calm.rs"]
mod calm;

use blocks::blocks;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// `name = ...` lines, without comments.
fn dependencies(toml: &str) -> BTreeMap<String, String> {
    let lines = toml
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, what)| (name.to_owned(), what.to_owned()))
        .collect()
}

fn readme_dependencies() -> BTreeMap<String, String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = blocks(&readme, "toml");
    let block = blocks.iter().find(|block| block.contains("[dependencies]"));
    dependencies(block.expect("the readme says what to depend on"))
}

#[test]
fn the_program_that_tries_the_guide_has_the_dependencies_of_the_readme() {
    let manifest = fs::read_to_string(root().join("tests/downstream/Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[dependencies]").unwrap();
    let section = rest.split("\n[").next().unwrap();
    let pathless = |mut list: BTreeMap<String, String>| {
        for what in list.values_mut() {
            *what = what
                .replace("\"../..\"", "PATH")
                .replace("\"../scope-profiler\"", "PATH");
        }
        list
    };
    assert_eq!(pathless(dependencies(section)), pathless(readme_dependencies()));
}

#[test]
fn pages_name_one_line_for_each_dependency() {
    let readme = readme_dependencies();
    let subscriber = &readme["tracing-subscriber"];
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let named = blocks(&text, "toml")
            .iter()
            .map(|block| dependencies(block))
            .collect::<Vec<_>>();
        for list in named {
            if let Some(line) = list.get("tracing-subscriber") {
                assert_eq!(line, subscriber, "{}", page.display());
            }
        }
    }
}

#[test]
fn every_link_of_the_guide_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            if !target.exists() {
                broken.push(format!("{}: {link}", page.display()));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap_or_default();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                if !headings.map(anchor_of).any(|heading| heading == anchor) {
                    broken.push(format!("{}: no heading for {link}", page.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The anchor that a heading gets on GitHub.
fn anchor_of(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn lines_of_text_fit_into_120_columns() {
    let mut pages = pages();
    pages.push(root().join("CONTRIBUTING.md"));
    let mut long = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let mut in_code = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            let is_table = line.starts_with('|');
            let is_link = line.contains("](") && !line.trim().contains(' ');
            if !in_code && !is_table && !is_link && line.chars().count() > 120 {
                long.push(format!("{}:{}", page.display(), number + 1));
            }
        }
    }
    assert!(long.is_empty(), "longer than 120 columns: {}", long.join(", "));
}

#[test]
fn the_design_names_every_dependency() {
    let toml = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, section) = toml.split_once("\n[dependencies]\n").unwrap();
    let section = section.split("\n[").next().unwrap();
    let dependencies = dependencies(section);
    assert!(dependencies.contains_key("tracing"), "{dependencies:?}");
    let design = fs::read_to_string(root().join("docs/design.md")).unwrap();
    let (_, table) = design.split_once("\n## Dependencies\n").unwrap();
    let table = table.split("\n## ").next().unwrap();
    for (name, what) in &dependencies {
        // A renamed one goes by the name that it is published under.
        let package = what
            .split_once("package = \"")
            .and_then(|(_, rest)| rest.split('"').next());
        let name = package.unwrap_or(name);
        assert!(
            table.contains(&format!("`{name}`")),
            "docs/design.md does not name {name}"
        );
    }
}
