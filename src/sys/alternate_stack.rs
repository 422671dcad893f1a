//! Stacks for signal handlers on threads whose own stack has overflowed.

use libc::c_void;
use std::mem::MaybeUninit;
use std::ptr;

/// A stack for signal handlers on a thread whose own stack has overflowed.
///
/// The standard library gives its threads one that is just large enough for its own handler; other
/// threads have none.
#[derive(Debug)]
struct AlternateStack {
    mapping: *mut c_void,
    length: usize,
}

const ALTERNATE_STACK_BYTES: usize = 128 << 10;

thread_local! {
    static ALTERNATE_STACK: std::cell::OnceCell<Option<AlternateStack>> = const { std::cell::OnceCell::new() };
}

/// Makes sure that the handler has a stack when this thread's own overflows.
pub(crate) fn prepare_this_thread() {
    // A thread that is ending keeps what it has.
    let _ = ALTERNATE_STACK.try_with(|stack| {
        stack.get_or_init(AlternateStack::install);
    });
}

impl AlternateStack {
    fn install() -> Option<Self> {
        // SAFETY: asks for the present stack, maps memory of its own, and hands the system what lies above
        // the guard page; the memory stays mapped until `drop`, which takes the stack away first.
        unsafe {
            let mut present = MaybeUninit::<libc::stack_t>::zeroed().assume_init();
            libc::sigaltstack(ptr::null(), &mut present);
            let has_none = present.ss_flags & libc::SS_DISABLE != 0;
            let in_use = present.ss_flags & libc::SS_ONSTACK != 0;
            if in_use || (!has_none && present.ss_size >= ALTERNATE_STACK_BYTES) {
                return None;
            }
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
            let length = page + ALTERNATE_STACK_BYTES;
            let mapping = libc::mmap(
                ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            );
            if mapping == libc::MAP_FAILED {
                return None;
            }
            let installed = Self { mapping, length };
            let stack = libc::stack_t {
                ss_sp: mapping.byte_add(page),
                ss_flags: 0,
                ss_size: ALTERNATE_STACK_BYTES,
            };
            let done = libc::mprotect(mapping, page, libc::PROT_NONE) == 0
                && libc::sigaltstack(&stack, ptr::null_mut()) == 0;
            done.then_some(installed)
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        // SAFETY: runs on the thread that installed it; the memory is unmapped once, when the system does
        // not use it any more.
        unsafe {
            let mut present = MaybeUninit::<libc::stack_t>::zeroed().assume_init();
            libc::sigaltstack(ptr::null(), &mut present);
            let within = self.mapping.addr()..self.mapping.addr() + self.length;
            if within.contains(&present.ss_sp.addr()) {
                let none = libc::stack_t {
                    ss_sp: ptr::null_mut(),
                    ss_flags: libc::SS_DISABLE,
                    ss_size: ALTERNATE_STACK_BYTES,
                };
                if libc::sigaltstack(&none, ptr::null_mut()) != 0 {
                    return;
                }
            }
            libc::munmap(self.mapping, self.length);
        }
    }
}
