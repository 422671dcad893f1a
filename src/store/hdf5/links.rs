//! The links of a group with the addresses that they lead to, which the binding leaves out.
#![allow(unsafe_code)]

use hdf5::{Group, LocationToken, h5check};
use hdf5_sys::h5::{H5_index_t, H5_iter_order_t, herr_t, hsize_t};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5l::{H5L_info_t, H5Literate};
use std::ffi::{CStr, c_char, c_void};

/// What a link is, in numbers: the library may find others in a file than it has names for.
const HARD: i32 = 0;
const SOFT: i32 = 1;
const EXTERNAL: i32 = 64;

/// The target of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Link {
    /// An object of the file.
    Hard,
    /// A path in the file.
    Soft,
    /// Another file.
    External,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub(in crate::store) struct Member {
    pub(in crate::store) name: String,
    pub(in crate::store) link: Link,
    /// Where the header of the object is that a hard link leads to: 0 for others.
    pub(in crate::store) address: u64,
}

/// The members of a group in the order in which they were made; none where one of them has a name that is no UTF-8, or
/// is a link of a kind of its own.
pub(super) fn as_made(group: &Group) -> hdf5::Result<Option<Vec<Member>>> {
    let mut members = Some(Vec::new());
    hdf5::sync::sync(|| {
        let mut position: hsize_t = 0;
        // SAFETY: the group is open, and `take` takes what the last argument points to, which outlives the call.
        h5check(unsafe {
            H5Literate(
                group.id(),
                H5_index_t::H5_INDEX_CRT_ORDER,
                H5_iter_order_t::H5_ITER_INC,
                &raw mut position,
                Some(take),
                (&raw mut members).cast(),
            )
        })
    })?;
    Ok(members)
}

/// The address of the object with this token.
pub(super) fn address(token: LocationToken) -> u64 {
    const { assert!(size_of::<LocationToken>() >= size_of::<u64>()) };
    // SAFETY: a token is an address or, in HDF5 1.12 and later, bytes that begin with one.
    unsafe { (&raw const token).cast::<u64>().read_unaligned() }
}

/// Adds a link to the members that `members` points to.
///
/// # Safety
///
/// The name ends with a NUL, `info` is of a link, and nobody else uses the members meanwhile.
unsafe extern "C" fn take(
    _: hid_t,
    name: *const c_char,
    info: *const H5L_info_t,
    members: *mut c_void,
) -> herr_t {
    // SAFETY: as the caller promises. The kind is read as the number that it is in the library. What follows begins
    // with 8 bytes that are the address of a hard link, in HDF5 1.12 and later as the first bytes of a token; it is not
    // taken for that of a header unless there is one.
    let (name, kind, address, members) = unsafe {
        (
            CStr::from_ptr(name),
            (&raw const (*info).type_).cast::<i32>().read(),
            (&raw const (*info).u).cast::<u64>().read_unaligned(),
            &mut *members.cast::<Option<Vec<Member>>>(),
        )
    };
    let link = match kind {
        HARD => Some(Link::Hard),
        SOFT => Some(Link::Soft),
        EXTERNAL => Some(Link::External),
        _ => None,
    };
    let Some((name, link)) = name.to_str().ok().zip(link) else {
        *members = None;
        return 1;
    };
    if let Some(members) = members {
        members.push(Member {
            name: name.to_owned(),
            link,
            address: if link == Link::Hard { address } else { 0 },
        });
    }
    0
}
