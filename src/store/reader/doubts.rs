//! What is wrong with a file.

/// How many doubts are kept; a file that is damaged all over must not fill the memory.
const MAX_DOUBTS: usize = 1000;

/// What is wrong with a file, one line each.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    pub(crate) lines: Vec<String>,
    /// How many more there were.
    pub(crate) more: u64,
}

impl Doubts {
    pub(crate) fn push(&mut self, line: String) {
        if self.lines.len() < MAX_DOUBTS {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }
}
