//! Memory that will be read soon: processors guess only what lies behind what they have seen.

/// What is asked for of a sample while the one before is made: a volume of 28³, which mirrored or turned is read in another
/// order than memory's; not much of a large image, which may be cropped.
pub(crate) const AHEAD: usize = 32 << 10;

/// Asks for bytes to be brought into the nearest cache.
#[cfg(target_arch = "x86_64")]
pub(crate) fn prefetch(bytes: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    for line in bytes.chunks(64) {
        #[allow(unsafe_code, reason = "a prefetch takes a pointer")]
        // SAFETY: a prefetch reads nothing, and the address is inside the slice.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
}

/// Stable Rust has no prefetch for other processors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch(_bytes: &[u8]) {}
