//! Memory that will be read soon: processors guess only what lies behind what they have seen.

/// What is asked for at once of a sample while the one before is made: a volume of 28³, which mirrored or turned is read in
/// another order than memory's; the beginning of a large image, whose rest a processor guesses.
pub(crate) const AHEAD: usize = 32 << 10;

/// What will be read of the next sample, asked for bit by bit: so much at once would have to wait for itself.
#[derive(Debug, Default)]
pub(crate) struct Ahead<'a> {
    /// From the first byte that will be read.
    bytes: &'a [u8],
    /// Bytes of a row, and from one to the next.
    len: usize,
    pitch: usize,
    rows: usize,
    asked: usize,
}

impl<'a> Ahead<'a> {
    /// `rows` rows of `len` bytes, `pitch` bytes apart, the first of them at the beginning of `bytes`.
    pub(crate) fn new(bytes: &'a [u8], pitch: usize, len: usize, rows: usize) -> Self {
        Self { bytes, len, pitch, rows, asked: 0 }
    }

    /// Asks for as much as is due when `done` parts of `all` are done.
    pub(crate) fn ask(&mut self, done: usize, all: usize) {
        let due = self.rows * done / all;
        for row in self.asked..due {
            let bytes = self.bytes.get(row * self.pitch..).unwrap_or_default();
            prefetch::<false>(&bytes[..self.len.min(bytes.len())]);
        }
        self.asked = due.max(self.asked);
    }
}

/// Asks for bytes to be brought into the nearest cache, or (`NEAREST` false) into the one behind it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn prefetch<const NEAREST: bool>(bytes: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};

    for line in bytes.chunks(64) {
        let line = line.as_ptr().cast();
        #[allow(unsafe_code, reason = "a prefetch takes a pointer")]
        // SAFETY: a prefetch reads nothing, and the address is inside the slice.
        unsafe {
            if NEAREST { _mm_prefetch::<_MM_HINT_T0>(line) } else { _mm_prefetch::<_MM_HINT_T1>(line) }
        }
    }
}

/// Stable Rust has no prefetch for other processors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch<const NEAREST: bool>(_bytes: &[u8]) {}
