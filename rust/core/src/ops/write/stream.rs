//! Stores past the caches, for batches that do not stay in them: a line that is only written need not be read before.
//! At 224 pixels that is a third of what has to move.

#![allow(unsafe_code, reason = "the only way to such a fence")]

/// Batches of so many bytes are written past the caches: a processor core has a few MiB of its own.
pub(in crate::ops) const FROM: usize = 8 << 20;

/// Bytes that memory is written by.
pub(in crate::ops) const LINE: usize = 64;

/// Makes such stores visible to other threads before anything that this one stores later.
pub(in crate::ops) fn finish() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: part of every x86-64 processor.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}
