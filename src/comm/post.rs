//! The seam between what ranks have to say to each other and how it gets there.

/// Messages between the ranks of a run. None of these calls waits for anybody.
pub(crate) trait Post {
    fn rank(&self) -> u32;

    fn size(&self) -> u32;

    /// Posts a message; between two ranks those of one tag arrive in their order.
    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone>;

    /// A message of this tag that has arrived, and who sent it.
    fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)>;

    /// Whether ranks can still talk to each other: not after `MPI_Finalize`.
    fn is_up(&self) -> bool;
}

/// The other rank cannot be reached any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;
