//! The arrows of `docs/design.md` point one way: which module may use which.

#[path = "common/calm.rs"]
mod calm;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with what it may use besides itself. The recording half and the reading half meet in
/// `store`, and only `profiler` knows both.
const MAY_USE: &[(&str, &[&str])] = &[
    // Known to all, and knowing nobody.
    ("shell", &[]),
    ("error", &["shell", "text"]),
    ("pattern", &["error"]),
    ("ranges", &[]),
    ("units", &["ranges"]),
    ("text", &[]),
    ("tournament", &[]),
    ("places", &[]),
    ("event", &[]),
    ("note", &["event", "profile"]),
    ("span_numbers", &["event", "note"]),
    ("profile", &["error"]),
    ("output", &["error", "sys"]),
    // Recording: events go to the log, nobody here knows HDF5.
    ("clock", &["sys"]),
    ("sys", &[]),
    ("workers", &["sys"]),
    (
        "config",
        &[
            "clock",
            "comm::World",
            "error",
            "event",
            "output",
            "pattern",
            "shell",
        ],
    ),
    ("comm", &["clock", "sys"]),
    (
        "record",
        &[
            "clock",
            "config",
            "event",
            "note",
            "pattern",
            "profile",
            "shell",
            "span_numbers",
            "store::names",
            "store::rank_log",
            "sys",
            "text",
        ],
    ),
    // The file.
    (
        "store",
        &[
            "analysis",
            "clock",
            "comm",
            "config",
            "error",
            "event",
            "note",
            "output",
            "places",
            "profile",
            "ranges",
            "shell",
            "span_numbers",
            "sys",
            "tournament",
            "units",
            "workers",
        ],
    ),
    // Reading: no recording, no clock, and only `plot` and `export` write files.
    (
        "analysis",
        &[
            "error",
            "pattern",
            "places",
            "profile",
            "ranges",
            "text",
            "tournament",
            "units",
        ],
    ),
    ("render", &["error", "text"]),
    (
        "chart",
        &["analysis", "error", "profile", "render", "text", "units"],
    ),
    (
        "page",
        &[
            "analysis", "chart", "error", "output", "profile", "ranges", "shell", "units",
        ],
    ),
    (
        "plot",
        &[
            "analysis",
            "chart",
            "error",
            "export::json",
            "output",
            "page",
            "profile",
            "render",
            "store::reader",
        ],
    ),
    (
        "serve",
        &[
            "analysis::selection",
            "chart",
            "error",
            "page",
            "profile",
            "store::reader",
            "store::schema",
        ],
    ),
    (
        "export",
        &[
            "analysis",
            "error",
            "output",
            "profile",
            "ranges",
            "store::blocks",
            "store::counter_columns",
            "store::field_columns",
            "store::hdf5",
            "store::names",
            "store::open_spans",
            "store::reader",
            "store::region_names",
            "store::span_table",
            "text",
            "units",
            "workers",
        ],
    ),
    (
        "check",
        &[
            "analysis::inclusive",
            "analysis::span_set",
            "analysis::summarize",
            "analysis::windows",
            "clock",
            "error",
            "event",
            "profile",
            "ranges",
            "store",
            "text",
            "units",
        ],
    ),
    (
        "summary",
        &[
            "analysis", "comm", "error", "export", "profile", "ranges", "shell", "sys", "text",
        ],
    ),
    // The one place that knows both halves.
    ("profiler", &["*"]),
    ("merge", &["config", "store::merge", "store::run_directory"]),
    (
        "manager",
        &["config", "error", "profile", "profiler", "record", "summary"],
    ),
];

/// Crates that only these modules may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("hdf5", &["store::hdf5"]),
    ("hdf5_sys", &["store::hdf5"]),
    ("plotters", &["render"]),
    ("fontdb", &["render"]),
    ("rustybuzz", &["render"]),
    ("clap", &["bin"]),
    ("tracing_subscriber", &["record", "profiler"]),
];

fn source_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory");
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without comments and without its tests, which may use anything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a readable file");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path that starts with `root::`, with the groups of use declarations written out:
/// `crate::{a, b::{C, D}}` is `a`, `b::C` and `b::D`.
fn paths(code: &str, root: &str) -> Vec<String> {
    let root = format!("{root}::");
    let starts = code.match_indices(&root).filter(|(at, _)| {
        let before = &code[..*at];
        // `pub(in ...)` says who may use the item, not what is used.
        let is_visibility = before.ends_with("(in ");
        !is_visibility
            && !before
                .chars()
                .next_back()
                .is_some_and(|c| c.is_alphanumeric() || "_:$".contains(c))
    });
    starts
        .flat_map(|(at, _)| expand(&code[at + root.len()..]).0)
        .collect()
}

/// The paths at the start of `text`, and what follows them.
fn expand(text: &str) -> (Vec<String>, &str) {
    let text = text.trim_start();
    let Some(mut rest) = text.strip_prefix('{') else {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return match rest.strip_prefix("::") {
            Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || "_{".contains(c)) => {
                let (tails, rest) = expand(rest);
                (tails.iter().map(|tail| format!("{name}::{tail}")).collect(), rest)
            }
            _ => (vec![name.to_string()], rest),
        };
    };
    let mut all = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        match rest.strip_prefix('}') {
            Some(after) => return (all, after),
            None if rest.is_empty() => return (all, rest),
            None => {
                let (more, after) = expand(rest);
                all.extend(more);
                // Past an `as name`.
                rest = &after[after.find([',', '}']).unwrap_or(after.len())..];
            }
        }
    }
}

/// What `lib.rs` exports at the root, with the module that it comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let uses = lib.split("pub use ").skip(1).flat_map(|text| expand(text).0);
    uses.map(|path| (path.rsplit("::").next().unwrap_or_default().to_string(), path))
        .collect()
}

fn module_of(path: &Path, src: &Path) -> String {
    let relative = path.strip_prefix(src).expect("a file below src");
    let first = relative.components().next().expect("a name").as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_string()
}

/// The whole path of a file's module, as in `store::reader`.
fn path_of(file: &Path, src: &Path) -> String {
    let relative = file
        .strip_prefix(src)
        .expect("a file below src")
        .with_extension("");
    let parts = relative
        .iter()
        .map(|part| part.to_str().expect("a name in ASCII"));
    parts.filter(|part| *part != "mod").collect::<Vec<_>>().join("::")
}

fn under(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// What each file of the library uses of other modules: the file, its module, and the path.
fn arrows() -> Vec<(PathBuf, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let exports = exports(&code(&src.join("lib.rs")));
    let mut arrows = Vec::new();
    for file in source_files(&src) {
        let module = module_of(&file, &src);
        if module == "lib" || module == "doc_pages" || module == "bin" {
            continue;
        }
        for path in paths(&code(&file), "crate") {
            let path = exports.get(&path).unwrap_or(&path);
            if !under(path, &module) {
                arrows.push((file.clone(), module.clone(), path.clone()));
            }
        }
    }
    arrows
}

/// Who is left when those are taken away that use nobody who is left: they go in circles, or use such.
fn in_circles(mut used: BTreeMap<&str, Vec<String>>) -> BTreeMap<&str, Vec<String>> {
    while let Some(free) = used
        .iter()
        .find(|(_, by)| by.iter().all(|name| !used.contains_key(name.as_str())))
        .map(|(module, _)| *module)
    {
        used.remove(free);
    }
    used
}

#[test]
fn modules_do_not_use_each_other_in_a_circle() {
    let arrows = arrows();
    let mut used: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (_, module, path) in &arrows {
        let other = path.split("::").next().unwrap_or_default().to_owned();
        let of_module = used.entry(module).or_default();
        if !of_module.contains(&other) {
            of_module.push(other);
        }
    }
    assert!(used["record"].iter().any(|other| other == "store"), "{used:#?}");
    let circles = in_circles(used);
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: &[(&'static str, &[&str])]| {
        let owned = pairs
            .iter()
            .map(|(name, by)| (*name, by.iter().map(|name| (*name).to_owned()).collect()));
        in_circles(owned.collect()).into_keys().collect::<Vec<_>>()
    };
    assert!(uses(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]).is_empty());
    assert_eq!(
        uses(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]),
        ["a", "b", "c"]
    );
}

#[test]
fn nobody_has_a_permission_that_is_not_used() {
    let arrows = arrows();
    let mut stale = Vec::new();
    for (module, allowed) in MAY_USE {
        for name in allowed.iter().filter(|name| **name != "*") {
            if !arrows
                .iter()
                .any(|(_, of, path)| of == module && under(path, name))
            {
                stale.push(format!("{module} may use {name}, and does not"));
            }
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn modules_use_only_what_the_design_lets_them_use() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in source_files(&src) {
        let module = module_of(&file, &src);
        let is_known = MAY_USE.iter().any(|(name, _)| *name == module);
        assert!(
            is_known || ["lib", "doc_pages", "bin"].contains(&&*module),
            "{}: a new module; say in this test what it may use",
            file.display()
        );
    }
    let may_use = |module: &str, path: &str| {
        let mut of_module = MAY_USE.iter().filter(|(name, _)| *name == module);
        of_module.any(|(_, allowed)| allowed.iter().any(|name| *name == "*" || under(path, name)))
    };
    let mut violations = arrows();
    violations.retain(|(_, module, path)| !may_use(module, path));
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut violations = Vec::new();
    for file in source_files(&src) {
        let module = path_of(&file, &src);
        for (name, owners) in OWNERS {
            let is_owner = owners.iter().any(|owner| under(&module, owner));
            if !paths(&code(&file), name).is_empty() && !is_owner {
                violations.push(format!(
                    "{}: only {} may use {name}",
                    file.display(),
                    owners.join(" and ")
                ));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Rooms in which no two files may use each other, by whatever way round.
const WITHOUT_CYCLES: &[&str] = &["check", "record", "store::hdf5", "store::reader", "store::schema"];

/// What a file of the module `module` uses: the modules that its paths lead to.
fn uses(code: &str, module: &str, modules: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let mut absolute: Vec<String> = paths(code, "crate");
    let parts: Vec<&str> = module.split("::").collect();
    for up in 1..=parts.len() {
        let parent = parts[..parts.len() - up].join("::");
        let from = vec!["super"; up].join("::");
        let relative = paths(code, &from)
            .into_iter()
            .filter(|path| !path.starts_with("super"));
        absolute.extend(relative.map(|path| format!("{parent}::{path}")));
    }
    for child in modules.keys().filter(|child| under(child, module)) {
        let name = child[module.len()..].trim_start_matches("::");
        if !name.is_empty() && !name.contains("::") {
            let below = paths(code, name).into_iter();
            absolute.extend(below.map(|path| format!("{child}::{path}")));
        }
    }
    let target = |path: String| {
        let mut path = path.trim_start_matches("::");
        while !modules.contains_key(path) {
            path = path.rsplit_once("::")?.0;
        }
        (path != module).then(|| path.to_owned())
    };
    absolute.into_iter().filter_map(target).collect()
}

#[test]
fn files_do_not_use_each_other_in_a_circle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules: BTreeMap<String, PathBuf> = source_files(&src)
        .into_iter()
        .map(|file| (path_of(&file, &src), file))
        // Tests in a file of their own may use anything, as those at the end of a file.
        .filter(|(module, _)| !module.split("::").any(|part| part == "tests"))
        .collect();
    for room in WITHOUT_CYCLES {
        let mut used: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (module, file) in modules.iter().filter(|(module, _)| under(module, room)) {
            let mut of_module = uses(&code(file), module, &modules);
            of_module.retain(|used| under(used, room));
            used.insert(module, of_module);
        }
        assert!(used.values().any(|used| !used.is_empty()), "{room} is no room");
        let circles = in_circles(used);
        assert!(circles.is_empty(), "{room} goes in circles: {circles:#?}");
    }
}

#[test]
fn the_command_line_program_lives_on_public_items_alone() {
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    for file in source_files(&bin) {
        let code = code(&file);
        for way_in in ["#[path", "include!", "scope_profiler::__"] {
            assert!(
                !code.contains(way_in),
                "{} reaches into the library with {way_in}",
                file.display()
            );
        }
    }
}

#[test]
fn groups_of_use_declarations_are_written_out() {
    let code = "use crate::{a, b::{C as X, D}, e::*};\nlet x = crate::f::g(1); $crate::h; my_crate::i::j();";
    assert_eq!(paths(code, "crate"), ["a", "b::C", "b::D", "e", "f::g"]);
}

/// What the user's shell, batch system or terminal has set must not reach any test.
#[test]
fn every_test_program_begins_calm() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = fs::read_dir(tests).expect("a readable directory");
    let programs = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let program = if path.is_dir() { path.join("main.rs") } else { path };
            program.exists().then_some(program)
        });
    for program in programs {
        let text = fs::read_to_string(&program).expect("a readable file");
        let is_calm = text.contains("\nmod calm;");
        assert!(
            is_calm,
            "{} lacks `mod calm;` (tests/common/calm.rs)",
            program.display()
        );
    }
}
