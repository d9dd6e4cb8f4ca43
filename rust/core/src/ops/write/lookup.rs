//! By tables, where no formula agrees with them, and for the scalar back-end. Vectors gain nothing here: their gathers
//! take longer than as many single loads, and so does taking their bytes apart.

use super::Target;
use crate::ops::view::View;

/// Writes all rows of a view, each channel by its table.
pub(super) fn write<T: Copy>(tables: &[[T; 256]], source: &[u8], view: &View, target: Target, out: &mut [T]) {
    let plane = view.pixels();
    let view = view.in_long_rows();
    let len = view.len[2];
    for (number, first) in view.rows().enumerate() {
        for (channel, table) in tables.iter().enumerate() {
            let mut from = first + channel % target.stored;
            let mut element = |element: &mut T| {
                *element = table[usize::from(source[from])];
                from = from.wrapping_add_signed(view.step[2]);
            };
            if target.channels_last {
                let pixels = out[number * len * target.channels..].chunks_exact_mut(target.channels).take(len);
                pixels.for_each(|pixel| element(&mut pixel[channel]));
            } else {
                out[channel * plane + number * len..][..len].iter_mut().for_each(&mut element);
            }
        }
    }
}
