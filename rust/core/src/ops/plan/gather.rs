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
const TILE: usize = 16;

type Line = [u8; TILE];

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
        let plane = view.byte(across, other);
        for start in tiles(view.len[along]) {
            // Where neighbours run backwards, a tile is read forwards from its end, and its lines come out last first.
            let nearest = if forwards { start } else { start + TILE - 1 };
            let near = plane.wrapping_add_signed(view.step[along] * nearest.cast_signed());
            for x in tiles(width) {
                let mut tile = [[0; TILE]; TILE];
                for (lane, line) in tile.iter_mut().enumerate() {
                    let first = near.wrapping_add_signed(view.step[2] * (x + lane).cast_signed());
                    *line = *bytes[first..].first_chunk().expect("the view is inside");
                }
                for (lane, line) in transposed(tile).iter().enumerate() {
                    let lane = if forwards { lane } else { TILE - 1 - lane };
                    let at = other * row_of(across) + (start + lane) * row_of(along) + x;
                    out[at..at + TILE].copy_from_slice(line);
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

/// A tile transposed: to interleave each line with the one eight lines on rotates the bits of a value's number, line
/// and column in one, by one; after four times line and column have changed places.
fn transposed(mut tile: [Line; TILE]) -> [Line; TILE] {
    for _ in 0..TILE.ilog2() {
        let mut next = [[0; TILE]; TILE];
        for pair in 0..TILE / 2 {
            [next[2 * pair], next[2 * pair + 1]] = interleaved(tile[pair], tile[pair + TILE / 2]);
        }
        tile = next;
    }
    tile
}

/// The values of two lines in turns: one instruction for each half.
fn interleaved(first: Line, second: Line) -> [Line; 2] {
    [0, TILE / 2].map(|half| std::array::from_fn(|lane| [first, second][lane % 2][half + lane / 2]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any turns and flips of any volume, through tables or not, equal a walk pixel by pixel.
        #[test]
        fn equals_a_walk(
            len in prop::array::uniform3(1usize..36),
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
