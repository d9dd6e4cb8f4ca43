//! Rows of a resized image, made when they are needed.

use super::Resize;

/// Bytes of rows that are made together. They are read while they are in the nearest cache, but not before their stores
/// have arrived there: a load that spans two stores has to wait for both.
const BLOCK: usize = 4 << 10;

/// The result of a resize whose first pass has been made.
#[derive(Debug)]
pub(in crate::ops) struct Resized<'a> {
    resize: &'a Resize,
    between: &'a [u8],
    channels: usize,
    /// Bytes of a row, and how many rows are made together.
    len: usize,
    rows: usize,
    /// The rows that were made last, and the place of the first of them.
    made: &'a mut Vec<u8>,
    first: Option<usize>,
}

impl<'a> Resized<'a> {
    /// Of what [`Resize::make_columns`] made of an image of as many channels. `made` is memory to work in.
    pub(in crate::ops) fn new(resize: &'a Resize, between: &'a [u8], channels: usize, made: &'a mut Vec<u8>) -> Self {
        let len = resize.size().1 * channels;
        let rows = (BLOCK / len).max(1);
        if made.len() < rows * len {
            made.resize(rows * len, 0);
        }
        Self { resize, between, channels, len, rows, made, first: None }
    }

    /// `len` bytes of one row, the first of them counted from the beginning of the image.
    pub(in crate::ops) fn bytes(&mut self, first: usize, len: usize) -> &[u8] {
        let row = first / self.len;
        let start = row - row % self.rows;
        if self.first != Some(start) {
            let height = self.resize.size().0;
            let rows = self.rows.min(height - start);
            self.resize.make_rows(self.between, self.channels, start, &mut self.made[..rows * self.len]);
            self.first = Some(start);
        }
        &self.made[first - start * self.len..][..len]
    }
}
