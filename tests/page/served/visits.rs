//! From call to call of a file of which the page holds a part.

use super::detail::served;
use crate::browser::{Browser, Look};
use serde_json::{Value, json};

fn selected(browser: &mut Browser) -> Value {
    browser.eval("(({ name, rank, start, end }) => [name, rank, start, end])(scopeProfiler.view.selected)")
}

fn matches(browser: &mut Browser) -> String {
    browser.text("document.getElementById('matches').textContent")
}

#[test]
fn every_call_of_the_file_is_reached_by_key_and_so_is_the_longest() {
    let (_profile, server, calls) = served();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    let call = |number: usize| json!(["step", 0, calls[number].0, calls[number].1]);
    browser.open_address(&format!("{}#pin=step", server.link));
    for (key, number) in [
        ("n", 0),
        ("n", 1),
        ("n", 2),
        ("N", 1),
        ("N", 0),
        ("N", 999_999),
        ("n", 0),
    ] {
        browser.key(key);
        assert_eq!(selected(&mut browser), call(number), "{key}");
        let place = matches(&mut browser);
        let expected = format!(
            "{} of 1 000 000 calls",
            (number + 1).to_string().replace("1000000", "1 000 000")
        );
        assert_eq!(place, expected);
        // It is seen as itself.
        let outline = browser
            .eval("scopeProfiler.view.t1 - scopeProfiler.view.t0")
            .as_f64()
            .unwrap();
        let length = (calls[number].1 - calls[number].0) as f64;
        assert!(outline < 400.0 * length, "{outline}");
    }
    let most = calls.iter().map(|(start, end)| end - start).max().unwrap();
    let longest = calls.iter().position(|(start, end)| end - start == most).unwrap();
    browser.key("f");
    browser.key("l");
    assert_eq!(selected(&mut browser), call(longest));
    assert!(matches(&mut browser).starts_with("the longest: "));
    browser.key("n");
    assert_eq!(selected(&mut browser), call(longest + 1));
    // Away from it, where it is merged again, it is still the call that is selected.
    browser.key("f");
    assert_eq!(selected(&mut browser), call(longest + 1));
    browser.key("n");
    assert_eq!(selected(&mut browser), call(longest + 2));
    // A link names it.
    let link = format!("{}{}", server.link, browser.text("location.hash"));
    browser.open_address(&link);
    assert_eq!(selected(&mut browser), call(longest + 2));
    browser.key("n");
    assert_eq!(selected(&mut browser), call(longest + 3));
    // Of what was searched for.
    browser.key("Escape");
    browser.key("Escape");
    browser.key("/");
    browser.type_text("flux");
    browser.key("Enter");
    assert_eq!(selected(&mut browser)[0], "flux");
    assert!(
        matches(&mut browser).contains(" of 333 334 calls"),
        "{}",
        matches(&mut browser)
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_longest_calls_of_the_file_are_listed_and_one_goes_there_by_a_click() {
    let (_profile, server, calls) = served();
    let Some(mut browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open_address(&format!("{}#pin=step&view=region", server.link));
    let list = "[...document.querySelectorAll('#region ol.regions .value')].map(value => value.textContent)";
    browser.until(&format!(
        "{list}.length === 8 && !document.querySelector('#region ol').textContent.includes('merged')"
    ));
    let mut lengths: Vec<i64> = calls.iter().map(|(start, end)| end - start).collect();
    lengths.sort_unstable_by_key(|&length| std::cmp::Reverse(length));
    let expected: Vec<String> = lengths[..8].iter().map(|length| format!("{length} ns")).collect();
    assert_eq!(browser.eval(list), json!(expected));
    browser.eval("document.querySelector('#region ol').scrollIntoView()");
    let third = browser.middle_of("#region ol li:nth-child(3) button");
    browser.click(third);
    let found = selected(&mut browser);
    assert_eq!(
        found[3].as_i64().unwrap() - found[2].as_i64().unwrap(),
        lengths[2]
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let (_profile, server, _) = served();
    let status = |below: &str| server.get(below).status;
    assert_eq!(status("0/"), 200);
    let good = "0/step?version=1&to=next&start=0&regions=0-2&ranks=0";
    assert_eq!(status(good), 200);
    for wrong in [
        "0/step?version=1",
        "0/step?version=1&to=next",
        "0/step?version=1&to=there&start=5",
        "0/step?version=1&to=next&start=5&regions=",
        "0/step?version=1&to=next&start=5&ranks=a",
        "0/longest?version=1&ranks=1-",
    ] {
        assert_eq!(status(wrong), 400, "{wrong}");
    }
    assert_eq!(status(&good.replace("version=1", "version=2")), 409);
    let nothing = server.get("0/step?version=1&to=next&start=0&regions=9");
    assert_eq!(nothing.text(), r#"{"call":null,"place":0,"all":0}"#);
    for extreme in ["9223372036854775807", "-9223372036854775808"] {
        for to in ["next", "before"] {
            assert_eq!(
                status(&format!(
                    "0/step?version=1&to={to}&start={extreme}&end={extreme}&region=0&rank=0"
                )),
                200
            );
        }
    }
    assert_eq!(status("0/longest?version=1&most=18446744073709551615"), 200);
}
