//! Processes that know nothing of each other and write to one path.

use super::program::{
    AT_ONCE, Running, end_together, names_in, process_of, profiles_in, program, regions, run, said, set_file,
};
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

const PROCESSES: usize = 6;

/// Every process has told which file is its own, and that is so.
fn each_has_its_file(directory: &std::path::Path, told: &[(u32, String)]) {
    let mut files = BTreeSet::new();
    for (process, text) in told {
        let line = text
            .lines()
            .find(|line| line.contains("wrote "))
            .unwrap_or_else(|| panic!("{text}"));
        let name = line.split("wrote ").nth(1).unwrap();
        let name = name.split(['\n', ':', ',']).next().unwrap();
        let file = directory.join(name);
        assert_eq!(process_of(&file), i64::from(*process), "{text}");
        if name != "run.h5" {
            assert!(text.contains("another process has written run.h5"), "{text}");
            assert!(
                name.starts_with("run-") && name.contains(&process.to_string()),
                "{name}"
            );
        }
        files.insert(file);
    }
    assert_eq!(files.len(), told.len());
    assert_eq!(profiles_in(directory), files.into_iter().collect::<Vec<_>>());
    // Neither logs nor claims nor temporary files.
    assert_eq!(names_in(directory).len(), told.len(), "{:?}", names_in(directory));
}

#[test]
fn processes_that_end_at_the_same_moment_keep_a_file_each() {
    for (older, verbose) in [(false, "1"), (true, "1"), (true, "0")] {
        let directory = tempfile::tempdir().unwrap();
        let mut first = program(directory.path());
        set_file(&mut first, "run.h5").env("SCOPE_PROFILER_VERBOSE", verbose);
        if older {
            said(&run(&mut first));
        }
        let mut command = program(directory.path());
        set_file(&mut command, "run.h5").env("SCOPE_PROFILER_VERBOSE", verbose);
        let all: Vec<Running> = (0..PROCESSES).map(|_| Running::start(&mut command)).collect();
        let ids: Vec<u32> = all.iter().map(Running::id).collect();
        let texts = end_together(all);
        let replaced = texts
            .iter()
            .filter(|text| text.contains("replacing an older file"));
        if verbose == "1" {
            assert_eq!(replaced.count(), usize::from(older), "{texts:?}");
            let told: Vec<_> = ids.into_iter().zip(texts).collect();
            each_has_its_file(directory.path(), &told);
        } else {
            // What is not where it was to be is told all the same.
            let told = texts
                .iter()
                .filter(|text| text.contains("another process has written run.h5"));
            assert_eq!(told.count(), PROCESSES - 1, "{texts:?}");
            assert_eq!(profiles_in(directory.path()).len(), PROCESSES);
        }
    }
}

#[test]
fn a_program_that_starts_itself_keeps_both_profiles() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path());
    let text = said(&run(set_file(command.env("TEST_PARENT", "1"), "run.h5")));
    assert!(
        text.contains("another process has written run.h5 since this one began"),
        "{text}"
    );
    let files = profiles_in(directory.path());
    let all: Vec<Vec<String>> = files.iter().map(|file| regions(file)).collect();
    assert_eq!(all, [["step"], ["child"]], "{files:?}");
}

#[test]
fn an_index_of_links_has_a_name_of_its_own_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path());
    set_file(&mut command, "run.h5").env("SCOPE_PROFILER_MERGE", "link");
    let all: Vec<Running> = (0..3).map(|_| Running::start(&mut command)).collect();
    end_together(all);
    let files = profiles_in(directory.path());
    let of: BTreeSet<i64> = files.iter().map(|file| process_of(file)).collect();
    assert_eq!((files.len(), of.len()), (3, 3));
    assert!(files.iter().all(|file| regions(file) == ["step"]));
}

#[test]
fn processes_of_xargs_keep_a_file_each() {
    let directory = tempfile::tempdir().unwrap();
    let program = program(directory.path());
    let mut xargs = Command::new("sh");
    xargs
        .args(["-c", r#"seq 6 | xargs -P 6 -I{} "$0" "$@""#])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(directory.path())
        .env_clear()
        .envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))))
        .env(AT_ONCE, "1")
        .stdin(Stdio::null());
    said(&set_file(&mut xargs, "run.h5").output().unwrap());
    // One that ends before another begins is replaced by it, as by any later run.
    let files = profiles_in(directory.path());
    assert!(files.contains(&directory.path().join("run.h5")), "{files:?}");
    let of: BTreeSet<i64> = files.iter().map(|file| process_of(file)).collect();
    assert_eq!(of.len(), files.len());
}

#[test]
fn a_later_run_replaces_the_result_of_an_earlier_one_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path());
    set_file(&mut command, "run.h5");
    let text = said(&run(&mut command));
    assert!(text.contains("wrote run.h5\n"), "{text}");
    let first = process_of(&directory.path().join("run.h5"));
    let text = said(&run(&mut command));
    assert!(text.contains("wrote run.h5, replacing an older file\n"), "{text}");
    assert_ne!(process_of(&directory.path().join("run.h5")), first);
    assert_eq!(names_in(directory.path()), ["run.h5"]);
}

#[test]
fn what_a_user_puts_there_meanwhile_stays() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    for before in [None, Some("older")] {
        if let Some(before) = before {
            fs::write(&file, before).unwrap();
        }
        let mut running = Running::start(set_file(&mut program(directory.path()), "run.h5"));
        fs::write(directory.path().join("new"), "mine").unwrap();
        fs::rename(directory.path().join("new"), &file).unwrap();
        running.go_on();
        let text = running.end();
        assert!(text.contains("another process has written run.h5"), "{text}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }
    assert_eq!(names_in(directory.path()).len(), 3);
}

#[test]
fn what_a_user_takes_away_meanwhile_is_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    fs::write(&file, "older").unwrap();
    let mut running = Running::start(set_file(&mut program(directory.path()), "run.h5"));
    fs::remove_file(&file).unwrap();
    running.go_on();
    let text = running.end();
    assert!(text.contains("wrote run.h5\n"), "{text}");
    assert_eq!(names_in(directory.path()), ["run.h5"]);
}
