//! The pixels of a view in C order.

#![allow(clippy::inline_always, reason = "these functions are compiled for the vector unit of their caller")]

#[cfg(test)]
pub(super) mod cases;
mod gathered;
#[cfg(target_arch = "x86_64")]
pub(super) mod halves;
mod lines;
pub(super) mod transpose;

pub(super) use self::gathered::Gathered;
use self::lines::lines;
use self::transpose::{TILE, transpose};
use super::colour::lookup;
use super::colour::tables::Table;
use super::view::View;
use super::write;

/// A table for each of up to three channels.
pub(super) type Luts = [Table; 3];

/// A view's pixels of 1 or 3 channels in C order, through the tables.
pub(super) fn gather(bytes: &[u8], view: &View, channels: usize, luts: Option<&Luts>, out: &mut [u8]) {
    copy(bytes, view, channels, out);
    if let Some(luts) = luts {
        lookup::apply(out, &luts[..channels]);
    }
}

fn copy(bytes: &[u8], view: &View, channels: usize, out: &mut [u8]) {
    if view.is_packed(channels) {
        return out.copy_from_slice(&bytes[view.offset..][..out.len()]);
    }
    let is_done = lines(bytes, &view.in_bytes(channels), out)
        || mirrored(bytes, view, channels, out)
        || transpose(bytes, view, channels, out);
    match channels {
        _ if is_done => {}
        1 => walk::<1>(bytes, view, out),
        _ => walk::<3>(bytes, view, out),
    }
}

/// RGB pixels of rows that run backwards, or of short ones; false if rows do not run along memory.
fn mirrored(bytes: &[u8], view: &View, channels: usize, out: &mut [u8]) -> bool {
    let are_rows = channels == 3 && view.step[2].abs() == 3;
    if are_rows {
        write::copy_rgb(bytes, view, out);
    }
    are_rows
}

/// Pixel by pixel.
fn walk<const CHANNELS: usize>(bytes: &[u8], view: &View, out: &mut [u8]) {
    for (row, first) in out.chunks_exact_mut(view.len[2] * CHANNELS).zip(view.rows()) {
        let mut at = first;
        for pixel in row.as_chunks_mut::<CHANNELS>().0 {
            *pixel = *bytes[at..].first_chunk().expect("the view is inside");
            at = at.wrapping_add_signed(view.step[2]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any turns and flips of anything, through tables or not, equal a walk pixel by pixel.
        #[test]
        fn equals_a_walk(
            len in prop::array::uniform3(1usize..36),
            channels in prop::sample::select(vec![1, 3]),
            moves in cases::moves(),
            invert: bool,
        ) {
            let bytes = cases::pixels(len, channels);
            let view = cases::moved(len, channels, moves);
            let luts = invert.then(cases::inversion);
            let mut expected = Vec::new();
            for row in view.rows() {
                for x in 0..view.len[2] {
                    let at = row.wrapping_add_signed(view.step[2] * x.cast_signed());
                    expected.extend(bytes[at..][..channels].iter().map(|&value| if invert { !value } else { value }));
                }
            }
            let mut out = vec![0; bytes.len()];
            gather(&bytes, &view, channels, luts.as_ref(), &mut out);
            prop_assert_eq!(out, expected);
        }
    }
}
