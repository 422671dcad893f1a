//! The interactive page: one HTML file with everything in it.
//!
//! The page needs no network, no fonts and no server: it opens from `file://`, from a mail, or
//! from an archive years later. Its sources are in `assets/page`; here they are put together with
//! the data. A content security policy in the page forbids every load, so that no data
//! can make the page fetch anything.

use super::data::PageData;
use super::shell::{Content, Element, Shell};
use super::{bars, json, script, views};
use crate::chart::GanttChart;
use crate::error::Result;
use crate::output;
use std::path::Path;

const BODY: &str = include_str!("../../assets/page/page.html");
pub(super) const STYLE: &str = include_str!("../../assets/page/page.css");

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
    with_packed(chart, data, &views, &bars::compress(&bars::pack(chart)))
}

/// As [`render`], with [views] and bars that are [packed](bars) and compressed already in place of those of the chart.
pub(super) fn with_packed(chart: &GanttChart, data: &PageData, views: &[u8], bars: &[u8]) -> String {
    Carried::new(chart, data, views.to_vec(), bars.to_vec(), None).page()
}

/// What a page has of its run.
pub(super) struct Carried {
    title: String,
    is_served: bool,
    /// What is said of the run and its regions.
    json: String,
    /// Compressed.
    views: Vec<u8>,
    /// Compressed.
    bars: Vec<u8>,
    /// Those of the bars, compressed; none where no field has any.
    values: Option<Vec<u8>>,
}

impl Carried {
    pub(super) fn new(
        chart: &GanttChart,
        data: &PageData,
        views: Vec<u8>,
        bars: Vec<u8>,
        values: Option<Vec<u8>>,
    ) -> Self {
        Self {
            title: chart.header.title.clone(),
            is_served: data.served.is_some(),
            json: json::encode(chart, data),
            views,
            bars,
            values,
        }
    }

    /// The page of this run alone.
    pub(super) fn page(&self) -> String {
        // A file asks nobody for anything.
        let policy = if self.is_served {
            "connect-src 'self'"
        } else {
            "connect-src 'none'"
        };
        document(policy, &self.title, &self.elements(""))
    }

    /// How many bytes of a page it takes.
    pub(super) fn len(&self) -> usize {
        self.elements("").iter().map(Element::len).sum()
    }

    /// The elements of a page that has it, whose names end as is said.
    pub(super) fn elements(&self, end: &str) -> Vec<Element<'_>> {
        let element = |name, content| Element {
            id: format!("{name}{end}"),
            content,
        };
        let values = self.values.as_deref();
        let mut elements = vec![
            element("data", Content::Json(&self.json)),
            element("views", Content::Bytes(&self.views)),
            element("bars", Content::Bytes(&self.bars)),
        ];
        elements.extend(values.map(|values| element("values", Content::Bytes(values))));
        elements
    }
}

/// The page with these data.
pub(super) fn document(policy: &str, title: &str, data: &[Element<'_>]) -> String {
    let shell = Shell {
        policy,
        title,
        style: STYLE,
        class: "",
        body: BODY,
        data,
        script: &script::compose(),
    };
    shell.fill()
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
