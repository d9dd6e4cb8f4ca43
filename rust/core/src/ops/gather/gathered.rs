//! The pixels of a view in C order, some at a time: when they are needed by the last pass, whose stores are still on their
//! way meanwhile.

use super::{Luts, TILE, gather};
use crate::ops::view::View;

/// A sample of so many bytes is made at once: it stays in the nearest cache.
const WHOLE: usize = 16 << 10;

/// Bytes of a larger one that are made together, if an image or a plane has so many.
const BLOCK: usize = 2 << 10;

/// A view in C order, through tables.
#[derive(Debug)]
pub(in crate::ops) struct Gathered<'a> {
    bytes: &'a [u8],
    view: View,
    channels: usize,
    luts: Option<&'a Luts>,
    /// The axis whose positions are shared out to blocks, and bytes of one of its positions.
    axis: usize,
    pitch: usize,
    /// Positions of a row that is handed out, and of a block, in whole rows; the last block has what is left, too.
    of_row: usize,
    count: usize,
    blocks: usize,
    /// The two blocks that were made last, in turns; room for the longest in each half.
    made: &'a mut Vec<u8>,
    half: usize,
    /// How many blocks have been made.
    done: usize,
}

impl<'a> Gathered<'a> {
    /// Of a view of `bytes`; in rows of multiples of `line` pixels, if there can be such rows, or all at once. `made` is memory
    /// to work in.
    pub(in crate::ops) fn new(
        bytes: &'a [u8],
        view: View,
        channels: usize,
        luts: Option<&'a Luts>,
        line: usize,
        made: &'a mut Vec<u8>,
    ) -> Self {
        let axis = usize::from(view.len[0] == 1);
        let pitch = view.len[axis + 1..].iter().product::<usize>() * channels;
        // Tiles are as long as they are wide.
        let least = if view.step[axis].unsigned_abs() == channels { TILE } else { 1 };
        let positions = view.len[axis];
        // The fewest positions that fill lines.
        let of_row = (1..=line).find(|count| (count * pitch / channels).is_multiple_of(line));
        let of_row = of_row.filter(|&count| positions.is_multiple_of(count)).unwrap_or(positions);
        let count = if view.pixels() * channels <= WHOLE { positions } else { (BLOCK / pitch).max(least) };
        let count = count.next_multiple_of(of_row);
        let blocks = (positions / count).max(1);
        let half = (positions - (blocks - 1) * count) * pitch;
        let len = half * blocks.min(2);
        if made.len() < len {
            made.resize(len, 0);
        }
        Self { bytes, view, channels, luts, axis, pitch, of_row, count, blocks, made, half, done: 0 }
    }

    /// The pixels in rows as long as can be had at once.
    pub(in crate::ops) fn rows(&self) -> View {
        let rows = self.view.len[self.axis] / self.of_row;
        View::packed([1, rows, self.view.pixels() / rows], self.channels)
    }

    /// `len` bytes of one row, the first of them counted from the beginning of the view; rows are asked for in order.
    ///
    /// A block more than is asked for is made: what is read was stored some time ago. A load that spans two stores has to
    /// wait until both have arrived in the nearest cache, behind those before them.
    #[inline(never)]
    pub(in crate::ops) fn bytes(&mut self, first: usize, len: usize) -> &[u8] {
        let block = (first / self.pitch / self.count).min(self.blocks - 1);
        while self.done < (block + 2).min(self.blocks) {
            self.make();
        }
        &self.made[block % 2 * self.half + first - block * self.count * self.pitch..][..len]
    }

    /// The bytes, the view and memory to work in, if it is of one channel and no tables apply.
    pub(in crate::ops) fn plain(&mut self) -> Option<(&[u8], View, &mut Vec<u8>)> {
        (self.channels == 1 && self.luts.is_none()).then_some((self.bytes, self.view, &mut *self.made))
    }

    fn make(&mut self) {
        let block = self.done;
        let first = block * self.count;
        let count = if block + 1 == self.blocks { self.view.len[self.axis] - first } else { self.count };
        let mut view = self.view;
        view.crop(self.axis, first, count);
        let out = &mut self.made[block % 2 * self.half..][..count * self.pitch];
        gather(self.bytes, &view, self.channels, self.luts, out);
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cases;
    use super::*;

    proptest! {
        /// Rows of all blocks are what is gathered at once, in one or in several.
        #[test]
        fn rows_are_those_of_the_whole(
            len in prop::sample::select(vec![
                [1, 1, 1], [1, 3, 5], [1, 64, 64], [1, 100, 92], [3, 16, 16], [28, 28, 28], [20, 48, 32], [33, 31, 28],
            ]),
            channels in prop::sample::select(vec![1, 3]),
            moves in cases::moves(),
            line in prop::sample::select(vec![16, 32, 64]),
            invert: bool,
        ) {
            let bytes = cases::pixels(len, channels);
            let view = cases::moved(len, channels, moves);
            let luts = invert.then(cases::inversion);
            let mut expected = vec![0; bytes.len()];
            gather(&bytes, &view, channels, luts.as_ref(), &mut expected);

            let mut made = Vec::new();
            let mut gathered = Gathered::new(&bytes, view, channels, luts.as_ref(), line, &mut made);
            let rows = gathered.rows();
            prop_assert!(rows.len[..2] == [1, 1] || rows.len[2].is_multiple_of(line), "{rows:?}");
            let mut found = Vec::new();
            for first in rows.rows() {
                found.extend_from_slice(gathered.bytes(first, rows.len[2] * channels));
            }
            prop_assert_eq!(found, expected);
        }
    }

    /// What is made stays in the nearest cache.
    #[test]
    fn two_blocks_are_kept() {
        let bytes = vec![0; 64 * 64 * 64];
        let mut view = View::packed([64, 64, 64], 1);
        view.flip(1);
        let mut made = Vec::new();
        let mut gathered = Gathered::new(&bytes, view, 1, None, 16, &mut made);
        gathered.bytes(0, 64 * 64);
        assert_eq!((gathered.blocks, gathered.done, gathered.made.len()), (64, 2, 2 * 64 * 64));
    }
}
