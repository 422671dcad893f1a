//! As much of the package's `record` as the hand-off needs.

#[path = "../../../src/record/block.rs"]
#[allow(dead_code, reason = "of a block only the hand-off is used here")]
pub(crate) mod block;
#[path = "../../../src/record/sync.rs"]
pub(crate) mod sync;

/// Of a name the blocks only see the number.
pub(crate) mod names {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(transparent)]
    pub(crate) struct NameId(u32);

    impl NameId {
        pub(crate) const fn from_number(number: u32) -> Self {
            Self(number)
        }
    }
}
