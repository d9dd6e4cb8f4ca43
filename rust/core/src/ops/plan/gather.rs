//! The pixels of a view in C order.

use super::super::colour::lookup;
use super::super::view::View;
use super::work::Luts;

/// A view's pixels in C order, through the tables.
pub(super) fn gather<const CHANNELS: usize>(bytes: &[u8], view: &View, luts: Option<&Luts>, out: &mut [u8]) {
    if view.is_packed(CHANNELS) {
        out.copy_from_slice(&bytes[view.offset..view.offset + out.len()]);
    } else if CHANNELS > 1 || view.step[2].abs() == 1 || !transpose(bytes, view, out) {
        for (row, first) in out.chunks_exact_mut(view.len[2] * CHANNELS).zip(view.rows()) {
            let mut at = first;
            for pixel in row.as_chunks_mut::<CHANNELS>().0 {
                *pixel = *bytes[at..].first_chunk().expect("the view is inside");
                at = at.wrapping_add_signed(view.step[2]);
            }
        }
    }
    if let Some(luts) = luts {
        lookup::apply(out, &luts[..CHANNELS]);
    }
}

/// Values along an axis of a tile.
const TILE: usize = 8;

/// Copies a view of one channel whose rows are columns in memory, in tiles; false if it is too small, or has no axis
/// along which values are neighbours.
fn transpose(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    let Some(along) = (0..2).find(|&axis| view.step[axis].abs() == 1 && view.len[axis] >= TILE) else { return false };
    let [_, _, width] = view.len;
    if width < TILE {
        return false;
    }
    let across = 1 - along;
    let row_of = |axis: usize| if axis == 0 { view.len[1] * width } else { width };
    let forwards = view.step[along] > 0;
    for other in 0..view.len[across] {
        for start in tiles(view.len[along]) {
            for x in tiles(width) {
                let corner = view
                    .byte(across, other)
                    .wrapping_add_signed(view.step[along] * start.cast_signed())
                    .wrapping_add_signed(view.step[2] * x.cast_signed());
                let mut tile = [0; TILE];
                for (lane, line) in tile.iter_mut().enumerate() {
                    let first = corner.wrapping_add_signed(view.step[2] * lane.cast_signed());
                    let first = if forwards { first } else { first + 1 - TILE };
                    let eight: &[u8; TILE] = bytes[first..].first_chunk().expect("the view is inside");
                    *line = if forwards { u64::from_le_bytes(*eight) } else { u64::from_be_bytes(*eight) };
                }
                for (lane, line) in transposed(tile).into_iter().enumerate() {
                    let at = other * row_of(across) + (start + lane) * row_of(along) + x;
                    out[at..at + TILE].copy_from_slice(&line.to_le_bytes());
                }
            }
        }
    }
    true
}

/// The start of each tile of an axis; the last one overlaps the one before.
fn tiles(len: usize) -> impl Iterator<Item = usize> {
    (0..len.div_ceil(TILE)).map(move |tile| (tile * TILE).min(len - TILE))
}

/// An 8 × 8 matrix of bytes, transposed in three rounds of exchanges (Warren, "Hacker's Delight", 7-3).
fn transposed(mut rows: [u64; TILE]) -> [u64; TILE] {
    for (distance, mask) in [(4, 0x0000_0000_FFFF_FFFF), (2, 0x0000_FFFF_0000_FFFF), (1, 0x00FF_00FF_00FF_00FFu64)] {
        let bits = 8 * distance;
        for row in (0..TILE).filter(|row| row & distance == 0) {
            let exchanged = ((rows[row] >> bits) ^ rows[row + distance]) & mask;
            rows[row] ^= exchanged << bits;
            rows[row + distance] ^= exchanged;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any turns and flips of any volume, through tables or not, equal a walk pixel by pixel.
        #[test]
        fn equals_a_walk(
            len in prop::array::uniform3(1usize..20),
            turns in prop::collection::vec((0u32..4, 0usize..3, 0usize..3), 0..3),
            invert: bool,
        ) {
            let count: usize = len.iter().product();
            #[allow(clippy::cast_possible_truncation, reason = "the low bits")]
            let bytes: Vec<u8> = (0..count).map(|at| (at * 167) as u8).collect();
            let mut view = View::packed(len, 1);
            for (turn, first, second) in turns {
                if first == second {
                    view.flip(first);
                } else {
                    view.rot90(turn, [first, second]);
                }
            }
            let luts = invert.then(|| [std::array::from_fn(|value| !(value.to_le_bytes()[0])); 3]);
            let mut expected = Vec::new();
            for row in view.rows() {
                for x in 0..view.len[2] {
                    let value = bytes[row.wrapping_add_signed(view.step[2] * x.cast_signed())];
                    expected.push(if invert { !value } else { value });
                }
            }
            let mut out = vec![0; count];
            gather::<1>(&bytes, &view, luts.as_ref(), &mut out);
            prop_assert_eq!(out, expected);
        }
    }
}
