//! Where a region comes from.

use super::CallSite;

/// Where a region comes from, as far as the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The source file of its call site.
    pub source_file: Option<String>,
    /// The line there.
    pub source_line: Option<u32>,
    /// The text of the source, which the Python package may keep.
    pub source_text: Option<String>,
    /// Tags that the Python package gave it.
    pub tags: Vec<String>,
}

impl From<&CallSite> for Origin {
    fn from(site: &CallSite) -> Self {
        Self {
            source_file: site.source_file.clone(),
            source_line: site.source_line,
            source_text: site.source_text.clone(),
            tags: site.tags.clone(),
        }
    }
}
