//! Several runs in one page: a frame for the page of each, which move as one, and a table that compares their regions.
//!
//! From a server, each frame has the address of a page. A file has what the pages have in common once, and what each
//! run carries beside it.

use super::growing::GrowingPage;
use super::html::{self, Carried, STYLE};
use super::shell::{Content, Element, Shell};
use super::{json, script};
use crate::analysis::pass::{self, Observer};
use crate::analysis::selection::RegionFilter;
use crate::chart::{ChartOptions, GrowingFacts, Subject};
use crate::error::{Error, Result};
use crate::output;
use crate::profile::Source;
use serde::Serialize;
use std::path::Path;

const BODY: &str = include_str!("../../assets/page/together.html");
const OWN_STYLE: &str = include_str!("../../assets/page/together.css");

/// One of the runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    /// Where its page is; none where the page of all carries it.
    pub(crate) address: Option<String>,
    pub(crate) title: String,
    /// Where it comes from; may be empty.
    pub(crate) path: String,
}

/// The page of runs that have pages of their own.
#[cfg(feature = "serve")]
pub(crate) fn render(runs: &[Run]) -> String {
    assembled(runs, None, &[])
}

/// The page of these runs, with the page of each, and what the runs carry.
fn assembled(runs: &[Run], page: Option<&str>, carried: &[Carried]) -> String {
    let runs = json::escape(&serde_json::to_string(runs).expect("plain data becomes JSON"));
    let page = page.map(|page| json::escape(&serde_json::to_string(page).expect("text becomes JSON")));
    let element = |id: &str, text| Element {
        id: id.to_owned(),
        content: Content::Json(text),
    };
    let mut data = vec![element("runs", runs.as_str())];
    data.extend(page.as_ref().map(|page| element("page", page.as_str())));
    for (number, carried) in carried.iter().enumerate() {
        data.extend(carried.elements(&format!("-{number}")));
    }
    let shell = Shell {
        policy: "connect-src 'none'; frame-src 'self'",
        title: "Runs together · scope-profiler",
        style: &format!("{STYLE}{OWN_STYLE}"),
        class: "together",
        body: BODY,
        data: &data,
        script: &script::compose_together(),
    };
    shell.fill()
}

/// Several runs in one HTML file.
///
/// ```
/// use scope_profiler::chart::ChartOptions;
/// use scope_profiler::page::RunsTogether;
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::RegionFilter;
///
/// let run = |end| Profile::builder().interval(Call::new("solve", 0..end)).build();
/// let (before, after) = (run(5_000), run(4_000));
/// let everything = RegionFilter::new();
/// let mut runs = RunsTogether::new(ChartOptions::new().max_page_bytes(2_000_000));
/// runs.add("before", &before, &everything);
/// runs.add("after", &after, &everything);
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("runs.html");
/// runs.write(&path)?;
/// assert!(std::fs::metadata(path)?.len() < 2_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RunsTogether<'a> {
    options: ChartOptions,
    runs: Vec<(String, &'a dyn Source, &'a RegionFilter)>,
}

impl<'a> RunsTogether<'a> {
    /// None yet. All of them together take no more than the [size](ChartOptions::max_page_bytes) that the options
    /// choose.
    #[must_use]
    pub fn new(options: ChartOptions) -> Self {
        Self {
            options,
            runs: Vec::new(),
        }
    }

    /// Adds a run, the regions and ranks that a filter chooses, under a name.
    pub fn add(&mut self, label: impl Into<String>, source: &'a dyn Source, filter: &'a RegionFilter) {
        self.runs.push((label.into(), source, filter));
    }

    /// Writes the page. The file appears when it is complete.
    ///
    /// # Errors
    ///
    /// When there is no run, or as [`GrowingPage::write`](super::GrowingPage::write).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        if self.runs.is_empty() {
            return Err(Error::config("there is nothing to show: name a run"));
        }
        let runs = self.runs.iter().map(|(label, source, _)| Run {
            address: None,
            title: label.clone(),
            path: Some(source.title())
                .filter(|title| title != label)
                .unwrap_or_default(),
        });
        let runs: Vec<Run> = runs.collect();
        let page = html::document("connect-src 'none'", "Run", &[]);
        let mut left = self
            .options
            .max_page_bytes
            .saturating_sub(assembled(&runs, Some(&page), &[]).len());
        let mut carried = Vec::with_capacity(runs.len());
        for (number, (label, source, filter)) in self.runs.iter().enumerate() {
            // What one does not need, those after it have.
            let share = left / (self.runs.len() - number);
            let options = self.options.clone().title(label).max_page_bytes(share);
            let run = carry(*source, filter, &options, ROOM_FOR_NAMES)?;
            left = left.saturating_sub(run.len() + ROOM_FOR_NAMES);
            carried.push(run);
        }
        let text = assembled(&runs, Some(&page), &carried);
        output::write(path.as_ref(), "page", text.as_bytes())
    }
}

/// The names of the elements that a run is carried in are longer where there are several; so much at most, in bytes.
const ROOM_FOR_NAMES: usize = 64;

/// What the page of a run carries.
fn carry(
    source: &dyn Source,
    filter: &RegionFilter,
    options: &ChartOptions,
    around: usize,
) -> Result<Carried> {
    let subject = Subject::new(source, filter)?;
    let mut page = GrowingPage::new(&subject, options)?;
    let mut facts = GrowingFacts::new(&subject, true)?;
    let mut observers: Vec<&mut dyn Observer> = facts.observers();
    observers.extend(page.observers());
    pass::run(source, &mut observers)?;
    Ok(page.carried(&facts.finish(), around)?.0)
}
