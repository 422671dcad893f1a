//! Many ranks: folded into one picture, opened one by one, and chosen.

use crate::profiles::page_of;
use crate::*;
use scope_profiler::profile::{Call, Profile};

/// Each rank is in `setup` for 100 us, then those below 64 in `solve` for 900 us and the others for 300.
fn ranks(many: u32) -> Profile {
    let mut profile = Profile::builder();
    for rank in 0..many {
        profile.push(Call::new("setup", 0..100_000).rank(rank));
        let end = if rank < 64 { 1_000_000 } else { 400_000 };
        profile.push(Call::new("solve", 100_000..end).rank(rank));
        profile.push(Call::new("inner", 200_000..300_000).rank(rank));
    }
    profile.build()
}

#[test]
fn many_ranks_open_on_a_picture_of_all_that_says_how_many_are_at_work() {
    let (_directory, path) = page_of(&ranks(256));
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let unseen =
        browser.number("(s => s.scrollHeight - s.clientHeight)(document.getElementById('scroller'))");
    assert!(unseen < 1.0, "all regions are seen at once: {unseen}");
    let late = place(&mut browser, "solve", 0, 700_000.0);
    browser.hover(late);
    let shown = tooltip(&mut browser);
    assert!(
        shown.contains(&"At work here: 64 of 256 ranks".to_owned()),
        "{shown:?}"
    );
    // A quarter of the ranks, a quarter of the colour; blue's own red is 0 or near it.
    let early = place(&mut browser, "solve", 0, 150_000.0);
    browser.hover((20.0, 20.0));
    let [early, late] = [early, late].map(|at| f64::from(pixel(&mut browser, at)[0]));
    assert_near((255.0 - late) / (255.0 - early), 0.25, 0.05);

    // One region is opened, then all.
    let y = place(&mut browser, "setup", 0, 0.0).1;
    let left = browser.number("document.getElementById('canvas').getBoundingClientRect().left");
    browser.click((left + 8.0, y));
    let apart = place(&mut browser, "setup", 200, 0.0).1 - place(&mut browser, "setup", 0, 0.0).1;
    assert!(apart > 200.0, "each rank has a lane of its own: {apart}");
    assert_eq!(browser.text("location.hash"), "#fold=%3F%7Eg0");
    browser.key("c");
    assert_eq!(
        browser.text("document.getElementById('fold').getAttribute('aria-pressed')"),
        "false"
    );
    let before = browser.eval("scopeProfiler.view");
    browser.reload(&path);
    assert_eq!(browser.eval("scopeProfiler.view"), before);
    assert_eq!(browser.text("location.hash"), "#fold=-");

    // By rank, each is one row of the picture.
    browser.open(&path, "#by=rank");
    let unseen =
        browser.number("(s => s.scrollHeight - s.clientHeight)(document.getElementById('scroller'))");
    assert!(unseen < 1.0, "all ranks are seen at once: {unseen}");
    // One rank is opened and folded again: by key that of the selected region, and by a click on the triangle.
    browser.open(&path, "#by=rank&fold=%2B&ranks=0-30&pin=solve");
    let open_ranks = |browser: &mut Browser| {
        [0, 1].map(|rank| place(browser, "setup", rank, 0.0).1 != place(browser, "solve", rank, 0.0).1)
    };
    assert_eq!(open_ranks(&mut browser), [false, false]);
    browser.key("C");
    assert_eq!(
        browser.text("document.getElementById('spoken').textContent"),
        "rank 0: open"
    );
    assert_eq!(open_ranks(&mut browser), [true, false]);
    browser.key("C");
    assert_eq!(open_ranks(&mut browser), [false, false]);
    let y = place(&mut browser, "setup", 1, 0.0).1;
    browser.click((left + 8.0, y));
    assert_eq!(open_ranks(&mut browser), [false, true]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn chosen_ranks_alone_are_drawn_and_counted_in_view() {
    let (_directory, path) = page_of(&ranks(8));
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&path, "");
    let input = browser.middle_of("#ranks");
    browser.click(input);
    browser.type_text("1,4-5");
    assert!(browser.eval("scopeProfiler.locate('solve', 0, 0)").is_null());
    assert!(browser.eval("scopeProfiler.locate('solve', 4, 0)").is_object());
    let solve = rows(&mut browser)
        .into_iter()
        .find(|row| row.starts_with("solve"))
        .unwrap();
    let cells: Vec<&str> = solve.split(" | ").collect();
    assert_eq!((cells[1], cells[11], cells[12]), ("8", "3", "2.70 ms"), "{solve}");
    assert_eq!(browser.text("location.hash"), "#ranks=1%2C4-5");
    browser.type_text("-");
    assert_eq!(
        browser.text("document.getElementById('ranks').getAttribute('aria-invalid')"),
        "true"
    );
    assert!(
        browser.eval("scopeProfiler.locate('solve', 4, 0)").is_object(),
        "what cannot be read changes nothing"
    );
    browser.key("Escape");
    assert!(browser.eval("scopeProfiler.locate('solve', 0, 0)").is_object());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
