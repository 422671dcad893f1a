//! A file that is shown.

mod opened;
mod questions;

use super::http::Response;
use super::pages;
use crate::analysis::selection::RegionFilter;
use crate::chart::ChartOptions;
use crate::error::Result;
use crate::page::{self, PageWindows};
use crate::store::reader::ProfilingH5Reader;
use opened::{Opened, State};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The page itself: what it does not show of a window, it asks for.
const PAGE_BYTES: usize = 2_000_000;

/// A profile, and what of it a server shows.
#[derive(Debug)]
pub struct ServedFile {
    path: PathBuf,
    filter: RegionFilter,
    shown: Mutex<Shown>,
}

#[derive(Debug)]
struct Shown {
    opened: Opened,
    /// The page of it, once it was asked for, and what answers for windows of it.
    page: Option<(Arc<[u8]>, PageWindows)>,
}

impl ServedFile {
    /// Of a profile, the regions and ranks that a filter chooses. The log of a rank whose program still runs is followed.
    #[must_use]
    pub fn new(reader: ProfilingH5Reader, filter: RegionFilter) -> Self {
        let opened = Opened::new(reader);
        Self {
            path: opened.path().to_owned(),
            filter,
            shown: Mutex::new(Shown { opened, page: None }),
        }
    }

    /// The file's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to call it.
    #[must_use]
    pub fn title(&self) -> String {
        self.shown().opened.source().title()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page of the file as it is now, for which at most so many intervals are read, where that can be.
    pub(super) fn page(&self, most: u64) -> Response {
        match self.shown().page(&self.filter, most) {
            Ok(page) => Response::html(page),
            Err(error) => {
                let page = pages::message("The profile cannot be shown", &error.to_string());
                Response::html(page).status((410, "Gone"))
            }
        }
    }

    /// Whether the file is still what a page of this version shows.
    pub(super) fn state(&self, version: Option<u64>) -> Response {
        let shown = self.shown();
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

impl Shown {
    fn page(&mut self, filter: &RegionFilter, most: u64) -> Result<Arc<[u8]>> {
        if self.opened.renew()? {
            self.page = None;
        }
        if let Some((page, _)) = &self.page {
            return Ok(Arc::clone(page));
        }
        let options = ChartOptions::new().max_page_bytes(PAGE_BYTES);
        let served = page::Served {
            version: self.opened.version(),
            follows: self.opened.follows(),
        };
        let (text, windows) = page::render(self.opened.source(), filter, &options, served, most)?;
        let page: Arc<[u8]> = text.into_bytes().into();
        self.page = Some((Arc::clone(&page), windows));
        Ok(page)
    }
}
