//! Where the pixels of the last pass come from.

use crate::ops::gather::Gathered;
use crate::ops::resize::Resized;
use crate::ops::view::View;

/// The bytes that a view is of.
#[derive(Debug)]
pub(in crate::ops) enum Source<'a> {
    /// They are there.
    Bytes(&'a [u8]),
    /// They are made some rows at a time, which are written while they are in the nearest cache, and while the stores of
    /// those before are still on their way.
    Resized(Resized<'a>),
    /// So are these: copied out of memory's order.
    Gathered(Gathered<'a>),
}

impl Source<'_> {
    /// The view in rows as long as can be had at once.
    pub(super) fn rows_of(&self, view: &View) -> View {
        match self {
            Self::Bytes(_) => view.in_long_rows(),
            Self::Resized(_) | Self::Gathered(_) => *view,
        }
    }

    /// The pixels of a row of the view whose first pixel is at a byte, in memory's order.
    #[inline(always)]
    pub(super) fn row<const STORED: usize>(&mut self, first: usize, view: &View) -> &[[u8; STORED]] {
        let len = view.len[2];
        let first = if view.step[2] < 0 { first - (len - 1) * STORED } else { first };
        let bytes = match self {
            Self::Bytes(bytes) => &bytes[first..first + len * STORED],
            Self::Resized(resized) => resized.bytes(first, len * STORED),
            Self::Gathered(gathered) => gathered.bytes(first, len * STORED),
        };
        bytes.as_chunks().0
    }
}
