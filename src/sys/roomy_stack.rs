//! A stack for what a signal handler does, where the one that it was called on is small: the standard library's for its
//! threads has 8 KiB, of which the system's description of the processor can take half.

use super::alternate_stack;
use super::stack_memory::StackMemory;
use libc::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The top of the stack; null before it is made.
static TOP: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Makes the stack, unless there is one: no handler can.
pub(super) fn prepare() {
    if !TOP.load(Ordering::Acquire).is_null() {
        return;
    }
    let Some(memory) = StackMemory::new() else {
        return;
    };
    let made = TOP.compare_exchange(ptr::null_mut(), memory.top(), Ordering::AcqRel, Ordering::Acquire);
    if made.is_ok() {
        // A handler may be called as long as the process lives.
        std::mem::forget(memory);
    }
}

/// Calls a function that does not unwind: there, if this is a handler on a small stack.
///
/// # Safety
///
/// No other thread is in this function, and no signal interrupts the caller.
pub(crate) unsafe fn call(mut f: impl FnMut()) {
    let top = TOP.load(Ordering::Acquire);
    if top.is_null() || !alternate_stack::is_on_small_one() {
        return f();
    }
    // SAFETY: the stack is nobody else's, as the caller ensures; the function and what it borrows live until it
    // returns.
    unsafe { call_at(top, trampoline_of(&f), (&raw mut f).cast()) };
}

type Trampoline = extern "C" fn(*mut c_void);

fn trampoline_of<F: FnMut()>(_: &F) -> Trampoline {
    extern "C" fn trampoline<F: FnMut()>(f: *mut c_void) {
        // SAFETY: `call` passes the function of this type, which it borrows exclusively.
        unsafe { (*f.cast::<F>())() }
    }
    trampoline::<F>
}

/// Calls a function with an argument on the stack below `top`, which is aligned to a page.
///
/// # Safety
///
/// The stack is in nobody's use, and has room for the function.
#[cfg(target_arch = "x86_64")]
unsafe fn call_at(top: *mut c_void, f: Trampoline, argument: *mut c_void) {
    // SAFETY: the function keeps r12, as all of the C ABI do, so the stack pointer is what it was when this ends.
    unsafe {
        std::arch::asm!(
            "mov r12, rsp",
            "mov rsp, {top}",
            "call {f}",
            "mov rsp, r12",
            top = in(reg) top,
            f = in(reg) f,
            in("rdi") argument,
            out("r12") _,
            clobber_abi("C"),
        );
    }
}

/// As for other processors.
///
/// # Safety
///
/// As there.
#[cfg(target_arch = "aarch64")]
unsafe fn call_at(top: *mut c_void, f: Trampoline, argument: *mut c_void) {
    // SAFETY: the function keeps x20, as all of the C ABI do, so the stack pointer is what it was when this ends.
    unsafe {
        std::arch::asm!(
            "mov x20, sp",
            "mov sp, {top}",
            "blr {f}",
            "mov sp, x20",
            top = in(reg) top,
            f = in(reg) f,
            in("x0") argument,
            out("x20") _,
            clobber_abi("C"),
        );
    }
}

/// On the stack in use.
///
/// # Safety
///
/// None here.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn call_at(_: *mut c_void, f: Trampoline, argument: *mut c_void) {
    f(argument);
}
