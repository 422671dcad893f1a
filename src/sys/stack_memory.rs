//! Memory for a stack.

use libc::c_void;
use std::ptr;

/// What a stack for signal handlers holds.
pub(super) const STACK_BYTES: usize = 128 << 10;

/// A stack with a page below it that must not be touched. Unmapped when it is dropped.
#[derive(Debug)]
pub(super) struct StackMemory {
    mapping: *mut c_void,
    length: usize,
}

impl StackMemory {
    pub(super) fn new() -> Option<Self> {
        // SAFETY: has no conditions.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        let length = page + STACK_BYTES;
        // SAFETY: asks for memory of its own, wherever there is some.
        let mapping = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if mapping == libc::MAP_FAILED {
            return None;
        }
        let memory = Self { mapping, length };
        // SAFETY: the first page of the mapping, which nobody uses.
        let is_guarded = unsafe { libc::mprotect(mapping, page, libc::PROT_NONE) } == 0;
        is_guarded.then_some(memory)
    }

    /// Where it begins; it goes on for [`STACK_BYTES`].
    pub(super) fn bottom(&self) -> *mut c_void {
        self.top().wrapping_byte_sub(STACK_BYTES)
    }

    /// Where it ends, and what is on it begins.
    pub(super) fn top(&self) -> *mut c_void {
        self.mapping.wrapping_byte_add(self.length)
    }

    pub(super) fn contains(&self, address: *mut c_void) -> bool {
        (self.mapping.addr()..self.top().addr()).contains(&address.addr())
    }
}

impl Drop for StackMemory {
    fn drop(&mut self) {
        // SAFETY: it is unmapped once, and whoever has it sees to it that it is no longer a stack.
        unsafe { libc::munmap(self.mapping, self.length) };
    }
}
