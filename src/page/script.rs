//! The page's script: the modules of `assets/page` as one.
//!
//! A page without a server cannot load modules from files beside it, so what they import stands before them, and
//! everything in one scope.

macro_rules! modules {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/page/", $name)))),*]
    };
}

/// Name and text of the modules. In order: each imports only from those before it.
const MODULES: &[(&str, &str)] = modules![
    "dom.js",
    "format.js",
    "names.js",
    "color.js",
    "values.js",
    "data.js",
    "tasks.js",
    "follows.js",
    "geometry.js",
    "text.js",
    "counterdata.js",
    "counterlines.js",
    "counters.js",
    "views.js",
    "model.js",
    "search.js",
    "calls.js",
    "window.js",
    "layout.js",
    "folding.js",
    "address.js",
    "raster.js",
    "valuecolors.js",
    "theme.js",
    "axis.js",
    "painter.js",
    "hit.js",
    "overview.js",
    "input.js",
    "timeline.js",
    "coloring.js",
    "header.js",
    "sizes.js",
    "pressing.js",
    "table.js",
    "tooltip.js",
    "frames.js",
    "flame.js",
    "calltree.js",
    "scales.js",
    "charts.js",
    "regionview.js",
    "measure.js",
    "measureview.js",
    "findings.js",
    "runview.js",
    "tabs.js",
    "windowtree.js",
    "treesource.js",
    "panel.js",
    "csv.js",
    "picture.js",
    "vector.js",
    "saving.js",
    "keys.js",
    "printing.js",
    "parts.js",
    "server.js",
    "far.js",
    "splice.js",
    "detail.js",
    "visits.js",
    "viewing.js",
    "page.js",
    "linked.js",
    "start.js",
];

/// Those of the page that shows several files together, in order too.
const TOGETHER: &[(&str, &str)] = modules![
    "dom.js",
    "format.js",
    "names.js",
    "color.js",
    "model.js",
    "search.js",
    "tasks.js",
    "layout.js",
    "address.js",
    "raster.js",
    "theme.js",
    "compared.js",
    "pressing.js",
    "comparetable.js",
    "together.js",
];

/// The script of the page of one file.
pub(super) fn compose() -> String {
    joined(MODULES)
}

/// The script of the page that shows several files together.
pub(super) fn compose_together() -> String {
    joined(TOGETHER)
}

/// The modules without imports, exports, and comments that take lines of their own.
fn joined(modules: &[(&str, &str)]) -> String {
    let mut script = String::with_capacity(modules.iter().map(|(_, text)| text.len()).sum());
    for (_, text) in modules {
        let mut in_comment = false;
        for line in text.lines() {
            let code = line.trim_start();
            in_comment |= code.starts_with("/**") && !line_goes_on(code);
            if !in_comment && !code.starts_with("//") && !line.starts_with("import ") {
                script.push_str(line.strip_prefix("export ").unwrap_or(line));
                script.push('\n');
            }
            in_comment &= !code.ends_with("*/");
        }
    }
    script
}

/// Whether code follows the comment that begins a line.
fn line_goes_on(code: &str) -> bool {
    code.split_once("*/")
        .is_some_and(|(_, rest)| !rest.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    const SCRIPTS: [&[(&str, &str)]; 2] = [MODULES, TOGETHER];

    fn code(modules: &'static [(&str, &str)]) -> impl Iterator<Item = (&'static str, &'static str)> {
        modules
            .iter()
            .flat_map(|&(name, text)| text.lines().map(move |line| (name, line)))
    }

    /// What a line declares for the whole module.
    fn declared(line: &str) -> Option<&str> {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let words = ["async function ", "function ", "class ", "const ", "let "];
        let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
    }

    #[test]
    fn every_module_is_part_of_the_script() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/page");
        let files = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let files = files.filter_map(|name| name.into_string().ok());
        let modules: BTreeSet<String> = files
            .filter(|name| name.ends_with(".js") && name != "eslint.config.js")
            .collect();
        assert_eq!(
            modules,
            SCRIPTS
                .concat()
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect()
        );
    }

    #[test]
    fn modules_import_by_name_from_those_before_them() {
        for modules in SCRIPTS {
            in_order(modules);
        }
    }

    fn in_order(modules: &[(&str, &str)]) {
        let mut before = BTreeSet::new();
        for &(name, text) in modules {
            for line in text
                .lines()
                .filter(|line| line.contains(" from \"") || line.starts_with("import"))
            {
                let import = line
                    .strip_prefix("import { ")
                    .and_then(|line| line.split_once(" } from \"./"));
                let (names, from) = import.unwrap_or_else(|| panic!("{name}: {line}"));
                assert!(!names.contains(" as "), "{name}: {line}");
                assert!(before.contains(from.trim_end_matches("\";")), "{name}: {line}");
            }
            before.insert(name);
        }
    }

    #[test]
    fn no_two_modules_declare_the_same_name() {
        let names = SCRIPTS.map(names_of);
        assert!(names[0].contains("decode") && names[0].contains("Timeline"));
        assert!(names[1].contains("Together"));
    }

    fn names_of(modules: &'static [(&str, &str)]) -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        for (module, line) in code(modules) {
            let exports = line
                .strip_prefix("export ")
                .is_none_or(|rest| declared(rest).is_some());
            assert!(exports, "{module}: only declarations are exported: {line}");
            if let Some(name) = declared(line) {
                assert!(
                    names.insert(name),
                    "{module} declares {name}, which another module has"
                );
            }
        }
        names
    }

    #[test]
    fn nothing_of_a_module_is_left_in_the_script() {
        let script = compose();
        let mut lines = script.lines();
        assert!(!lines.any(|line| line.starts_with("import ") || line.starts_with("export ")));
        assert!(!script.contains("@param") && !script.contains("@typedef"));
    }
}
