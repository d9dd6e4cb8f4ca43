//! One image in memory.

/// An 8-bit image: rows of pixels of interleaved channels (1 or 3), nothing between rows.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// `height * width * channels` bytes.
    pub pixels: &'a [u8],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
}

/// As [`Image`], to write to.
#[derive(Debug)]
pub struct ImageMut<'a> {
    /// `height * width * channels` bytes.
    pub pixels: &'a mut [u8],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
}
