//! Draws and writes what one reading of a source was for.

use super::data::save_data;
use super::outputs::Content;
use super::{cores, encoded, write_picture};
use crate::chart::Facts;
use crate::error::{Error, Result};
use crate::output;
use crate::render::Figure;
use crate::render::fonts::Fonts;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::{iter, mem, thread};

/// Each draws a picture, which takes tens of megabytes.
const MOST_THREADS: usize = 4;

/// Files that are ready to be written.
pub struct ReadOutputs<'a> {
    facts: Facts,
    figures: Vec<Box<dyn Figure>>,
    files: Vec<(PathBuf, Content<'a>)>,
}

impl<'a> ReadOutputs<'a> {
    pub(super) fn new(
        facts: Facts,
        figures: Vec<Box<dyn Figure>>,
        files: Vec<(PathBuf, Content<'a>)>,
    ) -> Self {
        Self {
            facts,
            figures,
            files,
        }
    }

    /// The files, in the order in which they are written.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// Writes all files, in the order in which they were added, and says `written` of each. Several are drawn at once
    /// where there are cores for them. A file appears when it is complete.
    ///
    /// # Errors
    ///
    /// When a file cannot be drawn or written, and whatever `written` returns. Later files are not written then.
    pub fn write_all<E: From<Error>>(
        self,
        mut written: impl FnMut(&Path) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let Self {
            facts,
            figures,
            files,
        } = self;
        let (paths, contents): (Vec<PathBuf>, Vec<Content<'_>>) = files.into_iter().unzip();
        let pictures: Vec<Picture<'_>> = (0..)
            .zip(paths.iter().zip(&contents))
            .filter_map(|(at, (path, content))| match content {
                Content::Chart(figure) => Some(Picture {
                    at,
                    path,
                    figure: &*figures[*figure],
                }),
                _ => None,
            })
            .collect();
        let drawing = Drawing::new(pictures);
        thread::scope(|scope| {
            let (sender, done) = channel();
            for _ in 1..drawing.threads {
                let sender = sender.clone();
                let draw = || drawing.draw_all(sender);
                if thread::Builder::new().spawn_scoped(scope, draw).is_err() {
                    break;
                }
            }
            // Once these threads have ended nothing more comes.
            drop(sender);
            let _stopped = Stopped(&drawing);
            // What needs the source is for this thread alone, and the longest: others draw meanwhile.
            let mut made: Vec<Made> = contents
                .into_iter()
                .map(|content| Made::of(content, &facts))
                .collect();
            for (at, path) in paths.iter().enumerate() {
                drawing.wait_for(&mut made, at, &done);
                mem::take(&mut made[at]).write(path, &figures)?;
                written(path)?;
            }
            Ok(())
        })
    }
}

/// A file that this thread makes, or has from another.
#[derive(Default)]
enum Made {
    /// A picture, which is not drawn yet.
    #[default]
    Missing,
    Picture(Result<Vec<u8>>),
    /// Numbers of which figure: they go to the file one by one.
    Data(usize),
    /// What it is, and its text.
    Text(&'static str, Result<String>),
}

impl Made {
    fn of(content: Content<'_>, facts: &Facts) -> Self {
        match content {
            Content::Chart(_) => Self::Missing,
            Content::Data(figure) => Self::Data(figure),
            Content::Page(page) => Self::Text("page", page.text(facts)),
            Content::Statistics(statistics, reader) => {
                let text = facts.tree().and_then(|tree| statistics.finish(reader, tree));
                Self::Text("statistics", text)
            }
        }
    }

    fn write(self, path: &Path, figures: &[Box<dyn Figure>]) -> Result<()> {
        match self {
            Self::Missing => Ok(()),
            Self::Picture(bytes) => write_picture(path, &bytes?),
            Self::Data(figure) => save_data(&*figures[figure], path),
            Self::Text(what, text) => output::write(path, what, text?.as_bytes()),
        }
    }
}

/// A file that is drawn.
#[derive(Clone, Copy)]
struct Picture<'a> {
    /// Its place among all files.
    at: usize,
    path: &'a Path,
    figure: &'a dyn Figure,
}

/// Pictures that any thread may draw.
struct Drawing<'a> {
    left: Mutex<std::vec::IntoIter<Picture<'a>>>,
    threads: usize,
    /// That each picture is drawn by.
    threads_each: usize,
}

impl<'a> Drawing<'a> {
    fn new(pictures: Vec<Picture<'a>>) -> Self {
        let (cores, count) = (cores(), pictures.len());
        let threads = cores.min(MOST_THREADS);
        Self {
            left: Mutex::new(pictures.into_iter()),
            threads: threads.min(count),
            threads_each: if count > 1 { 1 } else { threads },
        }
    }

    fn next(&self) -> Option<Picture<'a>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn draw(&self, picture: Picture<'_>) -> Result<Vec<u8>> {
        let fonts = Fonts::of_system(None);
        encoded(picture.figure, picture.path, &fonts, self.threads_each)
    }

    /// Draws what others leave.
    fn draw_all(&self, done: Sender<(usize, Result<Vec<u8>>)>) {
        // Nobody takes more once a file could not be written.
        let _ =
            iter::from_fn(|| self.next()).try_for_each(|picture| done.send((picture.at, self.draw(picture))));
    }

    /// Draws until the picture at this place is there.
    ///
    /// # Panics
    ///
    /// When a thread has that should have drawn it.
    fn wait_for(&self, made: &mut [Made], at: usize, done: &Receiver<(usize, Result<Vec<u8>>)>) {
        while matches!(made[at], Made::Missing) {
            let next = done.try_recv().ok();
            let next = next.or_else(|| self.next().map(|picture| (picture.at, self.draw(picture))));
            let (at, bytes) = next.unwrap_or_else(|| done.recv().expect("another thread draws it"));
            made[at] = Made::Picture(bytes);
        }
    }
}

/// Takes away what is left to be drawn when the writing ends early.
struct Stopped<'s, 'a>(&'s Drawing<'a>);

impl Drop for Stopped<'_, '_> {
    fn drop(&mut self) {
        while self.0.next().is_some() {}
    }
}
