//! The page as text: self-contained, safe, written whole or not at all.

use crate::*;

#[test]
fn the_page_asks_for_nothing_outside_itself() {
    let (chart, data) = known();
    let page = html::render(&chart, &data);
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("@import"));
    assert!(!page.contains("<script src") && !page.contains("<link rel=\"stylesheet"));
    assert!(
        page.contains("default-src 'none'"),
        "a content security policy forbids every load"
    );
    assert!(!page.contains("innerHTML") && !page.contains("{{"));
}

#[test]
fn no_name_ends_the_script_it_is_stored_in() {
    let names = hostile_names();
    let (mut chart, mut data) = grid(1, names.len(), 1, |i| names[i].clone());
    let scripts = |page: &str| {
        (
            page.matches("<script").count(),
            page.matches("</script").count(),
            page.matches("<!--").count(),
        )
    };
    let harmless = scripts(&html::render(&known().0, &known().1));
    chart.header.title = names[0].clone();
    data.notes = names
        .iter()
        .map(|name| PageNote {
            text: name.clone(),
            is_warning: false,
        })
        .collect();
    assert_eq!(scripts(&html::render(&chart, &data)), harmless);
}

#[test]
fn two_hundred_thousand_bars_make_a_page_of_a_few_megabytes() {
    let (chart, data) = grid(8, 25, 1000, |i| format!("region_{i}"));
    assert_eq!(chart.header.intervals, 200_000);
    let size = html::render(&chart, &data).len();
    assert!(size < 4_000_000, "{size} bytes");
}

#[test]
fn writing_replaces_a_page_and_leaves_nothing_else_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.html");
    std::fs::write(&path, "an older page").unwrap();
    let (chart, data) = known();
    html::write(&chart, &data, &path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        html::render(&chart, &data)
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_page_that_cannot_be_written_is_one_line_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let (chart, data) = known();
    let missing = directory.path().join("no/such/run.html");
    let error = html::write(&chart, &data, &missing).unwrap_err();
    assert!(error.is_io());
    let text = error.to_string();
    assert!(
        text.starts_with(&missing.display().to_string()) && text.lines().count() == 1,
        "{text}"
    );

    let error = html::write(&chart, &data, directory.path()).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
