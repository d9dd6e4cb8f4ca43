//! The rows that a pass reads.

use crate::ops::ahead::{NEAREST, prefetch};

/// Rows of bytes in a larger image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    bytes: &'a [u8],
    pitch: usize,
    len: usize,
    count: usize,
}

impl<'a> Rows<'a> {
    /// `count` rows of `len` bytes, `pitch` bytes apart, the first of them at the beginning of `bytes`.
    ///
    /// # Panics
    ///
    /// `bytes` is too short for that.
    pub(super) fn new(bytes: &'a [u8], pitch: usize, len: usize, count: usize) -> Self {
        assert!(len <= pitch, "rows of {len} bytes, {pitch} apart");
        assert!(count == 0 || (count - 1) * pitch + len <= bytes.len(), "{count} rows in {} bytes", bytes.len());
        Self { bytes, pitch, len, count }
    }

    /// The bytes of one row.
    #[inline]
    pub(super) fn row(self, index: usize) -> &'a [u8] {
        &self.bytes[index * self.pitch..][..self.len]
    }

    /// The bytes of one row and whatever is behind it in memory.
    #[inline]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    pub(super) fn onward(self, index: usize) -> &'a [u8] {
        &self.bytes[index * self.pitch..]
    }

    /// Bytes from one row to the next.
    pub(super) fn pitch(self) -> usize {
        self.pitch
    }

    /// Asks for all of them in memory's order: they will be read in another.
    pub(super) fn prefetch(self) {
        (0..self.count).for_each(|row| prefetch::<NEAREST>(self.row(row)));
    }

    /// Number of rows.
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// Bytes of each row.
    pub(super) fn len(self) -> usize {
        self.len
    }

    /// The same columns of the rows from `first` up to, not including, `last`.
    pub(super) fn between(self, first: usize, last: usize) -> Self {
        let count = last.saturating_sub(first);
        Self::new(if count == 0 { &[] } else { &self.bytes[first * self.pitch..] }, self.pitch, self.len, count)
    }

    /// The same rows without the bytes before `first` and from `last` on.
    pub(super) fn columns(self, first: usize, last: usize) -> Self {
        let len = last.saturating_sub(first);
        Self::new(if len == 0 { self.bytes } else { &self.bytes[first..] }, self.pitch, len, self.count)
    }
}
