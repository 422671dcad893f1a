//! What the file of a session says.

use super::Run;
use scope_profiler::ProfilingH5Reader;

impl Run {
    /// Ends the session and opens its file.
    pub(crate) fn read(&self) -> ProfilingH5Reader {
        self.profiler.finalize().unwrap();
        ProfilingH5Reader::open(self.file()).unwrap()
    }
}
