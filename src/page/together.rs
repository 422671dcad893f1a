//! The page that shows several files together: a frame for the page of each, which move as one, and a table that compares
//! their regions.

use super::{json, script};
use serde::Serialize;

const TEMPLATE: &str = include_str!("../../assets/page/together.html");
const STYLE: &str = concat!(
    include_str!("../../assets/page/page.css"),
    include_str!("../../assets/page/together.css")
);

/// A file with a page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    /// Where its page is.
    pub(crate) address: String,
    pub(crate) title: String,
    pub(crate) path: String,
}

/// The page as text.
pub(crate) fn render(runs: &[Run]) -> String {
    let runs = json::escape(&serde_json::to_string(runs).expect("plain data becomes JSON"));
    let script = script::compose_together();
    let mut page = String::with_capacity(TEMPLATE.len() + STYLE.len() + runs.len() + script.len());
    // What is inserted is never searched again.
    let mut rest = TEMPLATE;
    for (marker, text) in [("{{style}}", STYLE), ("{{runs}}", &runs), ("{{script}}", &script)] {
        let (before, after) = rest
            .split_once(marker)
            .expect("the template holds every marker, in this order");
        page += before;
        page += text;
        rest = after;
    }
    page + rest
}
