//! Stores past the caches, for batches that do not stay in them: a line that is only written need not be read before.
//! At 224 pixels that is a third of what has to move.

#![allow(unsafe_code, reason = "the only way to such stores")]

use bytemuck::Pod;

/// Batches of so many bytes are written past the caches: a processor core has a few MiB of its own.
pub(in crate::ops) const FROM: usize = 16 << 20;

/// Copies `block`, whose length is a multiple of 16 bytes, past the caches if its place is aligned to that.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once per back-end")]
pub(super) fn store<T: Pod, const N: usize>(to: &mut [T; N], block: &[T; N]) {
    const { assert!((N * size_of::<T>()).is_multiple_of(16)) };
    #[cfg(target_arch = "x86_64")]
    if to.as_ptr().addr().is_multiple_of(16) {
        use std::arch::x86_64::{_mm_loadu_si128, _mm_stream_si128};

        for part in 0..N * size_of::<T>() / 16 {
            // SAFETY: the part is inside both, which have the same length, and its place is aligned to 16 bytes.
            unsafe {
                let value = _mm_loadu_si128(block.as_ptr().cast::<[u8; 16]>().add(part).cast());
                _mm_stream_si128(to.as_mut_ptr().cast::<[u8; 16]>().add(part).cast(), value);
            }
        }
        return;
    }
    *to = *block;
}

/// Makes such stores visible to other threads before anything that this one stores later.
pub(in crate::ops) fn finish() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: part of every x86-64 processor.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}
