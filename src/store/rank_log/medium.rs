//! What a log is written on: a file, or what a test puts in its place.

use crate::sys;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;

/// What a log is written on. Each write appends.
pub(crate) trait Medium: Write + Send + fmt::Debug {
    /// Takes everything beyond the first `length` bytes away.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// The length now.
    fn length(&self) -> io::Result<u64>;

    /// Reserves room for `length` bytes in all, where the file system can promise it.
    fn reserve(&mut self, _length: u64) -> io::Result<()> {
        Ok(())
    }

    /// Another handle on the same medium.
    fn another(&self) -> io::Result<Box<dyn Medium>>;

    /// Whether it still has a name: a file without one is gone with the process.
    fn is_removed(&self) -> bool {
        false
    }

    /// Gives a file that was removed the name `path` again, in directories that are made where they
    /// are missing.
    fn restore(&mut self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// A new file that is appended to.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(path)
}

impl Medium for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn reserve(&mut self, length: u64) -> io::Result<()> {
        sys::reserve(self, length)
    }

    fn another(&self) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(self.try_clone()?))
    }

    #[cfg(unix)]
    fn is_removed(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        self.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    fn restore(&mut self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let mut file = create(path)?;
        self.rewind()?;
        let copied = io::copy(self, &mut file);
        if let Err(error) = copied {
            std::fs::remove_file(path).ok();
            return Err(error);
        }
        *self = file;
        Ok(())
    }
}
