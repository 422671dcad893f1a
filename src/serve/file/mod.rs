//! A file that is shown.

mod opened;
mod questions;
mod reading;

use super::http::Response;
use super::pages;
use crate::analysis::selection::RegionFilter;
use crate::chart::ChartOptions;
use crate::error::Result;
use crate::page::{self, PageWindows};
use crate::store::reader::ProfilingH5Reader;
use opened::{Opened, State};
use reading::Reading;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The page itself: what it does not show of a window, it asks for.
const PAGE_BYTES: usize = 2_000_000;

/// A profile, and what of it a server shows.
pub struct ServedFile {
    path: PathBuf,
    filter: RegionFilter,
    options: ChartOptions,
    told: Arc<dyn Fn(f64) + Send + Sync>,
    shown: Mutex<Shown>,
}

impl std::fmt::Debug for ServedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            path, filter, shown, ..
        } = self;
        let mut fields = f.debug_struct("ServedFile");
        fields.field("path", path).field("filter", filter);
        fields.field("shown", shown).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Shown {
    opened: Opened,
    /// The page of it, once it was asked for, and what answers for windows of it.
    page: Option<(Arc<[u8]>, PageWindows)>,
    /// What reads it for that page.
    reading: Option<Reading>,
}

impl ServedFile {
    /// Of a profile, the regions and ranks that a filter chooses. The log of a rank whose program still runs is
    /// followed.
    #[must_use]
    pub fn new(reader: ProfilingH5Reader, filter: RegionFilter) -> Self {
        let opened = Opened::new(reader);
        Self {
            path: opened.path().to_owned(),
            filter,
            options: ChartOptions::new().max_page_bytes(PAGE_BYTES),
            told: Arc::new(|_| ()),
            shown: Mutex::new(Shown {
                opened,
                page: None,
                reading: None,
            }),
        }
    }

    /// Calls `told` while intervals are read for a page that is [shown meanwhile](super::ServeOptions::wait_for): with
    /// the share that has been read, from 0 to 1, by the thread that reads. It goes on once `told` is done.
    ///
    /// ```
    /// use scope_profiler::serve::ServedFile;
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let file = ServedFile::new(reader, RegionFilter::new());
    /// let file = file.told_of_reading(|share| eprintln!("{:.0} % read", 100.0 * share));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn told_of_reading(mut self, told: impl Fn(f64) + Send + Sync + 'static) -> Self {
        self.told = Arc::new(told);
        self
    }

    /// Has its page say this title, not the label of the run or the file's name.
    ///
    /// ```
    /// use scope_profiler::serve::ServedFile;
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let file = ServedFile::new(reader, RegionFilter::new()).titled("before");
    /// assert_eq!(file.title(), "before");
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.options = self.options.title(title);
        self
    }

    /// Has its page open with bars coloured by the value of a field, not by region.
    ///
    /// ```
    /// use scope_profiler::serve::ServedFile;
    /// use scope_profiler::{ProfilingH5Reader, RegionFilter};
    ///
    /// let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
    /// let file = ServedFile::new(reader, RegionFilter::new());
    /// let error = file.color_by("bytes").unwrap_err();
    /// assert!(error.to_string().contains("no call of this profile has numbers"));
    /// # Ok::<(), scope_profiler::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the profile has no such field, or none of the chosen calls has it.
    pub fn color_by(mut self, field: impl Into<String>) -> Result<Self> {
        let field = field.into();
        {
            let shown = self.shown();
            let source = shown.opened.source();
            page::field_to_color_by(source, &self.filter.rows(source)?, &field)?;
        }
        self.options = self.options.color_by(field);
        Ok(self)
    }

    /// The file's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to call it.
    #[must_use]
    pub fn title(&self) -> String {
        self.options.title_for(self.shown().opened.source())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page of the file as it is now, for which at most so many intervals are read, where that can be. Of more than
    /// `wait_for` it is what can be shown of them by now.
    pub(super) fn page(&self, most: u64, wait_for: u64) -> Response {
        let to_read = ToRead {
            filter: &self.filter,
            options: &self.options,
            most,
            wait_for,
        };
        let mut shown = self.shown();
        match shown.page(&to_read, &self.told) {
            Ok(page) => Response::html(page),
            Err(error) if error.is_not_found() && shown.opened.follows() => {
                Response::html(pages::not_yet(&error.to_string()))
            }
            Err(error) => {
                let page = pages::message("The profile cannot be shown", &error.to_string());
                Response::html(page).status((410, "Gone"))
            }
        }
    }

    /// Whether the file is still what a page of this version shows.
    pub(super) fn state(&self, version: Option<u64>) -> Response {
        let shown = self.shown();
        if let Some(reading) = &shown.reading {
            return Response::json(reading.state());
        }
        let state = match shown.opened.state() {
            // Another page has had it read on.
            State::Same if version != Some(shown.opened.version()) => State::Grown,
            state => state,
        };
        let word = match state {
            State::Same => "same",
            State::Grown => "grown",
            State::Changed => "changed",
            State::Removed => "removed",
        };
        Response::json(format!("{{\"state\":\"{word}\"}}"))
    }
}

/// What of a file is read for its page.
struct ToRead<'a> {
    filter: &'a RegionFilter,
    options: &'a ChartOptions,
    /// As [`read_at_first`](super::ServeOptions::read_at_first).
    most: u64,
    /// As [`wait_for`](super::ServeOptions::wait_for).
    wait_for: u64,
}

impl Shown {
    fn page(&mut self, of: &ToRead<'_>, told: &Arc<dyn Fn(f64) + Send + Sync>) -> Result<Arc<[u8]>> {
        if self.opened.renew()? {
            (self.page, self.reading) = (None, None);
        }
        if let Some((page, _)) = &self.page {
            return Ok(Arc::clone(page));
        }
        let served = page::Served {
            version: self.opened.version(),
            follows: self.opened.follows(),
            reading: None,
        };
        let source = self.opened.source();
        let rows = source.rows().iter().map(|row| row.intervals);
        let is_long = rows.fold(0, u64::saturating_add) > of.wait_for;
        let (text, windows) = match self.opened.profile().filter(|_| is_long) {
            Some(profile) => {
                let reading = match &mut self.reading {
                    Some(reading) => reading,
                    none => none.insert(Reading::begin(profile, of, served, told)?),
                };
                if !reading.is_over() {
                    return Ok(reading.page());
                }
                let read = self.reading.take().map(Reading::finish);
                read.expect("it is over")?
            }
            None => page::render(source, of.filter, of.options, served, of.most, None)?,
        };
        let page: Arc<[u8]> = text.into_bytes().into();
        self.page = Some((Arc::clone(&page), windows));
        Ok(page)
    }
}
