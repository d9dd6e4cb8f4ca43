//! The pixels of a view in C order.

use super::super::colour::lookup;
use super::super::view::View;
use super::transpose::{TILE, transpose};
use super::work::Luts;

/// A view's pixels in C order, through the tables.
pub(super) fn gather<const CHANNELS: usize>(bytes: &[u8], view: &View, luts: Option<&Luts>, out: &mut [u8]) {
    if view.is_packed(CHANNELS) {
        out.copy_from_slice(&bytes[view.offset..view.offset + out.len()]);
    } else if CHANNELS > 1 || !(lines(bytes, view, out) || transpose(bytes, view, out)) {
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

/// Copies rows that run forwards or backwards through memory, sixteen values at a time, the last of which overlap those
/// before; false if the view has no such rows.
fn lines(bytes: &[u8], view: &View, out: &mut [u8]) -> bool {
    let width = view.len[2];
    if width < TILE || view.step[2].abs() != 1 {
        return false;
    }
    for (row, first) in out.chunks_exact_mut(width).zip(view.rows()) {
        let line = if view.step[2] > 0 { &bytes[first..first + width] } else { &bytes[first + 1 - width..=first] };
        for start in (0..width).step_by(TILE) {
            let start = start.min(width - TILE);
            let values = if view.step[2] > 0 {
                *line[start..].first_chunk().expect("inside the row")
            } else {
                let values = line[width - TILE - start..].first_chunk::<TILE>().expect("inside the row");
                u128::from_ne_bytes(*values).swap_bytes().to_ne_bytes()
            };
            *row[start..].first_chunk_mut().expect("inside the row") = values;
        }
    }
    true
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
