//! What the name of a file says about its format.

use crate::error::{Error, Result};
use std::path::Path;

/// A picture's file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Svg,
    Html,
}

impl Format {
    /// The format that the extension of `path` names.
    pub(super) fn of(path: &Path) -> Result<Self> {
        Self::named_by(path).ok_or_else(|| unknown(path, ".png, .svg or .html"))
    }

    /// The same for what is not a page.
    pub(super) fn of_picture(path: &Path) -> Result<Self> {
        let picture = Self::named_by(path).filter(|&format| format != Format::Html);
        picture.ok_or_else(|| unknown(path, ".png or .svg"))
    }

    fn named_by(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Format::Png),
            "svg" => Some(Format::Svg),
            "html" | "htm" => Some(Format::Html),
            _ => None,
        }
    }
}

fn unknown(path: &Path, known: &str) -> Error {
    Error::config(format!(
        "{}: pictures are written as {known}; end the file's name in one of them",
        path.display()
    ))
}
