//! Rows of pixels into planes or interleaved channels, in blocks, compiled once per back-end.

use super::{Rows, Target, stream};
use bytemuck::Pod;

use super::convert::{BLOCK, Convert};
#[cfg(target_arch = "x86_64")]
use super::split::Shuffles;
use super::split::{Portable, Split};
use crate::ops::simd::Simd;
use crate::ops::view::View;

/// Writes all rows of a view with the instructions of `simd`.
pub(super) fn write<C: Convert>(simd: Simd, convert: &C, source: &[u8], view: &View, target: Rows, out: &mut [C::Out]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: `Simd` is Avx512 only where the processor has what the function is compiled for.
        Simd::Avx512 => unsafe { avx512(convert, source, view, target, out) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: as above, for Avx2.
        Simd::Avx2 => unsafe { avx2(convert, source, view, target, out) },
        _ => all::<C, Portable>(convert, source, view, target, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,fma,f16c")]
fn avx512<C: Convert>(convert: &C, source: &[u8], view: &View, target: Rows, out: &mut [C::Out]) {
    all::<C, Shuffles>(convert, source, view, target, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<C: Convert>(convert: &C, source: &[u8], view: &View, target: Rows, out: &mut [C::Out]) {
    all::<C, Shuffles>(convert, source, view, target, out);
}

#[inline(always)]
fn all<C: Convert, S: Split>(convert: &C, source: &[u8], view: &View, target: Rows, out: &mut [C::Out]) {
    let Target { stored, channels, channels_last } = target.target;
    match (stored == 3, channels_last && channels == 3, view.step[2] >= 0) {
        (true, false, true) => each::<C, S, 3, true, false>(convert, source, view, target, out),
        (true, false, false) => each::<C, S, 3, false, false>(convert, source, view, target, out),
        (true, true, true) => each::<C, S, 3, true, true>(convert, source, view, target, out),
        (true, true, false) => each::<C, S, 3, false, true>(convert, source, view, target, out),
        (false, true, true) => each::<C, S, 1, true, true>(convert, source, view, target, out),
        (false, true, false) => each::<C, S, 1, false, true>(convert, source, view, target, out),
        (false, false, true) => each::<C, S, 1, true, false>(convert, source, view, target, out),
        (false, false, false) => each::<C, S, 1, false, false>(convert, source, view, target, out),
    }
}

/// All rows, as long as they can be.
#[inline(always)]
fn each<C: Convert, S: Split, const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
    convert: &C,
    source: &[u8],
    view: &View,
    target: Rows,
    out: &mut [C::Out],
) {
    let plane = view.pixels();
    let view = view.in_long_rows();
    let len = view.len[2];
    for (number, first) in view.rows().enumerate() {
        let first = if FORWARDS { first } else { first - (len - 1) * STORED };
        let row = source[first..first + len * STORED].as_chunks::<STORED>().0;
        let (from, to) = (number * len, (number + 1) * len);
        if INTERLEAVED {
            let mut out = Pixels(out[from * 3..to * 3].as_chunks_mut().0);
            one_row::<C, S, STORED, FORWARDS, 3>(convert, row, &mut out);
        } else if target.target.channels == 3 {
            let (red, others) = out.split_at_mut(plane);
            let (green, blue) = others.split_at_mut(plane);
            let planes = [&mut red[from..to], &mut green[from..to], &mut blue[from..to]];
            let mut out = Planes { planes, past_caches: target.past_caches };
            one_row::<C, S, STORED, FORWARDS, 3>(convert, row, &mut out);
        } else {
            let mut out = Planes { planes: [&mut out[from..to]], past_caches: target.past_caches };
            one_row::<C, S, STORED, FORWARDS, 1>(convert, row, &mut out);
        }
    }
}

/// Where a row goes.
trait Sink<T, const CHANNELS: usize> {
    fn one(&mut self, at: usize, values: [T; CHANNELS]);
    fn block(&mut self, start: usize, blocks: [[T; BLOCK]; CHANNELS]);
}

/// Channels first: the same row of each plane.
struct Planes<'a, T, const CHANNELS: usize> {
    planes: [&'a mut [T]; CHANNELS],
    past_caches: bool,
}

impl<T: Pod, const CHANNELS: usize> Sink<T, CHANNELS> for Planes<'_, T, CHANNELS> {
    #[inline(always)]
    fn one(&mut self, at: usize, values: [T; CHANNELS]) {
        for (plane, value) in self.planes.iter_mut().zip(values) {
            plane[at] = value;
        }
    }

    #[inline(always)]
    fn block(&mut self, start: usize, blocks: [[T; BLOCK]; CHANNELS]) {
        for (plane, block) in self.planes.iter_mut().zip(blocks) {
            let place = &mut plane[start..start + BLOCK];
            if self.past_caches { stream::store(place, &block) } else { place.copy_from_slice(&block) }
        }
    }
}

/// Channels last.
struct Pixels<'a, T>(&'a mut [[T; 3]]);

impl<T: Copy> Sink<T, 3> for Pixels<'_, T> {
    #[inline(always)]
    fn one(&mut self, at: usize, values: [T; 3]) {
        self.0[at] = values;
    }

    #[inline(always)]
    fn block(&mut self, start: usize, blocks: [[T; BLOCK]; 3]) {
        for (lane, pixel) in self.0[start..start + BLOCK].iter_mut().enumerate() {
            *pixel = [blocks[0][lane], blocks[1][lane], blocks[2][lane]];
        }
    }
}

/// A row in blocks; the last one overlaps the one before. Rows shorter than a block go value by value.
#[inline(always)]
fn one_row<C: Convert, S: Split, const STORED: usize, const FORWARDS: bool, const CHANNELS: usize>(
    convert: &C,
    row: &[[u8; STORED]],
    out: &mut impl Sink<C::Out, CHANNELS>,
) {
    if row.len() < BLOCK {
        for at in 0..row.len() {
            let pixel = row[if FORWARDS { at } else { row.len() - 1 - at }];
            let mut values = [C::Out::default(); CHANNELS];
            for (channel, value) in values.iter_mut().enumerate() {
                *value = convert.one(channel, pixel[channel % STORED]);
            }
            out.one(at, values);
        }
        return;
    }
    let mut start = 0;
    loop {
        let from = if FORWARDS { start } else { row.len() - start - BLOCK };
        let block: &[[u8; STORED]; BLOCK] = row[from..].first_chunk().expect("inside the row");
        let lanes = lanes::<S, STORED, FORWARDS>(block);
        // Loops and no closures here and below: those would be calls.
        let mut blocks = [[C::Out::default(); BLOCK]; CHANNELS];
        for (channel, block) in blocks.iter_mut().enumerate() {
            *block = convert.block(channel, lanes[channel % STORED]);
        }
        out.block(start, blocks);
        if start + BLOCK == row.len() {
            return;
        }
        start = (start + BLOCK).min(row.len() - BLOCK);
    }
}

/// The channels of a block; of a grey one only the first means anything.
#[inline(always)]
fn lanes<S: Split, const STORED: usize, const FORWARDS: bool>(block: &[[u8; STORED]; BLOCK]) -> [[u8; BLOCK]; 3] {
    if let Some(block) = block.as_flattened().as_chunks::<3>().0.first_chunk() {
        return S::split::<FORWARDS>(block);
    }
    let mut lanes = [0; BLOCK];
    for (lane, pixel) in block.iter().enumerate() {
        lanes[if FORWARDS { lane } else { BLOCK - 1 - lane }] = pixel[0];
    }
    [lanes; 3]
}
