//! Rows of pixels into planes or interleaved channels, in blocks, compiled once per back-end.

#[cfg(target_arch = "x86_64")]
use super::block::{Avx2, Avx512};
use super::block::{BLOCK, Block, Portable};
use super::convert::Convert;
use super::stream::LINE;
use super::{Rows, Source, Target};
use crate::ops::simd::Simd;
use crate::ops::view::View;

/// Writes all rows of a view with the instructions of `simd`.
pub(super) fn write<C: Convert>(
    simd: Simd,
    convert: &C,
    source: &mut Source<'_>,
    view: &View,
    target: Rows,
    out: &mut [C::Out],
) {
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
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2,fma,f16c")]
fn avx512<C: Convert>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    all::<C, Avx512>(convert, source, view, target, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<C: Convert>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    all::<C, Avx2>(convert, source, view, target, out);
}

#[inline(always)]
fn all<C: Convert, B: Block>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    let Target { stored, channels, channels_last } = target.target;
    match (stored == 3, channels_last && channels == 3, view.step[2] >= 0) {
        (true, false, true) => each::<C, B, 3, true, false>(convert, source, view, target, out),
        (true, false, false) => each::<C, B, 3, false, false>(convert, source, view, target, out),
        (true, true, true) => each::<C, B, 3, true, true>(convert, source, view, target, out),
        (true, true, false) => each::<C, B, 3, false, true>(convert, source, view, target, out),
        (false, true, true) => each::<C, B, 1, true, true>(convert, source, view, target, out),
        (false, true, false) => each::<C, B, 1, false, true>(convert, source, view, target, out),
        (false, false, true) => each::<C, B, 1, true, false>(convert, source, view, target, out),
        (false, false, false) => each::<C, B, 1, false, false>(convert, source, view, target, out),
    }
}

/// All rows, as long as they can be.
#[inline(always)]
fn each<C: Convert, B: Block, const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
    convert: &C,
    source: &mut Source<'_>,
    view: &View,
    target: Rows,
    out: &mut [C::Out],
) {
    let plane = view.pixels();
    let view = source.begin(view);
    let len = view.len[2];
    // Rows that end within a line would leave parts of lines to memory: a quarter of the speed of plain stores.
    let row_len = len * size_of::<C::Out>() * if INTERLEAVED { 3 } else { 1 };
    let past_caches = target.past_caches && row_len.is_multiple_of(LINE);
    let rows = view.rows().enumerate().map(|(number, first)| (first, number * len..(number + 1) * len));
    if INTERLEAVED {
        let by = ready::<C, B, INTERLEAVED, 3>(convert);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            let mut out = Pixels(out[to.start * 3..to.end * 3].as_chunks_mut().0);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 3>(convert, by, row, &mut out, past_caches);
        }
    } else if target.target.channels == 3 {
        let by = ready::<C, B, INTERLEAVED, 3>(convert);
        let (red, others) = out.split_at_mut(plane);
        let (green, blue) = others.split_at_mut(plane);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            let mut out = Planes([&mut red[to.clone()], &mut green[to.clone()], &mut blue[to]]);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 3>(convert, by, row, &mut out, past_caches);
        }
    } else {
        let by = ready::<C, B, INTERLEAVED, 1>(convert);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            if C::COPIES && STORED == 1 && FORWARDS {
                copy::<B>(row.as_flattened(), bytemuck::cast_slice_mut(&mut out[to]), past_caches);
                continue;
            }
            let mut out = Planes([&mut out[to]]);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 1>(convert, by, row, &mut out, past_caches);
        }
    }
}

/// A row as it is.
#[inline(always)]
fn copy<B: Block>(row: &[u8], out: &mut [u8], past_caches: bool) {
    if !past_caches {
        return out.copy_from_slice(row);
    }
    let (lines, rest) = row.as_chunks::<LINE>();
    let (places, end) = out.as_chunks_mut::<LINE>();
    for (place, line) in places.iter_mut().zip(lines) {
        B::stream::<[u8; LINE / BLOCK]>(bytemuck::must_cast_mut(place), bytemuck::must_cast(*line));
    }
    end.copy_from_slice(rest);
}

/// What converts each sixteen values of a block.
#[inline(always)]
fn ready<C: Convert, B: Block, const INTERLEAVED: bool, const CHANNELS: usize>(convert: &C) -> [C::Ready<B>; 3] {
    let channels = const {
        let mut channels = [[0; BLOCK]; 3];
        let mut at = 0;
        while at < 3 * BLOCK {
            let part = at / BLOCK;
            channels[part][at % BLOCK] = (if INTERLEAVED { at } else { part }) % CHANNELS;
            at += 1;
        }
        channels
    };
    [convert.ready(channels[0]), convert.ready(channels[1]), convert.ready(channels[2])]
}

/// Where a row goes.
trait Sink<T, const CHANNELS: usize> {
    /// A single value.
    fn one(&mut self, at: usize, channel: usize) -> &mut T;

    /// Sixteen values of the block that begins at pixel `start`.
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK];
}

/// Channels first: the same row of each plane.
struct Planes<'a, T, const CHANNELS: usize>([&'a mut [T]; CHANNELS]);

impl<T, const CHANNELS: usize> Sink<T, CHANNELS> for Planes<'_, T, CHANNELS> {
    #[inline(always)]
    fn one(&mut self, at: usize, channel: usize) -> &mut T {
        &mut self.0[channel][at]
    }

    #[inline(always)]
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK] {
        self.0[part][start..].first_chunk_mut().expect("inside the row")
    }
}

/// Channels last.
struct Pixels<'a, T>(&'a mut [[T; 3]]);

impl<T> Sink<T, 3> for Pixels<'_, T> {
    #[inline(always)]
    fn one(&mut self, at: usize, channel: usize) -> &mut T {
        &mut self.0[at][channel]
    }

    #[inline(always)]
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK] {
        let block = self.0[start..start + BLOCK].as_flattened_mut();
        block[part * BLOCK..].first_chunk_mut().expect("inside the block")
    }
}

/// A row in blocks; the last one overlaps the one before. Rows shorter than a block go value by value.
#[inline(always)]
fn one_row<
    C: Convert,
    B: Block,
    const STORED: usize,
    const FORWARDS: bool,
    const INTERLEAVED: bool,
    const CHANNELS: usize,
>(
    convert: &C,
    by: [C::Ready<B>; 3],
    row: &[[u8; STORED]],
    out: &mut impl Sink<C::Out, CHANNELS>,
    past_caches: bool,
) {
    if row.len() < BLOCK {
        for at in 0..row.len() {
            let pixel = row[if FORWARDS { at } else { row.len() - 1 - at }];
            for channel in 0..CHANNELS {
                *out.one(at, channel) = convert.one(channel, pixel[channel % STORED]);
            }
        }
        return;
    }
    let mut start = 0;
    loop {
        let from = if FORWARDS { start } else { row.len() - start - BLOCK };
        let block: &[[u8; STORED]; BLOCK] = row[from..].first_chunk().expect("inside the row");
        let values = B::arranged::<STORED, FORWARDS, INTERLEAVED>(block);
        // A loop and no closure: that would be a call.
        for part in 0..CHANNELS {
            let elements = convert.block(by[part], values[part]);
            let place = out.sixteen(start, part);
            if past_caches { B::stream(place, elements) } else { *place = elements }
        }
        if start + BLOCK == row.len() {
            return;
        }
        start = (start + BLOCK).min(row.len() - BLOCK);
    }
}
