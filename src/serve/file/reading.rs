//! The reading of a file, by a thread of its own, while its page is shown already.

use super::ToRead;
use crate::error::{Error, Result};
use crate::page::{self, Filling, PageWindows, Served};
use crate::store::reader::ProfilingH5Reader;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A page and what answers for windows of it.
type Page = (String, PageWindows);

/// A file that is being read. When this goes, the reading ends by itself soon.
#[derive(Debug)]
pub(super) struct Reading {
    filling: Arc<Filling>,
    thread: Option<JoinHandle<Result<Page>>>,
}

impl Reading {
    /// Begins it.
    ///
    /// # Errors
    ///
    /// When there is nothing to show, or there can be no further thread.
    pub(super) fn begin(
        reader: &ProfilingH5Reader,
        of: &ToRead<'_>,
        served: Served,
        told: &Arc<dyn Fn(f64) + Send + Sync>,
    ) -> Result<Self> {
        let told = Arc::clone(told);
        let told = Box::new(move |share| told(share));
        let filling = Arc::new(Filling::new(reader, of.filter, of.options, told)?);
        let (reader, filter, most) = (reader.clone(), of.filter.clone(), of.most);
        let options = of.options.clone();
        let read = {
            let filling = Arc::clone(&filling);
            move || page::render(&reader, &filter, &options, served, most, Some(&filling))
        };
        let thread = std::thread::Builder::new().name("reading".into()).spawn(read);
        let cannot = |error| Error::config(format!("there is no thread to read the file with: {error}"));
        Ok(Self {
            filling,
            thread: Some(thread.map_err(cannot)?),
        })
    }

    /// Whether everything has been read, or cannot be.
    pub(super) fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// The page as it can be by now.
    pub(super) fn page(&self) -> Arc<[u8]> {
        self.filling.page().into_bytes().into()
    }

    /// How far it has come, for the page.
    pub(super) fn state(&self) -> String {
        if self.is_over() {
            return r#"{"state":"grown"}"#.to_owned();
        }
        let (share, picture) = (self.filling.share(), self.filling.number());
        format!(r#"{{"state":"reading","share":{share:.4},"picture":{picture}}}"#)
    }

    /// What has come of it, once it is over.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(super) fn finish(mut self) -> Result<Page> {
        let failed = || Error::config("the file could not be read to its end");
        let result = self.thread.take().map(JoinHandle::join);
        result.and_then(std::result::Result::ok).ok_or_else(failed)?
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.filling.stop();
    }
}
