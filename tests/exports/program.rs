//! What `export` does whatever the format.

use crate::common::{Profile, sample};
use crate::running::{complaint, export, exported, names_in, program, text};
use scope_profiler::export::EXPORTERS;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn help_and_guide_list_every_format() {
    let help = program().args(["export", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/export.md");
    let guide = fs::read_to_string(guide).unwrap();
    assert!(!EXPORTERS.is_empty());
    for format in EXPORTERS {
        let (name, ends) = (format.name(), format.extensions());
        assert!(help.contains(&format!("- {name}:")), "{name}: {help}");
        let ends: Vec<String> = ends.iter().map(|end| format!("`{end}`")).collect();
        let row = format!("| `{name}` | {} |", ends.join(", "));
        assert!(guide.contains(&row), "docs/export.md lacks {row}");
    }
}

#[test]
fn the_format_is_guessed_from_the_name_and_gz_compresses() {
    let profile = sample();
    let plain = profile.directory().join("run.csv");
    let output = export(&profile.path(), &["-o", plain.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, format!("{}\n", plain.display()).as_bytes());

    let packed = profile.directory().join("run.CSV.gz");
    let output = export(&profile.path(), &["-o", packed.to_str().unwrap(), "-q"]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let unpacked = Command::new("gzip").arg("-dc").arg(&packed).output().unwrap();
    assert!(unpacked.status.success(), "{unpacked:?}");
    assert_eq!(unpacked.stdout, fs::read(&plain).unwrap());
    assert_eq!(
        unpacked.stdout,
        exported(&profile.path(), &["--to", "csv", "-o", "-"])
    );
    assert_eq!(names_in(profile.directory()), ["run.CSV.gz", "run.csv", "run.h5"]);
}

#[test]
fn filters_apply_and_those_that_match_nothing_are_refused() {
    let file = sample();
    let table = text(&file.path(), &["--to", "csv", "-i", "solve", "-r", "1"]);
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(complaint(&file.path(), &["--to", "csv", "-i", "sovle"]).contains("\"solve\""));
    assert!(complaint(&file.path(), &["--to", "csv", "-r", "7"]).contains("there is no rank 7"));
    // The file may come last, after an option that takes several values.
    let last = program()
        .args(["export", "--to", "csv", "-i", "io"])
        .arg(file.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(last.stdout).unwrap().lines().count(), 2);
}

#[test]
fn a_file_without_regions_is_an_empty_table() {
    let file = Profile::new()
        .with(|file| drop(file.create_group("rank0/regions").unwrap()))
        .close();
    assert_eq!(
        text(&file.path(), &["--to", "csv"]),
        "region,rank,thread,start_ns,end_ns\n"
    );
}

#[test]
fn what_cannot_be_written_leaves_nothing_and_says_why() {
    let profile = sample();
    let at = |name: &str| profile.directory().join(name).to_str().unwrap().to_owned();
    let message = complaint(&profile.path(), &["-o", &at("run.xyz")]);
    assert!(
        message.contains("run.xyz") && message.contains("csv"),
        "{message}"
    );
    let message = complaint(&profile.path(), &["-o", &at("no/run.csv")]);
    assert!(message.contains("there is no directory"), "{message}");
    fs::create_dir(at("dir.csv")).unwrap();
    let message = complaint(&profile.path(), &["-o", &at("dir.csv")]);
    assert!(message.contains("is a directory"), "{message}");
    assert_eq!(names_in(profile.directory()), ["dir.csv", "run.h5"]);
}

#[test]
fn an_export_that_the_disk_has_no_room_for_leaves_the_old_one() {
    let calls: Vec<_> = (0..2_000).map(|n| (n * 1_000, n * 1_000 + 500, 0)).collect();
    let profile = Profile::new().region(0, "step", &calls).close();
    let target = profile.directory().join("run.csv");
    fs::write(&target, "older").unwrap();
    let output = Command::new("/bin/sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 4; exec "$0" "$@""#])
        .arg(env!("CARGO_BIN_EXE_scope-profiler-pproc"))
        .arg("export")
        .arg(profile.path())
        .arg("-o")
        .arg(&target)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("run.csv: cannot write the export: "),
        "{message}"
    );
    assert_eq!(fs::read_to_string(&target).unwrap(), "older");
    assert_eq!(names_in(profile.directory()), ["run.csv", "run.h5"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let calls: Vec<_> = (0..50_000).map(|n| (n * 1_000, n * 1_000 + 500, 0)).collect();
    let profile = Profile::new().region(0, "step", &calls).close();
    let mut child = program()
        .arg("export")
        .arg(profile.path())
        .args(["--to", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"region");
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_window_is_read_or_explained() {
    let file = sample();
    for (window, reason) in [
        ("1s", "there is no .. in it"),
        ("1..2", "has no unit"),
        ("2ms..1ms", "ends before it begins"),
    ] {
        let output = export(&file.path(), &["--to", "csv", "--window", window]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(reason), "{message}");
    }
}
