//! By tables, where no formula agrees with them, and for the scalar back-end. Vectors gain nothing here: their gathers
//! take longer than as many single loads, and so does taking their bytes apart.

use super::{Source, Target};
use crate::ops::view::View;

/// Writes all rows of a view, each channel by its table.
pub(super) fn write<T: Copy>(tables: &[[T; 256]], source: &mut Source<'_>, view: &View, target: Target, out: &mut [T]) {
    match target.stored {
        3 => each::<T, 3>(tables, source, view, target, out),
        _ => each::<T, 1>(tables, source, view, target, out),
    }
}

fn each<T: Copy, const STORED: usize>(
    tables: &[[T; 256]],
    source: &mut Source<'_>,
    view: &View,
    target: Target,
    out: &mut [T],
) {
    let plane = view.pixels();
    let view = source.begin(view);
    let len = view.len[2];
    for (number, first) in view.rows().enumerate() {
        let row = source.row::<STORED>(first, &view);
        for (channel, table) in tables.iter().enumerate() {
            let value = |pixel: &[u8; STORED]| table[usize::from(pixel[channel % STORED])];
            let mut put = |at: usize, pixel: &[u8; STORED]| {
                let at = number * len + at;
                let to = if target.channels_last { at * target.channels + channel } else { channel * plane + at };
                out[to] = value(pixel);
            };
            if view.step[2] < 0 {
                row.iter().rev().enumerate().for_each(|(at, pixel)| put(at, pixel));
            } else {
                row.iter().enumerate().for_each(|(at, pixel)| put(at, pixel));
            }
        }
    }
}
