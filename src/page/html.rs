//! The interactive page: one HTML file with everything in it.
//!
//! The page needs no network, no fonts and no server: it opens from `file://`, from a mail, or
//! from an archive years later. Its sources are in `assets/page`; here they are put together with
//! the data. A content security policy in the page forbids every load, so that no data
//! can make the page fetch anything.

use super::data::PageData;
use super::{bars, json, script, views};
use crate::chart::GanttChart;
use crate::error::Result;
use crate::output;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

const TEMPLATE: &str = include_str!("../../assets/page/page.html");
const STYLE: &str = include_str!("../../assets/page/page.css");

/// The page as text.
///
/// Times are kept to the nanosecond for charts of up to 104 days. A bar costs about
/// six bytes.
///
/// ```
/// use scope_profiler::chart::GanttChart;
/// use scope_profiler::page::{PageData, html};
/// let mut chart = GanttChart::default();
/// chart.span_ns = 1;
/// chart.header.title = "</script> run".into();
/// let page = html::render(&chart, &PageData::default());
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(!page.contains("</script> run"));
/// ```
#[must_use]
pub fn render(chart: &GanttChart, data: &PageData) -> String {
    let views = views::pack(&data.views, &json::names(chart, data), usize::MAX);
    with_packed(
        chart,
        data,
        &views,
        &bars::compress(&bars::pack(chart)),
        &bars::compress(&[]),
    )
}

/// As [`render`], with [views], bars and [values](super::values) that are [packed](bars) and compressed already in place
/// of those of the chart.
pub(super) fn with_packed(
    chart: &GanttChart,
    data: &PageData,
    views: &[u8],
    bars: &[u8],
    values: &[u8],
) -> String {
    let json = json::encode(chart, data);
    let title = escape_html(&chart.header.title);
    let script = script::compose();
    // A file asks nobody for anything.
    let connect = if data.served.is_some() { "'self'" } else { "'none'" };
    let parts = [
        ("connect", Part::Text(connect)),
        ("title", Part::Text(&title)),
        ("style", Part::Text(STYLE)),
        ("data", Part::Text(&json)),
        ("views", Part::Bytes(views)),
        ("bars", Part::Bytes(bars)),
        ("values", Part::Bytes(values)),
        ("script", Part::Text(&script)),
    ];

    let length = parts.iter().map(|(_, part)| part.len()).sum::<usize>();
    let mut page = String::with_capacity(TEMPLATE.len() + length);
    // What is inserted is never searched again, so a title may hold a marker.
    let mut rest = TEMPLATE;
    for (marker, part) in parts {
        let marker = format!("{{{{{marker}}}}}");
        let (before, after) = rest
            .split_once(&marker)
            .expect("the template holds every marker, in this order");
        page.push_str(before);
        match part {
            Part::Text(text) => page.push_str(text),
            Part::Bytes(bytes) => STANDARD.encode_string(bytes, &mut page),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// What is inserted at a marker of the template.
enum Part<'a> {
    Text(&'a str),
    /// In base64.
    Bytes(&'a [u8]),
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len().div_ceil(3) * 4,
        }
    }
}

/// Writes the page to `path`. A file that is there is replaced only once the new one is complete.
///
/// # Errors
///
/// The directory is missing or cannot be written, the path is a directory, or the disk is full.
pub fn write(chart: &GanttChart, data: &PageData, path: impl AsRef<Path>) -> Result<()> {
    output::write(path.as_ref(), "page", render(chart, data).as_bytes())
}

pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
