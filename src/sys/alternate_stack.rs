//! Stacks for signal handlers on threads whose own stack has overflowed.

use super::stack_memory::{STACK_BYTES, StackMemory};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;

/// A stack for signal handlers on a thread whose own stack has overflowed.
///
/// The standard library gives its threads one that is just large enough for its own handler; other
/// threads have none.
#[derive(Debug)]
struct AlternateStack(ManuallyDrop<StackMemory>);

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

/// What the system knows of this thread's stack for signal handlers.
fn present() -> libc::stack_t {
    // SAFETY: the description is plain data, for which zero is a value, and is exclusively borrowed.
    unsafe {
        let mut present = MaybeUninit::<libc::stack_t>::zeroed().assume_init();
        libc::sigaltstack(ptr::null(), &mut present);
        present
    }
}

/// Whether this is a signal handler on a stack that is smaller than ours.
pub(super) fn is_on_small_one() -> bool {
    let present = present();
    present.ss_flags & libc::SS_ONSTACK != 0 && present.ss_size < STACK_BYTES
}

impl AlternateStack {
    fn install() -> Option<Self> {
        let present = present();
        let has_none = present.ss_flags & libc::SS_DISABLE != 0;
        let in_use = present.ss_flags & libc::SS_ONSTACK != 0;
        if in_use || (!has_none && present.ss_size >= STACK_BYTES) {
            return None;
        }
        let memory = StackMemory::new()?;
        let stack = libc::stack_t {
            ss_sp: memory.bottom(),
            ss_flags: 0,
            ss_size: STACK_BYTES,
        };
        // SAFETY: the memory stays mapped until `drop`, which takes the stack away first.
        let done = unsafe { libc::sigaltstack(&stack, ptr::null_mut()) } == 0;
        done.then(|| Self(ManuallyDrop::new(memory)))
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        // Runs on the thread that installed it.
        if self.0.contains(present().ss_sp) {
            let none = libc::stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: STACK_BYTES,
            };
            // SAFETY: takes the stack away, if it is not in use.
            if unsafe { libc::sigaltstack(&none, ptr::null_mut()) } != 0 {
                return;
            }
        }
        // SAFETY: it is dropped once, when the system does not use it any more.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}
