//! What stands where a file is to go, and is none; and paths that shells and people write.

use super::program::{FILE_PATH, GOES_TO, names_in, program, refusal, run, said, set_file};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

fn make(command: &str, arguments: &[&str], path: &Path) -> bool {
    let output = Command::new(command).arg(path).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// What is no file, in a directory: its name, and what a message calls it.
fn no_files(directory: &Path) -> Vec<(PathBuf, &'static str)> {
    let at = |name: &str| directory.join(name);
    assert!(make("mkfifo", &[], &at("pipe")));
    // It stays when it is closed.
    drop(UnixListener::bind(at("socket")).unwrap());
    fs::create_dir(at("sub")).unwrap();
    symlink(at("pipe"), at("link to a pipe")).unwrap();
    symlink("/dev/full", at("link to a device")).unwrap();
    symlink(at("sub"), at("link to a directory")).unwrap();
    let mut all = vec![
        (at("pipe"), "pipe"),
        (at("socket"), "socket"),
        (at("sub"), "directory"),
        (at("link to a pipe"), "pipe"),
        (at("link to a device"), "device"),
        (at("link to a directory"), "directory"),
    ];
    // Where the machine's own could be harmed, one of ours stands for it.
    if make("mknod", &["c", "1", "7"], &at("device")) {
        all.push((at("device"), "device"));
    } else {
        eprintln!("SKIPPED: only root can make a device");
    }
    all
}

/// Who runs the tests.
fn user() -> u32 {
    tempfile::tempfile().unwrap().metadata().unwrap().uid()
}

fn kind(path: &Path) -> String {
    format!("{:?}", path.symlink_metadata().unwrap().file_type())
}

#[test]
fn what_is_no_file_is_refused_when_the_session_begins() {
    let directory = tempfile::tempdir().unwrap();
    let all = no_files(directory.path());
    for (path, what) in &all {
        let before = kind(path);
        for from_environment in [true, false] {
            let mut command = program(directory.path());
            if from_environment {
                set_file(&mut command, path);
            } else {
                command.env(FILE_PATH, path);
            }
            let text = refusal(&mut command);
            assert!(
                text.contains(what) && text.contains(path.to_str().unwrap()),
                "{text}"
            );
        }
        assert_eq!(kind(path), before, "{}", path.display());
    }
    let names = names_in(directory.path());
    assert!(names.iter().all(|name| !name.ends_with(".d")), "{names:?}");
}

#[test]
fn what_takes_the_place_of_the_file_meanwhile_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let mut running = super::program::Running::start(set_file(&mut program(directory.path()), &file));
    assert!(make("mkfifo", &[], &file));
    running.go_on();
    let text = running.end();
    assert!(text.contains("another process has written"), "{text}");
    assert!(file.symlink_metadata().unwrap().file_type().is_fifo());
}

#[test]
fn a_null_device_means_that_no_file_is_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("link");
    symlink("/dev/null", &link).unwrap();
    let device = directory.path().join("null");
    let mut devices = vec![link];
    if make("mknod", &["c", "1", "3"], &device) {
        devices.push(device);
    } else {
        eprintln!("SKIPPED: only root can make a device");
    }
    let before = names_in(directory.path());
    for device in &devices {
        let kind_before = kind(device);
        let text = said(&run(set_file(&mut program(directory.path()), device)));
        assert!(text.contains("step") && !text.contains("wrote"), "{text}");
        assert_eq!(kind(device), kind_before);
    }
    // The machine's own, where a fault could do no harm.
    if user() != 0 {
        said(&run(set_file(&mut program(directory.path()), "/dev/null")));
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert_eq!(names_in(directory.path()), before);
}

#[test]
fn a_path_that_cannot_be_meant_says_what_is_wrong_with_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sub")).unwrap();
    fs::write(directory.path().join("file"), "mine").unwrap();
    for (path, what) in [
        // Here it is a file, and the link to it is not to be replaced.
        ("/dev/stdout", "directory for devices"),
        ("/dev/fd/1", "directory for devices"),
        ("/dev/new.h5", "directory for devices"),
        ("/proc/self/fd/1", "directory for devices"),
        ("sub/", "is the name of a directory"),
        ("new/", "is the name of a directory"),
        ("sub/.", "is the name of a directory"),
        ("sub/..", "is the name of a directory"),
        ("..", "is the name of a directory"),
        ("sub", "is a directory"),
        (
            "nowhere/run.h5",
            "the output directory nowhere does not exist; create it",
        ),
        ("file/run.h5", "file is not a directory"),
        ("~/run.h5", "only a shell replaces ~"),
        ("~ada/run.h5", "only a shell replaces ~"),
    ] {
        let may_be_harmed = path.starts_with("/dev/") && fs::metadata("/dev").unwrap().uid() == user();
        if may_be_harmed {
            continue;
        }
        let mut command = program(directory.path());
        set_file(&mut command, path)
            .env("TEST_AT_ONCE", "1")
            .stdout(fs::File::create(directory.path().join("out")).unwrap());
        let output = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{path}: {output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(path) && text.contains(what), "{path}: {text}");
    }
    fs::remove_file(directory.path().join("out")).unwrap();
    assert_eq!(names_in(directory.path()), ["file", "sub"]);
    // Where it is the name of a directory, it is.
    fs::create_dir(directory.path().join("~")).unwrap();
    said(&run(set_file(&mut program(directory.path()), "~/run.h5")));
    assert_eq!(names_in(&directory.path().join("~")), ["run.h5"]);
}

#[test]
fn logs_go_into_no_file_of_somebody_else() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("run.h5.d"), "mine").unwrap();
    let text = refusal(set_file(&mut program(directory.path()), "run.h5"));
    assert!(text.contains("run.h5.d: is no directory"), "{text}");
    assert_eq!(
        fs::read_to_string(directory.path().join("run.h5.d")).unwrap(),
        "mine"
    );
}

#[test]
fn a_variable_that_is_no_text_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    for key in [
        "SCOPE_PROFILER_FILE",
        "SCOPE_PROFILER_ACTIVATED",
        "SCOPE_PROFILER_LABEL",
        "SCOPE_PROFILER_MERGE",
        "SCOPE_PROFILER_MPI",
        "SCOPE_PROFILER_CLOCK",
    ] {
        let text = refusal(program(directory.path()).env(key, OsStr::from_bytes(b"run\xff.h5")));
        assert!(text.contains(key) && text.contains("UTF-8"), "{text}");
    }
    assert!(names_in(directory.path()).is_empty());
}

#[cfg(feature = "cli")]
mod with_the_program {
    use super::super::program::{Running, advice, end_together, paste};
    use super::*;
    use scope_profiler::ProfilingH5Reader;

    #[test]
    fn the_advised_command_can_be_pasted_whatever_the_path() {
        for name in [
            "two words",
            "it's",
            "a\"b",
            "$HOME `id`",
            "-o",
            "new\nline",
            "#*;&|~",
            "größe",
        ] {
            let directory = tempfile::tempdir().unwrap();
            fs::create_dir(directory.path().join(name)).unwrap();
            let file = format!("{name}/{name}.h5");
            let mut ranks = Vec::new();
            for rank in ["0", "1"] {
                let mut command = program(directory.path());
                command.env("PMI_RANK", rank).env("PMI_SIZE", "2");
                ranks.push(Running::start(set_file(&mut command, &file)));
            }
            let command = advice(&end_together(ranks)[0]);
            paste(&command, directory.path());
            let reader = ProfilingH5Reader::open(directory.path().join(&file)).unwrap();
            assert_eq!(reader.ranks(), [0, 1], "{command}");
        }
    }

    fn pproc(arguments: &[&OsStr]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_scope-profiler-pproc"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[test]
    fn neither_merging_nor_drawing_replaces_what_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = program(directory.path());
        said(&run(set_file(
            command.env("SCOPE_PROFILER_KEEP_LOGS", "1"),
            "run.h5",
        )));
        let (file, logs) = (directory.path().join("run.h5"), directory.path().join("run.h5.d"));
        let places = tempfile::tempdir().unwrap();
        for (path, what) in no_files(places.path()) {
            let before = kind(&path);
            let text = pproc(&["merge".as_ref(), logs.as_ref(), "-o".as_ref(), path.as_ref()]);
            assert!(text.contains(what), "{text}");
            assert_eq!(kind(&path), before);
            for name in [
                "gantt_plot.png",
                "gantt_plot.svg",
                "gantt_plot.html",
                "durations_plot.svg",
                "region_statistics.json",
            ] {
                let figures = tempfile::tempdir().unwrap();
                let place = figures.path().join(name);
                symlink(&path, &place).unwrap();
                let formats = ["--format", "png", "svg", "html"].map(OsStr::new);
                let mut arguments = vec![file.as_os_str(), "-o".as_ref(), figures.path().as_os_str()];
                arguments.extend(formats);
                let text = pproc(&arguments);
                assert!(text.contains(name) && text.contains(what), "{text}");
                assert!(place.symlink_metadata().unwrap().is_symlink(), "{name}");
            }
        }
        for output in ["sub/", "~/run.h5"] {
            let text = pproc(&["merge".as_ref(), logs.as_ref(), "-o".as_ref(), output.as_ref()]);
            assert!(text.contains(output), "{text}");
        }
        let text = pproc(&[file.as_os_str(), "-o".as_ref(), "~/figures".as_ref()]);
        assert!(text.contains("only a shell replaces ~"), "{text}");
        assert!(!Path::new("~").exists());
    }
}

#[test]
fn a_relative_path_counts_from_where_the_session_began_wherever_the_program_goes() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("results")).unwrap();
    for file in ["run.h5", "results/run.h5", "./dot.h5"] {
        let mut command = program(directory.path());
        set_file(&mut command, OsStr::new(file));
        let text = said(&run(command.env(GOES_TO, elsewhere.path())));
        // As it was named, for the shell that the program was started from.
        let name = file.trim_start_matches("./");
        assert!(text.contains(&format!("wrote {name}\n")), "{text}");
        let reader = scope_profiler::ProfilingH5Reader::open(directory.path().join(file)).unwrap();
        assert!(reader.get_region("step").is_ok());
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
