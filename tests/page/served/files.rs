//! Several files at once, and files that cannot be shown.

use super::common::{Profile, sample};
use super::running::{Running, program};

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
