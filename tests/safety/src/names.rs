//! Of a name the blocks only see the number.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct NameId(u32);

impl NameId {
    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }
}
