//! What to do with the logs of several ranks.

/// More ranks than this are linked rather than copied by [`MergeMode::Auto`].
const COPY_RANKS: usize = 256;
/// More bytes of logs than this are linked rather than copied by [`MergeMode::Auto`].
const COPY_BYTES: u64 = 4 << 30;

/// How the logs of several ranks become one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeMode {
    /// [`Copy`](Self::Copy) up to 256 ranks and 4 GiB of logs, which takes about ten seconds;
    /// [`Link`](Self::Link) beyond.
    #[default]
    Auto,
    /// One file that holds everything.
    Copy,
    /// An index with links to one file per rank, which HDF5 follows by itself. The files of the ranks are
    /// in a directory beside it, with its name plus `.d`, and have to be moved together with it.
    Link,
    /// No profile: the logs stay as they are and can be merged later.
    Keep,
}

impl MergeMode {
    /// The mode for this many logs of so many bytes: never [`Auto`](Self::Auto).
    pub(crate) fn for_logs(self, ranks: usize, bytes: u64) -> Self {
        match self {
            Self::Auto if ranks <= COPY_RANKS && bytes <= COPY_BYTES => Self::Copy,
            Self::Auto => Self::Link,
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ranks_and_large_logs_are_linked() {
        assert_eq!(MergeMode::Auto.for_logs(4, 1 << 20), MergeMode::Copy);
        assert_eq!(MergeMode::Auto.for_logs(COPY_RANKS + 1, 1 << 20), MergeMode::Link);
        assert_eq!(MergeMode::Auto.for_logs(4, COPY_BYTES + 1), MergeMode::Link);
        assert_eq!(MergeMode::Copy.for_logs(1 << 20, u64::MAX), MergeMode::Copy);
    }
}
