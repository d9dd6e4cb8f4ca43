//! Where the pixels of the last pass come from.

use super::stores::LINE;
use crate::ops::ahead::Ahead;
use crate::ops::gather::Gathered;
use crate::ops::resize::Resized;
use crate::ops::view::View;

/// The most parts that a long row is cut into.
const PARTS: usize = 128;

/// The bytes that a view is of; while its rows are taken, the next sample is asked for.
#[derive(Debug)]
pub(in crate::ops) struct Source<'a> {
    origin: Origin<'a>,
    ahead: Ahead<'a>,
}

/// How they come to be there.
#[derive(Debug)]
pub(in crate::ops) enum Origin<'a> {
    /// They are.
    Bytes(&'a [u8]),
    /// They are made some rows at a time, which are written while they are in the nearest cache, and while the stores of
    /// those before are still on their way.
    Resized(Resized<'a>),
    /// So are these: copied out of memory's order.
    Gathered(Gathered<'a>),
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(Origin::Bytes(bytes), Ahead::default())
    }
}

impl<'a> Source<'a> {
    pub(in crate::ops) fn new(origin: Origin<'a>, ahead: Ahead<'a>) -> Self {
        Self { origin, ahead }
    }

    /// The view in rows as long as can be had at once, to be taken in order.
    pub(super) fn begin(&mut self, view: &View) -> View {
        let view = match self.origin {
            Origin::Bytes(_) => self.in_parts(view.in_long_rows()),
            Origin::Resized(_) | Origin::Gathered(_) => *view,
        };
        self.ahead.begin(view.len[0] * view.len[1]);
        view
    }

    /// A long row in equal parts, of whole lines of pixels, if something is to be asked for meanwhile.
    fn in_parts(&self, row: View) -> View {
        if row.len[..2] != [1, 1] || self.ahead.is_empty() {
            return row;
        }
        let lines = row.len[2] / LINE;
        let mut sizes = (lines.div_ceil(PARTS)..lines).take(PARTS);
        let of_part = sizes.find(|of_part| row.len[2].is_multiple_of(of_part * LINE));
        of_part.map_or(row, |of_part| row.in_parts(lines / of_part))
    }

    /// What a view of one channel is gathered of, unchanged, if it is; the next sample; and memory to work in.
    pub(super) fn gathered(&mut self) -> Option<(&[u8], View, &mut Vec<u8>, &mut Ahead<'a>)> {
        let Origin::Gathered(gathered) = &mut self.origin else { return None };
        let (bytes, view, made) = gathered.plain()?;
        Some((bytes, view, made, &mut self.ahead))
    }

    /// The pixels of a row of the view whose first pixel is at a byte, in memory's order.
    #[inline(always)]
    pub(super) fn row<const STORED: usize>(&mut self, first: usize, view: &View) -> &[[u8; STORED]] {
        self.ahead.tick();
        let len = view.len[2];
        let first = if view.step[2] < 0 { first - (len - 1) * STORED } else { first };
        let bytes = match &mut self.origin {
            Origin::Bytes(bytes) => &bytes[first..first + len * STORED],
            Origin::Resized(resized) => resized.bytes(first, len * STORED),
            Origin::Gathered(gathered) => gathered.bytes(first, len * STORED),
        };
        bytes.as_chunks().0
    }
}
