//! What the tests of this module share: views that were moved about, and a table.

use proptest::prelude::*;

use super::Luts;
use crate::ops::view::View;

/// Quarter turns in a plane, or a flip where both axes are the same.
pub(in crate::ops) type Move = (u32, usize, usize);

pub(in crate::ops) fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((0u32..4, 0usize..3, 0usize..3), 0..3)
}

/// A packed view, moved.
pub(in crate::ops) fn moved(len: [usize; 3], channels: usize, moves: Vec<Move>) -> View {
    let mut view = View::packed(len, channels);
    for (turns, first, second) in moves {
        if first == second {
            view.flip(first);
        } else {
            view.rot90(turns, [first, second]);
        }
    }
    view
}

/// Bytes for as many pixels.
pub(in crate::ops) fn pixels(len: [usize; 3], channels: usize) -> Vec<u8> {
    let count = len.iter().product::<usize>() * channels;
    (0..count).map(|at| (at * 167 % 251).to_le_bytes()[0]).collect()
}

pub(in crate::ops) fn inversion() -> Luts {
    [std::array::from_fn(|value| !(value.to_le_bytes()[0])); 3]
}
