//! A file that is shown.

mod opened;

use super::http::{Request, Response};
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

    /// What ran in a window that a page of this version shows, or why that cannot be said. Where `is_gone`, nobody waits
    /// for it any more.
    pub(super) fn detail(&self, request: &Request, is_gone: &dyn Fn() -> bool) -> Response {
        let number = |key| request.number::<i64>(key);
        let (Some(from), Some(until)) = (number("from"), number("until")) else {
            return Response::said((400, "Bad Request"), "from and until are missing");
        };
        let columns = request.number("columns").unwrap_or(2_000);
        let shown = self.shown();
        let state = shown.opened.state();
        let is_same = request.number("version") == Some(shown.opened.version());
        let Some((_, windows)) = shown.page.as_ref().filter(|_| is_same) else {
            return Response::said((409, "Conflict"), "the page is older than what is open");
        };
        if matches!(state, State::Changed | State::Removed) {
            return Response::said((410, "Gone"), "the file is not there any more, or another one");
        }
        if is_gone() {
            return Response::said((410, "Gone"), "nobody waits for it");
        }
        match windows.answer(
            shown.opened.source(),
            &self.filter,
            from..until.max(from),
            columns,
        ) {
            Ok(answer) => Response::bytes(answer),
            Err(error) => Response::said((500, "Internal Server Error"), &error.to_string()),
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
