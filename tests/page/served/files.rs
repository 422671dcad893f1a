//! Several files at once, and files that cannot be shown.

use super::common::{Profile, sample};
use super::running::{Running, program};
use crate::browser::{Browser, Look};

#[test]
fn several_files_are_shown_together_and_each_has_a_page() {
    let one = sample();
    let two = Profile::new()
        .region(0, "<another>", &[(0, 5, 0)])
        .with(|file| {
            let title: hdf5::types::VarLenUnicode = "a & </script>".parse().unwrap();
            let label = file.new_attr::<hdf5::types::VarLenUnicode>().create("label");
            label.unwrap().write_scalar(&title).unwrap();
        })
        .close();
    let server = Running::serve(&[one.path().to_str().unwrap(), two.path().to_str().unwrap()]);
    let together = server.get("");
    assert_eq!(together.status, 200);
    assert!(!together.text().contains("a & </script>"));
    for (at, profile, region) in [(0, &one, "solve"), (1, &two, "another")] {
        let below = format!("{at}/");
        assert!(
            together
                .text()
                .contains(&format!("\"address\":\"{}{below}\"", server.path))
        );
        assert!(together.text().contains(profile.path().to_str().unwrap()));
        assert!(server.get(&below).text().contains(region));
    }
    assert_eq!(server.get("2/").status, 404);
}

#[test]
fn a_file_or_a_selection_that_cannot_be_shown_is_found_before_anything_is_served() {
    let profile = sample();
    let path = profile.path();
    let path = path.to_str().unwrap();
    for (arguments, expected) in [
        (vec![path, "no/such/file.h5"], "no/such/file.h5"),
        (vec![path, "-i", "nothing"], "nothing"),
        (vec![path, "-r", "7"], "7"),
    ] {
        let output = program()
            .arg("serve")
            .args(arguments)
            .arg("--no-open")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(
            complaint.contains(expected) && complaint.lines().count() == 1,
            "{complaint}"
        );
    }
}

#[test]
fn runs_have_the_names_that_were_typed_before_their_files() {
    let (old, new) = (sample(), sample());
    let [old, new] = [&old, &new].map(|profile| profile.path().to_str().unwrap().to_owned());
    let server = Running::serve(&[&format!("before={old}"), &new]);
    let together = server.get("");
    assert!(
        together.text().contains("\"title\":\"before\""),
        "{}",
        together.text()
    );
    assert!(together.text().contains(&old) && !together.text().contains("before="));
    assert!(server.get("0/").text().contains("<title>before"));
    assert!(!server.get("1/").text().contains("<title>before"));
}

#[test]
fn a_page_cannot_open_with_colours_of_a_field_that_no_call_has() {
    let profile = sample();
    let path = profile.path();
    let path = path.to_str().unwrap();
    for arguments in [vec!["serve", path], vec![path, "--show"]] {
        let output = program()
            .args(arguments)
            .args(["--color-by", "bytes"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains("there is no field \"bytes\""), "{complaint}");
    }
    let output = program().args([path, "--color-by", "bytes"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("-o DIR or --show"), "{complaint}");
}

#[test]
fn the_page_says_where_how_and_when_the_program_ran_and_what_is_missing_of_it() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 10_000, 0)])
        .region(1, "main", &[(0, 10_000, 0)])
        .with(|file| {
            let facts = [
                ("host", "node7"),
                ("command", "heat --size"),
                ("start_time", "2026-05-04T10:20:30.000Z"),
                ("missing_ranks", "2-3"),
            ];
            for (name, value) in facts {
                let text: hdf5::types::VarLenUnicode = value.parse().unwrap();
                let attribute = file.new_attr::<hdf5::types::VarLenUnicode>().create(name);
                attribute.unwrap().write_scalar(&text).unwrap();
            }
            let main = file.group("rank0/regions/main").unwrap();
            let dropped = main.new_attr::<u64>().create("dropped").unwrap();
            dropped.write_scalar(&7).unwrap();
            for rank in 0..2 {
                let clock = file.group(&format!("rank{rank}")).unwrap().create_group("clock");
                let bound = clock.unwrap().new_attr::<i64>().create("bound_ns").unwrap();
                bound.write_scalar(&150).unwrap();
            }
        })
        .close();
    let server = Running::serve(&[profile.path().to_str().unwrap()]);
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&server.link);
    browser.key("7");
    let run = browser.text("document.getElementById('run').innerText");
    for part in [
        "Host\nnode7",
        "Command\nheat --size",
        "Start time\n2026-05-04T10:20:30.000Z",
        "ranks 2-3 are missing",
        "7 of 9 intervals were dropped",
        "agree within 300 ns",
    ] {
        assert!(run.contains(part), "{part:?} is not in {run:?}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
