//! The interactive page: one HTML file with everything in it.
//!
//! The page needs no network, no fonts and no server: it opens from `file://`, from a mail, or
//! from an archive years later. Its sources are in `assets/page`; here they are put together with
//! the chart as JSON. A content security policy in the page forbids every load, so that no data
//! can make the page fetch anything.

use super::page_json;
use crate::chart::gantt::GanttChart;
use crate::chart::page::PageData;
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process;

const TEMPLATE: &str = include_str!("../../assets/page/page.html");
const STYLE: &str = include_str!("../../assets/page/page.css");
/// In order: each file uses only what stands before it.
const SCRIPTS: [&str; 9] = [
    include_str!("../../assets/page/format.js"),
    include_str!("../../assets/page/model.js"),
    include_str!("../../assets/page/color.js"),
    include_str!("../../assets/page/lanes.js"),
    include_str!("../../assets/page/painter.js"),
    include_str!("../../assets/page/timeline.js"),
    include_str!("../../assets/page/table.js"),
    include_str!("../../assets/page/tooltip.js"),
    include_str!("../../assets/page/page.js"),
];

/// The page as text.
///
/// Times are kept to the nanosecond for charts of up to 104 days. A bar costs about a
/// dozen bytes.
///
/// ```
/// use scope_profiler::chart::{gantt::GanttChart, page::PageData};
/// let mut chart = GanttChart { span_ns: 1, ..Default::default() };
/// chart.header.title = "</script> run".into();
/// let page = scope_profiler::plot::html::render(&chart, &PageData::default());
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(!page.contains("</script> run"));
/// ```
#[must_use]
pub fn render(chart: &GanttChart, data: &PageData) -> String {
    let json = page_json::encode(chart, data);
    let title = escape_html(&chart.header.title);
    let script = SCRIPTS.concat();
    let parts = [
        ("title", title.as_str()),
        ("style", STYLE),
        ("data", &json),
        ("script", &script),
    ];

    let mut page =
        String::with_capacity(TEMPLATE.len() + STYLE.len() + json.len() + script.len() + title.len());
    // What is inserted is never searched again, so a title may hold a marker.
    let mut rest = TEMPLATE;
    for (marker, text) in parts {
        let marker = format!("{{{{{marker}}}}}");
        let (before, after) = rest
            .split_once(&marker)
            .expect("the template holds every marker, in this order");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Writes the page to `path`. A file that is there is replaced only once the new one is complete.
///
/// # Errors
///
/// The directory is missing or cannot be written, the path is a directory, or the disk is full.
pub fn write(chart: &GanttChart, data: &PageData, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let Some(name) = path.file_name() else {
        return Err(Error::config(format!(
            "{}: not a file name for a page",
            path.display()
        )));
    };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", process::id()));
    let temporary = path.with_file_name(hidden);

    let written = fs::write(&temporary, render(chart, data)).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // What is left of a failed attempt is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
        Error::io(path, "cannot write the page", error)
    })
}

fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
